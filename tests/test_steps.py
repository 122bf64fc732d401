"""Step sizes: schedules, constants, and how a descent takes them."""

import numpy as np
import pytest

import talweg
from talweg.steps import read_step


def bowl(x):
    return 0.5 * np.linalg.norm(x) ** 2


@pytest.mark.parametrize("every", [1, 7, None])
def test_a_schedule_is_asked_once_for_every_iteration_in_order(every):
    asked = []

    def schedule(k):
        asked.append(k)
        return 1e-3

    for _ in talweg.descend(
        bowl, [1.0], method="gradient", step=schedule, max_iter=600, tol=0.0, every=every
    ):
        pass
    assert asked == list(range(600))
    assert all(type(k) is int for k in asked)


def test_a_schedule_is_followed_across_the_window_in_which_it_is_tabulated():
    def schedule(k):
        return 1e-2 / (1.0 + k % 10) + 1e-3 * (k == 256) + 2e-3 * (k == 512)

    states = list(
        talweg.descend(bowl, [1.0], method="gradient", step=schedule, max_iter=600, tol=0.0)
    )
    shrinking = np.cumprod([1.0 - schedule(k) for k in range(600)])
    found = np.array([state.x[0] for state in states[1:]])
    assert np.allclose(found, shrinking, rtol=1e-12, atol=0.0)


def test_a_schedule_is_not_asked_for_iterations_that_will_not_be():
    sizes = [0.5, 0.25, 0.125]
    result = talweg.minimize(bowl, [1.0], method="gradient", step=lambda k: sizes[k], max_iter=3)
    assert result.nit == 3
    assert result.x[0] == pytest.approx(0.5 * 0.75 * 0.875)


def test_a_schedule_may_give_any_kind_of_number():
    steps = [0.5, np.float32(0.5), np.float64(0.5), np.array(0.5)]
    for step in [*steps, *(lambda k, size=size: size for size in steps)]:
        result = talweg.minimize(bowl, [1.0], method="gradient", step=step, max_iter=2)
        assert result.x[0] == 0.25


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (np.nan, ValueError),
        (np.inf, ValueError),
        (-0.1, ValueError),
        ("0.1", TypeError),
        (None, TypeError),
        (True, TypeError),
        ([0.1], TypeError),
        (1j, TypeError),
    ],
    ids=str,
)
def test_a_schedule_that_gives_no_size_is_refused_with_its_iteration(bad, error):
    def schedule(k):
        return bad if k == 300 else 1e-3

    with pytest.raises(error, match=r"step\(300\) is .*a step size must be"):
        talweg.minimize(bowl, [1.0], method="gradient", step=schedule, max_iter=400, tol=0.0)


def test_an_error_in_a_schedule_comes_through_unchanged():
    with pytest.raises(ZeroDivisionError):
        talweg.minimize(bowl, [1.0], method="gradient", step=lambda k: 1 / (4 - k))


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_constant_must_be_positive_and_finite(bad):
    with pytest.raises(ValueError, match="step"):
        talweg.minimize(bowl, [1.0], method="gradient", step=bad)


@pytest.mark.parametrize("bad", [True, [0.1, 0.2], np.ones(2), {"size": 0.1}])
def test_what_is_no_step_is_refused(bad):
    with pytest.raises(TypeError, match="step"):
        talweg.minimize(bowl, [1.0], method="gradient", step=bad)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="'wolfe' is unknown; choose from backtracking, nonmono"):
        read_step("wolfe")


def test_a_constant_step_that_is_too_long_keeps_the_best_point():
    result = talweg.minimize(bowl, [1.0, -1.0], method="gradient", step=2.5, max_iter=50)
    assert not result.success
    assert np.array_equal(result.x, [1.0, -1.0])
    assert result.fun == bowl(result.x) == result.trace.fun.min()
    assert result.trace.fun[-1] > 1e10


@pytest.mark.parametrize("step", ["backtracking", "strong_wolfe", talweg.Backtracking(max_tries=5)])
@pytest.mark.parametrize("method", ["gradient", "lbfgs"])
def test_with_a_search_no_value_is_above_the_one_before(method, step):
    result = talweg.minimize(
        lambda x: np.linalg.norm(x) ** 2 + np.sum(np.cos(3.0 * x)), [2.0, -1.5],
        method=method, step=step, max_iter=40,
    )  # fmt: skip
    assert np.all(np.diff(result.trace.fun) <= 0.0)
    assert result.success
