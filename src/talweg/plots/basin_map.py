"""Which start leads to which minimum."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from talweg.plots.grid import Box, evaluate, grid_starts, read_box
from talweg.plots.marks import BLACK, REGION_COLORS, WHITE, legend_below, new_axes, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["basins", "read_minima"]

_HATCHES = ("", "///", "...", "\\\\\\", "---", "+++")
_NOWHERE, _NOWHERE_HATCH = "#999999", "xxxx"
_HATCHING = "#555555"
_MOST_NAMED = 9


def basins(
    fun: Callable[[Any], Any],
    bounds: Any,
    *,
    resolution: int = 101,
    method: Any = "lbfgs",
    minima: Any = None,
    title: str | None = None,
    ax: Axes | None = None,
    **options: Any,
) -> Axes:
    """Colour every start by the minimum that a descent from there ends in.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float`` of an array of shape (2,).
    bounds : (lower, upper) or list of (low, high) pairs
        What is shown, and the box in which the descents stay.
    resolution : int, default 101
        Starts along each axis.
    method : str or method object, default "lbfgs"
        As in `talweg.minimize`. What the basins look like depends on it: steps that are long
        leap over ridges.
    minima : Minima, optional
        What `talweg.minimize_many` made of ``grid_starts(bounds, resolution)``, if you have it;
        then nothing is descended, and the number of its starts is the resolution's square.
    title : str, optional
        By default says what is seen; "" for none.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    **options
        Passed on to `talweg.minimize_many`.

    Returns
    -------
    matplotlib.axes.Axes
        The minima have letters, A the lowest. Starts that led to none are gray.

    Raises
    ------
    ValueError
        If the function has another number of variables, the box is not finite, or `minima` are
        not of a square grid of starts.
    TypeError
        If something is of the wrong type, or `minima` are given together with options that only
        mean something for descents.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> starts = plots.grid_starts((-2.0, 2.0), 20)
    >>> two = SimpleNamespace(  # two wells, at x = -1 and x = 1
    ...     x=np.array([[-1.0, 0.0], [1.0, 0.0]]), fun=np.zeros(2), counts=np.array([200, 200]),
    ...     which=(starts[:, 0] > 0).astype(int),
    ... )
    >>> ax = plots.basins(lambda x: (x[0] ** 2 - 1) ** 2 + x[1] ** 2, (-2.0, 2.0), minima=two)
    >>> ax.get_title()
    'Where a descent ends, by where it starts: 2 minima'
    >>> pyplot.close(ax.get_figure())
    """
    box = read_box(bounds, 2, "basins")
    if minima is not None and (options or method != "lbfgs"):
        raise TypeError("method and options mean nothing where minima are given: leave them out")
    minima, resolution = read_minima(
        fun, box, resolution if minima is None else minima, method=method, **options
    )
    ax = new_axes(ax, (6.4, 6.4))
    which = np.asarray(minima.which).reshape(resolution, resolution)
    found = len(np.asarray(minima.x).reshape(-1, 2))
    _color(ax, which, found, box)
    for k, (x, y) in enumerate(np.asarray(minima.x, float).reshape(-1, 2)):
        ax.annotate(
            _letter(k), (x, y), ha="center", va="center", fontweight="bold", annotation_clip=True,
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": WHITE, "edgecolor": BLACK},
            zorder=6,
        )  # fmt: skip
    ax.set_xlabel("x of the start")
    ax.set_ylabel("y of the start")
    many = f"{found} minim{'um' if found == 1 else 'a'}"
    ax.set_title(f"Where a descent ends, by where it starts: {many}" if title is None else title)
    _explain(ax, minima, found, _usual_size(fun, box))
    return ax


def read_minima(
    fun: Callable[[Any], Any], box: Box, given: Any, **options: Any
) -> tuple[Any, int]:  # fmt: skip
    """Find where the points of a grid lead, or take what has been found.

    Parameters
    ----------
    given : int or Minima
        The grid's resolution, or where its points led.

    Returns
    -------
    minima : Minima
    resolution : int
    """
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        import talweg

        bounds = (box[0], box[1])
        starts = grid_starts(bounds, int(given))
        return talweg.minimize_many(fun, starts, bounds=bounds, **options), int(given)
    if not all(hasattr(given, name) for name in ("x", "fun", "counts", "which")):
        raise TypeError(
            f"minima must be what talweg.minimize_many returns, or a resolution, not {given!r}"
        )
    count = np.size(given.which)
    resolution = math.isqrt(count)
    if resolution < 2 or resolution**2 != count:
        raise ValueError(
            f"minima are of {count} starts, which are no square grid: make them with "
            "talweg.minimize_many(fun, talweg.plots.grid_starts(bounds, resolution), ...)"
        )
    if np.max(given.which) >= len(given.x) or np.min(given.which) < -1:
        raise ValueError(
            f"minima.which names minima from {np.min(given.which)} to {np.max(given.which)}; "
            f"there are {len(given.x)}"
        )
    return given, resolution


def _color(ax: Axes, which: np.ndarray, found: int, box: Box) -> None:
    """Draw the starts as squares of their minimum's colour, hatched where colours repeat."""
    colors = [_NOWHERE, *(REGION_COLORS[k % len(REGION_COLORS)] for k in range(found))]
    norm = BoundaryNorm(np.arange(-1.5, found + 0.5), len(colors)) if found else None
    (left, bottom), (right, top) = box
    cell = (box[1] - box[0]) / (len(which) - 1)
    ax.imshow(
        which, cmap=ListedColormap(colors), norm=norm, interpolation="nearest", origin="lower",
        extent=(
            left - cell[0] / 2, right + cell[0] / 2, bottom - cell[1] / 2, top + cell[1] / 2,
        ), aspect="auto", zorder=1,
    )  # fmt: skip
    x, y = (np.linspace(low, high, len(which)) for low, high in zip(*box, strict=True))
    for k in np.unique(which[(which < 0) | (which >= len(REGION_COLORS))]):
        area = ax.contourf(
            x, y, (which == k).astype(float), levels=[0.5, 1.5], colors="none",
            hatches=[_hatch(k)], zorder=2,
        )  # fmt: skip
        area.set(edgecolor=_hatch_color(k), linewidth=0.0)
    for k in range(found):
        ax.contour(
            x, y, (which == k).astype(float), levels=[0.5], colors=WHITE, linewidths=0.7, zorder=3
        )
    sides = (right - left) / (top - bottom)
    if 0.4 <= sides <= 2.5:
        ax.set_aspect("equal", adjustable="box")


