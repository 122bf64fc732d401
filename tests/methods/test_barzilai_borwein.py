"""Barzilai and Borwein's sizes, the running mean that judges them, and where they lead."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import talweg

RNG = np.random.default_rng(8)
BASIS = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
CURVATURES = np.logspace(0.0, 3.0, 6)
MATRIX = BASIS @ np.diag(CURVATURES) @ BASIS.T
RIGHT = RNG.normal(size=6)
START = RNG.normal(size=6)


def quadratic(x):
    return jnp.vdot(x, MATRIX @ x) / 2.0 - jnp.vdot(RIGHT, x)


def value_by_hand(x):
    return x @ MATRIX @ x / 2.0 - RIGHT @ x


def gradient_by_hand(x):
    return MATRIX @ x - RIGHT


def states_of(fun, x0, **options):
    return list(talweg.descend(fun, x0, method="barzilai_borwein", **options))


def test_the_steps_are_those_of_the_formula():
    points = [state.x for state in states_of(quadratic, START)]
    slopes = [gradient_by_hand(x) for x in points]
    whole, long, short = 0, 0, 0
    for k in range(1, len(points) - 1):
        s, y = points[k] - points[k - 1], slopes[k] - slopes[k - 1]
        first, second = s @ s / (s @ y), s @ y / (y @ y)
        expected = second if second < 0.5 * first else first
        taken = points[k + 1] - points[k]
        size = -taken @ slopes[k] / (slopes[k] @ slopes[k])
        assert np.allclose(taken, -size * slopes[k], rtol=1e-6, atol=1e-12)
        assert size <= expected * (1.0 + 1e-6)  # the search may shorten a step
        if size > 0.999 * expected:
            assert size == pytest.approx(expected, rel=1e-6)
            whole, long, short = whole + 1, long + (expected == first), short + (expected == second)
    assert whole > 0.8 * (len(points) - 2)
    assert min(long, short) >= 3


def test_the_very_first_trial_has_length_one():
    points = [state.x for state in states_of(lambda x: 1e-3 * jnp.sum(x**2), START, max_iter=1)]
    assert np.linalg.norm(points[1] - points[0]) == pytest.approx(1.0)


def test_where_it_bends_downwards_every_step_is_ten_times_as_long_as_the_last():
    # There is no curvature to take a size from.
    points = [state.x for state in states_of(lambda x: -jnp.sum(x**2), [0.1, 0.0], max_iter=5)]
    assert np.allclose(np.diff(np.array(points)[:, 0]), [1.0, 10.0, 100.0, 1e3, 1e4])


def test_the_value_rises_now_and_then_and_is_lowest_at_the_end():
    result = talweg.minimize(quadratic, START, method="barzilai_borwein")
    assert result.success
    assert np.diff(result.trace.fun).max() > 1e-3 * abs(result.fun)
    assert np.abs(result.x - np.linalg.solve(MATRIX, RIGHT)).max() < 1e-5
    assert result.fun == result.trace.fun.min()


def test_without_memory_it_never_rises():
    result = talweg.minimize(
        quadratic, START, method="barzilai_borwein", step=talweg.Nonmonotone(memory=0.0), tol=1e-4
    )
    assert result.success
    assert np.all(np.diff(result.trace.fun) < 0.0)


def test_stopped_while_it_rises_the_lowest_point_is_returned():
    values = talweg.minimize(quadratic, START, method="barzilai_borwein").trace.fun
    risen = int(np.flatnonzero(np.diff(values) > 0.0)[0]) + 1
    result = talweg.minimize(quadratic, START, method="barzilai_borwein", max_iter=risen)
    assert result.trace.fun[-1] > result.fun == result.trace.fun.min()
    assert value_by_hand(result.x) == pytest.approx(result.fun)
    assert np.allclose(result.jac, gradient_by_hand(result.x), rtol=0.0, atol=1e-9)
    assert result.gradient_norm == np.abs(result.jac).max()


@pytest.mark.parametrize("memory", [0.85, 0.5, 1.0])
def test_every_iterate_is_below_the_running_mean(memory):
    step = talweg.Nonmonotone(sufficient_decrease=1e-2, memory=memory)
    states = states_of(quadratic, START, step=step, tol=1e-3)
    # Zhang and Hager, equation 1.6, written out.
    weight, mean = 1.0, states[0].fun
    for before, after in itertools.pairwise(states):
        decrease = gradient_by_hand(before.x) @ (after.x - before.x)
        assert after.fun <= mean + 1e-2 * decrease + 1e-9 * abs(mean)
        mean = (memory * weight * mean + after.fun) / (memory * weight + 1.0)
        weight = memory * weight + 1.0


BEGIN = jax.jit(lambda step, state, *told: step.begin(state, *told))
TOLD = jax.jit(lambda step, state, *told: step.told(state, *told))


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.85, 1.0])
def test_the_mean_is_zhang_and_hagers(memory):
    values = 1e3 + RNG.normal(size=12)
    step = talweg.Nonmonotone(memory=memory)
    with jax.enable_x64(True):
        state = step.start(np.dtype(float))
        weight, mean = 0.0, 0.0
        for value in values:
            state = BEGIN(step, state, value, -1.0, 1.0, True, False)
            mean = (memory * weight * mean + value) / (memory * weight + 1.0)
            weight = memory * weight + 1.0
            assert float(state.mean) == pytest.approx(mean, rel=1e-14)
            assert float(state.weight) == pytest.approx(weight, rel=1e-14)
    if memory == 1.0:
        assert float(state.mean) == pytest.approx(values.mean(), rel=1e-14)
    if memory == 0.0:
        assert float(state.mean) == values[-1]


def test_the_search_accepts_below_the_mean_and_shrinks_above_it():
    step = talweg.Nonmonotone()
    with jax.enable_x64(True):
        state = step.start(np.dtype(float))
        for value in (10.0, 4.0):
            state = BEGIN(step, state, value, -1.0, 1.0, True, False)
        mean = (0.85 * 10.0 + 4.0) / 1.85
        for value, expected in [(mean - 0.01, True), (mean + 0.01, False), (np.nan, False)]:
            after, accepted, failed = TOLD(step, state, value, 1.0, -1.0)
            assert bool(accepted) is expected
            assert not failed
            assert float(after.size) == 1.0 if expected else 0.1 <= float(after.size) <= 0.5
        assert mean > 4.0


@pytest.mark.parametrize("shape", ["bowl", "flat bowl", "sphere"])
def test_in_a_box_it_finds_scipys_solution(shape):
    curvatures = {"bowl": CURVATURES, "flat bowl": np.linspace(1.0, 9.0, 6), "sphere": np.ones(6)}
    root = np.sqrt(curvatures[shape])[:, None] * BASIS.T
    low, high = -np.abs(RNG.normal(size=6)) - 0.1, np.abs(RNG.normal(size=6)) + 0.1
    goal = root @ (2.0 * RNG.normal(size=6))
    expected = scipy.optimize.lsq_linear(root, goal, bounds=(low, high), tol=1e-15).x
    assert 1 <= np.sum(np.isclose(expected, low) | np.isclose(expected, high)) <= 5

    def squares(x, root, goal):
        return jnp.sum((root @ x - goal) ** 2) / 2.0

    result = talweg.minimize(
        squares, np.zeros(6), (root, goal), method="barzilai_borwein", bounds=(low, high), tol=1e-9
    )
    assert result.success
    assert np.abs(result.x - expected).max() < 1e-7
    assert np.all((result.x >= low) & (result.x <= high))


def test_it_takes_no_option_of_its_own_and_any_search():
    with pytest.raises(TypeError, match="takes no options of its own"):
        talweg.minimize(quadratic, START, method="barzilai_borwein", memory=5)
    by_name = talweg.minimize(quadratic, START, method="barzilai_borwein", step="nonmonotone")
    by_default = talweg.minimize(quadratic, START, method="barzilai_borwein")
    assert by_name.x.tobytes() == by_default.x.tobytes()
