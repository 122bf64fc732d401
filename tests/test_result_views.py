"""How results read: as text, as HTML with its curves, and drawn by matplotlib."""

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

import talweg
from talweg.result_curves import curves
from talweg.result_svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def trace(fun, norm=None):
    fun = np.array(fun, dtype=float)
    steps = np.arange(len(fun))
    norm = np.ones(len(fun)) if norm is None else np.array(norm, dtype=float)
    return talweg.Trace(steps, fun, norm, np.zeros(len(fun)), 2 * steps + 1, 0.5 * steps)


def result(**fields):
    standard = {
        "message": "converged: as it should", "success": True, "status": 0, "fun": 0.25,
        "x": np.array([1.0, 2.0]), "jac": np.zeros(2), "gradient_norm": 1e-7, "nit": 3,
        "nfev": 4, "njev": 4, "trace": trace([4.0, 2.0, 1.0, 0.25]),
    }  # fmt: skip
    return talweg.Result(**{**standard, **fields})


RUNS = {
    "falling": np.logspace(3, -12, 40),
    "to a negative value": np.logspace(3, -12, 40) - 7.0,
    "slightly": 1e6 + np.linspace(1.0, 0.5, 40),
    "rising": np.linspace(1.0, 3.0, 40),
    "constant": np.full(10, 5.0),
    "zero": np.zeros(10),
    "one point": [3.0],
    "two points": [3.0, 2.0],
    "tiny": 1e-300 * np.linspace(3.0, 1.0, 40),
    "the tiniest": 5e-324 * np.arange(40.0, 0.0, -1.0),
    "huge": 1e300 * np.linspace(3.0, -1.0, 40),
    "all there is": 1e308 * np.linspace(1.7, -1.7, 40),
    "huge to tiny": np.logspace(300, -300, 40),
    "rounding": 1.0 + 1e-15 * np.sin(np.arange(40.0)),
    "not all finite": [2.0, np.inf, 1.0, np.nan, 0.5],
}


def polylines(picture):
    lines = ET.fromstring(picture).findall(f"{SVG}polyline")
    return [
        np.array([pair.split(",") for pair in line.get("points").split()], float) for line in lines
    ]


# Text


def test_text_says_how_it_went_and_leaves_the_rest_out():
    text = repr(result(checkpoint=object(), seed=3))
    lines = [line.strip() for line in text.splitlines()]
    assert lines == [
        "message: converged: as it should",
        "success: True",
        "status: 0 (converged)",
        "fun: 0.25",
        "x: [1. 2.]",
        "gradient_norm: 1e-07",
        "nit: 3",
        "nfev: 4",
        "trace: Trace(4 iterates, fun 4 -> 0.25)",
        "seed: 3",
    ]
    assert str(result()) == repr(result())


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (np.zeros(100_000), "[0. 0. 0. ... 0. 0. 0.], 100000 numbers"),
        (
            np.linspace(-1.0, 2.0, 262_144).reshape(512, 512),
            "512 x 512 array of float64, from -1 to 2",
        ),
        ({"w": np.zeros((3, 40)), "b": 0.5}, "['b']  0.5"),
        ([np.zeros(2)] * 500, "... and 488 more"),
        (np.float64(3.0), "x: 3"),
        (np.zeros((0, 3)), "0 x 3 array"),
        (None, "x: None"),
        ({"deep": [{"er": "no numbers " * 100}]}, "['deep'][0]['er']  'no numbers"),
    ],
)
def test_a_point_of_any_size_takes_few_lines(x, says):
    text = repr(result(x=x))
    assert says in text
    assert len(text.splitlines()) < 25
    assert max(map(len, text.splitlines())) < 120


def test_a_matrix_is_aligned():
    lines = repr(result(x=np.eye(2))).splitlines()
    first = next(line for line in lines if "[[1. 0.]" in line)
    second = lines[lines.index(first) + 1]
    assert second.index("[0. 1.]") == first.index("[1. 0.]")


