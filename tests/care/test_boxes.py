"""Boxes that are open, one-sided or closed to a point, bad conditioning, and saddles."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from tests.care.checks import SEARCHING, check_honest, in_turn

import talweg
from talweg.state import Status

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # see test_numpy_warnings

INF = np.inf
CENTRE = np.array([2.0, -3.0])


def bowl(x):
    """Sum exp(d) - d over the distances from the centre: lowest at the centre, and separable."""
    return np.sum(np.exp(x - CENTRE) - (x - CENTRE))


def bowl_in_jax(x):
    return jnp.sum(jnp.exp(x - CENTRE) - (x - CENTRE))


BOXES = {
    "open": ([-INF, -INF], [INF, INF]),
    "from below": ([3.0, -5.0], [INF, INF]),
    "from above": ([-INF, -INF], [0.5, 0.0]),
    "one of each": ([3.5, -INF], [INF, -4.0]),
    "only the second": ([-INF, -1.0], [INF, INF]),
    "a point": ([0.25, 7.0], [0.25, 7.0]),
    "a line": ([1.5, -INF], [1.5, INF]),
    "a line at an edge": ([-INF, -2.0], [-1.0, -2.0]),
    "as thin as numbers allow": ([1.0, -5.0], [np.nextafter(1.0, 2.0), 5.0]),
    "huge": ([-1e300, -1e300], [1e300, 1e300]),
}


@pytest.mark.parametrize("start", [(0.0, 0.0), (-4.0, 6.0)], ids=str)
@pytest.mark.parametrize(("box", "method"), in_turn(BOXES))
def test_a_separable_function_ends_at_its_minimum_clipped(box, method, start):
    lower, upper = map(np.array, BOXES[box])
    result = talweg.minimize(bowl, start, method=method, bounds=(lower, upper))
    inside = np.clip(start, lower, upper)
    check_honest(result, bowl, inside)
    assert result.success, result.message
    assert np.all((result.x >= lower) & (result.x <= upper))
    assert np.allclose(result.x, np.clip(CENTRE, lower, upper), rtol=0.0, atol=2e-6)
    moved = "x0 was outside its bounds" in result.message
    assert moved == (not np.array_equal(inside, start))


@pytest.mark.parametrize("box", BOXES)
def test_and_so_it_does_in_jax(box):
    lower, upper = map(np.array, BOXES[box])
    result = talweg.minimize(bowl_in_jax, (-4.0, 6.0), bounds=(lower, upper))
    assert result.success
    assert np.allclose(result.x, np.clip(CENTRE, lower, upper), rtol=0.0, atol=2e-6)


def test_a_point_is_evaluated_once():
    result = talweg.minimize(bowl, (0.0, 0.0), bounds=(CENTRE + 1.0, CENTRE + 1.0))
    assert result.success
    assert (result.nit, result.nfev) == (0, 1)
    assert np.array_equal(result.x, CENTRE + 1.0)
    assert result.fun == pytest.approx(2.0 * (np.e - 1.0))


@pytest.mark.parametrize("method", SEARCHING)
def test_a_box_keeps_a_function_inside_its_domain(method):
    def fun(x):  # not defined below 0, and lowest at (0, 1 / e) in the box
        return np.sqrt(1.0 + x[0]) + x[1] * np.log(x[1]) + 0.0 * np.log(x[0] + 1e-300)

    result = talweg.minimize(fun, (4.0, 3.0), method=method, bounds=(0.0, None))
    assert result.success, result.message
    assert result.fun == pytest.approx(1.0 - 1.0 / np.e, abs=1e-9)
    assert np.allclose(result.x, [0.0, 1.0 / np.e], atol=1e-5)


# Bad conditioning


def turned(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("method", ["lbfgs", "conjugate_gradient"])
@pytest.mark.parametrize("angle", [0.0, 0.7])
@pytest.mark.parametrize("condition", [1e6, 1e12])
@pytest.mark.parametrize("written", ["jax", "numpy"])
def test_a_badly_conditioned_quadratic_comes_down_to_its_minimum(condition, angle, method, written):
    axes = turned(angle) * np.sqrt([1.0, condition])

    def fun(x, axes):
        from_axes = (x - CENTRE) @ axes
        if written == "numpy":
            return 0.5 * np.linalg.norm(from_axes) ** 2
        return 0.5 * jnp.sum(from_axes**2)

    start = CENTRE + 1.0
    result = talweg.minimize(fun, start, axes, method=method)
    check_honest(result, lambda x: 0.5 * np.sum(((x - CENTRE) @ axes) ** 2), start, rel=1e-3)
    # The start is at about 0.5e6 or 0.5e12, of which the flat axis makes up half at most.
    assert result.fun < 1e-6


# Saddles


@pytest.mark.parametrize("method", SEARCHING)
@pytest.mark.parametrize("xp", [np, jnp], ids=["numpy", "jax"])
def test_a_start_on_a_saddle_is_a_critical_point_and_stays_there(xp, method):
    result = talweg.minimize(lambda x: xp.square(x[0]) - xp.square(x[1]), (0.0, 0.0), method=method)
    assert (result.nit, result.nfev, result.fun) == (0, 1, 0.0)
    assert np.array_equal(result.x, [0.0, 0.0])
    assert result.status == Status.SADDLE
    assert not result.success


@pytest.mark.parametrize("method", SEARCHING)
def test_beside_a_saddle_it_goes_down(method):
    def fun(x):
        return np.square(x[0]) - 2.0 * np.square(x[1]) + np.power(x[1], 4)

    result = talweg.minimize(fun, (1.0, 1e-3), method=method)
    assert result.success
    assert result.fun == pytest.approx(-1.0)
    assert np.allclose(result.x, [0.0, 1.0], atol=1e-5)
