"""Which start leads where: colours, letters, hatches, and starts that lead nowhere."""

from types import SimpleNamespace

import numpy as np
import pytest

import talweg
from talweg import plots

BOX = (-2.0, 2.0)


def wells(x):
    return (x[0] ** 2 - 1) ** 2 + x[1] ** 2 + 0.25 * x[0] + 0.25


def nearest(starts, places):
    distances = ((starts[:, np.newaxis] - places) ** 2).sum(axis=-1)
    return distances.argmin(axis=1)


@pytest.fixture
def many():
    """Return 16 minima on a 4 x 4 lattice, and 24 x 24 starts that fall into the nearest."""
    x = plots.grid_starts((-1.5, 1.5), 4)
    which = nearest(plots.grid_starts(BOX, 24), x)
    counts = np.bincount(which, minlength=16)
    return SimpleNamespace(x=x, fun=np.arange(16.0), which=which, counts=counts, ends=x[which])


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_image_is_which_start_led_to_which_minimum(two_wells):
    ax = plots.basins(wells, BOX, minima=two_wells)
    (image,) = ax.get_images()
    np.testing.assert_array_equal(image.get_array().ravel(), two_wells.which)
    left, right, bottom, top = image.get_extent()
    half = 4.0 / 19 / 2  # a start is in the middle of its square
    np.testing.assert_allclose(
        [left, right, bottom, top], np.array([-2, 2, -2, 2]) + half * np.array([-1, 1, -1, 1])
    )
    assert image.origin == "lower"


def test_each_minimum_has_a_colour_and_no_minimum_is_gray(two_wells):
    (image,) = plots.basins(wells, BOX, minima=two_wells).get_images()
    nowhere, first, second = (image.cmap(image.norm(k))[:3] for k in (-1, 0, 1))
    assert len({nowhere, first, second}) == 3
    assert np.ptp(nowhere) == 0.0  # neutral
    assert np.ptp(first) > 0.1
    assert np.ptp(second) > 0.1


def test_minima_have_letters_that_the_legend_explains(two_wells):
    ax = plots.basins(wells, BOX, minima=two_wells)
    assert {text.get_text(): text.xy for text in ax.texts} == {"A": (-1.0, 0.0), "B": (1.0, 0.0)}
    assert legend(ax) == [
        "A: f = 0, 190 starts",
        "B: f = 0.5, 190 starts",
        "no minimum found: 20 starts",
    ]
    assert ax.get_title().endswith("2 minima")


def test_where_colours_repeat_hatches_tell_apart(many):
    ax = plots.basins(wells, BOX, minima=many)
    (image,) = ax.get_images()
    hatched = [a for a in ax.collections if getattr(a, "filled", False)]
    looks = set()
    for k, place in enumerate(many.x):
        on = [a.hatches[0] for a in hatched if any(p.contains_point(place) for p in a.get_paths())]
        assert len(on) <= 1
        looks.add((image.cmap(image.norm(k)), *on))
    assert len(looks) == 16


def test_only_the_lowest_are_named_where_there_are_many(many):
    texts = legend(plots.basins(wells, BOX, minima=many))
    assert len(texts) <= 11
    assert texts[-1].startswith("J to P: ")
    named = sum(int(text.split(", ")[1].split()[0]) for text in texts[:-1])
    assert named + int(texts[-1].split(": ")[1].split()[0]) == 24 * 24


def test_letters_go_on_after_z():
    x = plots.grid_starts((-1.5, 1.5), 6)[:30]
    minima = SimpleNamespace(
        x=x, fun=np.arange(30.0), which=np.arange(4), counts=np.ones(30, int), ends=x
    )
    texts = [text.get_text() for text in plots.basins(wells, BOX, minima=minima).texts]
    assert texts[0] == "A"
    assert texts[25:28] == ["Z", "AA", "AB"]
    assert len(set(texts)) == 30


def test_rounding_is_not_shown_as_a_value(two_wells):
    two_wells.fun = np.array([-3e-31, 1e-25])
    assert legend(plots.basins(wells, BOX, minima=two_wells))[:2] == [
        "A: f = 0, 190 starts", "B: f = 0, 190 starts",
    ]  # fmt: skip


def test_nothing_found_is_drawn_too():
    minima = SimpleNamespace(
        x=np.zeros((0, 2)), fun=np.zeros(0), counts=np.zeros(0, int), which=np.full(9, -1),
        ends=np.zeros((9, 2)),
    )  # fmt: skip
    ax = plots.basins(wells, BOX, minima=minima)
    ax.figure.canvas.draw()
    assert ax.get_title().endswith("0 minima")
    assert legend(ax) == ["no minimum found: 9 starts"]


def test_the_grids_points_are_what_is_descended_from(monkeypatch, two_wells):
    asked = {}

    def stand_in(fun, starts, *, bounds, method, **options):
        asked.update(fun=fun, starts=starts, bounds=bounds, method=method, options=options)
        return two_wells

    monkeypatch.setattr(talweg, "minimize_many", stand_in, raising=False)
    plots.basins(wells, BOX, resolution=20, method="momentum", step=0.01)
    np.testing.assert_array_equal(asked["starts"], plots.grid_starts(BOX, 20))
    np.testing.assert_array_equal(asked["bounds"], [[-2.0, -2.0], [2.0, 2.0]])
    assert asked["fun"] is wells
    assert (asked["method"], asked["options"]) == ("momentum", {"step": 0.01})


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"which": np.zeros(10, int)}, ValueError, "10 starts, which are no square grid"),
        ({"which": np.full(400, 7)}, ValueError, "names minima from 7 to 7; there are 2"),
        ({"which": np.full(400, -2)}, ValueError, "names minima from -2"),
    ],
)
def test_bad_minima_are_refused(two_wells, change, error, match):
    vars(two_wells).update(change)
    with pytest.raises(error, match=match):
        plots.basins(wells, BOX, minima=two_wells)


def test_what_is_no_minima_is_refused():
    with pytest.raises(TypeError, match=r"what talweg.minimize_many returns, or a resolution"):
        plots.basins(wells, BOX, minima=[1, 2])
    with pytest.raises(TypeError, match=r"what talweg.minimize_many returns, or a resolution"):
        plots.contours(wells, BOX, basins=True)


def test_options_that_would_be_dropped_are_refused(two_wells):
    with pytest.raises(TypeError, match="mean nothing where minima are given"):
        plots.basins(wells, BOX, minima=two_wells, step=0.1)
    with pytest.raises(TypeError, match="mean nothing where minima are given"):
        plots.basins(wells, BOX, minima=two_wells, method="momentum")
