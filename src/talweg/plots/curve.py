"""A function of one variable as a curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.text import Annotation

from talweg.objective import gradient
from talweg.plots.grid import Box, constant, evaluate, finite_values, of_an_array, read_box
from talweg.plots.marks import (
    CURVE,
    RED,
    draw_points,
    halo,
    legend_below,
    new_axes,
    read_points,
    told,
)
from talweg.plots.paths import draw_path, read_path, show_upto

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_curve", "function"]

_ARROWS = 30


def function(
    fun: Callable[[Any], Any],
    bounds: Any,
    *,
    slope_at: float | None = None,
    critical_points: Any = (),
    path: Any = None,
    resolution: int = 801,
    upto: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw a function of one variable, its slope at a point, and a way down it.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float`` of a number, or of an array of shape (1,).
    bounds : (low, high)
        What is shown.
    slope_at : float, optional
        Where to draw the tangent :math:`f(a) + f'(a)(x - a)` and write its slope.
    critical_points : sequence of CriticalPoint, optional
        Marked by kind; anything with `x` and `kind` will do.
    path : (k,) or (k, 1) array_like, optional
        The iterates of a descent: dots on the curve, numbered, with arrows from each to the next.
    resolution : int, default 801
        Points at which the function is evaluated.
    upto : int, optional
        Show the path only up to this step.
    title : str, optional
        By default says what is seen; "" for none.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the function has more than one variable or is finite nowhere in the bounds; if those
        are not finite, the path is empty, or there is no slope at `slope_at`.
    TypeError
        If something is of the wrong type.

    Examples
    --------
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> ax = plots.function(lambda x: x**2 / 2, (-8.0, 8.0), slope_at=3.0, path=[8.0, 4.0, 2.0])
    >>> ax.get_title()
    'f(x), its slope at x = 3, and 2 steps downhill'
    >>> pyplot.close(ax.get_figure())
    """
    box = read_box(bounds, 1, "function")
    fun = of_an_array(fun, float((box[0][0] + box[1][0]) / 2.0))
    points = read_points(critical_points, 1)
    way = None if path is None else read_path(path, 1)
    ax = new_axes(ax, (6.4, 5.0))
    frame = draw_curve(ax, fun, box, resolution)
    if slope_at is not None:
        _draw_tangent(ax, fun, float(slope_at), frame)
    if way is not None:
        lifted = way.lifted(evaluate(fun, way.points))
        _draw_steps(ax, lifted.points, frame)
        draw_path(ax, lifted, f"step 0 to {len(lifted.points) - 1}", 2, frame, line=False)
    heights = evaluate(fun, np.array([x for _, x in points]))
    draw_points(ax, points, box, heights)
    if title is None:
        title = _title(points, slope_at, 0 if way is None else len(way.points) - 1)
    ax.set_title(title)
    legend_below(ax, least=2)
    show_upto(ax, upto)
    return ax


def _title(points: list[Any], slope_at: float | None, steps: int) -> str:
    parts = ["f(x)"]
    if slope_at is not None:
        parts.append(f"its slope at x = {told(slope_at)}")
    if points:
        parts.append("its critical points")
    if steps:
        parts.append(f"{steps} step{'s' if steps > 1 else ''} downhill")
    if len(parts) == 1:
        return "The curve of f(x)"
    joined = ", ".join(parts[:-1])
    return f"{joined}{',' if len(parts) > 2 else ''} and {parts[-1]}"


def draw_curve(ax: Axes, fun: Callable[[Any], Any], box: Box, resolution: int) -> Box:
    """Draw the curve; return the corners of what is shown."""
    (x,), values = finite_values(fun, box, resolution)
    shown = values.compressed()
    low, high = float(shown.min()), float(shown.max())
    # A pole would squeeze all the rest into a line.
    inner = np.quantile(shown, (0.05, 0.95))
    span = float(np.ptp(inner))
    if span > 0.0:
        low, high = max(low, float(inner[0]) - span), min(high, float(inner[1]) + span)
    same = constant(shown)
    pad = 0.1 * abs(high) or 1.0 if same else 0.08 * (high - low)
    frame = np.array([box[0][0], low - 1.4 * pad]), np.array([box[1][0], high + pad])
    if np.ma.is_masked(values):
        ax.fill_between(
            x, frame[0][1], frame[1][1], where=list(np.ma.getmaskarray(values)), hatch="///",
            facecolor="#f2f2f2", edgecolor="#aaaaaa", linewidth=0.0, zorder=0.4,
            label="not defined",
        )  # fmt: skip
    ax.plot(
        x, values.filled(np.nan), color=CURVE, linewidth=2.0, zorder=2,
        label="f(x)" + (", constant" if same else ""),
    )  # fmt: skip
    ax.set_xlim(frame[0][0], frame[1][0])
    ax.set_ylim(frame[0][1], frame[1][1])
    ax.set_xlabel("x")
    ax.set_ylabel("f(x)")
    ax.grid(visible=True, color="#dddddd", linewidth=0.6, zorder=0.6)
    ax.set_axisbelow(True)
    return frame


