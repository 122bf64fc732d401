"""The box and the held coordinates: how they are read, and that nothing leaves or moves them."""

import jax
import numpy as np
import optax
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import talweg
from talweg.constraints import Constraints, read_bounds, read_fixed
from talweg.structure import read_start

METHODS = ["gradient", "sign", "momentum", "nesterov", "conjugate_gradient", "lbfgs"]
NUMBERS = st.floats(-10.0, 10.0, allow_subnormal=False)  # compiled code makes them zero
VECTORS = hnp.arrays(float, 4, elements=NUMBERS)
GRID = hnp.arrays(float, 4, elements=st.integers(-3, 3).map(float))


def bowl(x):
    return np.linalg.norm(x - np.array([3.0, -3.0, 0.5, 1.0])) ** 2


def name(method):
    return (
        method if isinstance(method, str) else "optax" if hasattr(method, "init") else str(method)
    )


def nest_bowl(p):
    return np.linalg.norm(p["a"] - 3.0) ** 2 + np.linalg.norm(p["b"] + 2.0) ** 2


NEST = {"a": np.zeros(2), "b": np.zeros((2, 2))}


def project(lower, upper, x):
    with jax.enable_x64(True):
        return np.asarray(Constraints(lower, upper).project(x))


# The mathematics


@settings(deadline=None)
@given(VECTORS, VECTORS, VECTORS, VECTORS)
def test_projection_is_the_nearest_point_of_the_box(a, b, x, other):
    lower, upper = np.minimum(a, b), np.maximum(a, b)
    nearest = project(lower, upper, x)
    assert np.all((nearest >= lower) & (nearest <= upper))
    inside = np.clip(other, lower, upper)  # any point of the box
    assert np.linalg.norm(x - nearest) <= np.linalg.norm(x - inside) + 1e-12
    # The angle criterion, which only the nearest point of a convex set fulfils:
    assert (x - nearest) @ (inside - nearest) <= 1e-12


@settings(deadline=None)
@given(GRID, GRID, GRID, GRID)
def test_projected_gradient_is_zero_exactly_where_no_direction_into_the_box_leads_down(a, b, x, g):
    lower, upper = np.minimum(a, b), np.maximum(a, b)
    x = np.clip(x, lower, upper)
    with jax.enable_x64(True):
        projected = np.asarray(Constraints(lower, upper).projected_gradient(x, g))
    for i in range(4):
        rises, falls = g[i] < 0.0 and x[i] < upper[i], g[i] > 0.0 and x[i] > lower[i]
        assert (projected[i] != 0.0) == (rises or falls)


# Reading bounds

ONE = np.ones(3)


@pytest.mark.parametrize(
    ("bounds", "lower", "upper"),
    [
        ((0, 1), [0, 0, 0], [1, 1, 1]),
        ((0.0, [1, 2, 3]), [0, 0, 0], [1, 2, 3]),
        ((np.array([-1, -2, -3]), np.array([1, 2, 3])), [-1, -2, -3], [1, 2, 3]),
        ((None, 1), [-np.inf] * 3, [1, 1, 1]),
        ((0, None), [0, 0, 0], [np.inf] * 3),
        ([(0, 1), (None, 2), (-1, None)], [0, -np.inf, -1], [1, 2, np.inf]),
        ([[0, 1], [0, 2], [0, 3]], [0, 0, 0], [1, 2, 3]),
        (scipy.optimize.Bounds(0, [1, 2, 3]), [0, 0, 0], [1, 2, 3]),
        (scipy.optimize.Bounds(ub=2), [-np.inf] * 3, [2, 2, 2]),
        ((2, 2), [2, 2, 2], [2, 2, 2]),
    ],
    ids=str,
)
def test_bounds_in_every_way_of_writing(bounds, lower, upper):
    structure, _ = read_start(ONE)
    found = read_bounds(bounds, structure)
    assert np.array_equal(found[0], lower)
    assert np.array_equal(found[1], upper)


@pytest.mark.parametrize("bounds", [None, (None, None), (-np.inf, np.inf), [(None, None)] * 3])
def test_open_sides_are_no_bounds(bounds):
    assert read_bounds(bounds, read_start(ONE)[0]) is None


