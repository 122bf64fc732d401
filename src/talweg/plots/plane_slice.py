"""A function of any number of variables, in a plane through a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.plots.contour_map import draw_map
from talweg.plots.marks import WHITE, legend_below, new_axes
from talweg.plots.paths import Path, draw_path, read_path, show_upto, start_and_end
from talweg.structure import Structure, read_start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["landscape_slice"]


def landscape_slice(
    fun: Callable[[Any], Any],
    x: Any,
    directions: Sequence[Any] | None = None,
    *,
    radius: float | None = None,
    resolution: int = 51,
    levels: int | Sequence[float] = 15,
    path: Any = None,
    seed: int = 0,
    upto: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw the height lines of :math:`f(x + a u + b v)` over a and b.

    So a function of any number of variables is seen around a point, such as the solution of a
    real problem [1]_.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float``.
    x : array_like or nest of dicts, lists and tuples of array_like
        The point in the middle.
    directions : two nests like `x`, optional
        u and v: made unit vectors at right angles, v the part of the second that is at right
        angles to the first. By default random. ``(p.highest_direction, p.lowest_direction)`` of
        a `CriticalPoint` p shows the landscape along its extreme curvatures.
    radius : float, optional
        How far a and b go. By default so far that the path is seen whole, or else the Euclidean
        norm of `x`, or 1 where that is zero.
    resolution : int, default 51
        Points along each axis at which the function is evaluated.
    levels : int or sequence of float, default 15
        As in `contours`.
    path : sequence of nests like `x`, optional
        The iterates of a descent, projected onto the plane. The legend says how much of the way
        lies in it: the norm of the projected steps by that of the steps.
    seed : int, default 0
        Of the random directions.
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
        If `x` has fewer than two numbers, the directions are parallel or zero, `radius` isn't
        positive and finite, or a shape doesn't fit.
    TypeError
        If something isn't made of numbers.

    References
    ----------
    .. [1] H. Li, Z. Xu, G. Taylor, C. Studer and T. Goldstein, "Visualizing the loss landscape of
       neural nets", *Advances in Neural Information Processing Systems* 31, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> ax = plots.landscape_slice(lambda x: np.sum((x - 1.0) ** 2), np.ones(100), radius=2.0)
    >>> ax.get_title()
    'A plane through x in 100 dimensions: the darker, the lower'
    >>> pyplot.close(ax.get_figure())
    """
    structure, middle = read_start(x)
    middle = middle.astype(float)
    if structure.size < 2:
        raise ValueError("x has one coordinate and there is no plane; use talweg.plots.function")
    plane = _read_plane(directions, structure, seed)
    way, note = (None, "") if path is None else _project(path, structure, middle, plane)
    reach = _read_radius(radius, middle, way)
    dtype = structure.dtype

    def in_plane(at: Any) -> Any:
        point = middle + at[0] * plane[0] + at[1] * plane[1]
        return fun(structure.unravel(point.astype(dtype)))

    ax = new_axes(ax, (6.4, 6.0))
    box = np.full(2, -reach), np.full(2, reach)
    same = draw_map(ax, in_plane, box, levels, resolution, label="f")
    if way is not None:
        draw_path(ax, way, f"path, {note}", 0, box)
        start_and_end(ax)
    ax.plot(
        [0.0], [0.0], linestyle="none", marker="P", markersize=9.0, markerfacecolor=WHITE,
        markeredgecolor="#000000", zorder=6, label="the point x",
    )  # fmt: skip
    ax.set_xlabel("a, along direction 1")
    ax.set_ylabel("b, along direction 2")
    told = "the same everywhere (constant)" if same else "the darker, the lower"
    default = f"A plane through x in {structure.size} dimensions: {told}"
    ax.set_title(default if title is None else title)
    legend_below(ax)
    show_upto(ax, upto)
    return ax


def _read_plane(directions: Any, structure: Structure, seed: int) -> np.ndarray:
    """Return two orthonormal vectors, (2, n)."""
    if directions is None:
        vectors = list(np.random.default_rng(seed).standard_normal((2, structure.size)))
    else:
        if len(directions) != 2:
            raise ValueError(f"directions must be two, not {len(directions)}")
        vectors = [
            structure.ravel(direction, f"directions[{i}]", float)
            for i, direction in enumerate(directions)
        ]
    first, second = (_unit(vector, f"directions[{i}]") for i, vector in enumerate(vectors))
    across = second - (second @ first) * first
    if np.linalg.norm(across) < 1e-8:
        raise ValueError("directions are parallel: they span a line, not a plane")
    across = _unit(across, "directions[1]")
    return np.stack([first, _unit(across - (across @ first) * first, "directions[1]")])


def _unit(vector: np.ndarray, name: str) -> np.ndarray:
    largest = float(np.abs(vector).max())
    if not (np.isfinite(largest) and largest > 0.0):
        raise ValueError(f"{name} must be finite and not all zero")
    scaled = vector / largest
    unit: np.ndarray = scaled / np.linalg.norm(scaled)
    return unit


def _project(
    path: Any, structure: Structure, middle: np.ndarray, plane: np.ndarray
) -> tuple[Path, str]:
    """Return a path's coordinates in the plane, and how much of its way lies in it."""
    if isinstance(path, np.ndarray) and path.size:
        whole = read_path(path.reshape(len(path), -1), structure.size)
    else:
        whole = read_path(
            [structure.ravel(point, f"path[{i}]", float) for i, point in enumerate(path)],
            structure.size,
        )
    flat = Path((whole.points - middle) @ plane.T, whole.note)
    lengths = [np.linalg.norm(np.diff(each, axis=0)) for each in (flat.points, whole.points)]
    if lengths[1] == 0.0:
        return flat, "projected"
    return flat, f"projected ({100.0 * float(lengths[0] / lengths[1]):.3g} % lies in the plane)"


def _read_radius(radius: float | None, middle: np.ndarray, way: Path | None) -> float:
    if radius is not None:
        reach = float(radius)
        if not (np.isfinite(reach) and reach > 0.0):
            raise ValueError(f"radius={radius!r}: it must be positive and finite")
        return reach
    seen = 0.0 if way is None else 1.1 * float(np.abs(way.points).max())
    return seen or float(np.linalg.norm(middle)) or 1.0
