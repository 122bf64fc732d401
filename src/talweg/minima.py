"""Many starts, and the minima that they fall into."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from talweg.classification import CriticalPoint, critical_point
from talweg.constraints import Constraints, read_bounds, read_fixed
from talweg.grouping import group
from talweg.limits import read_limits
from talweg.many import Ends, descend_all
from talweg.methods import read_method
from talweg.objective import Objective, read_objective
from talweg.result_views import show_point
from talweg.second_derivatives import with_hessian
from talweg.state import Status
from talweg.steps import Rule
from talweg.structure import Structure, read_start

__all__ = ["Minima", "minimize_many"]

_NEAR = 1e-3
"""Share of the starts' extent within which ends may be one minimum."""

_MOST = 500
"""Ends that are looked at, the lowest first: where there are more, they fill a line or an area."""

_KINDS = ("minimum", "boundary minimum", "degenerate", "kink")
_ENDED = (Status.CONVERGED, Status.SETTLED, Status.STALLED)


@dataclasses.dataclass(frozen=True)
class Minima:
    """The distinct minima that many descents found, the lowest first.

    Attributes
    ----------
    points : tuple of CriticalPoint
        The minima, with their curvatures.
    x : array of shape (k, ...), or nest of those, as the starts
        Where they are.
    fun : (k,) ndarray
        The values there.
    counts : (k,) ndarray of int
        How many starts fell into each.
    which : (m,) ndarray of int
        The minimum that each start fell into; -1 where the descent ended in none.
    ends : array of shape (m, ...), or nest of those, as the starts
        Where each descent ended.
    status : (m,) ndarray of int
        Why each ended: the number of a `Status`.
    evaluations : (m,) ndarray of int
        Evaluations of the function that each took.
    """

    points: tuple[CriticalPoint, ...]
    x: Any
    fun: np.ndarray
    counts: np.ndarray
    which: np.ndarray
    ends: Any
    status: np.ndarray
    evaluations: np.ndarray

    def __len__(self) -> int:
        """Return the number of distinct minima."""
        return len(self.points)

    @property
    def lowest(self) -> CriticalPoint:
        """The lowest minimum.

        Raises
        ------
        ValueError
            If none was found.
        """
        if not self.points:
            raise ValueError("none of the descents ended in a minimum")
        return self.points[0]

    def __repr__(self) -> str:
        """Say in a line each which minima there are."""
        found = "1 minimum" if len(self) == 1 else f"{len(self)} minima"
        lines = [f"{found} from {len(self.which)} starts"]
        lines += [
            f"{count:6d}  {point.fun:.8g}  {point.kind} at {_one_line(point.x)}"
            for count, point in zip(self.counts, self.points, strict=True)
        ]
        lost = int(np.sum(self.which < 0))
        return "\n".join([*lines, f"{lost:6d}  ended in none"] if lost else lines)


def _one_line(x: Any) -> str:
    return " ".join(show_point(x).split())


def minimize_many(
    fun: Callable[..., Any],
    starts: Any,
    args: Any = (),
    *,
    method: Any = "lbfgs",
    step: Any = None,
    bounds: Any = None,
    fixed: Any = None,
    max_iter: int | None = None,
    tol: float | None = None,
    step_tol: float | None = None,
    **options: Any,
) -> Minima:
    """Minimise a function from many starts at once, and tell the minima apart.

    The descents run side by side in one compiled loop; those of a function that JAX can't trace
    run one after the other. Ends that lie near one another, without a rise between them, are one
    minimum, and each, up to 500 of them, is looked at by `critical_point`: a saddle at which a
    descent stood still is none.

    Parameters
    ----------
    fun : callable
        As for `minimize`.
    starts : array_like of shape (m, ...), or nest of those
        The starts along the first axis of every array, of which there are m: for a function of a
        vector of n numbers, an array of shape (m, n); for one of a number, of shape (m,).
    args, method, step, bounds, fixed, max_iter, tol, step_tol, **options
        As for `minimize`, but that `step` is no schedule. `bounds` and `fixed` are those of one
        point, the same for all; held coordinates stay where each start has them.

    Returns
    -------
    Minima

    Raises
    ------
    TypeError, ValueError
        As `minimize`. A start where the function isn't finite is no error: it falls into no
        minimum.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> starts = np.linspace(-2.0, 2.0, 7)
    >>> minima = talweg.minimize_many(lambda x: (x**2 - 1) ** 2 + x / 4, starts)
    >>> minima.x.round(3), minima.counts
    (array([-1.03 ,  0.967]), array([4, 3]))
    """
    structure, points = _read_starts(starts)
    box, held = read_bounds(bounds, structure), read_fixed(fixed, structure)
    if box is not None:
        points = np.clip(points, *box) if held is None else np.where(
            held, points, np.clip(points, *box)
        )  # fmt: skip
    lower, upper = (None, None) if box is None else box
    constraints = Constraints(lower=lower, upper=upper, fixed=held)
    chosen = read_method(method, step, options)
    if isinstance(getattr(chosen, "step", None), Rule):
        raise TypeError("step: many descents at once take no schedule; give a size or a search")
    args = args if isinstance(args, tuple) else (args,)
    objective = read_objective(fun, structure, points[0], args)
    if getattr(chosen, "needs_hessian", False):
        objective = with_hessian(objective)
    free = structure.size - (0 if held is None else int(held.sum()))
    limits = read_limits(
        structure.dtype, max_iter=max_iter, tol=tol, step_tol=step_tol, every=None, free=free,
        stochastic=False,
    )  # fmt: skip
    ends = descend_all(objective, chosen, constraints, limits, points)
    groups = _minima(objective, ends, points)

    def classify(k: int) -> CriticalPoint:
        return critical_point(fun, structure.to_user(ends.x[k]), args, fixed=fixed, bounds=bounds)

    return _dress(structure, ends, groups, [classify(members[0]) for members in groups])


