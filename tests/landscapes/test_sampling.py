"""sample: the values on the grid are the function's, and what has none is NaN."""

import math

import autograd.numpy as anp
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.optimize

from talweg.landscapes import get, sample
from talweg.objective import precision

BOX = ((-1.0, 0.0), (2.0, 1.0))


def in_jax(point):
    return jnp.sin(3 * point[0]) + point[1] ** 3


def in_numpy(point):
    return np.sin(3 * point[0]) + np.dot(point, [0.0, 1.0]) ** 3


def in_autograd(point):
    return anp.sin(3 * point[0]) + anp.array([point[1]])[0] ** 3


def in_plain_python(point):
    x, y = map(float, point)
    return math.sin(3 * x) + y**3


def with_control_flow(point):
    x, y = point
    return np.sin(3 * x) + (y**3 if y > 0 else y * abs(y) ** 2)


@pytest.mark.parametrize("fun", [in_jax, in_numpy, in_autograd, in_plain_python, with_control_flow])
def test_the_values_are_those_of_the_function(fun):
    (x, y), values = sample(fun, BOX, (7, 5))
    np.testing.assert_array_equal(x, np.linspace(-1, 2, 7))
    np.testing.assert_array_equal(y, np.linspace(0, 1, 5))
    assert values.shape == (5, 7)
    assert values.dtype == x.dtype == y.dtype == np.float64
    expected = [[math.sin(3 * a) + b**3 for a in x] for b in y]
    np.testing.assert_allclose(values, expected, rtol=1e-14, atol=1e-15)
    values[0, 0] = 1.0  # the caller's own


@pytest.mark.parametrize("name", ["himmelblau", "muller_brown", "ripples"])
def test_a_landscape_is_sampled_as_it_evaluates_grids_itself(name):
    landscape = get(name)
    axes, values = sample(landscape.fun, landscape.bounds, 21)
    with precision(np.float64):
        direct = np.array(landscape.fun(jnp.array(np.meshgrid(*axes))))
    np.testing.assert_allclose(values, direct, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "bounds", [(-1, 3), ([-1], [3]), ((-1.0,), (3.0,)), [(-1, 3)], scipy.optimize.Bounds(-1, 3)]
)
def test_one_variable_in_every_way_to_write_the_box(bounds):
    (x,), values = sample(lambda point: point[0] ** 2, bounds)
    np.testing.assert_array_equal(x, np.linspace(-1, 3, 201))
    np.testing.assert_array_equal(values, x**2)


@pytest.mark.parametrize(
    "bounds",
    [
        BOX,
        (np.array(BOX[0]), np.array(BOX[1])),
        ([-1, 0], (2, 1)),
        [(-1, 2), (0, 1)],
        scipy.optimize.Bounds([-1, 0], [2, 1]),
    ],
)
def test_two_variables_in_every_way_to_write_the_box(bounds):
    (x, y), values = sample(in_jax, bounds, 3)
    assert (x[0], x[-1], y[0], y[-1]) == (-1, 2, 0, 1)
    assert values.shape == (3, 3)


def test_what_has_no_finite_value_is_nan():
    x = np.linspace(-2, 2, 5)
    _, values = sample(lambda point: jnp.log(point[0]), (-2, 2), 5)
    np.testing.assert_allclose(values, [np.nan, np.nan, np.nan, 0.0, np.log(2)], atol=1e-15)
    _, values = sample(lambda point: math.log(point[0]), (-2, 2), 5)  # raises ValueError
    np.testing.assert_allclose(values, [np.nan, np.nan, np.nan, 0.0, np.log(2)], atol=1e-15)
    _, values = sample(lambda point: 1 / float(point[0]), (-2, 2), 5)  # ZeroDivisionError
    np.testing.assert_allclose(values, [-0.5, -1, np.nan, 1, 0.5])
    _, values = sample(lambda point: np.exp(1000 * point[0]) * (x[0] < 0), (-2, 2), 5)
    np.testing.assert_array_equal(np.isnan(values), [False, False, False, True, True])


def test_arguments_reach_the_function():
    _, by_jax = sample(lambda point, a, b: a * jnp.sum(point) + b, (0, 2), 3, args=(2.0, 1.0))
    _, by_python = sample(lambda point, a: a * float(point[0]), (0, 2), 3, args=2.0)
    np.testing.assert_array_equal(by_jax, [1, 3, 5])
    np.testing.assert_array_equal(by_python, [0, 2, 4])


