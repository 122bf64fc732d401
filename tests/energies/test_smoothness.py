"""The energies against loops over pixels, and what must hold of each."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import talweg
from talweg.energies import ENERGIES, Energy, membrane, read_energy, rows, thin_plate, tv

FUNCTIONS = [membrane, thin_plate, tv, rows]
COMPILED = {energy: jax.jit(energy) for energy in FUNCTIONS}
SHAPES = [(7,), (2,), (1,), (5, 6), (1, 4), (4, 1), (2, 2), (2, 5), (1, 1), (3, 4, 2), (2, 1, 5)]
PICTURES = hnp.arrays(float, (4, 5), elements=st.floats(-1.0, 1.0, allow_subnormal=False))


def value(energy, image):
    with jax.enable_x64(True):
        return float(COMPILED[energy](jnp.asarray(image)))


def shifted(point, axis, by=1):
    return tuple(p + by * (a == axis) for a, p in enumerate(point))


def pixels(shape):
    return itertools.product(*map(range, shape))


def inside(point, shape):
    return all(p < n for p, n in zip(point, shape, strict=True))


def membrane_by_loops(u):
    total = 0.0
    for point in pixels(u.shape):
        for axis in range(u.ndim):
            ahead = shifted(point, axis)
            if inside(ahead, u.shape):
                total += (u[ahead] - u[point]) ** 2
    return total


def thin_plate_by_loops(u):
    total = 0.0
    for p in pixels(u.shape):
        for axis in range(u.ndim):
            one, two = shifted(p, axis), shifted(p, axis, 2)
            if inside(two, u.shape):
                total += (u[two] - 2.0 * u[one] + u[p]) ** 2
        for i in range(u.ndim):
            for j in range(u.ndim):
                a, b, both = shifted(p, i), shifted(p, j), shifted(shifted(p, i), j)
                if i != j and inside(both, u.shape):
                    total += (u[both] - u[a] - u[b] + u[p]) ** 2
    return total


def tv_by_loops(u, smoothing=0.01):
    total = 0.0
    for p in pixels(u.shape):
        ahead = [shifted(p, axis) for axis in range(u.ndim)]
        squares = sum((u[a] - u[p]) ** 2 for a in ahead if inside(a, u.shape))
        total += math.sqrt(squares + smoothing**2) - smoothing
    return total


def rows_by_loops(u):
    total = 0.0
    for axis in range(u.ndim):
        for line in np.moveaxis(u, axis, -1).reshape(-1, u.shape[axis]):
            for part in (line, line[0 : line.size : 2], line[1 : line.size : 2]):
                total += math.sqrt(sum((b - a) ** 2 for a, b in itertools.pairwise(part)))
    return total


LOOPS = {
    membrane: membrane_by_loops,
    thin_plate: thin_plate_by_loops,
    tv: tv_by_loops,
    rows: rows_by_loops,
}


def err_func(x):
    score = 0
    for row in x:
        score += (
            np.linalg.norm(np.diff(row))
            + np.linalg.norm(np.diff(row[0 : row.size : 2]))
            + np.linalg.norm(np.diff(row[1 : row.size : 2]))
        )
    for row in x.T:
        score += (
            np.linalg.norm(np.diff(row))
            + np.linalg.norm(np.diff(row[0 : row.size : 2]))
            + np.linalg.norm(np.diff(row[1 : row.size : 2]))
        )
    return score


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("energy", FUNCTIONS)
def test_value_is_that_of_loops_over_pixels(energy, shape):
    image = np.random.default_rng(1).normal(size=shape)
    assert value(energy, image) == pytest.approx(LOOPS[energy](image), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("shape", [(5,), (4, 5), (1, 4), (2, 2), (2, 3, 3)], ids=str)
@pytest.mark.parametrize("energy", FUNCTIONS)
def test_gradient_is_that_of_finite_differences_of_the_loops(energy, shape):
    image = np.random.default_rng(2).normal(size=shape)
    found = talweg.gradient(energy, image)
    for point in pixels(shape):
        step = np.zeros(shape)
        step[point] = 1e-6
        slope = (LOOPS[energy](image + step) - LOOPS[energy](image - step)) / 2e-6
        assert found[point] == pytest.approx(slope, abs=1e-7)


def test_rows_is_the_tutorials_err_func():
    image = np.random.default_rng(3).random((9, 8))
    assert value(rows, image) == pytest.approx(err_func(image), rel=1e-13)
    difference = talweg.gradient(rows, image) - talweg.gradient(err_func, image)
    assert np.abs(difference).max() < 1e-13


@pytest.mark.parametrize("shape", [(9,), (7, 8), (5, 4, 6)], ids=str)
def test_membrane_s_gradient_is_minus_twice_the_laplacian(shape):
    image = np.random.default_rng(4).normal(size=shape)
    expected = -2.0 * scipy.ndimage.laplace(image, mode="nearest")
    assert np.allclose(talweg.gradient(membrane, image), expected, rtol=0.0, atol=1e-12)


def test_thin_plate_s_gradient_is_twice_the_bilaplacian_away_from_the_edges():
    image = np.random.default_rng(5).normal(size=(10, 11))
    expected = 2.0 * scipy.ndimage.laplace(scipy.ndimage.laplace(image))
    inner = (slice(2, -2), slice(2, -2))
    found = talweg.gradient(thin_plate, image)
    assert np.allclose(found[inner], expected[inner], rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("energy", FUNCTIONS)
def test_a_constant_picture_costs_nothing_and_has_no_slope(energy):
    for shape in SHAPES:
        assert value(energy, np.full(shape, 0.25)) == 0.0
    slope = talweg.gradient(energy, np.full((4, 5), 0.3))
    assert np.array_equal(slope, np.zeros((4, 5)))


@pytest.mark.parametrize("energy", FUNCTIONS)
def test_flat_lines_leave_the_slope_finite(energy):
    image = np.random.default_rng(6).random((6, 6))
    image[2], image[:, 3], image[4, ::2] = 0.5, 0.25, 0.75
    assert np.isfinite(talweg.gradient(energy, image)).all()


@settings(max_examples=30, deadline=None)
@given(PICTURES, st.floats(-2.0, 2.0))
@pytest.mark.parametrize("energy", FUNCTIONS)
def test_a_constant_added_changes_nothing(energy, image, constant):
    assert value(energy, image + constant) == pytest.approx(value(energy, image), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(PICTURES, st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_a_ramp_added_changes_no_thin_plate(image, down, across):
    ramp = np.add.outer(down * np.arange(4), across * np.arange(5))
    assert value(thin_plate, image + ramp) == pytest.approx(value(thin_plate, image), abs=1e-9)
    if abs(down) > 0.1:
        assert value(membrane, ramp) > 0.0


@settings(max_examples=30, deadline=None)
@given(PICTURES, st.floats(-3.0, 3.0))
@pytest.mark.parametrize(("energy", "degree"), [(membrane, 2), (thin_plate, 2), (rows, 1)])
def test_scaling_the_picture_scales_the_energy(energy, degree, image, factor):
    expected = abs(factor) ** degree * value(energy, image)
    assert value(energy, factor * image) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(PICTURES, PICTURES, st.floats(0.0, 1.0))
@pytest.mark.parametrize("energy", FUNCTIONS)
def test_every_energy_is_convex(energy, one, other, share):
    between = value(energy, share * one + (1.0 - share) * other)
    chord = share * value(energy, one) + (1.0 - share) * value(energy, other)
    assert between <= chord + 1e-9


@pytest.mark.parametrize("energy", FUNCTIONS)
def test_turning_the_picture_over_changes_nothing(energy):
    image = np.random.default_rng(7).random((5, 6))
    upright = value(energy, image)
    assert value(energy, image.T) == pytest.approx(upright, rel=1e-13)
    if energy is not tv:  # which looks ahead only
        assert value(energy, image[::-1]) == pytest.approx(upright, rel=1e-13)


def test_tv_goes_over_into_the_lengths_of_the_gradients():
    step = np.zeros((6, 8))
    step[:, 4:] = 0.7
    with jax.enable_x64(True):
        assert float(tv(jnp.asarray(step), smoothing=1e-9)) == pytest.approx(6 * 0.7, rel=1e-7)
        ramp = jnp.asarray(np.tile(np.linspace(0.0, 0.7, 8), (6, 1)))
        assert float(tv(ramp, smoothing=1e-9)) == pytest.approx(6 * 0.7, rel=1e-7)


@pytest.mark.parametrize("energy", FUNCTIONS)
def test_float32_stays_float32(energy):
    assert energy(jnp.ones((3, 4), jnp.float32)).dtype == jnp.float32


# Reading energies


@pytest.mark.parametrize("name", ["thin_plate", "membrane", "tv", "rows"])
def test_energies_are_found_by_name(name):
    energy = read_energy(name)
    assert energy is ENERGIES[name]
    assert energy.name == name
    assert energy.function in FUNCTIONS
    assert energy.quadratic == (name in ("thin_plate", "membrane"))


def test_a_function_is_an_energy_of_its_name():
    energy = read_energy(err_func)
    assert (energy.name, energy.function, energy.quadratic) == ("err_func", err_func, False)
    assert read_energy(energy) is energy


def test_a_callable_without_a_name_is_called_energy():
    class Callable:
        def __call__(self, image):
            return image.sum()

    assert read_energy(Callable()).name == "energy"


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(
        ValueError, match="'plate' is unknown; choose from fields, thin_plate, membrane, tv"
    ):
        read_energy("plate")


@pytest.mark.parametrize("energy", [None, 3, ["tv"], np.ones((3, 3))], ids=str)
def test_what_is_no_energy_is_refused(energy):
    with pytest.raises(
        TypeError,
        match=r"energy must be a name .fields, thin_plate, membrane, tv, rows., a file or",
    ):
        read_energy(energy)


def test_an_energy_keeps_what_it_is_given():
    energy = Energy("mine", membrane, quadratic=True)
    assert (energy.name, energy.function, energy.quadratic) == ("mine", membrane, True)
