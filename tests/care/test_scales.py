"""Very large and very small values, coordinates and offsets, in double and single precision."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from tests.care.checks import SEARCHING, check_honest

import talweg

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # see test_numpy_warnings


def scaled_parabola(x, scale, unit, offset):
    """Return a parabola of this height, width and lift, lowest at one unit, in JAX or NumPy."""
    distance = x / unit - 1.0
    return scale * (distance @ distance) + offset


def in_numpy(scale, unit=1.0, offset=0.0):
    return lambda x: scale * np.linalg.norm(np.asarray(x) / unit - 1.0) ** 2 + offset


SCALES = [1e-300, 1e-200, 1e-100, 1e-20, 1e20, 1e100, 1e200, 1e300]


@pytest.mark.parametrize("scale", [1e-300, 1e-100, 1e-20])
def test_values_below_the_tolerance_are_converged_at_once_by_the_criterion_stated(scale):
    result = talweg.minimize(scaled_parabola, [3.0, -1.5], (scale, 1.0, 0.0))
    assert result.success
    assert (result.nit, result.nfev) == (0, 1)
    assert f"is {5.0 * scale:.3g}, within tol=1e-06" in result.message


@pytest.mark.parametrize("scale", SCALES)
def test_without_a_tolerance_the_height_of_the_values_does_not_matter(scale):
    result = talweg.minimize(scaled_parabola, [3.0, -1.5], (scale, 1.0, 0.0), tol=0.0)
    check_honest(result, in_numpy(scale), [3.0, -1.5])
    assert np.allclose(result.x, 1.0, rtol=0.0, atol=1e-6)
    assert result.success, result.message


@pytest.mark.parametrize("scale", [1e-300, 1e300])
@pytest.mark.parametrize("method", SEARCHING)
def test_nor_does_it_to_any_method(method, scale):
    fun = in_numpy(scale)
    result = talweg.minimize(fun, [3.0, -1.5], method=method, tol=0.0, max_iter=500)
    check_honest(result, fun, [3.0, -1.5])
    assert np.allclose(result.x, 1.0, rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("scale", [1e20, 1e100, 1e300])
def test_large_values_are_brought_to_the_working_precision(scale):
    # No float but 1 itself may have a gradient within 1e-6.
    result = talweg.minimize(scaled_parabola, [3.0, -1.5], (scale, 1.0, 0.0))
    assert result.success, result.message
    assert np.allclose(result.x, 1.0, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("unit", [1e-8, 1e-3, 1e3, 1e8])
def test_the_size_of_the_coordinates_does_not_matter(unit):
    start = np.array([3.0, -1.5]) * unit
    result = talweg.minimize(scaled_parabola, start, (1.0, unit, 0.0), tol=0.0)
    check_honest(result, in_numpy(1.0, unit), start)
    assert np.allclose(result.x / unit, 1.0, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("start", [0.0, 1e-3, 1.0])
def test_a_minimum_at_1e_minus_8_is_found_from_far(start):
    start = np.array([start, -start])
    result = talweg.minimize(scaled_parabola, start, (1.0, 1e-8, 0.0), tol=0.0)
    assert np.allclose(result.x, 1e-8, rtol=1e-6, atol=0.0)


@pytest.mark.parametrize("offset", [-1e10, 1e5, 1e10, 1e15])
def test_beneath_an_offset_it_comes_as_near_as_the_values_can_tell(offset):
    start = [3.0, -1.5]
    result = talweg.minimize(scaled_parabola, start, (1.0, 1.0, offset))
    check_honest(result, in_numpy(1.0, 1.0, offset), start)
    # The value can't tell points apart whose squared distance is below its last digit.
    near = np.sqrt(4.0 * np.finfo(float).eps * abs(offset))
    assert np.linalg.norm(result.x - 1.0) <= near
    assert result.success or "precision is exhausted" in result.message


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
def test_coordinates_of_different_sizes(scale):
    start, widths = np.array([3.0, -1.5]), np.array([1.0, scale])

    def fun(x, widths):
        return jnp.sum((x / widths - 1.0) ** 2)

    result = talweg.minimize(fun, start * widths, widths, tol=0.0)
    assert np.allclose(result.x / widths, 1.0, rtol=0.0, atol=1e-6)


# Single precision


def rosenbrock(x):
    return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2


@pytest.mark.parametrize("written", ["jax", "numpy"])
def test_rosenbrock_in_single_precision(written):
    start = np.array([-1.2, 1.0], np.float32)
    fun = rosenbrock if written == "jax" else lambda x: rosenbrock(x) * np.exp(0.0)
    result = talweg.minimize(fun, start)
    assert result.success
    assert result.x.dtype == result.jac.dtype == np.float32
    assert np.allclose(result.x, 1.0, rtol=0.0, atol=1e-3)
    assert "within tol=0.0001" in result.message


def single(*numbers):
    return np.array(numbers, np.float32)


def chains(x):
    return np.sum(np.cosh(x))


def steep_bowl(x):
    return np.sum(np.exp(x**2))


def wall_after_a_plain(x):
    return np.sum(np.exp(x) - x)


@pytest.mark.parametrize("method", SEARCHING)
@pytest.mark.parametrize(
    ("fun", "start"),
    [
        (chains, single(20.0, -30.0)),
        (chains, single(12.0, -5.0)),
        (steep_bowl, single(3.0, -1.0)),
        (wall_after_a_plain, single(-1000.0, 2.0)),
    ],
    ids=["cosh", "large cosh", "exp of a square", "exp after a plain"],
)
def test_what_overflows_at_1e38_has_its_minimum_at_0_all_the_same(fun, start, method):
    result = talweg.minimize(fun, start, method=method)
    check_honest(result, fun, start, rel=1e-5)
    assert result.x.dtype == np.float32
    assert result.success, result.message
    assert result.fun == pytest.approx(2.0, rel=1e-5)
    assert np.allclose(result.x, 0.0, atol=1e-2)


@pytest.mark.parametrize("scale", [1e-37, 1e-25, 1e25, 1e37])
def test_single_precision_without_a_tolerance(scale):
    start = single(3.0, -1.5)
    result = talweg.minimize(scaled_parabola, start, (np.float32(scale), 1.0, 0.0), tol=0.0)
    assert np.isfinite(result.fun)
    assert np.allclose(result.x, 1.0, rtol=0.0, atol=1e-3)