def test_bounds_as_nests_go_with_their_arrays():
    structure, _ = read_start(NEST)
    lower, upper = read_bounds(
        ({"a": 0.0, "b": -1.0}, {"a": [1.0, 2.0], "b": np.eye(2)}), structure
    )
    assert np.array_equal(lower, [0, 0, -1, -1, -1, -1])
    assert np.array_equal(upper, [1, 2, 1, 0, 0, 1])
    result = talweg.minimize(nest_bowl, NEST, bounds=({"a": 0.0, "b": -1.0}, {"a": [1, 2], "b": 4}))
    assert np.array_equal(result.x["a"], [1.0, 2.0])
    assert np.array_equal(result.x["b"], -np.ones((2, 2)))


@pytest.mark.parametrize(
    ("bounds", "error", "words"),
    [
        ((1, 0), ValueError, r"lower bound 1.0 of x0\[0\] and its upper bound 0.0"),
        (([0, 0, 2], [1, 1, 1]), ValueError, r"x0\[2\]"),
        ((np.inf, np.inf), ValueError, "no number"),
        ((-np.inf, -np.inf), ValueError, "no number"),
        ((np.nan, 1), ValueError, r"lower bound of x0\[0\] is NaN"),
        ((0, [1, np.nan, 1]), ValueError, r"upper bound of x0\[1\] is NaN"),
        (([0, 0], 1), ValueError, r"shape \(2,\).*\(3,\)"),
        ((np.zeros((3, 1)), 1), ValueError, "shape"),
        (({"a": 0}, 1), TypeError, "lower bound is {'a': 0}: it must be an array of numbers"),
        ([(0, 1)], ValueError, "one .low, high. pair for each of the 3"),
        ([(0, 1), (0, 1), 2], ValueError, "pair"),
        ([(0, 1), (0, 1), (0, 1, 2)], ValueError, "pair"),
        (0.5, TypeError, "bounds must be"),
        ("01", TypeError, "bounds must be"),
        ((0, 1, 2), TypeError, "bounds must be"),
        (("low", "high"), TypeError, "lower bound is 'low'"),
        (scipy.optimize.Bounds([0, 0], [1, 1]), ValueError, "shape"),
    ],
    ids=str,
)
def test_bounds_that_can_not_be_are_refused(bounds, error, words):
    with pytest.raises(error, match=words):
        talweg.minimize(bowl, ONE, bounds=bounds)


def test_two_pairs_in_a_tuple_are_refused_because_they_can_be_read_in_two_ways():
    with pytest.raises(ValueError, match="two ways"):
        talweg.minimize(bowl, [0.0, 0.0], bounds=((0, 1), (0, 2)))


def test_a_start_outside_its_bounds_is_moved_and_the_message_says_so():
    result = talweg.minimize(bowl, np.array([9.0, 0.0, -9.0, 0.0]), bounds=(-1, 1))
    assert "x0 was outside its bounds at 2 coordinates and was moved onto them" in result.message
    assert np.allclose(result.x, [1.0, -1.0, 0.5, 1.0], rtol=0.0, atol=1e-6)
    (first, *_) = talweg.descend(bowl, np.array([9.0, 0.0, -9.0, 0.0]), bounds=(-1, 1))
    assert np.array_equal(first.x, [1.0, 0.0, -1.0, 0.0])
    inside = talweg.minimize(bowl, np.zeros(4), bounds=(-1, 1))
    assert "outside" not in inside.message


# Reading what is fixed


@pytest.mark.parametrize(
    ("fixed", "mask"),
    [
        ([True, False, True], [True, False, True]),
        (np.array([False, True, False]), [False, True, False]),
        (True, [True, True, True]),
        (np.True_, [True, True, True]),
    ],
    ids=str,
)
def test_fixed_in_every_way_of_writing(fixed, mask):
    assert np.array_equal(read_fixed(fixed, read_start(ONE)[0]), mask)


@pytest.mark.parametrize("fixed", [None, False, [False] * 3])
def test_nothing_fixed_is_no_mask(fixed):
    assert read_fixed(fixed, read_start(ONE)[0]) is None