def test_a_result_with_few_keys_reads_too():
    assert repr(talweg.Result()) == "Result()"
    assert repr(talweg.Result(fun=1.5, status=99)).split() == ["status:", "99", "fun:", "1.5"]
    ET.fromstring(talweg.Result()._repr_html_())


# HTML


@pytest.mark.parametrize("run", RUNS)
def test_html_is_valid_and_its_curves_stay_inside_the_picture(run):
    page = result(trace=trace(RUNS[run], RUNS[run]))._repr_html_()
    picture = ET.fromstring(page).find(f".//{SVG}svg")
    width, height = float(picture.get("width")), float(picture.get("height"))
    lines = polylines(ET.tostring(picture))
    assert len(lines) == 2
    for line in lines:
        assert np.isfinite(line).all()
        assert (line >= 0.0).all()
        assert (line <= [width, height]).all()


def test_html_shows_the_numbers():
    page = ET.fromstring(result()._repr_html_())
    heads = [cell.text for cell in page.iter("th")]
    cells = dict(zip(heads, [cell.text for cell in page.iter("td")], strict=True))
    assert cells == {
        "value": "0.25", "largest gradient component": "1e-07", "iterations": "3",
        "evaluations": "4", "seconds": "1.5",
    }  # fmt: skip
    assert "converged: as it should" in page.find(".//b").text
    assert page.find(".//pre").text == "x: [1. 2.]"


def test_html_tells_success_from_failure():
    marks = [result(success=success)._repr_html_()[:40] for success in (True, False)]
    assert "\N{CHECK MARK}" in marks[0]
    assert "\N{BALLOT X}" in marks[1]


def test_html_escapes_what_it_is_given_and_fetches_nothing():
    hostile = "<script>alert(1)</script> & \x00 \"'"
    page = result(message=hostile, x={hostile: 1.0}, checkpoint=object())._repr_html_()
    tree = ET.fromstring(page)
    assert "<script>alert(1)</script> & " in "".join(tree.itertext())
    assert not {"script", "img", "link", "style"} & {each.tag for each in tree.iter()}
    assert re.findall(r"(?:href|src|url)\b", page) == []
    assert re.findall(r"https?://\S+", page) == ['http://www.w3.org/2000/svg"']
    assert "checkpoint" not in page


def test_no_curves_without_a_trace():
    empty = talweg.Trace(*[np.zeros(0)] * 6)
    for without in (result(trace=empty), result(trace=None)):
        assert ET.fromstring(without._repr_html_()).find(f".//{SVG}svg") is None


def test_a_long_trace_makes_a_small_picture_that_keeps_its_extremes():
    rng = np.random.default_rng(0)
    fun = np.linspace(2.0, 1.0, 100_000) + 0.1 * rng.random(100_000)
    fun[61_803] = 3.0
    picture = svg(trace(fun))
    assert len(picture) < 20_000
    line = polylines(picture)[0]
    top, bottom = line[:, 1].min(), line[:, 1].max()
    at = line[np.argmin(line[:, 1]), 0]
    share = (at - line[0, 0]) / (line[-1, 0] - line[0, 0])
    assert share == pytest.approx(0.61803, abs=0.001)
    lowest = (line[-1, 1] - top) / (bottom - top)  # where the last point lies in the range
    assert lowest == pytest.approx((3.0 - fun[-1]) / np.ptp(fun), abs=0.01)


def test_points_lie_in_proportion():
    line = polylines(svg(trace([4.0, 1.0, 2.0, 3.0])))[0]
    assert np.allclose(np.diff(line[:, 0]), np.diff(line[:, 0])[0], atol=0.11)
    heights = (line[1, 1] - line[:, 1]) / (line[1, 1] - line[0, 1])
    assert np.allclose(heights, [1.0, 0.0, 1.0 / 3.0, 2.0 / 3.0], atol=0.002)