def _usual_size(fun: Callable[[Any], Any], box: Box) -> float:
    """Return how large values are at the corners and in the middle of the box."""
    (left, bottom), (right, top) = box
    corners = [(x, y) for x in (left, right) for y in (bottom, top)]
    values = np.abs(evaluate(fun, np.array([*corners, (box[0] + box[1]) / 2.0])))
    return float(values[np.isfinite(values)].max(initial=0.0))


def _explain(ax: Axes, minima: Any, found: int, usual: float) -> None:
    """Say in the legend which letter is how low, and how many starts led to it."""
    which = np.asarray(minima.which)
    handles = []
    for k in range(min(found, _MOST_NAMED)):
        color = REGION_COLORS[k % len(REGION_COLORS)]
        value = float(minima.fun[k])
        value = 0.0 if abs(value) < 1e-12 * usual else value  # it is rounding
        text = f"{_letter(k)}: f = {told(value)}, {_starts(int(minima.counts[k]))}"
        edge = _hatch_color(k)
        handles.append(Patch(facecolor=color, edgecolor=edge, hatch=_hatch(k), label=text))
    if found > _MOST_NAMED:
        rest = sum(int(count) for count in minima.counts[_MOST_NAMED:])
        text = f"{_letter(_MOST_NAMED)} to {_letter(found - 1)}: {_starts(rest)}"
        handles.append(Patch(facecolor=WHITE, edgecolor=_HATCHING, label=text))
    lost = int((which < 0).sum())
    if lost:
        text = f"no minimum found: {_starts(lost)}"
        edge = _hatch_color(-1)
        handles.append(Patch(facecolor=_NOWHERE, edgecolor=edge, hatch=_hatch(-1), label=text))
    legend_below(ax, handles)


def _starts(count: int) -> str:
    return f"{count} start{'' if count == 1 else 's'}"


def _hatch(k: int) -> str:
    return _NOWHERE_HATCH if k < 0 else _HATCHES[k // len(REGION_COLORS) % len(_HATCHES)]


def _hatch_color(k: int) -> str:
    """Return a colour that is seen on the minimum's own."""
    dark = k >= 0 and k % len(REGION_COLORS) in (1, 5)
    return "#bbbbbb" if dark else _HATCHING


def _letter(k: int) -> str:
    """Return A, B, ..., Z, AA, AB, ..."""
    ahead = _letter(k // 26 - 1) if k >= 26 else ""
    return ahead + chr(ord("A") + k % 26)
