"""What the size of the step does to a descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.plots.grid import evaluate
from talweg.plots.marks import flat_point, legend_below
from talweg.plots.paths import show_upto
from talweg.plots.step_panels import Descent, draw_sizes, draw_values, draw_ways
from talweg.structure import read_start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["step_sizes"]

TRIED = 61
"""Step sizes in the second panel."""


def step_sizes(
    fun: Callable[[Any], Any],
    start: Any,
    steps: Sequence[float] | None = None,
    *,
    iterations: int = 20,
    minimum: Any = None,
    upto: int | None = None,
    title: str | None = None,
    ax: Sequence[Axes] | None = None,
) -> np.ndarray:
    r"""Draw one descent with several constant step sizes, and how far each size comes.

    With the largest curvature L at the minimum, a step size of 1/L is good and 2/L the largest
    that is stable: near the minimum, each iteration multiplies the distance along that curvature
    by :math:`1 - \alpha L` [1]_.

    Parameters
    ----------
    fun : callable
        ``fun(x) -> float``.
    start : array_like or nest of array_like
        Where the descents begin.
    steps : sequence of float, optional
        The step sizes; by default 0.1/L, 1/L and 2.1/L: small, good, too large.
    iterations : int, default 20
        Steps of each descent.
    minimum : CriticalPoint, optional
        Where they lead: an object with `x` and `highest_curvature`. By default the minimum that
        is found from `start`.
    upto : int, optional
        Show the descents only up to this step.
    title : str, optional
        Of the panel on the left. By default says what is seen; "" for none.
    ax : two matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    (2,) ndarray of matplotlib.axes.Axes
        On the left the descents: on the curve or the map of a function of one or two variables,
        else their values. On the right the value after `iterations` steps against the step size,
        both on log scales; sizes that end far above the start are marked at the upper edge.

    Raises
    ------
    ValueError
        If a step is not positive, the start is the minimum, or no curvature there is positive and
        no `steps` are given.
    TypeError
        If something is of the wrong type.

    References
    ----------
    .. [1] Y. Nesterov, *Lectures on Convex Optimization*, 2nd edition, section 1.2.3, Springer,
       2018.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from matplotlib import pyplot
    >>> from talweg import plots
    >>> bottom = SimpleNamespace(x=0.0, highest_curvature=4.0, kind="minimum")
    >>> left, right = plots.step_sizes(lambda x: 2 * x**2, 1.0, minimum=bottom)
    >>> right.get_title()
    'After 20 steps: no size beyond 2/L settles'
    >>> pyplot.close(left.get_figure())
    """
    structure, origin = read_start(start)
    origin = origin.astype(float)
    if isinstance(iterations, bool) or not isinstance(iterations, (int, np.integer)):
        raise TypeError(f"iterations must be a whole number, not {iterations!r}")
    if iterations < 1:
        raise ValueError(f"iterations={iterations}: it must be 1 or more")

    def flat(vector: Any) -> Any:
        return fun(structure.unravel(vector))

    bottom, curvature = _read_minimum(fun, start, minimum, structure.size)
    first, lowest = evaluate(flat, np.array([origin, bottom]))
    if not first > lowest:
        raise ValueError(
            f"the value at the start, {first:g}, is not above the minimum's, {lowest:g}; start "
            "higher up"
        )
    sizes = _read_steps(steps, curvature)
    descents = [Descent.run(fun, start, size, int(iterations)) for size in sizes]
    tried = [
        Descent.run(fun, start, float(size), int(iterations)) for size in _spread(sizes, curvature)
    ]
    left, right = _panels(ax)
    if structure.size <= 2:
        draw_ways(left, flat, descents, origin, bottom)
    else:
        draw_values(left, descents, float(lowest))
    several = f"{len(sizes)} step sizes" if len(sizes) > 1 else "One step size"
    left.set_title(f"{several} from the same start" if title is None else title)
    legend_below(left)
    draw_sizes(right, descents, tried, int(iterations), float(lowest), curvature)
    legend_below(right)
    show_upto(left, upto)
    return np.array([left, right])


def _read_minimum(
    fun: Callable[[Any], Any], start: Any, minimum: Any, size: int
) -> tuple[np.ndarray, float]:
    """Return the minimum's coordinates and its largest curvature."""
    if minimum is None:
        import talweg

        minimum = talweg.critical_point(fun, talweg.minimize(fun, start).x)
    if not hasattr(minimum, "x") or not hasattr(minimum, "highest_curvature"):
        raise TypeError(
            f"minimum is {minimum!r}: it must have an x and a highest_curvature, as what "
            "talweg.critical_point returns"
        )
    bottom = flat_point(minimum.x, "minimum.x")
    if len(bottom) != size:
        raise ValueError(f"minimum.x has {len(bottom)} coordinates, start has {size}")
    return bottom, float(minimum.highest_curvature)


def _read_steps(steps: Any, curvature: float) -> list[float]:
    if steps is None:
        if not (curvature > 0.0 and np.isfinite(curvature)):
            raise ValueError(
                f"the largest curvature at the minimum is {curvature:g}: no step size follows "
                "from it; give steps=[...]"
            )
        return [0.1 / curvature, 1.0 / curvature, 2.1 / curvature]
    sizes = np.asarray(steps, float)
    if sizes.ndim != 1 or not sizes.size:
        raise ValueError(f"steps must be a sequence of step sizes, not {steps!r}")
    if not np.all((sizes > 0.0) & np.isfinite(sizes)):
        raise ValueError(f"steps={steps!r}: every step size must be positive and finite")
    return [float(size) for size in sizes]


def _spread(sizes: list[float], curvature: float) -> np.ndarray:
    """Return step sizes all around those to be shown, and around 2/L."""
    if curvature > 0.0 and np.isfinite(curvature):
        sizes = [*sizes, 0.03 / curvature, 4.0 / curvature]
    return np.geomspace(min(sizes) / 1.5, max(sizes) * 1.5, TRIED)


def _panels(ax: Any) -> tuple[Axes, Axes]:
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.subplots(1, 2, figsize=(11.0, 5.6), layout="constrained")[1]
    axes = np.ravel(np.asarray(ax, dtype=object))
    if len(axes) != 2:
        raise TypeError(f"ax must be two axes, one a panel, not {len(axes)}")
    return axes[0], axes[1]
