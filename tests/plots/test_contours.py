"""The map of a function of two variables: its levels, and what is drawn on them."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.collections import LineCollection
from matplotlib.contour import QuadContourSet
from matplotlib.quiver import Quiver

from talweg import plots
from talweg.plots.contour_map import read_levels

BOX = (-2.0, 2.0)


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def bowl(x):
    return x[0] ** 2 + 3 * x[1] ** 2


def filled(ax):
    return next(a for a in ax.get_children() if isinstance(a, QuadContourSet) and a.filled)


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_levels_cover_all_values_and_show_the_valley():
    ax = plots.contours(rosenbrock, [(-2.0, 2.0), (-1.0, 3.0)], resolution=81)
    levels = filled(ax).levels
    assert np.all(np.diff(levels) > 0.0)
    x, y = np.meshgrid(np.linspace(-2.0, 2.0, 81), np.linspace(-1.0, 3.0, 81))
    values = rosenbrock([x, y])
    assert levels[0] <= values.min()
    assert levels[-1] >= values.max()
    assert np.sum(levels < 25.0) >= 4  # of values up to 2509
    share, _ = np.histogram(values, levels)
    assert share.max() < 0.15 * values.size


@given(arrays(float, st.integers(2, 200), elements=st.floats(-1e200, 1e200)), st.integers(2, 30))
@settings(max_examples=200, deadline=None)
def test_levels_of_any_values_increase_and_cover_them(values, count):
    levels = read_levels(count, values)
    assert len(levels) >= 2
    assert np.all(np.diff(levels) > 0.0)
    assert levels[0] <= values.min()
    assert levels[-1] >= values.max()


def test_a_small_dent_in_a_plain_is_seen():
    values = np.zeros(10_000)
    values[:20] = np.linspace(-1.0, -0.1, 20)
    assert len(read_levels(15, values)) >= 4


@pytest.mark.parametrize("levels", [[1.0, 2.0, 5.0], (0.5, 6.0), [-3.0, 0.0, 1.0, 40.0]])
def test_levels_may_be_given_and_what_is_beyond_them_is_coloured_too(levels):
    ax = plots.contours(bowl, BOX, levels=levels, resolution=21)
    ax.figure.canvas.draw()
    drawn = filled(ax)
    np.testing.assert_allclose(drawn.levels, levels)
    beyond = {(True, True): "both", (False, False): "neither", (True, False): "min"}
    assert drawn.extend == beyond[levels[0] > 0.0, levels[-1] < 16.0]


@pytest.mark.parametrize(
    ("levels", "error"),
    [
        (1, ValueError), ([3.0], ValueError), ([2.0, 1.0], ValueError), ([1.0, np.nan], ValueError),
        (2.5, TypeError), (True, TypeError), ("many", TypeError), ([[1.0, 2.0]], TypeError),
    ],
)  # fmt: skip
def test_bad_levels_are_refused(levels, error):
    with pytest.raises(error, match="levels"):
        plots.contours(bowl, BOX, levels=levels)


def test_the_scale_tells_its_heights_apart():
    ax = plots.contours(lambda x: 1e6 + 1e-3 * bowl(x), BOX, resolution=21)
    (scale,) = ax.child_axes
    texts = [label.get_text() for label in scale.get_yticklabels()]
    assert len(set(texts)) == len(texts) >= 5
    assert scale.get_ylabel() == "f(x, y)"


def test_paths_have_the_iterates_coordinates(line_of):
    walks = {"gradient": [[1.5, 1.0], [0.5, 0.2], [0.0, 0.0]], "lbfgs": [[-1.5, 1.0], [0.0, 0.1]]}
    ax = plots.contours(bowl, BOX, paths=walks, resolution=21)
    for name, walk in walks.items():
        np.testing.assert_array_equal(line_of(ax, name).get_xydata(), walk)
    first, second = (line_of(ax, name) for name in walks)
    assert first.get_color() != second.get_color()
    assert first.get_marker() != second.get_marker()
    assert first._dash_pattern != second._dash_pattern


def test_start_and_end_are_marked_and_explained():
    walk = [[1.5, 1.0], [0.5, 0.2], [0.1, 0.0]]
    ax = plots.contours(bowl, BOX, paths=walk, resolution=21)
    single = [line.get_xydata() for line in ax.get_lines() if len(line.get_xdata()) == 1]
    np.testing.assert_array_equal(sorted(map(tuple, np.vstack(single))), [walk[2], walk[0]])
    assert {"path", "start", "end"} <= set(labels(ax))


@pytest.mark.parametrize("upto", [0, 1, 2, 99])
def test_paths_may_be_shown_up_to_a_step(upto, line_of):
    walks = {"long": [[1.5, 1.0], [0.5, 0.2], [0.1, 0.0]], "short": [[1.0, 1.0], [0.0, 0.0]]}
    ax = plots.contours(bowl, BOX, paths=walks, resolution=21, upto=upto)
    for name, walk in walks.items():
        np.testing.assert_array_equal(line_of(ax, name).get_xydata(), walk[: upto + 1])


@pytest.mark.parametrize(
    ("walk", "note", "length"),
    [
        ([[1.0, 1.0], [3.0, 1.0]], "leaves the picture", 2),
        ([[1.0, 1.0], [3.0, 1.0], [0.0, 0.0]], "", 3),
        ([[1.0, 1.0], [0.0, np.nan]], "cut at step 1, not finite", 1),
        ([[1.0, 1.0], [3.0, 3.0], [np.inf, 0.0]], "cut at step 2, not finite; leaves", 2),
        ([[1.0, 1.0], [-1e300, 1e307]], "leaves the picture", 2),
    ],
)
def test_paths_that_leave_or_break_off_say_so(walk, note, length):
    ax = plots.contours(bowl, BOX, paths={"wild": walk}, resolution=21)
    ax.figure.canvas.draw()
    assert ax.get_xlim() == BOX
    (line,) = [line for line in ax.get_lines() if line.get_label().startswith("wild")]
    assert note in line.get_label()
    assert len(line.get_xdata()) == length


KINDS = [
    "minimum", "maximum", "saddle", "degenerate", "boundary minimum", "kink", "not critical",
    "a kind yet unknown",
]  # fmt: skip


def test_every_kind_has_a_mark_of_its_own_where_the_point_is(point, line_of):
    places = {kind: (-1.5 + 0.4 * i, 0.1 * i) for i, kind in enumerate(KINDS)}
    points = [point(x, kind) for kind, x in places.items()]
    ax = plots.contours(bowl, BOX, critical_points=points, resolution=21)
    looks = set()
    for kind, x in places.items():
        marks = line_of(ax, kind)
        np.testing.assert_array_equal(marks.get_xydata(), [x])
        looks.add((marks.get_marker(), marks.get_fillstyle()))
    assert len(looks) == len(KINDS)


def test_points_outside_are_counted_not_drawn(point, line_of):
    points = [point([0.0, 0.0]), point([5.0, 0.0])]
    ax = plots.contours(bowl, BOX, critical_points=points, resolution=21)
    marks = line_of(ax, "minimum (1 outside the picture)")
    np.testing.assert_array_equal(marks.get_xydata(), [[0.0, 0.0]])


def test_a_point_in_a_nest_is_one_too(point, line_of):
    nest = {"a": np.array(0.5), "b": np.array(1.0)}
    ax = plots.contours(bowl, BOX, critical_points=point(nest), resolution=21)
    np.testing.assert_array_equal(line_of(ax, "minimum").get_xydata(), [[0.5, 1.0]])


@pytest.mark.parametrize("fun", [bowl, lambda x: np.sum(np.array([1.0, 3.0]) * x**2)])
def test_the_field_points_downhill_with_arrows_of_one_length(fun):
    ax = plots.contours(fun, BOX, gradient_field=True, resolution=21)
    (field,) = [artist for artist in ax.get_children() if isinstance(artist, Quiver)]
    np.testing.assert_allclose(np.hypot(field.U, field.V), 1.0)
    slope = np.stack([2 * field.X, 6 * field.Y])
    expected = -slope / np.hypot(*slope)
    np.testing.assert_allclose(np.stack([field.U, field.V]), expected, atol=1e-12)
    assert "downhill" in labels(ax)
    assert len(field.X) > 100


def test_where_it_is_not_defined_nothing_is_drawn_and_that_is_said():
    def in_a_circle(x):
        return -jnp.log(1.0 - x[0] ** 2 - x[1] ** 2)

    ax = plots.contours(in_a_circle, BOX, gradient_field=True, resolution=41)
    ax.figure.canvas.draw()
    (field,) = [artist for artist in ax.get_children() if isinstance(artist, Quiver)]
    assert np.all(np.hypot(field.X, field.Y) < 1.0)
    assert "not defined" in labels(ax)
    corners = np.concatenate([path.vertices for path in filled(ax).get_paths()])
    assert np.hypot(*corners.T).max() < 1.0


@pytest.mark.parametrize("value", [0.0, -7.5, 1e300])
def test_a_constant_is_said_to_be_one(value):
    ax = plots.contours(
        lambda x: value + 0.0 * x[0], BOX, gradient_field=True, paths=[[0.0, 0.0]], resolution=5
    )
    ax.figure.canvas.draw()
    assert "constant" in ax.get_title()


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1e20, 1e300])
def test_any_scale_is_drawn(scale):
    ax = plots.contours(lambda x: scale * (bowl(x) - 3.0), BOX, gradient_field=True, resolution=21)
    ax.figure.canvas.draw()


def test_nearly_round_boxes_are_drawn_in_proportion():
    # Only then are the steepest ways at right angles to the height lines.
    assert plots.contours(bowl, [(0, 2), (0, 1)], resolution=5).get_aspect() == 1.0
    assert plots.contours(bowl, [(0, 100), (0, 1)], resolution=5).get_aspect() == "auto"


def test_borders_of_basins_lie_between_them(two_wells):
    ax = plots.contours(bowl, BOX, basins=two_wells, resolution=21)
    borders = [
        artist for artist in ax.get_children()
        if isinstance(artist, (QuadContourSet, LineCollection))
        and tuple(np.ravel(artist.get_edgecolor())[:3]) == (1.0, 1.0, 1.0)
    ]  # fmt: skip
    vertices = np.concatenate([path.vertices for one in borders for path in one.get_paths()])
    between = np.abs(vertices[:, 0]) < 1e-9  # the wells part at x = 0
    top = vertices[:, 1] > 1.7  # and the highest row of starts found none
    assert np.all(between | top)
    assert between.sum() > 10
    assert "border of basins" in labels(ax)


@pytest.mark.parametrize(
    ("paths", "error", "match"),
    [
        ({"a": []}, ValueError, r"paths\['a'\] is empty"),
        ({"a": [[1.0, 2.0, 3.0]]}, ValueError, r"the shape \(1, 3\); it must be \(k, 2\)"),
        ({"a": [1.0, 2.0]}, ValueError, r"the shape \(2,\)"),
        ({"a": [["x", "y"]]}, TypeError, "must be an array of numbers"),
        ([[np.nan, 0.0]], ValueError, "its start must be finite"),
    ],
)
def test_bad_paths_are_refused(paths, error, match):
    with pytest.raises(error, match=match):
        plots.contours(bowl, BOX, paths=paths)


def test_points_have_two_coordinates(point):
    with pytest.raises(ValueError, match=r"critical_points\[0\] has 3 coordinates"):
        plots.contours(bowl, BOX, critical_points=point([0.0, 1.0, 2.0]))
