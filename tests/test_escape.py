"""Descents that end at a saddle or a maximum say so, and leave it where they are asked to."""

import jax.numpy as jnp
import numpy as np
import pytest

import talweg
from talweg.state import Status


def wells(x):
    return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4.0


def wells_in_numpy(x):
    return np.sum(x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4.0)


METHODS = ["lbfgs", "conjugate_gradient", "barzilai_borwein", "gradient", "momentum", "newton"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fun", [wells, wells_in_numpy])
def test_a_saddle_is_called_a_saddle(fun, method):
    result = talweg.minimize(fun, [1.0, 0.0], method=method)
    np.testing.assert_allclose(result.x, 0.0, atol=1e-6)
    assert not result.success
    assert result.status == Status.SADDLE
    assert "saddle" in result.message


@pytest.mark.parametrize("escape", [True, "curvature", "perturb"])
@pytest.mark.parametrize("method", METHODS)
def test_it_is_left_for_a_minimum(method, escape):
    result = talweg.minimize(wells, [1.0, 0.0], method=method, escape=escape)
    assert result.success
    np.testing.assert_allclose(np.abs(result.x), [0.0, np.sqrt(2.0)], atol=1e-5)
    assert result.fun == pytest.approx(-1.0)
    assert len(result.trace.escapes) == 1
    at = result.trace.escapes[0]
    assert result.trace.fun[at] == pytest.approx(0.0, abs=1e-10)
    assert f"after iteration {at}" in result.message
    assert "1 escape" in repr(result.trace)
    assert (np.diff(result.trace.evaluations) >= 1).all()
    assert result.nfev == result.trace.evaluations[-1]


def test_functions_in_numpy_are_left_too():
    result = talweg.minimize(wells_in_numpy, [1.0, 0.0], escape=True)
    assert result.fun == pytest.approx(-1.0)


def test_a_maximum_is_called_one_and_left():
    def bump(x):
        return jnp.cos(x[0]) + jnp.cos(x[1])

    there = talweg.minimize(bump, [0.0, 0.0])
    assert there.status == Status.MAXIMUM
    away = talweg.minimize(bump, [0.0, 0.0], escape=True)
    np.testing.assert_allclose(np.abs(away.x), np.pi, atol=1e-5)
    assert 1 <= len(away.trace.escapes) <= 2  # perhaps by way of a saddle


def test_saddles_one_after_another():
    def fun(x):
        return jnp.sum(x**4 / 4.0 - x**2 / 2.0)

    result = talweg.minimize(fun, np.zeros(3), escape=True)
    np.testing.assert_allclose(np.abs(result.x), 1.0, atol=1e-5)


def test_a_minimum_stays_one():
    for escape in (False, True, "perturb"):
        result = talweg.minimize(lambda x: jnp.sum(x**2), [0.0, 0.0], escape=escape)
        assert result.success
        assert len(result.trace.escapes) == 0
        np.testing.assert_allclose(result.x, 0.0, atol=1e-6)


def test_held_coordinates_and_boxes_are_kept():
    held = talweg.minimize(wells, [1.0, 0.0], fixed=np.array([False, True]), escape=True)
    np.testing.assert_allclose(held.x, 0.0, atol=1e-6)
    assert held.success  # with y held it is a minimum
    boxed = talweg.minimize(wells, [1.0, 0.0], bounds=(-1.0, 1.0), escape=True)
    np.testing.assert_allclose(np.abs(boxed.x), [0.0, 1.0], atol=1e-6)


def test_nests_and_single_precision():
    result = talweg.minimize(
        lambda w: w["a"] ** 2 - w["b"] ** 2 + w["b"] ** 4 / 4.0,
        {"a": np.float32(1.0), "b": np.float32(0.0)}, escape=True,
    )  # fmt: skip
    assert abs(result.x["b"]) == pytest.approx(np.sqrt(2.0), abs=1e-3)
    assert result.x["b"].dtype == np.float32


def test_states_tell_it_in_one_stream():
    states = list(talweg.descend(wells, [1.0, 0.0], method="gradient", step=0.1, escape=True))
    assert [state.iteration for state in states] == list(range(len(states)))
    assert states[-1].status is Status.CONVERGED
    assert all(state.status is Status.RUNNING for state in states[:-1])


def test_where_every_coordinate_moved_nothing_is_looked_for(monkeypatch):
    def never(*_, **__):
        raise AssertionError("looked at")

    monkeypatch.setattr("talweg.classification.critical_point", never)
    assert talweg.minimize(lambda x: jnp.sum((x - 1.0) ** 2), np.zeros(3)).success


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"escape": "yes"}, ValueError, "choose from True, False, 'perturb'"),
        ({"escape": 1.5}, ValueError, "escape=1.5"),
        ({"escape": True, "jac": lambda x: 2.0 * x}, TypeError, "second derivatives"),
        (
            {"escape": True, "batches": [np.ones(2)], "method": "gradient", "step": 0.1},
            TypeError, "batches",
        ),
    ],
)  # fmt: skip
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=message):
        talweg.minimize(lambda x, *_: jnp.sum(x**2), np.ones(2), **options)
