"""The finer points of naming points: rounding, kinks, flat directions, boxes, many coordinates.

What quadratics, scales and landscapes come to is in test_kinds_of_points.py.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import talweg
from talweg.classification import classify
from talweg.constraints import Constraints
from talweg.landscapes import LANDSCAPES
from talweg.objective import read_objective
from talweg.structure import read_start

NAMESPACES = pytest.mark.parametrize("namespace", [np, jnp], ids=["numpy", "jax"])


def point_of(fun, x, *args, **options):
    return talweg.critical_point(fun, x, args, **options)


# How near is near enough


@settings(max_examples=60, deadline=None)
@given(st.integers(-8, 8), st.floats(-1.0, 1.0), st.sampled_from([0.0, 1.0, 100.0, 1e4]))
def test_a_wave_s_critical_points_whatever_its_height_and_place(height, angle, place):
    def fun(x, factor, middle):
        return factor * (jnp.sum(jnp.cos(x - middle)))

    middle = np.array([place, -place])
    arguments = (10.0**height, middle)
    for at, kind in ([0.0, "maximum"], [np.pi, "minimum"]):
        assert point_of(fun, middle + at, *arguments).kind == kind
    assert point_of(fun, middle + np.array([0.0, np.pi]), *arguments).kind == "saddle"
    off = np.array([angle, 1.0 - abs(angle)])
    if place < 1e3:  # farther out, distances count relative to that
        assert point_of(fun, middle + 0.3 * off, *arguments).kind == "not critical"
    near = point_of(fun, middle + 1e-6 * off, *arguments)
    assert near.kind == "maximum"


@pytest.mark.parametrize("power", range(-10, 11, 4))
def test_a_fine_wave_is_not_level_because_its_waves_are_short(power):
    def fun(x, short):
        return jnp.sum(jnp.sin(x / short))

    short = 10.0**power
    assert point_of(fun, np.array([np.pi / 2]) * short, short).kind == "maximum"
    assert point_of(fun, np.array([1.4]) * short, short).kind == "not critical"


@pytest.mark.parametrize("name", ["rosenbrock", "easom", "quartic_flat"])
@pytest.mark.parametrize("height", [1e-2, 1e6])
def test_what_minimize_converges_to_is_a_minimum(name, height):
    landscape = LANDSCAPES[name]

    def fun(x, factor):
        return factor * landscape.fun(x)

    minimum = landscape.critical_points[0]
    result = talweg.minimize(fun, np.array(minimum.x) + 0.05, (height,))
    assert result.success
    assert point_of(fun, result.x, height).kind == "minimum"


@pytest.mark.parametrize("factor", [1e-8, 1e-4, 1.0, 1e8])
@pytest.mark.parametrize(
    ("fun", "x"),
    [
        (lambda x, f: f * jnp.sum(x), [0.0, 1.0]),
        (lambda x, f: f * jnp.exp(-x[0]), [20.0]),
        (lambda x, f: f * jnp.exp(-x[0]), [200.0]),
        (lambda x, f: f * (x[0] ** 2 + 1e-3 * x[1]), [0.0, 0.0]),
        (lambda x, f: f * jnp.sum(jnp.sqrt(1.0 + x**2)), [50.0, 0.0]),
        (lambda x, f: -f * jnp.exp(-jnp.sum(x**2)), [5.0, 0.0]),
    ],
    ids=["linear", "tail", "far tail", "gutter", "hyperbola", "bell"],
)
def test_a_small_slope_alone_is_not_critical(fun, x, factor):
    point = point_of(fun, x, factor)
    assert point.kind == "not critical"
    assert "the gradient does not vanish" in point.reason
    assert "falls with a slope of -" in point.reason


def test_the_reason_says_how_far_the_critical_point_is():
    point = point_of(lambda x: (x[0] - 1.0) ** 2 + x[1] ** 2, [1.25, 0.0])
    assert "0.5 (x[0])" in point.reason
    assert "about 0.25 away" in point.reason
    near = point_of(lambda x: (x[0] - 1.0) ** 2 + x[1] ** 2, [1.000004, 0.0])
    assert near.kind == "minimum"
    assert "vanishes 4e-06 away" in near.reason


def test_tol_is_minimize_s():
    def fun(x):
        return jnp.sum(jnp.cosh(x))

    assert point_of(fun, [1e-3, 0.0]).kind == "not critical"
    assert point_of(fun, [1e-3, 0.0], tol=2e-3).kind == "minimum"
    assert point_of(fun, [0.5, 0.0], tol=2.0).kind == "not critical"


# Where the curvature vanishes

ONE = {
    "x**6": (lambda x: x**6, 0.0, "minimum", "power 6"),
    "x**5": (lambda x: x**5, 0.0, "degenerate", "an inflection"),
    "-x**8": (lambda x: -(x**8), 0.0, "maximum", "falls to both sides"),
    "x**4 + x**3": (lambda x: x**4 + x**3, 0.0, "degenerate", "power 3"),
    "rounded": (lambda x: (3.0 * x - 1.0) ** 4, 1 / 3, "minimum", "power 4"),
    "expanded": (
        lambda x: x**4 - 4 * x**3 / 3 + 6 * x**2 / 9 - 4 * x / 27 + 1 / 81, 1 / 3, "minimum",
        "power 4",
    ),
    "near": (lambda x: x**4, 0.005, "minimum", "rises to both sides"),
    "|x|**1.5": (lambda x: abs(x) ** 1.5, 0.0, "minimum", "the curvature is not finite"),
    "half": (lambda x: x**3 * (x > 0.0), 0.0, "degenerate", "stays the same to one side"),
}  # fmt: skip


@pytest.mark.parametrize(("fun", "x", "kind", "words"), ONE.values(), ids=ONE)
def test_one_coordinate_without_curvature(fun, x, kind, words):
    point = point_of(fun, x)
    assert point.kind == kind
    assert words in point.reason


@NAMESPACES
def test_an_ape_s_saddle_says_that_it_falls(namespace):
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])

    def fun(x):
        u, v = turn[0, 0] * x[0] + turn[0, 1] * x[1], turn[1, 0] * x[0] + turn[1, 1] * x[1]
        return namespace.sum(u**3 - 3.0 * u * v**2)

    point = point_of(fun, [0.0, 0.0])
    assert point.kind == "degenerate"
    assert "along 2 of 2 axes" in point.reason
    assert "it falls along" in point.reason
    assert "power 3" in point.reason


@pytest.mark.parametrize(
    ("fun", "words"),
    [
        (lambda x: x[0] ** 2 + x[1] ** 4, "it rises slowly"),
        (lambda x: x[0] ** 2 + x[1] ** 3, "it falls along (0, -1), as the power 3"),
        (lambda x: x[0] ** 2 - x[1] ** 4, "and is no minimum"),
        (lambda x: -(x[0] ** 2) + x[1] ** 4, "down along others"),
        (lambda x: (0.6 * x[0] + 0.8 * x[1]) ** 2, "it is level along"),
        (lambda x: 0.0 * x[0] + 3.0, "along 2 of 2 axes"),
    ],
    ids=["rises", "falls", "falls twice", "down", "valley", "constant"],
)
def test_flat_directions_are_looked_along(fun, words):
    point = point_of(fun, [0.0, 0.0])
    assert point.kind == "degenerate"
    assert words in point.reason


def test_curvatures_of_both_signs_decide_whatever_else_is_flat():
    point = point_of(lambda x: x[0] ** 2 - x[1] ** 2 + x[2] ** 3, np.zeros(3))
    assert (point.kind, point.negative) == ("saddle", 1)
    assert 0.0 < point.tolerance < 1e-10


def test_a_ring_of_minima_has_one_flat_direction():
    for angle in (0.1, 1.0, 4.0):
        x = np.array([np.cos(angle), np.sin(angle)])
        point = point_of(lambda x: (jnp.sum(x**2) - 1.0) ** 2, x)
        assert point.kind == "degenerate"
        assert point.highest_curvature == pytest.approx(8.0)
        assert abs(point.lowest_curvature) <= point.tolerance < 1e-12
        assert abs(point.highest_direction @ x) == pytest.approx(1.0)


# Where the gradient jumps, or isn't there


@NAMESPACES
@pytest.mark.parametrize(
    ("form", "x", "kind", "words"),
    [
        (lambda n, x: n.abs(x[0]), [0.0], "kink", "a minimum at a kink"),
        (lambda n, x: -n.abs(x[0]), [0.0], "kink", "a maximum at a kink"),
        (lambda n, x: n.abs(x[0]) + x[0] ** 2, [0.0], "kink", "a minimum at a kink"),
        (lambda n, x: n.abs(x[0]) + 2.0 * x[0], [0.0], "not critical", "falls along some"),
        (lambda n, x: n.linalg.norm(x), [0.0] * 5, "kink", "a minimum at a kink"),
        (lambda n, x: n.linalg.norm(x), [1e-10, -2e-10], "kink", "a minimum at a kink"),
        (lambda n, x: n.linalg.norm(x), [1e-20, 3e-25], "kink", "a minimum at a kink"),
        (lambda n, x: n.linalg.norm(x), [1e-3, 0.0], "not critical", "does not vanish"),
        (lambda n, x: n.linalg.norm(x) + x[0] / 2, [0.0] * 2, "kink", "a minimum at a kink"),
        (lambda n, x: n.linalg.norm(x) + x[0] * 2, [0.0] * 2, "not critical", "falls along some"),
        (lambda n, x: n.abs(x[0]) - n.abs(x[1]), [0.0] * 2, "kink", "it is no minimum"),
        (lambda n, x: n.sqrt(n.abs(x[0])), [0.0], "kink", "the gradient is not finite here"),
        (lambda n, x: n.sqrt(x[0]), [0.0], "kink", "higher wherever it is finite"),
        (lambda n, x: n.maximum(x[0], 0.0), [0.0], "kink", "level somewhere"),
        (lambda n, x: n.sum(x**2) / 2 + n.sum(n.abs(x - 1.0)), [1.0] * 3, "kink", "minimum"),
        (lambda n, x: n.linalg.norm(x) ** 2, [0.0] * 2, "minimum", "curves up"),
    ],
)
def test_kinks(namespace, form, x, kind, words):
    point = point_of(lambda x: form(namespace, x), x)
    assert point.kind == kind
    assert words in point.reason
    if kind == "kink":
        assert np.isnan(point.lowest_curvature)
        assert not np.any(point.lowest_direction)


@pytest.mark.parametrize("height", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("width", [1e-3, 1.0, 1e3])
def test_kinks_in_other_units(height, width):
    def fun(x, height, width):
        return height * (jnp.linalg.norm(x / width) + jnp.sum((x / width) ** 2))

    assert point_of(fun, np.zeros(3), height, width).kind == "kink"


def test_the_lasso_s_solution_is_at_a_kink():
    random = np.random.default_rng(0)
    basis = np.linalg.qr(random.standard_normal((40, 10)))[0]
    target = random.standard_normal(40)

    def fun(x):
        return jnp.sum((basis @ x - target) ** 2) / 2.0 + 0.3 * jnp.sum(jnp.abs(x))

    along = basis.T @ target  # the columns are orthonormal: soft thresholding solves it
    solution = np.sign(along) * np.maximum(np.abs(along) - 0.3, 0.0)
    assert 0 < np.count_nonzero(solution) < 10
    assert point_of(fun, solution).kind == "kink"
    assert point_of(fun, 1.1 * solution).kind == "not critical"


# Boxes and held coordinates


@pytest.mark.parametrize(
    ("fun", "x", "bounds", "kind"),
    [
        (lambda x: x[0] + x[1], [0.0, 0.0], (0.0, 1.0), "boundary minimum"),
        (lambda x: -x[0] + x[1] ** 2, [1.0, 0.5], (0.0, 1.0), "not critical"),
        (lambda x: -x[0] + (x[1] - 0.5) ** 2, [1.0, 0.5], (0.0, 1.0), "boundary minimum"),
        (lambda x: -x[0] + (x[1] - 0.5) ** 2, [1.0 - 1e-8, 0.5], (0.0, 1.0), "boundary minimum"),
        (lambda x: -x[0] - (x[1] - 0.5) ** 2, [1.0, 0.5], (0.0, 1.0), "saddle"),
        (lambda x: -x[0], [0.0, 0.0], (0.0, 1.0), "not critical"),
        # the gradient vanishes at the bounds: they hold nothing
        (lambda x: x[0] ** 2 + x[1] ** 2, [0.0, 0.0], (0.0, 1.0), "minimum"),
        (lambda x: -(x[0] ** 2) + x[1] ** 2, [0.0, 0.0], (0.0, 1.0), "saddle"),
        (lambda x: -x[0] * x[1], [0.0, 0.0], (0.0, 1.0), "saddle"),
        (lambda x: x[0] * x[1], [0.0, 0.0], (0.0, 1.0), "degenerate"),
        # no derivative, but a bound that holds it
        (lambda x: jnp.sqrt(x[0]) + (x[1] - 0.5) ** 2, [0.0, 0.5], (0.0, 1.0), "boundary minimum"),
        # no room
        (lambda x: x[0] - x[1] ** 2, [2.0, 0.0], ([2.0, -1.0], [2.0, 1.0]), "maximum"),
    ],
)
def test_boxes(fun, x, bounds, kind):
    assert point_of(fun, x, bounds=bounds).kind == kind


def test_one_coordinate_at_its_bound():
    for fun, kind, words in (
        (lambda x: x**3, "boundary minimum", "rises into the box"),
        (lambda x: -(x**3), "maximum", "falls into the box"),
        (lambda x: x**2, "minimum", "also at the bound of x"),
    ):
        point = point_of(fun, 0.0, bounds=(0.0, 1.0))
        assert point.kind == kind
        assert words in point.reason


def test_a_bound_is_named_and_its_coordinate_left_alone():
    def fun(p):
        return p["a"] + jnp.sum((p["b"] - 0.5) ** 2)

    point = point_of(fun, {"a": 0.0, "b": [0.5, 0.5]}, bounds=(0.0, 1.0))
    assert point.kind == "boundary minimum"
    assert "the bound of x['a'] holds it there" in point.reason
    assert point.free == 2
    assert point.lowest_direction["a"] == point.highest_direction["a"] == 0.0
    assert point.gradient_norm == 0.0  # the projected one
    nothing = point_of(jnp.sum, [0.0, 0.0], bounds=(0.0, 1.0))
    assert "2 bounds" in nothing.reason
    assert np.isnan(nothing.lowest_curvature)


def test_held_coordinates_do_not_count():
    def fun(x):
        return x[0] ** 2 - x[1] ** 2 + 5.0 * x[2]

    assert point_of(fun, np.zeros(3)).kind == "not critical"
    point = point_of(fun, np.zeros(3), fixed=[False, False, True])
    assert (point.kind, point.free) == ("saddle", 2)
    assert np.array_equal(np.abs(point.lowest_direction), [0.0, 1.0, 0.0])
    point = point_of(fun, np.zeros(3), fixed=[False, True, True])
    assert (point.kind, point.free) == ("minimum", 1)


# Many coordinates


def chain(x, stiffness, last):
    links = jnp.sum(stiffness * jnp.diff(x) ** 2)
    return links + jnp.sum(jnp.cosh(x)) + last * x[-1] ** 2 + 0.1 * jnp.sum(x**4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("last", "sign", "kind"),
    [(1.0, 1.0, "minimum"), (-2.0, 1.0, "saddle"), (1.0, -1.0, "maximum")],
)
def test_a_long_chain_against_its_dense_hessian(last, sign, kind, dtype):
    size, stiffness = 700, np.linspace(0.1, 2.0, 699)
    ends = np.zeros(size)
    ends[:-1] += 2.0 * stiffness
    ends[1:] += 2.0 * stiffness
    matrix = np.diag(ends + 1.0) - np.diag(2.0 * stiffness, 1) - np.diag(2.0 * stiffness, -1)
    matrix[-1, -1] += 2.0 * last
    exact = np.linalg.eigvalsh(sign * matrix)

    def fun(x, stiffness):
        return sign * chain(x, stiffness, last)

    point = point_of(fun, np.zeros(size, dtype), stiffness.astype(dtype))
    assert point.kind == kind
    assert not point.exact
    assert point.lowest_curvature == pytest.approx(exact[0], rel=0.02)
    assert point.highest_curvature == pytest.approx(exact[-1], rel=0.02)
    assert point.negative <= (exact < 0.0).sum()
    along = np.asarray(point.lowest_direction, float)
    assert along @ (sign * matrix) @ along == pytest.approx(point.lowest_curvature, rel=1e-4)
    words = "at least 1 such axis" if kind == "saddle" else "has settled"
    assert words in point.reason


def test_many_coordinates_off_the_critical_point():
    def fun(x, factor):
        return factor * chain(x, 1.0, 1.0)

    for factor in (1e-8, 1e8):
        aside = np.zeros(700)
        aside[3] = 0.2
        assert point_of(fun, aside, factor).kind == "not critical"
        assert point_of(fun, aside * 1e-6, factor).kind == "minimum"
        result = talweg.minimize(fun, np.ones(700), (factor,), tol=1e-6 * factor)
        assert point_of(fun, result.x, factor).kind == "minimum"


@pytest.mark.parametrize("flat", [1, 5])
def test_many_coordinates_some_of_them_flat(flat):
    def fun(x):  # nothing holds the last ones
        return jnp.sum(x[:-flat] ** 2) + jnp.sum(jnp.diff(x[:-flat]) ** 2)

    point = point_of(fun, np.zeros(400))
    assert point.kind == "degenerate"
    assert "it is level along" in point.reason


def test_what_has_not_settled_is_said():
    def fun(x):  # a bent beam: curvatures from 1e-11 to 32
        return jnp.sum(jnp.diff(x, 2) ** 2) + 1e-9 * jnp.sum(x**2)

    point = point_of(fun, np.zeros(1500))
    assert point.kind == "minimum"
    assert "has not settled" in point.reason
    assert "a lower one is possible" in point.reason
    assert "none found, of 1500 curvatures" in repr(point)


def test_the_way_of_writing_makes_no_difference():
    weights = np.geomspace(0.1, 10.0, 400)
    weights[7] = -0.5

    def form(namespace):
        return lambda x: namespace.sum(namespace.array(weights) * (1.0 - namespace.cos(x)))

    one, other = (point_of(form(namespace), np.zeros(400)) for namespace in (jnp, np))
    assert one.kind == other.kind == "saddle"
    assert one.products == other.products < 300
    assert one.lowest_curvature == pytest.approx(-0.5, rel=1e-4)
    assert np.allclose(one.lowest_direction, other.lowest_direction, atol=1e-4)


# What goes in and comes out


def test_a_gradient_of_one_s_own_is_enough_inside():
    structure, x = read_start([0.0, 0.0])
    objective = read_objective(
        lambda x: x[0] ** 2 - x[1] ** 2, structure, x, (), lambda x: np.array([2 * x[0], -2 * x[1]])
    )
    point = classify(objective, Constraints(), x)
    assert point.kind == "saddle"
    assert point.lowest_curvature == pytest.approx(-2.0)


def test_it_is_read_as_the_kind_and_why():
    point = point_of(lambda x: jnp.sum(x[:2] ** 2) - x[2] ** 2, np.zeros(3))
    lines = repr(point).splitlines()
    assert lines[0] == "     kind: saddle"
    assert lines[1].startswith("   reason: the gradient vanishes; the function curves down along")
    assert "curvature: from -2 along [0. 0. 1.]" in lines
    assert "negative: 1 of 3 curvatures" in lines[-1]
    assert str(point) == repr(point)
    assert point != point_of(lambda x: jnp.sum(x**2), np.zeros(3))
    nest = repr(point_of(lambda p: p["a"] ** 2 - p["b"] ** 2, {"a": 0.0, "b": 0.0}))
    assert "['b']  1" in nest
    assert not any(line != line.rstrip() for line in nest.splitlines())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_are_the_caller_s_own_and_of_the_type_given(dtype):
    x = np.zeros(2, dtype)
    point = point_of(lambda x: x[0] ** 2 - x[1] ** 2, x)
    assert point.kind == "saddle"
    for array in (point.x, point.lowest_direction, point.highest_direction):
        assert type(array) is np.ndarray
        assert array.dtype == dtype
        array[:] = 1.0
    assert not x.any()
    for number in (point.fun, point.gradient_norm, point.lowest_curvature, point.tolerance):
        assert type(number) is float


def test_an_argument_alone_needs_no_tuple():
    assert talweg.critical_point(lambda x, a: a * x**2, 0.0, -1.0).kind == "maximum"


@pytest.mark.parametrize(
    ("fun", "x", "options", "kind", "message"),
    [
        (jnp.sum, [np.nan], {}, ValueError, "must be finite"),
        (jnp.sum, [], {}, ValueError, "empty"),
        (jnp.sum, [1], {}, TypeError, "write it with floats"),
        (jnp.sum, [2.0], {"bounds": (0.0, 1.0)}, ValueError, r"x\[0\] is 2.0, outside its bounds"),
        (jnp.sum, [1.0], {"fixed": True}, ValueError, "every coordinate is fixed"),
        (jnp.sum, [1.0], {"bounds": (1.0, 1.0)}, ValueError, "every coordinate is fixed"),
        (jnp.sum, [1.0], {"fixed": 1}, TypeError, "booleans"),
        (jnp.sum, [1.0], {"tol": -1.0}, ValueError, "tol is -1.0"),
        (jnp.sum, [1.0], {"tol": np.inf}, ValueError, "tol is inf"),
        (jnp.sum, [1.0], {"tol": "small"}, TypeError, "tol is 'small'"),
        (jnp.sum, [1.0], {"tol": True}, TypeError, "tol is True"),
        (lambda x: jnp.sum(jnp.log(x)), [-1.0], {}, ValueError, "the objective is nan at x"),
        (lambda x: 1.0 / jnp.sum(x), [0.0], {}, ValueError, "the objective is inf at x"),
        (lambda x: x, [0.0, 1.0], {}, ValueError, "returned an array"),
        (3.0, [0.0], {}, TypeError, "callable"),
    ],
)
def test_what_cannot_be_used_is_named(fun, x, options, kind, message):
    with pytest.raises(kind, match=message):
        talweg.critical_point(fun, x, **options)
