"""A function of two variables as a surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]

from talweg.plots.contour_map import read_levels
from talweg.plots.grid import Box, constant, evaluate, finite_values, read_box
from talweg.plots.marks import FILL, draw_points, legend_below, read_points
from talweg.plots.paths import draw_path, read_paths, show_upto, start_and_end

__all__ = ["surface"]


def surface(
    fun: Callable[[Any], Any],
    bounds: Any,
    *,
    critical_points: Any = (),
    paths: Any = None,
    resolution: int = 61,
    elevation: float = 35.0,
    azimuth: float = -60.0,
    upto: int | None = None,
    title: str | None = None,
    ax: Any = None,
) -> Any:
    """Draw a function of two variables as a surface, and lift points and paths onto it.

    The colours are those of `contours`: the darker, the lower, with about the same area of the
    box in each shade.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float`` of an array of shape (2,).
    bounds : (lower, upper) or list of (low, high) pairs
        What is shown.
    critical_points : sequence of CriticalPoint, optional
        Marked by kind; anything with `x` and `kind` will do.
    paths : dict of (k, 2) array_like, or one of those, optional
        Iterates by name. Start and end are marked.
    resolution : int, default 61
        Points along each axis at which the function is evaluated. Where it is not finite, the
        surface has a hole.
    elevation, azimuth : float, default 35 and -60
        From where one looks, in degrees.
    upto : int, optional
        Show the paths only up to this step.
    title : str, optional
        By default says what is seen; "" for none.
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D, optional
        Where to draw, made with ``projection="3d"``; by default a new figure.

    Returns
    -------
    mpl_toolkits.mplot3d.axes3d.Axes3D

    Raises
    ------
    ValueError
        If the function has another number of variables or is finite nowhere in the box; if the
        box is not finite, or a path is empty.
    TypeError
        If `ax` isn't three-dimensional, or something else is of the wrong type.

    Examples
    --------
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> ax = plots.surface(lambda x: x[0] ** 2 - x[1] ** 2, (-1.0, 1.0))
    >>> ax.get_zlabel()
    'f(x, y)'
    >>> pyplot.close(ax.get_figure())
    """
    box = read_box(bounds, 2, "surface")
    ways = read_paths(paths, 2)
    points = read_points(critical_points, 2)
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(
            figsize=(6.8, 6.0), layout="constrained", subplot_kw={"projection": "3d"}
        )
    elif not hasattr(ax, "get_zlim"):
        raise TypeError('ax must be three-dimensional: make it with projection="3d"')
    axes, values = finite_values(fun, box, resolution)
    shown = values.compressed()
    same = constant(shown)
    low, high = (float(end) for end in read_levels(15, shown)[[0, -1]])
    frame = np.append(box[0], low), np.append(box[1], high)
    ax.computed_zorder = False  # marks and paths lie on the surface, not behind it
    ax.add_collection3d(_sheet(axes, values))
    for index, (name, path) in enumerate(ways.items()):
        lifted = path.lifted(evaluate(fun, path.points))
        draw_path(ax, lifted, name, index, frame)
    if ways:
        start_and_end(ax)
    draw_points(ax, points, box, evaluate(fun, np.array([x for _, x in points])))
    _dress(ax, frame, elevation, azimuth)
    what = "Downhill on" if ways else "The surface of"
    told = "the same everywhere (constant)" if same else "the darker, the lower"
    ax.set_title(f"{what} f(x, y): {told}" if title is None else title)
    legend_below(ax, lines_above=0.5)
    show_upto(ax, upto)
    return ax


def _sheet(axes: tuple[np.ndarray, ...], values: np.ma.MaskedArray[Any, Any]) -> Any:
    """Return the surface as quadrilaterals, those left out that have an undefined corner."""
    x, y = np.meshgrid(*axes)
    corners = np.stack([x, y, values.filled(np.nan)], axis=-1)
    quads = np.stack(
        [corners[:-1, :-1], corners[1:, :-1], corners[1:, 1:], corners[:-1, 1:]], axis=2
    ).reshape(-1, 4, 3)
    quads = quads[np.isfinite(quads).all(axis=(1, 2))]
    heights = read_levels(15, values.compressed())
    shades = np.interp(quads[:, :, 2].mean(axis=1), heights, np.linspace(0.0, 1.0, len(heights)))
    return Poly3DCollection(
        list(quads), facecolors=FILL(shades), edgecolors="#55555555", linewidths=0.25, zorder=1
    )


def _dress(ax: Any, frame: Box, elevation: float, azimuth: float) -> None:
    ax.set_xlim(frame[0][0], frame[1][0])
    ax.set_ylim(frame[0][1], frame[1][1])
    ax.set_zlim(frame[0][2], frame[1][2])
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    ax.set_zlabel("f(x, y)")
    ax.view_init(elev=elevation, azim=azimuth)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.labelpad = 8.0
    ax.set_box_aspect((1.0, 1.0, 0.75), zoom=0.95)