def test_ticks_name_the_heights_they_stand_at():
    picture = ET.fromstring(svg(trace(np.linspace(1e6 + 7.0, 1e6, 30))))
    texts = picture.findall(f"{SVG}text")
    ticks = {float(t.text): float(t.get("y")) for t in texts if t.text.startswith("10000")}
    line = polylines(ET.tostring(picture))[0]
    for number, y in ticks.items():
        share = (number - 1e6) / 7.0
        expected = line[-1, 1] + share * (line[0, 1] - line[-1, 1])
        assert y - 4.0 == pytest.approx(expected, abs=0.2)
    assert len(ticks) >= 3


# Scales


@pytest.mark.parametrize(
    ("fun", "label", "log"),
    [
        (np.logspace(3, -12, 40), "value", True),
        (np.logspace(3, -12, 40) - 7.0, "value above the lowest", True),
        (np.linspace(1.0, 3.0, 40), "value", False),
        (1e300 * np.linspace(3.0, -1.0, 40), "value / 1e300", False),
        (np.full(9, 5.0), "value", False),
    ],
)
def test_the_scale_is_logarithmic_where_the_value_spans_decades(fun, label, log):
    curve, _ = curves(trace(fun))
    assert (curve.label, curve.log) == (label, log)
    assert np.isfinite(curve.y).all()


def test_what_is_drawn_is_the_trace():
    fun = np.logspace(3, -12, 40) - 7.0
    value, norm = curves(trace(fun, np.logspace(2, -3, 40)), "evaluations")
    assert np.allclose(value.y, (fun - fun.min())[:-1])  # the lowest has no logarithm
    assert np.array_equal(value.x, 2 * np.arange(39) + 1)
    assert np.allclose(norm.y, np.logspace(2, -3, 40))


# matplotlib


@pytest.fixture(autouse=True)
def _close_figures():
    with mpl.rc_context({"backend": "agg"}):
        yield
        pyplot.close("all")


@pytest.mark.parametrize("run", ["falling", "one point", "tiny", "the tiniest", "huge to tiny"])
def test_plots_of_any_run_can_be_drawn(run):
    ax = result(trace=trace(RUNS[run], RUNS[run])).plot()
    ax.figure.canvas.draw()
    assert isinstance(ax, pyplot.Axes)


def test_a_plot_has_labels_and_both_curves():
    fun, norm = np.logspace(3, -12, 40), np.logspace(2, -3, 40)
    ax = result(trace=trace(fun, norm)).plot()
    (value,) = ax.lines
    beside = next(axis for axis in ax.figure.axes if axis is not ax)
    (gradient,) = beside.lines
    assert np.allclose(value.get_ydata(), fun)
    assert np.allclose(gradient.get_ydata(), norm)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("iteration", "value")
    assert beside.get_ylabel() == "largest gradient component"
    assert ax.get_yscale() == beside.get_yscale() == "log"
    assert value.get_linestyle() != gradient.get_linestyle()
    names = [text.get_text() for text in beside.get_legend().get_texts()]
    assert names == ["value", "largest gradient component"]


def test_the_curves_differ_in_gray_too():
    ax = result().plot()
    lightness = [
        np.dot(mpl.colors.to_rgb(line.get_color()), [0.299, 0.587, 0.114])
        for axis in ax.figure.axes
        for line in axis.lines
    ]
    assert abs(lightness[0] - lightness[1]) > 0.2


def test_a_plot_goes_where_it_is_told():
    _, axes = pyplot.subplots(2)
    assert result().plot(axes[1], against="seconds") is axes[1]
    assert not axes[0].lines
    assert axes[1].get_xlabel() == "time (s)"
    assert np.allclose(axes[1].lines[0].get_xdata(), [0.0, 0.5, 1.0, 1.5])
    assert result().plot(against="evaluations").get_xlabel() == "evaluations of value and gradient"


def test_an_axis_that_is_not_known():
    with pytest.raises(ValueError, match="against='time' is unknown; choose from iteration, eval"):
        result().plot(against="time")