def test_a_function_that_makes_large_arrays_is_evaluated_a_few_points_at_a_time():
    data = np.random.default_rng(0).standard_normal(1_000_001)
    calls = 0

    def loss(point):
        nonlocal calls
        calls += 1
        return jnp.mean((point[0] - data) ** 2)

    (x,), values = sample(loss, (-1, 1), 11)
    np.testing.assert_allclose(values, (x - data.mean()) ** 2 + data.var(), rtol=1e-12)
    assert calls < 11, "it was called from Python at every point"


def test_a_function_that_jax_traces_is_double_precision_even_where_it_was_single_before():
    weights = np.array([1 / 3, 1e-9])

    def fun(point):
        return jnp.sum(weights * point)

    with precision(np.float32):
        jax.block_until_ready(jax.jit(fun)(np.ones(2, np.float32)))
    (_, _), values = sample(fun, ((0, 0), (1, 1)), 2)
    np.testing.assert_allclose(values, [[0, 1 / 3], [1e-9, 1 / 3 + 1e-9]], rtol=1e-15)


def test_the_users_point_is_theirs_to_change():
    def careless(point):
        if float(point[0]) < 1:  # so that JAX can't trace it
            point[0] += 1
        return point[0]

    (x,), values = sample(careless, (0, 2), 5)
    np.testing.assert_array_equal(x, [0, 0.5, 1, 1.5, 2])
    np.testing.assert_array_equal(values, [1, 1.5, 1, 1.5, 2])


def test_rows_are_what_matplotlib_takes_for_y():
    (x, y), values = sample(lambda point: point[0] + 10 * point[1], BOX, (4, 3))
    figure, axes = plt.subplots()
    drawn = axes.pcolormesh(x, y, values)
    assert drawn.get_array().shape == (3, 4)
    plt.close(figure)


@pytest.mark.parametrize(
    ("bounds", "error", "said"),
    [
        (None, ValueError, "finite on all sides, not bounds=None"),
        ((0, None), ValueError, r"finite on all sides, not bounds=\(0, None\)"),
        ((0, np.inf), ValueError, "finite on all sides"),
        ((np.nan, 1), ValueError, "finite on all sides"),
        ([(0, None)], ValueError, "finite on all sides"),
        ((1, 1), ValueError, "the box is empty"),
        ((2, 1), ValueError, "no number lies between"),
        (((0, 0, 0), (1, 1, 1)), ValueError, "one or two variables, and bounds has 3"),
        ([], ValueError, "one or two variables, and bounds has 0"),
        ("box", TypeError, "not str"),
        (("a", "b"), TypeError, "its sides must be numbers"),
    ],
)
def test_a_box_that_is_none(bounds, error, said):
    with pytest.raises(error, match=said):
        sample(in_jax, bounds)


@pytest.mark.parametrize(
    ("resolution", "error", "said"),
    [
        (1, ValueError, "two points along every axis"),
        ((3, 0), ValueError, "two points along every axis"),
        (2.5, TypeError, "must be an int"),
        (True, TypeError, "must be an int"),
        ((3, 3, 3), ValueError, "3 numbers, and the function 2 variables"),
    ],
)
def test_a_resolution_that_is_none(resolution, error, said):
    with pytest.raises(error, match=said):
        sample(in_jax, BOX, resolution)


def test_errors_of_the_function_are_not_taken_for_holes():
    with pytest.raises(TypeError, match="must be callable, not int"):
        sample(3, BOX)
    with pytest.raises(ValueError, match=r"array of shape \(2,\); it must return one number"):
        sample(lambda point: 2 * point, BOX)
    with pytest.raises(ValueError, match=r"returned a list; it must return one number"):
        sample(lambda point: [float(point[0])], BOX)
    with pytest.raises(ValueError, match="not enough values to unpack"):
        sample(lambda point: sum(_three(*point)), BOX, 3)
    with pytest.raises(NameError, match="undefined_name"):
        sample(lambda point: undefined_name, BOX, 3)  # noqa: F821


def _three(*values):
    a, b, c = values
    return a, b, c
