"""How things look in the pictures: colours, critical points by kind, legends beside the data.

The colours are Paul Tol's high-contrast set with black and white: apart for all kinds of colour
vision, and in gray print by their lightness. Markers and dashes tell things apart once more.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import jax
import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, withStroke
from matplotlib.transforms import ScaledTranslation

from talweg.plots.grid import Box

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BLACK",
    "BLUE",
    "CURVE",
    "FILL",
    "GOLD",
    "MARKS",
    "PATH_COLORS",
    "RED",
    "REGION_COLORS",
    "WHITE",
    "Mark",
    "draw_points",
    "flat_point",
    "halo",
    "legend_below",
    "mark_undefined",
    "new_axes",
    "plain",
    "read_points",
    "root_figure",
    "sized_figure",
    "told",
]

BLACK, BLUE, RED, GOLD, WHITE = "#000000", "#004488", "#bb5566", "#ddaa33", "#ffffff"
"""From dark to light, at least 20 apart in CIE lightness."""

PATH_COLORS = (BLACK, RED, GOLD, BLUE, WHITE)
CURVE = BLUE

REGION_COLORS = ("#d19a1e", "#225588", "#fff3c4", "#bb5566", "#99ccee", "#332244")
"""Areas that touch one another; hatches go on where these end."""

FILL = LinearSegmentedColormap.from_list(
    "downhill", ["#3f6f9f", "#7fa8c9", "#b9d3e0", "#e3ebe6", "#fbf7e6"]
)
"""Heights, the darker the lower; light enough for what is drawn on top."""


@dataclasses.dataclass(frozen=True)
class Mark:
    """How critical points of a kind are marked."""

    marker: str
    color: str
    fill: Any = "full"
    size: float = 10.0


MARKS = {
    "minimum": Mark("v", BLUE),
    "maximum": Mark("^", RED),
    "saddle": Mark("X", GOLD),
    "degenerate": Mark("s", "#999999", size=8.5),
    "boundary minimum": Mark("v", BLUE, "bottom", 11.0),
    "kink": Mark("*", WHITE, size=13.0),
    "not critical": Mark("o", WHITE, size=8.0),
}
"""The kinds of `talweg.critical_point` -> their marks."""

_OTHER = Mark("p", WHITE)


def halo(color: str, width: float) -> list[Any]:
    """Return a path effect: a rim around a line or a text, so that it is seen on any ground."""
    return [withStroke(linewidth=width, foreground=color), Normal()]


def new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the axes to draw on: the user's, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]


def flat_point(point: Any, what: str) -> np.ndarray:
    """Return the coordinates of a point (an array or a nest of them) as one vector."""
    leaves = [np.ravel(leaf) for leaf in jax.tree_util.tree_leaves(point)]
    try:
        vector = np.concatenate(leaves).astype(float) if leaves else np.zeros(0)
    except (TypeError, ValueError):
        raise TypeError(f"{what} is {point!r}: it must be made of numbers") from None
    if not np.isfinite(vector).all():
        raise ValueError(f"{what} is {point!r}: it must be finite")
    return vector


def read_points(critical_points: Any, variables: int) -> list[tuple[str, np.ndarray]]:
    """Read critical points: objects with `kind` and `x`, one or any number of them.

    Returns
    -------
    list of (kind, (variables,) ndarray)

    Raises
    ------
    TypeError
        If one has no `kind` or no `x`.
    ValueError
        If one has another number of coordinates, or isn't finite.
    """
    one = hasattr(critical_points, "kind")
    points: Iterable[Any] = [critical_points] if one else critical_points
    read = []
    for i, point in enumerate(points):
        if not hasattr(point, "kind") or not hasattr(point, "x"):
            raise TypeError(
                f"critical_points[{i}] is {point!r}: it must have a kind and an x, as what "
                "talweg.critical_point returns"
            )
        x = flat_point(point.x, f"critical_points[{i}].x")
        if len(x) != variables:
            raise ValueError(
                f"critical_points[{i}] has {len(x)} coordinates; this picture shows {variables}"
            )
        read.append((str(point.kind), x))
    return read


def draw_points(
    ax: Any, points: list[tuple[str, np.ndarray]], box: Box, heights: np.ndarray | None = None
) -> None:
    """Mark critical points, each kind in its own way; with heights, at those.

    Those outside the box are not drawn, but counted in the legend.
    """
    lower, upper = box
    for kind in dict.fromkeys(kind for kind, _ in points):
        chosen = [i for i, point in enumerate(points) if point[0] == kind]
        x = np.array([points[i][1] for i in chosen])
        if heights is not None:
            x = np.column_stack([x, heights[chosen]])
        inside = np.all(
            (points_in(x, len(lower)) >= lower) & (points_in(x, len(lower)) <= upper), 1
        )
        outside = int((~inside).sum())
        mark = MARKS.get(kind, _OTHER)
        ax.plot(
            *x[inside].T, linestyle="none", marker=mark.marker, markersize=mark.size,
            fillstyle=mark.fill, markerfacecolor=mark.color, markerfacecoloralt=WHITE,
            markeredgecolor=BLACK, markeredgewidth=0.9, path_effects=halo(WHITE, 2.5), zorder=6,
            label=kind + (f" ({outside} outside the picture)" if outside else ""),
        )  # fmt: skip


def points_in(x: np.ndarray, variables: int) -> np.ndarray:
    """Return the points without their heights."""
    return x[:, :variables]


def told(number: float) -> str:
    """Write a number short, with a proper minus sign."""
    return f"{number:.4g}".replace("-", "\N{MINUS SIGN}")


def root_figure(ax: Any) -> Any:
    """Return the figure that axes are in, also if they are in a part of it."""
    return ax.figure.figure


def mark_undefined(ax: Axes, corner: tuple[float, float], size: tuple[float, float]) -> None:
    """Hatch an area that the values are then drawn over, where there are any."""
    ax.add_patch(
        Rectangle(
            corner, *size, hatch="///", facecolor="#f2f2f2", edgecolor="#aaaaaa", linewidth=0.0,
            zorder=0.4, label="not defined",
        )
    )  # fmt: skip


def legend_below(
    ax: Any, handles: list[Any] | None = None, *, least: int = 1, lines_above: float = 3.8
) -> None:  # fmt: skip
    """Put the legend under the axes' labels, where it hides nothing.

    By default of all that has a label, if there is at least so much of it.
    """
    handles = ax.get_legend_handles_labels()[0] if handles is None else handles
    if len(handles) < least:
        return
    longest = max((len(handle.get_label()) for handle in handles), default=0)
    columns = 1 if longest > 42 else 2 if longest > 20 else 3
    down = -lines_above * float(mpl.rcParams["font.size"]) / 72.0
    scale = root_figure(ax).dpi_scale_trans
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=0.0,
        bbox_transform=ax.transAxes + ScaledTranslation(0.0, down, scale),
        ncols=min(columns, len(handles)), frameon=False, handlelength=2.4,
    )  # fmt: skip


def sized_figure(figure: Figure | None, panels: int) -> Figure:
    """Return a figure, a new one if there is none, as large as so many panels need."""
    if figure is None:
        from matplotlib.figure import Figure  # not by pyplot, which would look for a screen

        figure = Figure(layout="constrained")
    width = {1: 6.4, 3: 15.0}.get(panels, 11.0)
    figure.set_size_inches(width, 10.0 if panels == 4 else 5.0)
    return figure


def plain(text: str) -> str:
    """Return a text in which matplotlib finds no mathematics."""
    return text.replace("$", r"\$")
