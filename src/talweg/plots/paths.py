"""Ways downhill: how they are read, drawn, and drawn up to a step."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import matplotlib.colors
import numpy as np
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d.art3d import Line3D  # type: ignore[import-untyped]

from talweg.plots.grid import Box
from talweg.plots.marks import BLACK, PATH_COLORS, WHITE, halo

__all__ = [
    "Path",
    "draw_path",
    "growing",
    "mark_of_path",
    "read_path",
    "read_paths",
    "show_upto",
    "start_and_end",
]

_DASHES = ("-", (0, (5.0, 1.5)), (0, (1.2, 1.2)), (0, (6.0, 1.5, 1.2, 1.5)))
_MARKERS = ("o", "s", "D", "^", "P", "h", "v")
_MOST_MARKERS = 40


@dataclasses.dataclass(frozen=True)
class Path:
    """The iterates of a descent, finite, and what is to be said of them beside their name."""

    points: np.ndarray
    note: str = ""

    def lifted(self, heights: np.ndarray) -> Path:
        """Return the same with heights as the last coordinate, cut where one isn't finite."""
        return _cut(np.column_stack([self.points, heights]), self.note)


def read_path(path: Any, variables: int, name: str = "path") -> Path:
    """Read iterates, and cut them where they stop being finite.

    Parameters
    ----------
    path : (k, variables) array_like, or (k,) for one variable
    variables : int
    name : str
        For the messages.

    Raises
    ------
    TypeError
        If it isn't made of numbers.
    ValueError
        If it is empty, of another width, or not finite from the start.
    """
    try:
        points = np.asarray(path, float)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an array of numbers, shape (k, {variables})") from None
    if variables == 1 and points.ndim == 1:
        points = points[:, np.newaxis]
    if not points.size:
        raise ValueError(f"{name} is empty: it needs at least its start")
    if points.ndim != 2 or points.shape[1] != variables:
        raise ValueError(f"{name} has the shape {points.shape}; it must be (k, {variables})")
    return _cut(points, "", name)


def _cut(points: np.ndarray, note: str, name: str = "path") -> Path:
    finite = np.isfinite(points).all(axis=1)
    if finite.all():
        return Path(points, note)
    end = int(np.argmin(finite))
    if end == 0:
        raise ValueError(f"{name} begins with {points[0]}: its start must be finite")
    return Path(points[:end], note or f"cut at step {end}, not finite")


def read_paths(paths: Any, variables: int) -> dict[str, Path]:
    """Read named paths: a dict of them, or one alone, or None."""
    if paths is None:
        return {}
    if not isinstance(paths, Mapping):
        return {"path": read_path(paths, variables)}
    return {
        str(name): read_path(path, variables, f"paths[{name!r}]") for name, path in paths.items()
    }


class _Growing:
    """A line that can be shown up to any of its steps, or only the step itself."""

    whole: np.ndarray
    only_last: bool

    @property
    def steps(self) -> int:
        """How many steps there are after the start."""
        return len(self.whole) - 1

    def set_upto(self, step: int) -> None:
        """Show the steps 0 to `step`."""
        step = min(step, self.steps)
        self._show(self.whole[step if self.only_last else 0 : step + 1])

    def _show(self, points: np.ndarray) -> None:
        raise NotImplementedError


class PathLine(_Growing, Line2D):
    """A growing line in the plane."""

    def __init__(self, whole: np.ndarray, only_last: bool, **style: Any) -> None:
        Line2D.__init__(self, [], [], **style)
        self.whole, self.only_last = whole, only_last
        self.set_upto(self.steps)

    def _show(self, points: np.ndarray) -> None:
        self.set_data(points[:, 0], points[:, 1])


class PathLine3D(_Growing, Line3D):  # type: ignore[misc]
    """A growing line in space."""

    def __init__(self, whole: np.ndarray, only_last: bool, **style: Any) -> None:
        Line3D.__init__(self, [], [], [], **style)
        self.whole, self.only_last = whole, only_last
        self.set_upto(self.steps)

    def _show(self, points: np.ndarray) -> None:
        self.set_data_3d(*points.T)


