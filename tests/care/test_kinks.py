"""Functions that aren't smooth: they end with a word about it, and never claim what isn't true."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.care.checks import SEARCHING, check_honest, in_turn, named_case

import talweg

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # see test_numpy_warnings


def diamond(xp, x):
    return xp.abs(x[0]) + xp.abs(x[1] - 1.0)


def long_diamond(xp, x):
    return 5.0 * xp.abs(x[0]) + xp.abs(x[1])


def unequal_slopes(xp, x):
    return xp.sum(xp.maximum(x - 0.3, -2.0 * (x - 0.3)))


def median(xp, x):
    return xp.sum(xp.abs(x[0] - MARKS)) + xp.sum(xp.abs(x[1] + MARKS))


def greatest(xp, x):
    return xp.maximum(xp.abs(x[0] - 1.0), xp.abs(x[1] + 2.0))


def cone(xp, x):
    return xp.sqrt((x[0] - 1.0) ** 2 + 10.0 * (x[1] + 2.0) ** 2)


def bent_valley(xp, x):
    return 10.0 * xp.abs(x[1] - x[0] ** 2) + (1.0 - x[0]) ** 2


MARKS = np.array([-4.0, -1.0, 0.25, 2.0, 7.0])
START = (3.3, -2.6)
MINIMA = {
    diamond: 0.0,
    long_diamond: 0.0,
    unequal_slopes: 0.0,
    median: 2.0 * (4.25 + 1.25 + 0.0 + 1.75 + 6.75),
    greatest: 0.0,
    cone: 0.0,
    bent_valley: 0.0,
}
KINKED = list(MINIMA)
BRANCHES = [lambda x, fun=fun: fun(jnp, x) for fun in KINKED]
named = pytest.mark.parametrize("fun", KINKED, ids=lambda fun: fun.__name__)


def any_in_jax(x, which):
    return jax.lax.switch(which, BRANCHES, x)


def check_truth(fun, result):
    """Check that success is claimed at the minimum only, and anything else is explained."""
    check_honest(result, lambda x: fun(np, x), START)
    gap = result.fun - MINIMA[fun]
    assert gap >= -1e-12
    if result.success:
        assert gap <= 1e-5
    else:
        allowed = {talweg.Status.STALLED, talweg.Status.MAX_ITERATIONS}
        if fun is cone:  # its gradient is NaN at the tip
            allowed.add(talweg.Status.NOT_FINITE)
        assert result.status in allowed
    if result.status == talweg.Status.STALLED:
        assert "may not be smooth" in result.message


@pytest.mark.parametrize(("fun", "method"), in_turn(KINKED), ids=named_case)
def test_no_kink_is_taken_for_a_minimum(fun, method):
    check_truth(fun, talweg.minimize(lambda x: fun(np, x), START, method=method, max_iter=300))


@named
def test_the_default_method_comes_near_the_minimum(fun):
    result = talweg.minimize(any_in_jax, START, np.int32(KINKED.index(fun)), max_iter=1000)
    check_truth(fun, result)
    if fun is not bent_valley:  # no method for smooth functions has to follow a bent kink
        assert result.fun - MINIMA[fun] < 1e-2


def test_signs_solve_what_is_a_sum_over_coordinates():
    for fun in (diamond, unequal_slopes):
        result = talweg.minimize(lambda x, fun=fun: fun(np, x), START, method="sign", max_iter=500)
        assert result.fun - MINIMA[fun] < 1e-5


def cliff_then_kink(x):
    """Fall steeply at first; along the kink of the first coordinate only the second leads down."""
    return 5.0 * np.abs(x[0]) + np.abs(x[1]) + np.sum(np.maximum(np.abs(x) - 10.0, 0.0) ** 12)


@pytest.mark.parametrize("method", SEARCHING)
def test_a_steep_start_makes_no_kink_a_minimum(method):
    # The slope at the start is 1e12: next to it, that at the kink is within the rounding.
    start = (30.0, 25.0)
    max_iter = 50 if method == "newton" else 300  # it takes 26 Hessians an iteration here
    result = talweg.minimize(cliff_then_kink, start, method=method, max_iter=max_iter)
    check_honest(result, cliff_then_kink, start)
    if result.success:
        assert result.fun <= 1e-5
    else:
        assert "may not be smooth" in result.message or "max_iter" in result.message


@pytest.mark.parametrize("start", [0.7, -3.0, 1e6, 1e-9])
def test_the_absolute_value(start):
    result = talweg.minimize(np.abs, start)
    assert result.fun == abs(result.x)
    assert result.fun <= 1e-6 * start if start > 0.0 else 1e-6
    if result.x != 0.0:
        assert not result.success
        assert "may not be smooth" in result.message
