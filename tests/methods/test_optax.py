"""Optax transformations as methods, beyond what the tables cover."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import talweg


def bowl(x):
    return np.linalg.norm(x - 1.0) ** 2


def barrier(x):
    return np.sum(x) - np.sum(np.log(np.maximum(x, 0.0)))


def by_hand(transformation, x, gradient, steps):
    """Run optax's own loop, in double precision."""
    with jax.enable_x64(True):
        x = jnp.asarray(x)
        state = transformation.init(x)
        points = [x]
        for _ in range(steps):
            update, state = transformation.update(gradient(x), state, x)
            x = optax.apply_updates(x, update)
            points.append(x)
        return np.asarray(points)


@pytest.mark.parametrize(
    "transformation",
    [optax.adam(0.1), optax.rmsprop(0.05), optax.adamw(0.1, weight_decay=0.2)],
    ids=["adam", "rmsprop", "adamw"],
)
def test_goes_optaxs_own_way(transformation):
    start = np.array([3.0, -2.0])
    states = talweg.descend(bowl, start, method=transformation, max_iter=20, tol=0.0)
    expected = by_hand(transformation, start, lambda x: 2.0 * (x - 1.0), 20)
    assert np.allclose([state.x for state in states], expected, rtol=0.0, atol=1e-12)


def test_weight_decay_does_not_move_what_is_fixed():
    start = np.array([3.0, -2.0])
    result = talweg.minimize(
        bowl, start, method=optax.adamw(0.1, weight_decay=0.5), fixed=[False, True], max_iter=30
    )
    assert result.x[1] == -2.0
    assert result.x[0] != 3.0


def test_the_result_is_the_best_point_and_not_the_last():
    result = talweg.minimize(bowl, [3.0, -2.0], method=optax.sgd(0.995), max_iter=7, tol=0.0)
    wild = talweg.minimize(bowl, [3.0, -2.0], method=optax.sgd(1.1), max_iter=7, tol=0.0)
    assert result.fun == result.trace.fun.min() == bowl(result.x)
    assert np.array_equal(wild.x, [3.0, -2.0])  # every later one is worse
    assert wild.trace.fun[-1] > wild.fun == wild.trace.fun[0]


def test_leaving_the_domain_ends_at_the_last_finite_iterate():
    with np.errstate(divide="ignore", invalid="ignore"):
        states = list(talweg.descend(barrier, [0.5], method=optax.sgd(-0.3), max_iter=20))
    assert states[-1].status == talweg.Status.NOT_FINITE
    for state in states:
        assert np.isfinite(state.x).all()
        assert state.fun == pytest.approx(float(barrier(state.x)))


@pytest.mark.parametrize(
    "transformation", [optax.lbfgs(), optax.polyak_sgd()], ids=["lbfgs", "polyak_sgd"]
)
def test_a_transformation_that_evaluates_the_objective_is_refused_in_plain_words(transformation):
    with pytest.raises(TypeError, match="needs more than the gradient"):
        talweg.minimize(bowl, [3.0, -2.0], method=transformation)


@pytest.mark.parametrize("options", [{"step": 0.1}, {"momentum": 0.5}])
def test_takes_no_step_or_options_besides_its_own(options):
    with pytest.raises(TypeError, match="carries its own options"):
        talweg.minimize(bowl, [3.0, -2.0], method=optax.adam(0.1), **options)