def draw_path(
    ax: Any, path: Path, name: str, index: int, box: Box, *, line: bool = True, ring: bool = True
) -> None:
    """Draw a path, its start as a hollow circle and its end as a ring.

    Parameters
    ----------
    ax : Axes or Axes3D
    path : Path
        Of two coordinates, or three.
    name : str
        For the legend.
    index : int
        Which of the picture's paths it is: its colour, dashes, markers, and the size of its ring,
        so that paths which end together have rings around one another.
    box : Box
        What the picture shows, height included.
    line, ring : bool
        Whether the iterates are joined, and the end is marked.
    """
    color = PATH_COLORS[index % len(PATH_COLORS)]
    light = matplotlib.colors.rgb_to_hsv(matplotlib.colors.to_rgb(color))[2] > 0.8
    rim = BLACK if light else WHITE
    growing_line = PathLine3D if path.points.shape[1] == 3 else PathLine
    points, note = _in_reach(path, box)
    few = len(points) <= _MOST_MARKERS
    ax.add_line(
        growing_line(
            points, False, color=color, linewidth=1.8,
            linestyle=_DASHES[index % len(_DASHES)] if line else "none",
            marker=_MARKERS[index % len(_MARKERS)], markersize=3.5 if line else 6.0,
            markevery=1 if few or not line else len(points) // 20, zorder=4,
            path_effects=halo(rim, 3.0), label=f"{name} ({note})" if note else name,
        )
    )  # fmt: skip
    circle = {"linestyle": "none", "marker": "o", "markeredgewidth": 1.8, "zorder": 5}
    if ring:
        ax.add_line(
            growing_line(
                points, True, markersize=12.0 + 4.5 * (index % len(PATH_COLORS)),
                markeredgecolor=color, markerfacecolor="none", path_effects=halo(rim, 3.2),
                **circle,
            )
        )  # fmt: skip
    ax.add_line(
        growing_line(
            points[:1], False, markersize=8.0, markerfacecolor=WHITE,
            markeredgecolor=BLACK if light else color, **circle,
        )
    )  # fmt: skip


def _in_reach(path: Path, box: Box) -> tuple[np.ndarray, str]:
    """Keep points far outside within what can be drawn; say if the path ends outside.

    In space nothing is cut at the edge of the axes: there, points outside are left out.
    """
    lower, upper = box
    width = upper - lower
    slack = 0.01 * width
    outside = np.any((path.points < lower - slack) | (path.points > upper + slack), axis=1)
    points = np.clip(path.points, lower - 1e3 * width, upper + 1e3 * width)
    if points.shape[1] == 3:
        points[outside] = np.nan
    notes = [path.note] if path.note else []
    return points, "; ".join([*notes, "leaves the picture"] if outside[-1] else notes)


def mark_of_path(index: int) -> dict[str, Any]:
    """Return the style of a single point that stands for one of a picture's paths."""
    return {
        "linestyle": "none", "marker": _MARKERS[index % len(_MARKERS)], "markersize": 9.0,
        "markerfacecolor": PATH_COLORS[index % len(PATH_COLORS)], "markeredgecolor": BLACK,
    }  # fmt: skip


def start_and_end(ax: Any) -> None:
    """Explain the circle and the ring in the legend."""
    for label, size, edge in (("start", 8.0, 1.8), ("end", 12.0, 1.8)):
        ax.plot(
            *[[]] * (3 if hasattr(ax, "get_zlim") else 2), linestyle="none", marker="o",
            markersize=size, markeredgewidth=edge, markeredgecolor="#555555",
            markerfacecolor=WHITE if label == "start" else "none", label=label,
        )  # fmt: skip


def growing(figure: Any) -> list[Any]:
    """Return all that can be shown up to a step, wherever it is in a figure or axes."""
    return list(figure.findobj(lambda artist: hasattr(artist, "set_upto")))


def show_upto(ax: Any, upto: int | None) -> None:
    """Show the paths in a picture up to a step; all of them where that is None.

    Raises
    ------
    TypeError
        If it isn't a whole number.
    ValueError
        If it is negative.
    """
    if upto is None:
        return
    if isinstance(upto, bool) or not isinstance(upto, (int, np.integer)):
        raise TypeError(f"upto must be a whole number of steps, not {upto!r}")
    if upto < 0:
        raise ValueError(f"upto={upto}: it must be 0, the start, or more")
    for artist in growing(ax):
        artist.set_upto(int(upto))
