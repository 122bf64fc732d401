"""The landscapes: what is said of their critical points holds, and none is missing."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from talweg import formula
from talweg.landscapes import LANDSCAPES, get
from talweg.landscapes.landscape import known_points, reflected, sums
from talweg.objective import precision

ALL = list(LANDSCAPES.values())
SMOOTH_KINDS = {"minimum": 1, "maximum": 1, "saddle": -1, "kink": 1}
AT_ONCE = 1600
DEGENERATE_INDEX = {"monkey_saddle": -2, "peano": -1}

each = pytest.mark.parametrize("landscape", ALL, ids=[landscape.name for landscape in ALL])
each_plane = pytest.mark.parametrize(
    "landscape",
    [landscape for landscape in ALL if landscape.dimension == 2],
    ids=[landscape.name for landscape in ALL if landscape.dimension == 2],
)


@functools.cache
def derivatives(name):
    """Return value, gradient (n, m) and Hessian (n, n, m) at m points (n, m), as NumPy arrays."""
    fun, size = LANDSCAPES[name].fun, LANDSCAPES[name].dimension

    def gradient(points):
        return jax.grad(lambda at: jnp.sum(fun(at)))(points)

    def all_of_them(points):
        ways = [jnp.zeros_like(points).at[i].set(1.0) for i in range(size)]
        columns = [jax.jvp(gradient, (points,), (way,))[1] for way in ways]
        return fun(points), gradient(points), jnp.stack(columns)

    compiled = jax.jit(all_of_them)

    def evaluate(points):
        count = points.shape[1]
        padded = np.pad(points, ((0, 0), (0, -count % AT_ONCE)), mode="edge")
        with precision(np.float64):  # compiled for one shape only
            pieces = [
                compiled(padded[:, i : i + AT_ONCE]) for i in range(0, padded.shape[1], AT_ONCE)
            ]
            return tuple(
                np.concatenate(part, -1)[..., :count] for part in zip(*pieces, strict=True)
            )

    return evaluate


def listed(landscape):
    """Return the known points (n, m) and their kinds."""
    points = np.array([point.x for point in landscape.critical_points]).T
    return points, np.array([point.kind for point in landscape.critical_points])


def starts(landscape, count=AT_ONCE):
    """Return points (n, count) spread over the box, away from any symmetry of the function."""
    lower, upper = np.array(landscape.bounds)
    if landscape.dimension == 1:
        unit = (np.arange(count)[None] + 0.37) / count
    else:
        side = math.isqrt(count)
        steps = (np.arange(side) + 0.37) / side
        unit = np.stack([part.ravel() for part in np.meshgrid(steps, steps + 0.11 / side)])
    return lower[:, None] + (upper - lower)[:, None] * unit


def newton(landscape, points, iterations=60):
    """Return where Newton's method for a vanishing gradient comes to from these points."""
    evaluate = derivatives(landscape.name)
    with np.errstate(all="ignore"):
        for _ in range(iterations):
            _, slope, curvature = evaluate(points)
            if landscape.dimension == 1:
                step = slope / curvature[0]
            else:
                (a, b), (_, c) = curvature
                determinant = a * c - b * b
                step = np.stack([c * slope[0] - b * slope[1], a * slope[1] - b * slope[0]])
                step = step / determinant
            step = np.where(np.isfinite(step), step, 0.0)
            points = points - step
    return points, np.abs(step).max(axis=0)


@each
def test_the_table_is_well_formed(landscape):
    lower, upper = np.array(landscape.bounds)
    assert LANDSCAPES[landscape.name] is landscape
    assert landscape.dimension == len(lower) == len(upper)
    assert landscape.pairs == [
        (float(low), float(high)) for low, high in zip(lower, upper, strict=True)
    ]
    assert (lower < landscape.start).all()
    assert (landscape.start < upper).all()
    assert landscape.source
    assert landscape.about.endswith(".")
    values = [point.fun for point in landscape.critical_points]
    assert values == sorted(values)
    for point in landscape.critical_points:
        # None at the edge, where it would be a matter of rounding whether it is in the box.
        assert ((point.x - lower) / (upper - lower)).min() > 0.02
        assert ((upper - point.x) / (upper - lower)).min() > 0.02
    points, _ = listed(landscape)
    apart = np.abs(points[:, :, None] - points[:, None, :]).max(axis=0)
    assert (apart + 10 * np.eye(points.shape[1])).min() > 1e-2, "a point is listed twice"


