"""A function of two variables as a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import BoundaryNorm

from talweg.objective import read_objective
from talweg.plots.grid import Box, constant, finite_values, read_box, read_resolution
from talweg.plots.marks import (
    FILL,
    draw_points,
    halo,
    legend_below,
    mark_undefined,
    new_axes,
    read_points,
    root_figure,
)
from talweg.plots.paths import draw_path, read_paths, show_upto, start_and_end
from talweg.structure import read_start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["contours", "draw_map", "height_norm", "read_levels"]


def contours(
    fun: Callable[[Any], Any],
    bounds: Any,
    *,
    critical_points: Any = (),
    paths: Any = None,
    gradient_field: bool = False,
    basins: Any = None,
    levels: int | Sequence[float] = 15,
    resolution: int = 201,
    upto: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw the height lines of a function of two variables, and what happens between them.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float`` of an array of shape (2,).
    bounds : (lower, upper) or list of (low, high) pairs
        What is shown.
    critical_points : sequence of CriticalPoint, optional
        Marked by kind; anything with `x` and `kind` will do.
    paths : dict of (k, 2) array_like, or one of those, optional
        Iterates by name: ``{"gradient": ..., "lbfgs": ...}``. Start and end are marked.
    gradient_field : bool, default False
        Whether small arrows show where downhill is: :math:`-\nabla f / |\nabla f|`.
    basins : int or Minima, optional
        Draw the borders between the points from which different minima are reached, as `basins`
        does: a resolution, or what `talweg.minimize_many` made of `grid_starts`.
    levels : int or sequence of float, default 15
        The heights of the lines, or how many. A number chooses heights with about the same area
        between each two, somewhat less at the bottom, so that narrow valleys are seen.
    resolution : int, default 201
        Points along each axis at which the function is evaluated.
    upto : int, optional
        Show the paths only up to this step.
    title : str, optional
        By default says what is seen; "" for none.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The scale of heights is an inset of it. The legend lies below: in a figure of your own,
        ``layout="constrained"`` makes room for it.

    Raises
    ------
    ValueError
        If the function has another number of variables or is finite nowhere in the box; if the
        box is not finite, a path is empty, or `levels` don't increase.
    TypeError
        If something is of the wrong type.

    Examples
    --------
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> ax = plots.contours(
    ...     lambda x: x[0] ** 2 + 3 * x[1] ** 2, (-2.0, 2.0), paths={"walk": [[2, 1], [1, 0]]}
    ... )
    >>> ax.get_title()
    'Downhill on f(x, y): the darker, the lower'
    >>> pyplot.close(ax.get_figure())
    """
    box = read_box(bounds, 2, "contours")
    ways = read_paths(paths, 2)
    points = read_points(critical_points, 2)
    ax = new_axes(ax, (6.4, 6.0))
    same = draw_map(ax, fun, box, levels, resolution)
    if gradient_field and not same:
        _draw_field(ax, fun, box)
    if basins is not None:
        _draw_borders(ax, fun, box, basins)
    for index, (name, path) in enumerate(ways.items()):
        draw_path(ax, path, name, index, box)
    if ways:
        start_and_end(ax)
    draw_points(ax, points, box)
    ax.set_xlabel("x")
    ax.set_ylabel("y")
    what = "Downhill on" if ways else "Height lines of"
    told = "the same everywhere (constant)" if same else "the darker, the lower"
    ax.set_title(f"{what} f(x, y): {told}" if title is None else title)
    legend_below(ax)
    show_upto(ax, upto)
    return ax


def draw_map(
    ax: Axes, fun: Callable[[Any], Any], box: Box, levels: Any, resolution: int,
    label: str = "f(x, y)",
) -> bool:  # fmt: skip
    """Fill the axes with a function's heights; return whether they are all the same."""
    resolution = read_resolution(resolution)
    (x, y), values = finite_values(fun, box, resolution)
    if np.ma.is_masked(values):
        mark_undefined(ax, (x[0], y[0]), (x[-1] - x[0], y[-1] - y[0]))
    shown = values.compressed()
    heights, same = read_levels(levels, shown), constant(shown)
    beyond = (shown.min() < heights[0], shown.max() > heights[-1])
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[beyond]
    filled = ax.contourf(
        x, y, values, levels=heights, cmap=FILL, norm=height_norm(heights, extend),
        extend=extend, zorder=1,
    )  # fmt: skip
    lines = heights[(heights > shown.min()) & (heights < shown.max())]
    if not same and len(lines):
        ax.contour(
            x, y, values, levels=lines, colors="#333333", linewidths=0.4, linestyles="solid",
            zorder=2,
        )  # fmt: skip
    _draw_scale(ax, filled, heights, label, float(shown[0]) if same else None)
    ax.set_xlim(box[0][0], box[1][0])
    ax.set_ylim(box[0][1], box[1][1])
    sides = (box[1] - box[0])[0] / (box[1] - box[0])[1]
    if 0.4 <= sides <= 2.5:  # then the steepest way is at right angles to the lines
        ax.set_aspect("equal", adjustable="box")
    return same


