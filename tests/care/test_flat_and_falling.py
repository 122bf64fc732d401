"""Functions that are flat, nearly flat, or fall without end."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.care.checks import SEARCHING, check_honest, in_turn, named_case

import talweg

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # see test_numpy_warnings

# Flat: every point is a minimum


@pytest.mark.parametrize("method", SEARCHING)
@pytest.mark.parametrize(
    "fun",
    [lambda x: 0.0 * np.linalg.norm(x) + 3.0, lambda x: 3.0, lambda x: np.sum(np.sign(x)) + 1.0],
    ids=["times zero", "a number", "steps"],
)
def test_a_constant_is_at_its_minimum_at_once(fun, method):
    result = talweg.minimize(fun, [1.0, 2.0], method=method)
    assert result.success
    assert (result.nit, result.nfev, result.fun) == (0, 1, 3.0)
    assert np.array_equal(result.x, [1.0, 2.0])
    assert np.array_equal(result.jac, [0.0, 0.0])
    assert "converged" in result.message


def test_a_constant_in_jax_and_in_a_box():
    result = talweg.minimize(lambda x: 0.0 * jnp.sum(x) + 3.0, [1.0, 2.0], bounds=(0.0, 5.0))
    assert result.success
    assert (result.nit, result.nfev, result.fun) == (0, 1, 3.0)


# Nearly flat


def power(x, n):
    return jnp.sum(x**n)


@pytest.mark.parametrize("n", [4.0, 6.0, 10.0])
def test_a_degenerate_minimum_is_reached_as_closely_as_the_gradient_shows_it(n):
    result = talweg.minimize(lambda x, n: jnp.sum(jnp.abs(x) ** n), [3.0, -1.5], n)
    check_honest(result, lambda x: np.sum(np.abs(x) ** n), [3.0, -1.5])
    assert result.success
    assert np.abs(result.x).max() <= (1e-6 / n) ** (1.0 / (n - 1.0)) * (1.0 + 1e-9)


@pytest.mark.parametrize("method", SEARCHING)
def test_a_degenerate_minimum_by_every_method(method):
    def fun(x):
        return np.sum(np.power(x - 2.0, 4))

    result = talweg.minimize(fun, [3.0, -1.5], method=method, tol=1e-5)
    check_honest(result, fun, [3.0, -1.5])
    assert result.success
    assert np.abs(result.x - 2.0).max() <= (1e-5 / 4.0) ** (1.0 / 3.0) * (1.0 + 1e-9)


def hole(x):
    return -np.sum(np.exp(-(x**2)))


def test_a_plateau_within_tol_is_converged_and_says_by_what():
    result = talweg.minimize(hole, [6.0, 7.0])
    assert result.success
    assert (result.nit, result.nfev) == (0, 1)
    norm = 12.0 * np.exp(-36.0)
    assert result.trace.gradient_norm[0] == pytest.approx(norm)
    assert f"the projected gradient is {norm:.3g}, within tol=1e-06" in result.message


@pytest.mark.parametrize("start", [4.0, 5.0])
def test_without_a_tolerance_it_comes_down_from_the_plateau(start):
    result = talweg.minimize(hole, [start, 0.0], tol=0.0)
    check_honest(result, hole, [start, 0.0])
    assert result.fun == pytest.approx(-2.0, abs=1e-9)
    assert np.allclose(result.x, 0.0, atol=1e-4)


def well(x):
    return -np.exp(-((100.0 * x) ** 2))


@pytest.mark.parametrize("method", ["gradient", "momentum"])
def test_out_of_a_well_onto_the_plain_nothing_has_converged(method):
    # The first step, of 7, leads to where the gradient is 0; the start is the best point, and its
    # gradient is 200 / e.
    result = talweg.minimize(well, 0.01, method=method, step=0.1)
    assert result.x == 0.01
    assert result.fun == pytest.approx(-1.0 / np.e)
    assert result.jac == pytest.approx(200.0 / np.e)
    assert not result.success
    assert "converged" not in result.message


# Falling without end


def straight(xp, x):
    return -x[0] + 2.0 * x[1] + 0.0 * xp.log(2.0)


def exponential(xp, x):
    return -xp.sum(xp.exp(x))


def cubic(xp, x):
    return -xp.sum(xp.power(x, 3))


def square(xp, x):
    return -xp.sum(xp.square(x)) - x[0]


def logarithm(xp, x):
    return -xp.log(10.0 + x[0]) - x[0] - x[1]


FALLING = [straight, exponential, cubic, square, logarithm]
CORNERS = {  # in the box from -1 to 3 and -2 to 5
    straight: (3.0, -2.0),
    exponential: (3.0, 5.0),
    cubic: (3.0, 5.0),
    square: (3.0, 5.0),
    logarithm: (3.0, 5.0),
}
BRANCHES = [lambda x, fun=fun: fun(jnp, x) for fun in FALLING]


def any_in_jax(x, which):
    return jax.lax.switch(which, BRANCHES, x)


def check_fall(fun, result):
    check_honest(result, lambda x: fun(np, x), (1.0, 0.5))
    assert not result.success
    assert result.status == talweg.Status.UNBOUNDED
    assert "falls without end" in result.message
    assert result.fun < fun(np, np.array([1.0, 0.5]))  # the first trials are finite, and lower


@pytest.mark.parametrize(("fun", "method"), in_turn(FALLING), ids=named_case)
def test_a_fall_without_end_is_said_to_be_one(fun, method):
    # Doubling its step, a method takes a thousand steps to the largest number.
    steps = 300 if method in ("lbfgs", "conjugate_gradient") else 1200
    result = talweg.minimize(lambda x: fun(np, x), (1.0, 0.5), method=method, max_iter=steps)
    check_fall(fun, result)


@pytest.mark.parametrize("fun", FALLING, ids=lambda fun: fun.__name__)
def test_a_fall_without_end_in_jax(fun):
    which = np.int32(FALLING.index(fun))
    check_fall(fun, talweg.minimize(any_in_jax, (1.0, 0.5), which, max_iter=300))


BOX = (np.array([-1.0, -2.0]), np.array([3.0, 5.0]))


@pytest.mark.parametrize(("fun", "method"), in_turn(FALLING), ids=named_case)
def test_in_a_box_it_falls_into_the_right_corner(fun, method):
    result = talweg.minimize(lambda x: fun(np, x), (1.0, 0.5), method=method, bounds=BOX)
    assert result.success
    assert np.array_equal(result.x, CORNERS[fun])
    assert result.fun == pytest.approx(fun(np, np.array(CORNERS[fun])))


@pytest.mark.parametrize("fun", FALLING, ids=lambda fun: fun.__name__)
def test_in_a_box_it_falls_into_the_right_corner_in_jax(fun):
    which = np.int32(FALLING.index(fun))
    result = talweg.minimize(any_in_jax, (1.0, 0.5), which, bounds=BOX)
    assert result.success
    assert np.array_equal(result.x, CORNERS[fun])