@each
def test_the_gradient_vanishes_and_the_curvatures_agree_with_the_kind(landscape):
    points, kinds = listed(landscape)
    evaluate = derivatives(landscape.name)
    values, slope, curvature = evaluate(points)
    given = [point.fun for point in landscape.critical_points]
    np.testing.assert_allclose(values, given, rtol=1e-13, atol=2e-13 * max(1.0, np.ptp(given)))

    smooth = kinds != "kink"
    scale = np.abs(curvature).max(axis=(0, 1))
    everywhere = np.abs(evaluate(starts(landscape))[1])
    typical = np.median(everywhere[np.isfinite(everywhere)])
    assert (np.abs(slope[:, smooth]) <= 1e-12 * np.maximum(scale[smooth], typical)).all()
    for kind, here in zip(kinds[smooth], np.moveaxis(curvature, 2, 0)[smooth], strict=True):
        low, *_, high = *np.linalg.eigvalsh(here), np.linalg.eigvalsh(here)[-1]
        flat = 1e-12 * typical
        if landscape.name == "quartic_flat":
            assert (kind, low) == ("minimum", 0.0)
        elif kind == "degenerate":
            assert min(abs(low), abs(high)) <= flat
        else:
            signs = {"minimum": (1, 1), "maximum": (-1, -1), "saddle": (-1, 1)}
            assert (np.sign(low), np.sign(high)) == signs[kind]
            assert min(abs(low), abs(high)) > 1e-4 * max(abs(low), abs(high))


@each
def test_newtons_method_finds_every_listed_point_and_no_other(landscape):
    lower, upper = np.array(landscape.bounds)[:, :, None]
    points, kinds = listed(landscape)
    ends, last_step = newton(landscape, starts(landscape))
    _, slope, _ = derivatives(landscape.name)(ends)
    inside = ((lower <= ends) & (ends <= upper)).all(axis=0)
    arrived = inside & (last_step <= 1e-6) & np.isfinite(slope).all(axis=0)
    arrived &= np.abs(slope).max(axis=0) < 1e-6
    distance = np.abs(ends[:, arrived, None] - points[:, None, :]).max(axis=0)
    # Newton's method comes to a degenerate point, or far out on a plain, only slowly.
    near = 1e-4 if "degenerate" in kinds else 1e-8
    unknown = ends[:, arrived][:, distance.min(axis=1) > near]
    assert unknown.size == 0, f"there are critical points at {np.unique(unknown.round(6), axis=1)}"
    found = (distance < near).any(axis=0)
    assert found[kinds != "kink"].all()


@each_plane
def test_the_indices_add_up_to_the_winding_number_of_the_gradient_around_the_box(landscape):
    # The theorem of Poincare and Hopf: an extremum counts one, a saddle minus one.
    (left, low), (right, high) = landscape.bounds
    corners = np.array([[left, right, right, left, left], [low, low, high, high, low]])
    at = np.linspace(0, 4, 1601)  # a side of the box for every unit
    while True:
        around = np.stack([np.interp(at, range(5), side) for side in corners])
        _, (slope_x, slope_y), _ = derivatives(landscape.name)(around)
        turns = np.diff(np.unwrap(np.arctan2(slope_y, slope_x)))
        coarse = np.flatnonzero(np.abs(turns) > 0.5)
        if coarse.size == 0:
            break
        assert np.diff(at).min() > 1e-9, "the gradient vanishes on the edge"
        at = np.sort(np.append(at, (at[coarse] + at[coarse + 1]) / 2))
    winding = turns.sum() / (2 * np.pi)
    _, kinds = listed(landscape)
    indices = SMOOTH_KINDS | {"degenerate": DEGENERATE_INDEX.get(landscape.name)}
    assert sum(indices[kind] for kind in kinds) == round(winding)
    assert winding == pytest.approx(round(winding), abs=1e-9)