def read_levels(levels: Any, values: np.ndarray) -> np.ndarray:
    """Return increasing heights that cover the values, or those that were given.

    Raises
    ------
    TypeError
        If `levels` is neither a number nor a sequence of numbers.
    ValueError
        If there are fewer than two, or they don't increase.
    """
    if isinstance(levels, bool) or (
        not isinstance(levels, (int, np.integer)) and np.ndim(levels) != 1
    ):
        raise TypeError(f"levels must be a whole number or a sequence of heights, not {levels!r}")
    if np.ndim(levels) == 1:
        heights = np.asarray(levels, float)
        if len(heights) < 2 or not np.all(np.diff(heights) > 0.0):
            raise ValueError(f"levels={levels!r}: give two heights or more, each above the last")
        return heights
    if levels < 2:
        raise ValueError(f"levels={levels}: there must be at least 2")
    if constant(values):
        middle = float(values.mean())
        pad = 0.1 * abs(middle) or 1.0
        return np.array([middle - pad, middle + pad])
    # Equal areas, but lower bands narrower: the valley floor is what one wants to see.
    heights = np.quantile(values, np.linspace(0.0, 1.0, int(levels)) ** 1.5)
    heights = heights[np.diff(heights, prepend=-np.inf) > 1e-9 * np.ptp(values)]
    heights = np.append(heights[heights < values.max()], values.max())
    if len(heights) < min(int(levels), 4):  # nearly all values are the same
        return np.linspace(values.min(), values.max(), int(levels))
    return heights


def height_norm(heights: np.ndarray, extend: Any = "neither") -> BoundaryNorm:
    """Return a norm that gives each band between two heights another colour."""
    return BoundaryNorm(heights, FILL.N, extend=extend)


def _draw_scale(
    ax: Axes, filled: Any, heights: np.ndarray, label: str, only: float | None
) -> None:  # fmt: skip
    """Draw the scale of colours beside the axes, at their own height."""
    beside = ax.inset_axes((1.03, 0.0, 0.04, 1.0))
    root_figure(ax).colorbar(filled, cax=beside, spacing="uniform", drawedges=False)
    ticks = heights[:: max(1, (len(heights) - 1) // 7)] if only is None else np.array([only])
    beside.set_yticks(ticks, _told_apart(ticks))
    beside.minorticks_off()
    beside.set_ylabel(label)


def _told_apart(numbers: np.ndarray) -> list[str]:
    """Write numbers with as few digits as tell them apart, three at least."""
    for digits in range(3, 17):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) == len(texts):
            break
    plain = [
        np.format_float_positional(float(text), trim="-") if abs(float(text)) < 1e6 else text
        for text in texts
    ]
    chosen = texts if any(len(text) > 10 for text in plain) else plain
    return [text.replace("-", "\N{MINUS SIGN}") for text in chosen]


def _draw_field(ax: Axes, fun: Callable[[Any], Any], box: Box, arrows: int = 15) -> None:
    """Draw where downhill is, on a coarse grid inside the box."""
    axes = [np.linspace(low, high, 2 * arrows + 1)[1::2] for low, high in zip(*box, strict=True)]
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    structure, start = read_start(points[len(points) // 2])
    objective = read_objective(fun, structure, start, ())
    both = [objective.evaluate(point) for point in points]
    values, slopes = (np.array([part[i] for part in both], float) for i in (0, 1))
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.hypot(*slopes.T)
    shown = np.isfinite(values) & np.isfinite(length) & (length > 0.0)
    x, y = points[shown].T
    u, v = -(slopes[shown] / length[shown, np.newaxis]).T
    ax.quiver(
        x, y, u, v, angles="xy", pivot="mid", units="width", scale=1.5 * arrows, width=0.0028,
        color="#222222", zorder=3,
    )  # fmt: skip
    ax.plot(
        [], [], linestyle="none", marker=r"$\rightarrow$", color="#222222", markersize=15.0,
        label="downhill",
    )  # fmt: skip


def _draw_borders(ax: Axes, fun: Callable[[Any], Any], box: Box, basins: Any) -> None:
    """Draw the lines between starts that end in different minima."""
    from talweg.plots.basin_map import read_minima

    minima, resolution = read_minima(fun, box, basins)
    which = np.asarray(minima.which).reshape(resolution, resolution)
    x, y = (np.linspace(low, high, resolution) for low, high in zip(*box, strict=True))
    rim = halo("#000000", 3.0)
    for label in np.unique(which)[1:]:
        above = (which >= label).astype(float)
        lines = ax.contour(x, y, above, levels=[0.5], colors="#ffffff", linewidths=1.4, zorder=3)
        lines.set_path_effects(rim)
    ax.plot([], [], color="#ffffff", linewidth=1.4, path_effects=rim, label="border of basins")
