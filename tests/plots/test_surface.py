"""The surface of a function of two variables, and what is lifted onto it."""

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib import pyplot

from talweg import plots
from talweg.plots import relief

BOX = (-2.0, 2.0)


def saddle(x):
    return x[0] ** 2 - x[1] ** 2


@pytest.fixture
def quads(monkeypatch):
    """Note the quadrilaterals that the sheet is made of, (m, 4, 3), and their colours."""
    seen, shades = [], []

    class Noting(relief.Poly3DCollection):
        def __init__(self, vertices, **style):
            super().__init__(vertices, **style)
            seen.append(np.array(vertices))
            shades.append(np.array(style["facecolors"]))

    monkeypatch.setattr(relief, "Poly3DCollection", Noting)
    return seen, shades


def in_space(line):
    return np.stack(line.get_data_3d(), axis=1)


def test_the_sheet_has_the_functions_heights(quads):
    plots.surface(saddle, BOX, resolution=9)
    corners = quads[0][0].reshape(-1, 3)
    np.testing.assert_allclose(corners[:, 2], saddle(corners.T[:2]), atol=1e-12)
    assert len(corners) == 4 * 8 * 8
    assert set(np.unique(corners[:, 0])) == set(np.linspace(-2.0, 2.0, 9))


def test_the_lower_the_darker(quads):
    plots.surface(lambda x: x[0] + 0.0 * x[1], BOX, resolution=9)
    (corners,), (shades,) = quads
    heights = corners[:, :, 2].mean(axis=1)
    light = shades[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(light[np.argsort(heights)][::8]) > 0.0)


def test_paths_and_points_lie_on_it(point, line_of):
    walk = np.array([[1.5, 0.1], [0.7, 0.2], [0.1, 1.9]])
    ax = plots.surface(
        saddle, BOX, paths={"gradient": walk}, critical_points=point([0.5, 1.0], "saddle"),
        resolution=9,
    )  # fmt: skip
    line = in_space(line_of(ax, "gradient"))
    np.testing.assert_allclose(line, np.column_stack([walk, saddle(walk.T)]))
    np.testing.assert_allclose(in_space(line_of(ax, "saddle")), [[0.5, 1.0, -0.75]])
    sheet = ax.collections[0].get_zorder()
    assert line_of(ax, "gradient").get_zorder() > sheet
    assert line_of(ax, "saddle").get_zorder() > sheet


def test_a_path_may_be_shown_up_to_a_step(line_of):
    walk = np.array([[1.5, 0.1], [0.7, 0.2], [0.1, 1.9]])
    ax = plots.surface(saddle, BOX, paths={"gradient": walk}, resolution=9, upto=1)
    np.testing.assert_allclose(in_space(line_of(ax, "gradient"))[:, :2], walk[:2])


def test_outside_the_box_a_path_is_not_drawn(line_of):
    walk = [[1.5, 0.1], [5.0, 0.2], [0.0, 0.0], [9.0, 9.0]]
    ax = plots.surface(saddle, BOX, paths={"wild": walk}, resolution=9)
    ax.figure.canvas.draw()
    line = in_space(line_of(ax, "wild (leaves the picture)"))
    np.testing.assert_array_equal(np.isnan(line).any(axis=1), [False, True, False, True])


def test_where_it_is_not_defined_there_is_a_hole(quads):
    ax = plots.surface(lambda x: jnp.log(1.0 - x[0] ** 2 - x[1] ** 2), BOX, resolution=21)
    ax.figure.canvas.draw()
    corners = quads[0][0].reshape(-1, 3)
    assert np.isfinite(corners).all()
    assert np.hypot(*corners.T[:2]).max() < 1.0


def test_a_constant_is_a_plain():
    ax = plots.surface(lambda x: 0.0 * x[0] + 2.0, BOX, resolution=5)
    ax.figure.canvas.draw()
    low, high = ax.get_zlim()
    assert low < 2.0 < high
    assert "constant" in ax.get_title()


def test_flat_axes_are_refused():
    _, ax = pyplot.subplots()
    with pytest.raises(TypeError, match='make it with projection="3d"'):
        plots.surface(saddle, BOX, ax=ax)