def _read_starts(starts: Any) -> tuple[Structure, np.ndarray]:
    """Return the structure of one start, and all of them as the rows of a matrix."""
    arrays = jax.tree_util.tree_map(np.asarray, starts, is_leaf=lambda s: isinstance(s, list))
    leaves = jax.tree_util.tree_leaves(arrays)
    if not leaves or any(leaf.ndim == 0 for leaf in leaves):
        raise ValueError("starts must be arrays with one start along the first axis after another")
    lengths = sorted({len(leaf) for leaf in leaves})
    if len(lengths) > 1:
        raise ValueError(f"starts: the arrays hold different numbers of starts, {lengths}")
    if lengths[0] == 0:
        raise ValueError("starts is empty: give at least one")
    structure, _ = read_start(jax.tree_util.tree_map(lambda leaf: np.zeros_like(leaf[0]), arrays))
    rows = [leaf.reshape(len(leaf), -1) for leaf in leaves]
    points = np.concatenate(rows, axis=1, dtype=structure.dtype)
    bad = np.argwhere(~np.isfinite(points))
    if bad.size:
        k, i = map(int, bad[0])
        raise ValueError(f"starts: number {k} is {points[k, i]} at {structure.locate(i)}")
    return structure, points


def _minima(objective: Objective, ends: Ends, starts: np.ndarray) -> list[np.ndarray]:
    """Return the ends that may be minima, grouped."""
    able = np.flatnonzero(np.isin(ends.status, _ENDED) & np.isfinite(ends.fun))
    if not able.size:
        return []
    extent = np.ptp(starts, axis=0)
    near = _NEAR * np.where(extent > 0.0, extent, 1.0 + np.abs(starts[0]))
    points, values = ends.x[able], ends.fun[able]
    noise = 1e-9 * (1.0 + float(np.ptp(values)))

    def same(i: int, j: int) -> bool:
        middle, _, *_ = objective.evaluate((points[i] + points[j]) / 2.0)
        return bool(float(middle) <= max(values[i], values[j]) + noise)

    return [able[members] for members in group(points, values, near, same)[:_MOST]]


def _dress(
    structure: Structure, ends: Ends, groups: list[np.ndarray], points: list[CriticalPoint]
) -> Minima:
    """Leave out what is no minimum, and count."""
    kept = [(members, point) for members, point in zip(groups, points, strict=True)
            if point.kind in _KINDS]  # fmt: skip
    kept.sort(key=lambda pair: pair[1].fun)
    which = np.full(len(ends.fun), -1)
    for number, (members, _) in enumerate(kept):
        which[members] = number
    best = np.array([members[0] for members, _ in kept], int)
    return Minima(
        points=tuple(point for _, point in kept), x=_stacked(structure, ends.x[best]),
        fun=ends.fun[best], counts=np.array([len(members) for members, _ in kept], int),
        which=which, ends=_stacked(structure, ends.x), status=ends.status,
        evaluations=ends.evaluations,
    )  # fmt: skip


def _stacked(structure: Structure, rows: np.ndarray) -> Any:
    """Return points as the user's arrays, one along the first axis after another."""
    leaves, start = [], 0
    for shape in structure.shapes:
        stop = start + int(np.prod(shape))
        leaves.append(rows[:, start:stop].reshape(len(rows), *shape))
        start = stop
    return jax.tree_util.tree_unflatten(structure.tree, leaves)
