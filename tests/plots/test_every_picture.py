"""What all pictures share: labels, titles, legends that hide nothing, and manners."""

import subprocess
import sys

import jax.numpy as jnp
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

import talweg.plots
from talweg import plots
from talweg.landscapes import LANDSCAPES

BOX = (-2.0, 2.0)
WALK = [[1.5, 1.5], [1.2, 0.5], [0.9, 0.1]]


def wells(x):
    return (x[0] ** 2 - 1) ** 2 + x[1] ** 2 + 0.25 * x[0]


def bowl(x):
    return x[0] ** 2 + 3 * x[1] ** 2


def in_a_circle(x):
    return -jnp.log(1.0 - x[0] ** 2 - x[1] ** 2)


@pytest.fixture
def draw(point, two_wells):
    """Return a function that draws a picture by name, on axes if they are given."""
    points = [point([-1.03, 0.0]), point([0.06, 0.0], "saddle")]
    bottom = point(np.zeros(2), highest_curvature=6.0)
    pictures = {
        "function": lambda **more: plots.function(
            np.cos, BOX, slope_at=1.0, critical_points=point(0.0, "maximum"),
            path=[0.2, 0.4, 0.8, 1.5], **more,
        ),
        "function of a half-line": lambda **more: plots.function(
            jnp.log, BOX, path=[1.0, 0.5, 0.1], **more
        ),
        "contours": lambda **more: plots.contours(
            wells, BOX, critical_points=points, paths={"gradient": WALK, "lbfgs": WALK[:2]},
            gradient_field=True, basins=two_wells, resolution=21, **more,
        ),
        "contours in a circle": lambda **more: plots.contours(
            in_a_circle, BOX, gradient_field=True, resolution=21, **more
        ),
        "surface": lambda **more: plots.surface(
            wells, BOX, critical_points=points, paths={"gradient": WALK}, resolution=21, **more
        ),
        "basins": lambda **more: plots.basins(wells, BOX, minima=two_wells, **more),
        "step_sizes": lambda **more: plots.step_sizes(
            bowl, [1.0, 1.0], iterations=5, minimum=bottom, **more
        ),
        "landscape_slice": lambda **more: plots.landscape_slice(
            lambda x: np.sum(x**2), np.ones(5), path=[np.full(5, 2.0), np.ones(5)],
            resolution=11, **more
        ),
    }  # fmt: skip
    return lambda name, **more: pictures[name](**more)


PICTURES = [
    "function", "function of a half-line", "contours", "contours in a circle", "surface",
    "basins", "step_sizes", "landscape_slice",
]  # fmt: skip


def axes_of(picture):
    return list(np.ravel(np.asarray(picture, dtype=object)))


@pytest.mark.parametrize("name", PICTURES)
def test_axes_are_labelled_and_a_title_says_what_is_seen(draw, name):
    for ax in axes_of(draw(name)):
        assert ax.get_xlabel()
        assert ax.get_ylabel()
        assert len(ax.get_title()) > 10
        assert "\n" not in ax.get_title()


def test_space_has_a_third_label(draw):
    assert draw("surface").get_zlabel() == "f(x, y)"


@pytest.mark.parametrize("name", PICTURES)
def test_the_title_can_be_left_out_or_chosen(draw, name):
    title = "" if name in ("contours", "step_sizes") else "A title of one's own"
    assert axes_of(draw(name, title=title))[0].get_title() == title


@pytest.mark.parametrize("name", PICTURES)
def test_the_legend_hides_nothing_and_is_not_clipped(draw, name):
    axes = axes_of(draw(name))
    figure = axes[0].figure
    assert pyplot.get_fignums() == [figure.number]
    figure.canvas.draw()
    for ax in axes:
        legend = ax.get_legend().get_window_extent()
        # In space the data is all over its axes, of which the lowest part stays empty.
        assert name == "surface" or not legend.overlaps(ax.get_window_extent())
        assert not legend.overlaps(ax.xaxis.label.get_window_extent())
        for corner in (legend.p0, legend.p1):
            assert figure.bbox.contains(*corner)
        title = ax.title.get_window_extent()
        assert figure.bbox.contains(*title.p0)
        assert figure.bbox.contains(*title.p1)


@pytest.mark.parametrize("name", PICTURES)
def test_the_users_axes_are_drawn_on(draw, name):
    figure = mpl.figure.Figure(layout="constrained")
    count = 2 if name == "step_sizes" else 1
    kw = {"projection": "3d"} if name == "surface" else {}
    given = [figure.add_subplot(1, 3, i + 2, **kw) for i in range(count)]
    drawn = axes_of(draw(name, ax=given if count == 2 else given[0]))
    assert drawn == given
    assert figure.axes == given  # the scale of heights is part of its axes
    assert not pyplot.get_fignums()
    figure.canvas.draw()


def test_part_of_a_figure_will_do(draw):
    part = mpl.figure.Figure(layout="constrained").subfigures(1, 2)[1]
    ax = draw("contours", ax=part.subplots())
    assert ax.figure is part
    ax.figure.figure.canvas.draw()


@pytest.mark.parametrize("name", sorted(LANDSCAPES)[::2])
def test_known_landscapes_are_drawn_in_their_own_bounds(name):
    known = LANDSCAPES[name]
    draw = plots.function if known.dimension == 1 else plots.contours
    ax = draw(known.fun, known.bounds, critical_points=known.critical_points, resolution=31)
    lower, upper = known.bounds
    np.testing.assert_allclose(ax.get_xlim(), (lower[0], upper[0]))
    kinds = {point.kind for point in known.critical_points}
    shown = {text.get_text() for text in ax.get_legend().get_texts()}
    assert kinds <= shown
    ax.figure.draw_without_rendering()


def test_nothing_heavy_is_loaded_before_it_is_used():
    code = "import sys, talweg.plots; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {"matplotlib", "jax", "PIL", "numpy"}.intersection(done.stdout.split())


@pytest.mark.parametrize("name", talweg.plots.__all__)
def test_every_name_is_a_function_after_all_modules_are_loaded(name):
    import talweg.plots.animation
    import talweg.plots.basin_map
    import talweg.plots.stepping

    assert callable(getattr(talweg.plots, name))
    assert name in dir(talweg.plots)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'talweg.plots' has no attribute 'volcano'"):
        _ = talweg.plots.volcano