@pytest.mark.parametrize(
    "name", [landscape.name for landscape in ALL if landscape.dimension == 1]
)  # fmt: skip
def test_on_the_line_extrema_are_where_the_slope_changes_its_sign(name):
    landscape = LANDSCAPES[name]
    (lower,), (upper,) = landscape.bounds
    at = np.linspace(lower, upper, 8 * AT_ONCE)[None]
    _, (slope,), _ = derivatives(name)(at)
    changes = np.flatnonzero(slope[1:] * slope[:-1] < 0)
    found = sorted((at[0, i], "minimum" if slope[i] < 0 else "maximum") for i in changes)
    extrema = sorted((p.x[0], p.kind) for p in landscape.critical_points if p.kind != "degenerate")
    assert [kind for _, kind in found] == [kind for _, kind in extrema]
    np.testing.assert_allclose(
        [x for x, _ in found], [x for x, _ in extrema], atol=(upper - lower) / AT_ONCE
    )


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        # Minima as they are published.
        ("himmelblau", (3.0, 2.0), 0.0),  # Himmelblau 1972, and the three others as usually quoted
        ("himmelblau", (-2.805118, 3.131312), 0.0),
        ("himmelblau", (-3.779310, -3.283186), 0.0),
        ("himmelblau", (3.584428, -1.848126), 0.0),
        ("six_hump_camel", (0.0898, -0.7126), -1.0316284535),  # Dixon and Szego 1978
        ("six_hump_camel", (-0.0898, 0.7126), -1.0316284535),
        ("goldstein_price", (0.0, -1.0), 3.0),  # Goldstein and Price 1971, all four
        ("goldstein_price", (-0.6, -0.4), 30.0),
        ("goldstein_price", (1.8, 0.2), 84.0),
        ("goldstein_price", (1.2, 0.8), 840.0),
        ("branin", (math.pi, 2.275), 0.397887357729739),  # Dixon and Szego 1978
        ("branin", (-math.pi, 12.275), 0.397887357729739),
        ("branin", (9.42478, 2.475), 0.397887357729739),
        ("styblinski_tang", (-2.903534, -2.903534), -2 * 39.16616570377),  # Styblinski, Tang 1990
        ("freudenstein_roth", (11.4128, -0.8968), 48.9842),  # More, Garbow, Hillstrom 1981
        ("freudenstein_roth", (5.0, 4.0), 0.0),
        ("beale", (3.0, 0.5), 0.0),  # More, Garbow, Hillstrom 1981
        ("mccormick", (-0.54719, -1.54719), -1.9132229549810367),
        ("muller_brown", (-0.558, 1.442), -146.7),  # Muller and Brown 1979
        ("muller_brown", (0.623, 0.028), -108.2),
        ("muller_brown", (-0.050, 0.467), -80.8),
        ("forrester", (0.757249,), -6.02074005576708),
        ("three_hump_camel", (0.0, 0.0), 0.0),
        ("three_hump_camel", (1.74755, -0.87378), 0.298638),
        ("griewank", (0.0, 0.0), 0.0),
        ("levy", (1.0, 1.0), 0.0),
        ("rastrigin", (0.0, 0.0), 0.0),
        ("easom", (math.pi, math.pi), -1.0),
    ],
)
def test_published_minima(name, at, value):
    minima = [point for point in LANDSCAPES[name].critical_points if point.kind == "minimum"]
    nearest = min(minima, key=lambda point: math.dist(point.x, at))
    assert nearest.x == pytest.approx(at, abs=1e-3)
    assert nearest.fun == pytest.approx(value, rel=1e-3 if abs(value) > 50 else 1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        # Values worked out by hand, or printed by others' implementations.
        ("rosenbrock", (-1.2, 1.0), 24.2),
        ("beale", (0.0, 1.0), 14.203125),  # 1.5^2 + 2.25^2 + 2.625^2
        ("ackley", (1.0, 1.0), 3.6253849384403627),  # 20 - 20 exp(-1/5)
        ("rastrigin", (0.5, 0.0), 20.25),
        ("griewank", (math.pi, 0.0), 2 + math.pi**2 / 4000),
        ("levy", (1.0, 5.0), 1.0),
        ("levy", (-3.0, 1.0), 1 + 10 * math.sin(1.0) ** 2),
        ("branin", (0.0, 0.0), 36 + 10 * (1 - 1 / (8 * math.pi)) + 10),
        ("peaks", (-1.0, -1.0), 1.8559),  # MATLAB's peaks(-1:0.25:1)
        ("peaks", (1.0, -1.0), -0.2729),
        ("peaks", (-1.0, 1.0), 0.2289),
        ("peaks", (1.0, 1.0), 2.4338),
        ("easom", (math.pi, 0.0), math.exp(-(math.pi**2))),
        ("mccormick", (0.0, 0.0), 1.0),
        ("booth", (0.0, 0.0), 74.0),
        ("matyas", (1.0, 1.0), 0.04),
        ("goldstein_price", (1.0, 1.0), 1876.0),
        ("freudenstein_roth", (0.5, -2.0), 400.5),  # More, Garbow, Hillstrom 1981
        ("peano", (1.0, 1.5), -0.25),
        ("monkey_saddle", (1.0, 1.0), -2.0),
    ],
)
def test_values_at_a_point(name, at, value):
    computed, _, _ = derivatives(name)(np.array(at)[:, None])
    assert computed[0] == pytest.approx(value, rel=1e-4 if name == "peaks" else 1e-14)


