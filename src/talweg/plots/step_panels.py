"""The two panels of the step-size picture: the descents, and where each size of step ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from talweg.descent import descend
from talweg.plots.contour_map import draw_map
from talweg.plots.curve import draw_curve
from talweg.plots.grid import Box, evaluate
from talweg.plots.marks import BLUE, RED, draw_points, flat_point, told
from talweg.plots.paths import Path, draw_path, mark_of_path
from talweg.state import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Descent", "draw_sizes", "draw_values", "draw_ways"]

_TOP = 1e2
"""How far up values are shown, in those of the start, above the lowest."""

_GROUND = 1e-16
"""And how far down: rounding."""

_GRAY = "#555555"


@dataclasses.dataclass(frozen=True)
class Descent:
    """A descent with a constant step, as far as it went.

    Attributes
    ----------
    step : float
    points : (k, n) ndarray
    values : (k,) ndarray
    lost : bool
        Whether it came to where the function or its gradient is not finite.
    """

    step: float
    points: np.ndarray
    values: np.ndarray
    lost: bool

    @classmethod
    def run(cls, fun: Callable[[Any], Any], start: Any, step: float, iterations: int) -> Descent:
        """Descend."""
        points: list[np.ndarray] = []
        values, status = [], Status.RUNNING
        for state in descend(
            fun, start, method="gradient", step=step, max_iter=iterations, tol=0.0
        ):
            status = state.status
            if state.iteration == len(points):  # the last may come twice
                points.append(flat_point(state.x, "the iterate"))
                values.append(state.fun)
        lost = status in (Status.NOT_FINITE, Status.UNBOUNDED)
        return cls(step, np.array(points), np.array(values), lost)

    @property
    def diverges(self) -> bool:
        """Whether it ended above its start."""
        return bool(self.values[-1] > self.values[0])

    @property
    def name(self) -> str:
        """What the legend says of it."""
        fate = ", leaves where f is finite" if self.lost else ""
        return f"step {self.step:.3g}{', diverges' if self.diverges else fate}"

    def end(self, lowest: float, gap: float) -> float:
        """Return how far above the lowest value it ended, within what is drawn."""
        top = _TOP * gap
        return top if self.lost else float(np.clip(self.values[-1] - lowest, _GROUND * gap, top))


def draw_ways(
    ax: Axes, fun: Callable[[Any], Any], descents: list[Descent], origin: np.ndarray,
    bottom: np.ndarray,
) -> None:  # fmt: skip
    """Draw the descents on the curve or the map, cut where they leave it."""
    reach = 1.6 * float(np.abs(origin - bottom).max())
    lower, upper = bottom - reach, bottom + reach
    seen = np.vstack([origin, *(each.points for each in descents if not each.diverges)])
    box = (
        np.clip(seen.min(axis=0) - 0.1 * reach, lower - 2.0 * reach, lower),
        np.clip(seen.max(axis=0) + 0.1 * reach, upper, upper + 2.0 * reach),
    )
    frame, heights = box, None
    if len(bottom) == 1:
        frame = draw_curve(ax, fun, box, 801)
        heights = evaluate(fun, bottom[np.newaxis])
    else:
        draw_map(ax, fun, box, 15, 201)
        ax.set_xlabel("x")
        ax.set_ylabel("y")
    for i, descent in enumerate(descents):
        points = descent.points
        if heights is not None:
            points = np.column_stack([points, descent.values])
        inside = _cut_at_edge(points, frame)
        cut = len(inside) < len(points) and not descent.diverges
        path = Path(inside, "leaves the picture" if cut else "")
        draw_path(ax, path, descent.name, _style(i), frame, ring=False)
    draw_points(ax, [("minimum", bottom)], box, heights)


def _style(index: int) -> int:
    """Return which path's style a descent has: gold, blue, red, as from slow to wild."""
    return (2, 3, 1, 0, 4)[index % 5]