def test_fixed_as_a_nest_goes_with_its_arrays():
    result = talweg.minimize(nest_bowl, NEST, fixed={"a": [True, False], "b": True})
    assert np.array_equal(result.x["a"][:1], [0.0])
    assert result.x["a"][1] == pytest.approx(3.0)
    assert np.array_equal(result.x["b"], np.zeros((2, 2)))
    assert np.array_equal(result.jac["b"], np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("fixed", "error", "words"),
    [
        ([1, 0, 1], TypeError, "booleans"),
        ([1.0, 0.0, 1.0], TypeError, "booleans"),
        ("yes", TypeError, "booleans"),
        ([True, False], ValueError, r"shape \(2,\).*\(3,\)"),
        (np.zeros((3, 3), bool), ValueError, "shape"),
    ],
    ids=str,
)
def test_fixed_that_can_not_be_is_refused(fixed, error, words):
    with pytest.raises(error, match=words):
        talweg.minimize(bowl, ONE, fixed=fixed)


def test_fixed_of_another_structure_is_refused():
    with pytest.raises(ValueError, match="structure"):
        talweg.minimize(nest_bowl, NEST, fixed={"a": True})


def test_a_coordinate_fixed_outside_its_bounds_is_refused():
    with pytest.raises(
        ValueError, match=r"x0\[1\] is fixed at 5.0, outside its bounds \[0.0, 1.0\]"
    ):
        talweg.minimize(
            bowl, [0.0, 5.0, 0.0, 0.0], fixed=[False, True, False, False], bounds=(0, 1)
        )


@pytest.mark.parametrize(
    ("method", "bounds"),
    [("gradient", None), ("momentum", None), ("conjugate_gradient", None), ("lbfgs", None),
     (optax.adam(0.1), None), ("sign", (-5, 5)), ("nesterov", (-5, 5)), ("lbfgs", (-5, 5))],
    ids=name,
)  # fmt: skip
def test_everything_fixed_is_a_success_that_says_so(method, bounds):
    start = np.array([1.0, -1.0, 2.0, 0.0])
    result = talweg.minimize(bowl, start, method=method, fixed=True, bounds=bounds)
    assert result.success
    assert result.message == "every coordinate is fixed: there is nothing to descend along"
    assert result.nit == 0
    assert np.array_equal(result.x, start)
    assert result.fun == pytest.approx(bowl(start))


# What holds all along a descent

AWKWARD = np.array([-0.0, 5e-324, 1.0 + 2.0**-52, 0.25])


@pytest.mark.parametrize("method", [*METHODS, optax.adamw(0.1, weight_decay=0.3)], ids=name)
@pytest.mark.parametrize("bounds", [None, (0, 2)], ids=["unbounded", "in a box"])
def test_held_coordinates_come_back_bit_for_bit(method, bounds):
    held = np.array([True, True, True, False])
    states = talweg.descend(bowl, AWKWARD, method=method, fixed=held, bounds=bounds, max_iter=4)
    seen = [state.x for state in states]
    result = talweg.minimize(bowl, AWKWARD, method=method, fixed=held, bounds=bounds, max_iter=4)
    assert result.x[3] != AWKWARD[3]
    for x in [*seen, result.x]:
        assert x[held].tobytes() == AWKWARD[held].tobytes()


@pytest.mark.parametrize("step", [None, 0.02], ids=["search", "constant"])
@pytest.mark.parametrize("method", [*METHODS, optax.sgd(0.02, momentum=0.9)], ids=name)
def test_no_iterate_and_no_evaluation_is_ever_outside_the_box(method, step):
    lower, upper = np.array([-1.0, -0.7, -np.inf, 0.1]), np.array([1.1, 0.5, 0.3, np.inf])
    asked = []

    def watched(x):
        asked.append([float(str(value)) for value in x])
        return np.linalg.norm(x - np.array([3.0, -3.0, 0.5, -1.0])) ** 2 + np.sum(np.sin(5.0 * x))

    if step is not None and (method == "conjugate_gradient" or not isinstance(method, str)):
        step = None
    for state in talweg.descend(
        watched, np.array([0.5, 0.0, 0.0, 0.2]), method=method, step=step,
        bounds=(lower, upper), max_iter=15,
    ):  # fmt: skip
        assert np.all((state.x >= lower) & (state.x <= upper))
    assert len(asked) > 3
    assert np.all((np.array(asked[2:]) >= lower) & (np.array(asked[2:]) <= upper))


def test_a_linear_function_ends_in_the_corner():
    slope = np.array([1.0, -2.0, 3.0, -0.5])
    result = talweg.minimize(lambda x: slope @ x, np.zeros(4), bounds=(-1, 2))
    assert result.success
    assert np.array_equal(result.x, [-1.0, 2.0, -1.0, 2.0])
    assert result.gradient_norm == 0.0
    assert np.array_equal(result.jac, slope)