def test_rosenbrock_is_scipys():
    points = starts(LANDSCAPES["rosenbrock"], 100)
    values, slope, curvature = derivatives("rosenbrock")(points)
    np.testing.assert_allclose(values, scipy.optimize.rosen(points), rtol=1e-13)
    np.testing.assert_allclose(slope, scipy.optimize.rosen_der(points), rtol=1e-12, atol=1e-11)
    for i in range(0, 100, 9):
        np.testing.assert_allclose(
            curvature[:, :, i], scipy.optimize.rosen_hess(points[:, i]), rtol=1e-12
        )


def test_ackleys_origin_is_a_minimum_with_a_kink():
    fun = LANDSCAPES["ackley"].fun
    around = np.linspace(0, 2 * np.pi, 41)
    with precision(np.float64):
        assert abs(float(fun(jnp.zeros(2)))) < 1e-14
        for radius in (1e-2, 1e-4, 1e-6):
            ring = np.array(fun(jnp.array([radius * np.cos(around), radius * np.sin(around)])))
            # Its slope outwards is 20 * 0.2 / sqrt(2) at the tip, in every direction.
            np.testing.assert_allclose(ring / radius, 4 / math.sqrt(2), rtol=60 * radius)


@each
def test_the_formula_is_the_function(landscape):
    parsed = formula.parse(landscape.formula)
    assert parsed.variables == ("x", "y")[: landscape.dimension]
    points = starts(landscape, 400)
    with precision(np.float64):
        of_the_formula = np.array(parsed(jnp.array(points)))
        expected = np.array(landscape.fun(jnp.array(points)))
    np.testing.assert_allclose(of_the_formula, expected, rtol=1e-11, atol=1e-12)


@each
def test_a_point_and_many_points_give_the_same(landscape):
    points = starts(landscape, 16).reshape(landscape.dimension, -1, 2)
    with precision(np.float64):
        together = np.array(landscape.fun(jnp.array(points)))
        assert together.shape == points.shape[1:]
        alone = np.array(landscape.fun(jnp.array(points[:, 1, 1])))
    assert alone.shape == ()
    assert alone == pytest.approx(together[1, 1], rel=1e-13, abs=1e-13)


def test_get():
    assert get("rosenbrock") is LANDSCAPES["rosenbrock"]
    with pytest.raises(ValueError, match=r"'himmelblow'; did you mean himmelblau\? .*parabola, "):
        get("himmelblow")
    with pytest.raises(ValueError, match=r"'Six-Hump Camel'; did you mean six_hump_camel"):
        get("Six-Hump Camel")
    with pytest.raises(
        ValueError, match=r"no landscape 'qqq'\. The landscapes are parabola, .*easom"
    ):
        get("qqq")
    with pytest.raises(TypeError, match="by its name, not by a int"):
        get(3)


def test_lists_are_put_together_as_the_sum_of_two_functions_and_by_reflection():
    line = [(0.0, "minimum", 1.0), (1.0, "maximum", 2.0)]
    points = known_points(sums(line, line))
    assert [(point.x, point.kind, point.fun) for point in points] == [
        ((0.0, 0.0), "minimum", 2.0),
        ((0.0, 1.0), "saddle", 3.0),
        ((1.0, 0.0), "saddle", 3.0),
        ((1.0, 1.0), "maximum", 4.0),
    ]
    rows = [(0.0, 0.0, "kink", 0.0), (2.0, 0.0, "saddle", 1.0), (2.0, 1.0, "minimum", 1.0)]
    assert [len(reflected([row])) for row in rows] == [1, 2, 4]
    assert [len(reflected([row], exchange=True)) for row in rows] == [1, 4, 8]
    assert not any(
        math.copysign(1, c) < 0 for row in reflected(rows[:2]) for c in row[:2] if c == 0
    )