def _cut_at_edge(points: np.ndarray, frame: Box) -> np.ndarray:
    """Follow a path up to where it first leaves the frame."""
    lower, upper = frame
    outside = np.any((points < lower) | (points > upper), axis=1)
    if not outside.any() or outside[0]:
        return points
    first = int(np.argmax(outside))
    before, after = points[first - 1], points[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead = np.where(after > before, upper - before, lower - before) / (after - before)
    share = float(np.min(np.where(after == before, np.inf, ahead)))
    edge = before + min(share, 1.0) * (after - before)
    return np.vstack([points[:first], np.clip(edge, lower, upper)])


def draw_values(ax: Axes, descents: list[Descent], lowest: float) -> None:
    """Draw the values of the descents, where there are too many variables for a map."""
    lowest = min(lowest, *(float(descent.values.min()) for descent in descents))
    gap = float(descents[0].values[0]) - lowest
    top, last, least = _TOP * gap, max(len(each.values) for each in descents) - 1, gap
    frame = np.array([0.0, 0.0]), np.array([float(last), top])
    for i, descent in enumerate(descents):
        above = np.clip(descent.values - lowest, _GROUND * gap, top)
        beyond = np.flatnonzero(above >= top)
        above = above[: beyond[0] + 1] if len(beyond) else above
        least = min(least, float(above.min()))
        path = Path(np.column_stack([np.arange(len(above)), above]))
        draw_path(ax, path, descent.name, _style(i), frame, ring=False)
    ax.set_yscale("log")
    ax.set_ylim(0.5 * least, top)
    ax.set_xlim(-0.03 * last, 1.03 * last)
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    ax.set_xlabel("iteration")
    _dress(ax)


def _dress(ax: Axes) -> None:
    ax.set_ylabel("f above the lowest value seen")
    ax.grid(visible=True, color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)


def draw_sizes(
    ax: Axes, descents: list[Descent], tried: list[Descent], iterations: int, lowest: float,
    curvature: float,
) -> None:  # fmt: skip
    """Draw how low each of many step sizes comes, with 1/L and 2/L."""
    lowest = min(lowest, *(float(descent.values.min()) for descent in [*descents, *tried]))
    gap = float(descents[0].values[0]) - lowest
    top = _TOP * gap
    sizes = np.array([descent.step for descent in tried])
    ends = np.array([descent.end(lowest, gap) for descent in tried])
    ax.plot(
        sizes, ends, color=_GRAY, linewidth=1.6, zorder=2, label=f"after {iterations} steps"
    )  # fmt: skip
    ax.axhline(gap, color=_GRAY, linewidth=1.0, linestyle=(0, (1.2, 1.2)), label="at the start")
    known = curvature > 0.0 and bool(np.isfinite(curvature))
    if known:
        ax.axvline(
            1.0 / curvature, color=BLUE, linewidth=1.2, linestyle=(0, (5.0, 2.0)), zorder=1,
            label=f"1/L = {told(1.0 / curvature)}",
        )  # fmt: skip
        ax.axvline(
            2.0 / curvature, color=RED, linewidth=1.8, zorder=1,
            label=f"2/L = {told(2.0 / curvature)}, the largest stable step",
        )  # fmt: skip
    far = ends >= top
    if far.any():
        ax.plot(
            sizes[far], ends[far], linestyle="none", marker="^", color=RED, markersize=5.0,
            clip_on=False, zorder=3, label="diverges, beyond the picture",
        )  # fmt: skip
    for i, descent in enumerate(descents):
        end = descent.end(lowest, gap)
        ax.plot([descent.step], [end], clip_on=False, zorder=5, **mark_of_path(_style(i)))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(sizes[0], sizes[-1])
    ax.set_ylim(0.3 * min(ends.min(), gap), top)
    ax.set_xlabel("step size")
    _dress(ax)
    ax.set_title(f"After {iterations} steps" + (": no size beyond 2/L settles" if known else ""))
