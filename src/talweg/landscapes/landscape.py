"""A function whose critical points are known, and how a list of them is put together."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["KnownPoint", "Landscape", "known_points", "reflected", "sums"]


@dataclasses.dataclass(frozen=True)
class KnownPoint:
    """A critical point that is known to every digit of a double.

    Parameters
    ----------
    x : tuple of float
    kind : str
        ``"minimum"``, ``"maximum"`` or ``"saddle"`` where no curvature vanishes, and for a
        function of one variable also where the next derivatives decide; ``"degenerate"`` where
        the curvatures leave it open; ``"kink"`` for a minimum without a gradient.
    fun : float
        The value there.

    Examples
    --------
    >>> KnownPoint((3.0, 2.0), "minimum", 0.0).kind
    'minimum'
    """

    x: tuple[float, ...]
    kind: str
    fun: float


@dataclasses.dataclass(frozen=True)
class Landscape:
    """A function of one or two variables, and all its critical points in a box.

    Parameters
    ----------
    name : str
    fun : callable
        ``fun(x)`` of an array of shape (n,) or (n, ...), evaluated elementwise over the further
        axes; written with ``jax.numpy``.
    formula : str
        The same function as text, in ``x``, or in ``x`` and ``y``.
    bounds : (lower, upper)
        The corners of the box, each a tuple of n numbers.
    critical_points : tuple of KnownPoint
        All points in the box at which the gradient vanishes, and the kinks, lowest first. None
        lies on the edge of the box, or near it. Points at which only the box stops a descent are
        not among them.
    start : tuple of float
        A start from which there is something to be seen.
    about : str
        What it teaches, in a sentence.
    source : str
        The paper or the book that it comes from.

    Examples
    --------
    >>> from talweg.landscapes import LANDSCAPES
    >>> rosenbrock = LANDSCAPES["rosenbrock"]
    >>> rosenbrock.formula
    '(1 - x)**2 + 100*(y - x**2)**2'
    >>> rosenbrock.critical_points
    (KnownPoint(x=(1.0, 1.0), kind='minimum', fun=0.0),)
    """

    name: str
    fun: Callable[[Any], Any]
    formula: str
    bounds: tuple[tuple[float, ...], tuple[float, ...]]
    critical_points: tuple[KnownPoint, ...]
    start: tuple[float, ...]
    about: str
    source: str

    @property
    def dimension(self) -> int:
        """Number of variables."""
        return len(self.start)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """The box as SciPy writes it, a list of (low, high), which `talweg.minimize` takes too.

        Examples
        --------
        >>> from talweg.landscapes import LANDSCAPES
        >>> LANDSCAPES["branin"].pairs
        [(-5.0, 10.0), (0.0, 15.0)]
        """
        lower, upper = self.bounds
        return list(zip(lower, upper, strict=True))


def known_points(rows: Iterable[tuple[Any, ...]]) -> tuple[KnownPoint, ...]:
    """Return the points of rows ``(x, kind, value)`` or ``(x, y, kind, value)``, lowest first.

    Examples
    --------
    >>> known_points([(1.0, "maximum", 2.0), (0.0, "minimum", 1.0)])[0]
    KnownPoint(x=(0.0,), kind='minimum', fun=1.0)
    """
    points = (KnownPoint(row[:-2], row[-2], row[-1]) for row in rows)
    return tuple(sorted(points, key=lambda point: (point.fun, point.x)))


def sums(
    first: Iterable[tuple[Any, ...]], second: Iterable[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Return the rows of ``f(x) + g(y)`` from those of f and of g.

    The Hessian is diagonal: a critical point of the sum is one of both, a saddle where they differ.

    Examples
    --------
    >>> sums([(0.0, "minimum", 1.0)], [(2.0, "maximum", 3.0)])
    [(0.0, 2.0, 'saddle', 4.0)]
    """
    return [
        (x, y, kind if kind == other else "saddle", value + more)
        for (x, kind, value), (y, other, more) in itertools.product(first, second)
    ]


def reflected(rows: Iterable[tuple[Any, ...]], *, exchange: bool = False) -> list[tuple[Any, ...]]:
    """Return rows in all quadrants from those in the first; with x and y exchanged too if asked.

    Examples
    --------
    >>> reflected([(1.0, 0.0, "saddle", 5.0)])
    [(-1.0, 0.0, 'saddle', 5.0), (1.0, 0.0, 'saddle', 5.0)]
    """
    found = []
    for x, y, kind, value in rows:
        places = {(x, y), (y, x)} if exchange else {(x, y)}
        images = {(s * a + 0.0, t * b + 0.0) for a, b in places for s in (1, -1) for t in (1, -1)}
        found += [(a, b, kind, value) for a, b in sorted(images)]
    return found
