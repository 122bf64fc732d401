"""The curve of a function of one variable: its tangent, its points, its steps."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.text import Annotation

from talweg import plots


def quartic(x):
    return x**4 - 2 * x**2 + 0.3 * x


@pytest.mark.parametrize(
    "fun",
    [quartic, lambda x: x[0] ** 4 - 2 * x[0] ** 2 + 0.3 * x[0], lambda x: quartic(np.sum(x))],
    ids=["of a number", "of an array", "of either"],
)
def test_the_curve_has_the_functions_values(fun, line_of):
    curve = line_of(plots.function(fun, (-1.5, 1.5), resolution=31, path=[1.0]), "f(x)")
    x = np.linspace(-1.5, 1.5, 31)
    np.testing.assert_allclose(curve.get_xdata(), x)
    np.testing.assert_allclose(curve.get_ydata(), quartic(x), atol=1e-12)


@pytest.mark.parametrize("bounds", [(-1, 3), [(-1.0, 3.0)], ((-1.0,), (3.0,)), ([-1], [3])])
def test_bounds_may_be_written_in_several_ways(bounds):
    assert plots.function(np.exp, bounds).get_xlim() == (-1.0, 3.0)


@pytest.mark.parametrize("at", [-1.5, 0.3, 2.0])
@pytest.mark.parametrize("fun", [np.sin, quartic], ids=["sine", "quartic"])
def test_the_tangent_touches_with_the_functions_slope(fun, at):
    ax = plots.function(fun, (-3.0, 3.0), slope_at=at)
    (tangent,) = [line for line in ax.get_lines() if "tangent" in line.get_label()]
    x, y = tangent.get_data()
    middle = np.argmin(np.abs(x - at))
    assert x[middle] == at
    assert y[middle] == pytest.approx(fun(at))
    h = 1e-6
    slope = (fun(at + h) - fun(at - h)) / (2 * h)
    np.testing.assert_allclose(np.diff(y) / np.diff(x), slope, rtol=1e-6)
    written = f"{slope:.4g}".replace("-", "\N{MINUS SIGN}")
    assert tangent.get_label().endswith(f"slope {written}")
    assert f"slope {written}" in [text.get_text() for text in ax.texts]


def test_points_are_marked_on_the_curve_each_kind_in_its_own_way(point, line_of):
    points = [point(-1.0), point(np.array([1.0])), point((0.0,), "maximum")]
    ax = plots.function(quartic, (-1.5, 1.5), critical_points=points)
    low, high = line_of(ax, "minimum"), line_of(ax, "maximum")
    np.testing.assert_allclose(low.get_xydata(), [[-1.0, -1.3], [1.0, -0.7]])
    np.testing.assert_allclose(high.get_xydata(), [[0.0, 0.0]], atol=1e-15)
    assert low.get_marker() != high.get_marker()


def test_a_path_is_dots_on_the_curve_with_arrows_and_numbers(line_of):
    path = [1.4, -1.2, 0.9, -0.6]
    ax = plots.function(quartic, (-1.5, 1.5), path=path)
    dots = line_of(ax, "step 0 to 3")
    np.testing.assert_allclose(dots.get_xydata(), [[x, quartic(x)] for x in path])
    assert dots.get_linestyle() == "None"
    notes = [artist for artist in ax.get_children() if isinstance(artist, Annotation)]
    assert {note.get_text(): note.xy[0] for note in notes if note.get_text()} == dict(
        zip("0123", path, strict=True)
    )
    arrows = [note for note in notes if note.arrow_patch is not None]
    assert [(note.xyann[0], note.xy[0]) for note in arrows] == list(itertools.pairwise(path))


def test_numbers_do_not_lie_on_one_another():
    path = 1.4 * 0.8 ** np.arange(40)
    ax = plots.function(lambda x: x**2, (-1.5, 1.5), path=path)
    ax.figure.canvas.draw()
    numbers = [a for a in ax.get_children() if isinstance(a, Annotation) and a.get_text()]
    assert {"0", "39"} <= {number.get_text() for number in numbers}
    boxes = [number.get_window_extent() for number in numbers]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_column_of_iterates_is_a_path_too(line_of):
    path = np.array([[1.4], [0.5]])
    dots = line_of(plots.function(quartic, (-1.5, 1.5), path=path), "step 0 to 1")
    np.testing.assert_allclose(dots.get_xdata(), [1.4, 0.5])


def test_a_path_is_cut_where_it_is_not_finite_and_that_is_said():
    ax = plots.function(quartic, (-1.5, 1.5), path=[1.4, 0.5, np.nan, 0.1])
    (dots,) = [line for line in ax.get_lines() if "cut at step 2" in line.get_label()]
    assert len(dots.get_xdata()) == 2


def test_a_path_is_cut_where_the_function_is_not_defined():
    ax = plots.function(jnp.log, (-1.0, 2.0), path=[1.0, 0.5, -0.5, 0.1])
    (dots,) = [line for line in ax.get_lines() if "cut at step 2" in line.get_label()]
    np.testing.assert_allclose(dots.get_ydata(), [0.0, np.log(0.5)])


@pytest.mark.parametrize("upto", [0, 2, 7])
def test_a_path_may_be_shown_up_to_a_step(upto, line_of):
    path = [1.4, -1.2, 0.9, -0.6]
    ax = plots.function(quartic, (-1.5, 1.5), path=path, upto=upto)
    shown = path[: upto + 1]
    np.testing.assert_allclose(line_of(ax, "step 0 to 3").get_xdata(), shown)
    notes = [a for a in ax.get_children() if isinstance(a, Annotation) and a.get_visible()]
    assert {a.get_text() for a in notes if a.get_text()} == set("0123"[: len(shown)])
    assert len([a for a in notes if a.arrow_patch is not None]) == len(shown) - 1


def test_a_pole_does_not_flatten_the_rest():
    low, high = plots.function(lambda x: 1.0 / x**2 + x, (0.001, 4.0)).get_ylim()
    assert low < 1.8  # the minimum is 1.89, at the highest there is a million
    assert 4.1 < high < 1000.0


def test_where_it_is_not_defined_there_is_no_curve_and_that_is_said(line_of):
    ax = plots.function(jnp.sqrt, (-1.0, 1.0), resolution=5)
    np.testing.assert_array_equal(np.isnan(line_of(ax, "f(x)").get_ydata()), [1, 1, 0, 0, 0])
    assert "not defined" in [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("value", [0.0, -3.0, 1e300, 1e-300])
def test_a_constant_is_a_level_line(value):
    ax = plots.function(lambda x: 0.0 * x + value, (-1.0, 1.0))
    ax.figure.canvas.draw()
    assert ax.get_lines()[0].get_label() == "f(x), constant"
    low, high = ax.get_ylim()
    assert low < high


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e12, 1e290, 8e307])
def test_any_scale_is_drawn(scale):
    ax = plots.function(lambda x: scale * x**2, (-1.0, 1.0), slope_at=0.5, path=[0.9, 0.1])
    ax.figure.canvas.draw()


def test_the_title_names_what_is_there(point):
    bare = plots.function(np.sin, (-1.0, 1.0))
    assert bare.get_title() == "The curve of f(x)"
    assert bare.get_legend() is None  # there is one kind of thing
    full = plots.function(
        np.sin, (-2.0, 1.0), slope_at=-0.5, critical_points=point(-1.5708), path=[0.0, -1.0]
    )
    assert full.get_title() == (
        "f(x), its slope at x = \N{MINUS SIGN}0.5, its critical points, and 1 step downhill"
    )


@pytest.mark.parametrize(
    ("more", "error", "match"),
    [
        ({"slope_at": 5.0}, ValueError, r"slope_at=5 is outside the bounds \[-1, 1\]"),
        ({"path": []}, ValueError, "path is empty"),
        ({"path": [np.nan, 1.0]}, ValueError, "its start must be finite"),
        ({"path": np.ones((3, 2))}, ValueError, r"the shape \(3, 2\); it must be \(k, 1\)"),
        ({"path": ["a"]}, TypeError, "path must be an array of numbers"),
        ({"upto": -1, "path": [1.0]}, ValueError, "upto=-1"),
        ({"upto": 1.5, "path": [1.0]}, TypeError, "upto must be a whole number"),
        ({"resolution": 1}, ValueError, "resolution=1"),
        ({"resolution": 10.0}, TypeError, "resolution must be a whole number"),
        ({"critical_points": [1.0]}, TypeError, r"critical_points\[0\] is 1.0"),
    ],
)
def test_bad_arguments_are_refused(more, error, match):
    with pytest.raises(error, match=match):
        plots.function(np.sin, (-1.0, 1.0), **more)


def test_there_must_be_a_slope_where_it_is_asked_for():
    with pytest.raises(ValueError, match="its slope inf"):
        plots.function(jnp.sqrt, (-1.0, 1.0), slope_at=0.0)


def test_points_have_one_coordinate(point):
    with pytest.raises(ValueError, match="2 coordinates; this picture shows 1"):
        plots.function(np.sin, (-1.0, 1.0), critical_points=[point([0.0, 1.0])])
    with pytest.raises(ValueError, match="must be finite"):
        plots.function(np.sin, (-1.0, 1.0), critical_points=[point(np.nan)])


def test_only_a_function_is_drawn():
    with pytest.raises(TypeError, match="must be callable, not int"):
        plots.function(3, (-1.0, 1.0))
