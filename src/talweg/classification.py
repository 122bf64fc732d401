"""Name a critical point: minimum, maximum, saddle, or what else it is, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.constraints import Constraints, read_constraints
from talweg.critical_kind import Finding, inspect
from talweg.objective import Objective, read_objective
from talweg.result_views import show_point
from talweg.structure import read_start

__all__ = ["CriticalPoint", "classify", "critical_point"]

_TOL = {"float64": 1e-6, "float32": 1e-4}  # as `minimize` has them


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class CriticalPoint:
    """What a point is to a function, and how the function curves there.

    Attributes
    ----------
    x : array or nest of arrays
        The point, in the structure given.
    kind : str
        ``"minimum"``, ``"maximum"``, ``"saddle"``, ``"degenerate"`` where the curvatures leave it
        open, ``"boundary minimum"`` where bounds hold it, ``"kink"`` where the gradient jumps or
        isn't finite and yet nothing leads down steadily, or ``"not critical"``.
    fun : float
        The value there.
    gradient_norm : float
        The largest absolute component of the projected gradient, as `minimize` measures it; NaN
        where it isn't finite.
    lowest_curvature, highest_curvature : float
        The extreme eigenvalues of the Hessian of the free coordinates; NaN where there is none.
    lowest_direction, highest_direction : array or nest of arrays
        Their eigenvectors, of length 1, in the structure of `x`; zero at the held coordinates, and
        everywhere where there is no curvature.
    negative : int
        Number of negative curvatures; a lower bound where not `exact`.
    tolerance : float
        The size below which a curvature counts as flat.
    reason : str
        Why it is of this kind.
    exact : bool
        Whether all curvatures were computed. Where there are more than 300 free coordinates, the
        lowest and the highest were looked for.
    products : int
        Products with the Hessian that it took.
    free : int
        Number of curvatures: of coordinates that are neither fixed nor held by a bound.

    Examples
    --------
    >>> import talweg
    >>> talweg.critical_point(lambda x: x[0] ** 2 - x[1] ** 2, [0.0, 0.0])
         kind: saddle
       reason: the gradient vanishes; the function curves down along (0, 1) (1 such axis) and up
               along (1, 0)
            x: [0. 0.]
          fun: 0
     gradient: 0 (largest component)
    curvature: from -2 along [0. 1.]
               to 2 along [1. 0.]
     negative: 1 of 2 curvatures
    """

    x: Any
    kind: str
    fun: float
    gradient_norm: float
    lowest_curvature: float
    highest_curvature: float
    lowest_direction: Any
    highest_direction: Any
    negative: int
    tolerance: float
    reason: str
    exact: bool = True
    products: int = 0
    free: int = 0

    def __repr__(self) -> str:
        """Say what it is, and show the point and its curvatures."""
        rows = [("kind", self.kind), ("reason", self.reason), ("x", show_point(self.x))]
        rows.append(("fun", f"{self.fun:.8g}"))
        rows.append(("gradient", f"{self.gradient_norm:.3g} (largest component)"))
        if not np.isnan(self.lowest_curvature):
            rows.append(("curvature", f"from {_end(self.lowest_curvature, self.lowest_direction)}"))
            rows.append(("", f"to {_end(self.highest_curvature, self.highest_direction)}"))
            rows.append(("negative", self._count()))
        lines = []
        for key, text in rows:
            first, *rest = text.splitlines()
            lines.append(f"{key:>9}{':' if key else ' '} {first}")
            lines += [" " * 11 + line for line in rest]
        return "\n".join(lines)

    def _count(self) -> str:
        if not self.exact and not self.negative:
            return f"none found, of {self.free} curvatures"
        least = "" if self.exact else "at least "
        return f"{least}{self.negative} of {self.free} curvature{'s' if self.free > 1 else ''}"


def _end(curvature: float, direction: Any) -> str:
    shown = show_point(direction).splitlines()
    along = f" {shown[0]}" if len(shown) == 1 else "\n  ".join(["", *shown])
    return f"{curvature:.6g} along{along}"


def critical_point(
    fun: Callable[..., Any],
    x: Any,
    args: Any = (),
    *,
    fixed: Any = None,
    bounds: Any = None,
    tol: float | None = None,
) -> CriticalPoint:
    r"""Say which kind of critical point a point is: minimum, maximum, saddle, or none.

    Where the gradient vanishes, the signs of the Hessian's eigenvalues, the curvatures, decide:
    all positive at a minimum, all negative at a maximum, both at a saddle [1]_.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, written with ``jax.numpy``, ``numpy`` or ``autograd.numpy``.
    x : array_like or nest of dicts, lists and tuples of array_like
        The point: real floating-point numbers.
    args : tuple, optional
        Passed on to `fun`. Anything but a tuple is its one extra argument.
    fixed : bool, array_like of bool or nest of those, as x, optional
        True where a coordinate is held: it takes no part.
    bounds : (lower, upper), list of (low, high) pairs or scipy.optimize.Bounds, optional
        The box that the point lies in, as for `minimize`. A coordinate at its bound, whose
        gradient pushes it against that, is held.
    tol : float, default 1e-6 (1e-4 in float32)
        The largest component of the projected gradient at which `minimize` would have stopped.

    Returns
    -------
    CriticalPoint

    Raises
    ------
    TypeError
        If `x` isn't made of floating-point numbers, or `fun` can't be differentiated.
    ValueError
        If `x` isn't finite, lies outside its bounds, or is fixed altogether; if the value there
        isn't one finite number; if an option can't be used.

    See Also
    --------
    minimize : Go down to a minimum.
    hessian_vector_product : What curvatures are computed by.

    Notes
    -----
    *Is the gradient zero?* The same function in other units must get the same answer, so that the
    gradient alone can't tell. Newton's step :math:`-H^{-1} g` says how far the critical point is.
    A point counts as critical where that distance is at most 1e-5 (1e-4 in float32), and the
    gradient is linear a hundred times farther; or at most 0.03, and the gradient within `tol`; or
    where the gradient is no more than rounding. Distances count in units of 1, of a hundredth of
    the largest coordinate where that is more.

    *Is a curvature zero?* It counts as flat where it is at most three times as large as its change
    over Newton's step and a few roundings of `x`, or as the rounding in the largest curvature; see
    `tolerance`. In one free coordinate the slopes on both sides then decide, so that
    :math:`x^4` has a minimum; in several the kind is ``"degenerate"`` unless there are curvatures
    of both signs, and the reason says what the function does along the flat directions.

    *Is there a gradient?* It is compared with those close by. Where it jumps and nothing leads
    down, as at the tip of a cone, the kind is ``"kink"``.

    *Bounds.* A coordinate at its bound whose gradient is zero is free. Where some coordinates are
    held and the others curve up, or there are none, it is a ``"boundary minimum"``; where the
    others curve down anywhere, a ``"saddle"``.

    Up to 300 free coordinates all curvatures are computed. With more, the lowest and the highest
    are looked for, by at most 600 products with the Hessian, and in a bounded memory. A negative
    curvature that was found is a proof. That there is none is then likely, not sure: the reason
    says whether the lowest curvature found has settled.

    References
    ----------
    .. [1] J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed. (Springer, 2006),
       section 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> def fun(x):
    ...     return (x[0] ** 2 - 1.0) ** 2 + x[1] ** 2
    >>> [talweg.critical_point(fun, [x, 0.0]).kind for x in (-1.0, 0.0, 0.5)]
    ['minimum', 'saddle', 'not critical']

    A minimum on the edge of a box:

    >>> point = talweg.critical_point(fun, [2.0, 0.0], bounds=[(2.0, 3.0), (None, None)])
    >>> point.kind
    'boundary minimum'
    >>> point.lowest_curvature, point.lowest_direction
    (2.0, array([0., 1.]))
    """
    structure, start = read_start(x)
    constraints, inside, _ = read_constraints(bounds, fixed, structure, start)
    outside = np.flatnonzero(inside != start)
    if outside.size:
        i = int(outside[0])
        low, high = (
            np.broadcast_to(side, start.shape)[i] for side in (constraints.lower, constraints.upper)
        )
        name = structure.locate(i).replace("x0", "x", 1)
        raise ValueError(
            f"{name} is {start[i]}, outside its bounds [{low}, {high}]: only points of the box can "
            "be critical in it"
        )
    objective = read_objective(fun, structure, start, args)
    return classify(objective, constraints, start, tol)


def classify(
    objective: Objective, constraints: Constraints, x: np.ndarray, tol: float | None = None
) -> CriticalPoint:
    """Do what `critical_point` does for an objective that was read, at a flat point of the box.

    Raises
    ------
    ValueError
        If the value isn't finite there, every coordinate is fixed, or `tol` can't be used.
    """
    if tol is None:
        tol = _TOL[objective.structure.dtype]
    if isinstance(tol, bool) or not isinstance(tol, (int, float, np.number)):
        raise TypeError(f"tol is {tol!r}: it must be a number")
    if not 0.0 <= tol < np.inf:
        raise ValueError(f"tol is {tol}: it must be finite and not negative")
    return _dressed(objective, x, inspect(objective, constraints, x, float(tol)))


def _dressed(objective: Objective, x: np.ndarray, found: Finding) -> CriticalPoint:
    """Return what was found on flat vectors in the structure of the point."""
    structure, spectrum = objective.structure, found.spectrum
    directions = np.zeros((2, x.size), x.dtype)
    values = np.full(2, np.nan)
    if spectrum is not None:
        values = spectrum.values[[0, -1]]
        for row, column in zip(directions, (0, -1), strict=True):
            vector = spectrum.vectors[:, column]
            # Of the two ways along it, the one along which the largest component grows.
            row[found.free] = vector * np.sign(vector[np.argmax(np.abs(vector))])
    negative = 0 if spectrum is None else int(np.sum(spectrum.values < -found.tolerance))
    return CriticalPoint(
        x=structure.to_user(np.array(x)),
        kind=found.kind,
        fun=found.fun,
        gradient_norm=found.gradient_norm,
        lowest_curvature=float(values[0]),
        highest_curvature=float(values[1]),
        lowest_direction=structure.to_user(directions[0]),
        highest_direction=structure.to_user(directions[1]),
        negative=negative,
        tolerance=found.tolerance,
        reason=found.reason,
        exact=spectrum is None or spectrum.exact,
        products=found.products,
        free=found.free.size,
    )