def _draw_tangent(ax: Axes, fun: Callable[[Any], Any], at: float, frame: Box) -> None:
    if not frame[0][0] <= at <= frame[1][0]:
        raise ValueError(
            f"slope_at={at:g} is outside the bounds [{frame[0][0]:g}, {frame[1][0]:g}]"
        )
    point = np.array([at])
    slope, height = float(gradient(fun, point)[0]), float(evaluate(fun, point[np.newaxis])[0])
    if not np.isfinite([slope, height]).all():
        raise ValueError(f"at slope_at={at:g} the function is {height:g} and its slope {slope:g}")
    width, tall = frame[1] - frame[0]
    reach = 0.22 * width / np.hypot(1.0, slope * width / tall)
    x = at + reach * np.array([-1.0, 0.0, 1.0])
    text = told(slope)
    ax.plot(
        x, height + slope * (x - at), color=RED, linewidth=2.0, linestyle=(0, (5.0, 2.0)),
        marker="D", markevery=[1], markersize=7.0, markeredgecolor="#ffffff", zorder=3,
        label=f"tangent at x = {told(at)}, slope {text}",
    )  # fmt: skip
    across = np.array([-slope * width / tall, 1.0]) * (1.0 if slope < 0.0 else -1.0)
    aside, up = (float(part) for part in 22.0 * across / np.hypot(*across))
    ax.annotate(
        f"slope {text}", (at, height), (aside, up), textcoords="offset points", color=RED,
        ha="left" if aside > 0.0 else "right", va="center", zorder=7,
        path_effects=halo("#ffffff", 3.0),
    )  # fmt: skip


class _Step(Annotation):
    """An arrow or a number that is there from its step on."""

    def __init__(self, step: int, *args: Any, **style: Any) -> None:
        super().__init__(*args, **style)
        self.step = self.steps = step

    def set_upto(self, step: int) -> None:
        """Show it, if it is its turn."""
        self.set_visible(step >= self.step)


def _draw_steps(ax: Axes, points: np.ndarray, frame: Box) -> None:
    """Draw arrows between the iterates, and number them where there is room."""
    scaled = (points - frame[0]) / (frame[1] - frame[0])
    lengths = np.hypot(*np.diff(scaled, axis=0).T)
    arrow = {
        "arrowstyle": "-|>", "color": "#333333", "shrinkA": 5.0, "shrinkB": 5.0, "linewidth": 1.0,
    }  # fmt: skip
    for i in np.flatnonzero((lengths > 0.04) & (lengths < 10.0))[:_ARROWS]:
        right = points[i + 1, 0] > points[i, 0]
        bent = {"connectionstyle": f"arc3,rad={-0.25 if right else 0.25}"}
        step = _Step(
            int(i) + 1, "", xy=tuple(points[i + 1]), xytext=tuple(points[i]),
            arrowprops={**arrow, **bent}, annotation_clip=False, zorder=4.5,
        )  # fmt: skip
        ax.add_artist(step)
        step.set_in_layout(False)
        if step.arrow_patch is not None:
            step.arrow_patch.set_clip_path(ax.patch)
    taken: list[np.ndarray] = []
    last = len(points) - 1
    for i in dict.fromkeys([0, last, *range(last)]):  # the ends come first
        near = any(np.hypot(*(scaled[i] - other)) < 0.055 for other in taken)
        if near or np.any((scaled[i] < 0.0) | (scaled[i] > 1.0)):
            continue
        taken.append(scaled[i])
        ax.add_artist(
            _Step(
                i, str(i), xy=tuple(points[i]), xytext=(0.0, -17.0), textcoords="offset points",
                ha="center", va="center", fontsize="small", zorder=7,
                path_effects=halo("#ffffff", 2.5),
            )
        )  # fmt: skip
