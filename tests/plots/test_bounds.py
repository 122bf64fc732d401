"""The box of a picture, for all that take one."""

import numpy as np
import pytest
from scipy.optimize import Bounds

from talweg import plots


def bowl(x):
    return x[0] ** 2 + x[1] ** 2


IN_THE_PLANE = [plots.contours, plots.surface, plots.basins]


@pytest.mark.parametrize(
    "bounds",
    [
        ((-1.0, -2.0), (3.0, 4.0)),
        ([-1, -2], [3, 4]),
        (np.array([-1.0, -2.0]), np.array([3.0, 4.0])),
        [(-1.0, 3.0), (-2.0, 4.0)],
        Bounds([-1.0, -2.0], [3.0, 4.0]),
    ],
    ids=["tuples", "lists", "arrays", "pairs", "SciPy"],
)
def test_bounds_may_be_written_in_several_ways(bounds):
    ax = plots.contours(bowl, bounds, resolution=5)
    assert ax.get_xlim() == (-1.0, 3.0)
    assert ax.get_ylim() == (-2.0, 4.0)


def test_two_numbers_are_for_both_coordinates():
    ax = plots.contours(bowl, (-1, 2), resolution=5)
    assert ax.get_xlim() == ax.get_ylim() == (-1.0, 2.0)


BAD = [
    ((-np.inf, 1.0), ValueError, "finite"),
    ([(-1.0, 1.0), (0.0, None)], ValueError, "a picture needs finite ones"),
    (None, ValueError, "needs finite bounds"),
    ((1.0, 1.0), ValueError, "has no width"),
    ([(-1.0, 1.0), (2.0, 2.0)], ValueError, r"coordinate 1 are \[2, 2\], which has no width"),
    ((-1e308, 1e308), ValueError, "finite"),
    ((2.0, 1.0), ValueError, "no number lies between"),
    ((np.nan, 1.0), ValueError, "NaN"),
    ("ab", TypeError, "bounds must be"),
    (3.0, TypeError, "bounds must be"),
    ([(-1.0, 1.0)] * 3, ValueError, "2 variables, and bounds are given for 3; .*landscape_slice"),
    ([(-1.0, 1.0)], ValueError, "given for 1; for one variable there is talweg.plots.function"),
]


@pytest.mark.parametrize(("bounds", "error", "match"), BAD)
@pytest.mark.parametrize("draw", IN_THE_PLANE)
def test_bad_bounds_are_refused(draw, bounds, error, match):
    with pytest.raises(error, match=match):
        draw(bowl, bounds)


def test_a_curve_has_one_variable():
    with pytest.raises(ValueError, match=r"1 variable, and .* given for 2; .*plots.contours"):
        plots.function(np.sin, [(-1.0, 1.0), (-1.0, 1.0)])


@pytest.mark.parametrize("draw", [plots.contours, plots.surface])
def test_a_function_that_is_finite_nowhere_is_refused(draw):
    with pytest.raises(ValueError, match=r"finite at none of the 9 points .*\[-1, 1\] x \[-1, 1\]"):
        draw(lambda x: np.nan * x[0], (-1.0, 1.0), resolution=3)


@pytest.mark.parametrize("draw", [plots.contours, plots.surface])
def test_the_value_must_be_one_number(draw):
    with pytest.raises(ValueError, match="must return one number"):
        draw(lambda x: x, (-1.0, 1.0), resolution=3)


@pytest.mark.parametrize("draw", [plots.contours, plots.surface])
def test_the_functions_own_error_is_shown(draw):
    with pytest.raises(IndexError):
        draw(lambda x: [1.0, 2.0][int(x.shape[0]) + 5], (-1.0, 1.0), resolution=3)


def test_the_starts_are_a_grid():
    starts = plots.grid_starts([(-1.0, 1.0), (0.0, 3.0)], 4)
    assert starts.shape == (16, 2)
    x = starts[:, 0].reshape(4, 4)
    y = starts[:, 1].reshape(4, 4)
    for i in range(4):
        np.testing.assert_allclose(x[i], [-1.0, -1 / 3, 1 / 3, 1.0])
        np.testing.assert_allclose(y[i], i)
