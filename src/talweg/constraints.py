"""Where a descent may go: a box, and coordinates held fixed."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass
from talweg.structure import Structure

__all__ = ["Constraints", "read_bounds", "read_constraints", "read_fixed"]


@tree_dataclass
class Constraints:
    r"""A box :math:`l \le x \le u` and a set of held coordinates, on flat vectors.

    Each part is None where there is none, so that nothing is computed for it.

    Parameters
    ----------
    lower, upper : (n,) array, number or None
        The box. Both are given or neither; infinities where a side is open.
    fixed : (n,) bool array or None
        True where the coordinate is held at its start.
    """

    lower: Any = None
    upper: Any = None
    fixed: Any = None

    @property
    def bounded(self) -> bool:
        """Whether there is a box."""
        return self.lower is not None

    def project(self, x: Any) -> Any:
        """Return the nearest point of the box."""
        return jnp.clip(x, self.lower, self.upper) if self.bounded else x

    def hold(self, gradient: Any) -> Any:
        """Zero the gradient along the held coordinates, so that no method moves them."""
        return gradient if self.fixed is None else jnp.where(self.fixed, 0.0, gradient)

    def free(self, x: Any, gradient: Any) -> Any:
        """Return True where x is inside the box, or downhill leads into it."""
        return ~(((x <= self.lower) & (gradient >= 0.0)) | ((x >= self.upper) & (gradient <= 0.0)))

    def projected_gradient(self, x: Any, gradient: Any) -> Any:
        r"""Return :math:`x - P(x - \nabla f)`: zero exactly at the critical points of the box.

        Without a box it is the gradient. See Bertsekas, *Nonlinear Programming*, section 3.3.
        """
        if not self.bounded:
            return gradient
        # Written as choices: XLA computes those in one pass, min and max of scalars in several.
        ahead = x - gradient
        inside = jnp.where(ahead < self.lower, x - self.lower, gradient)
        return jnp.where(ahead > self.upper, x - self.upper, inside)


def read_bounds(bounds: Any, structure: Structure) -> tuple[np.ndarray, np.ndarray] | None:
    """Read SciPy's or talweg's way of writing a box.

    Parameters
    ----------
    bounds : None, (lower, upper), list of (low, high), or scipy.optimize.Bounds
        `lower` and `upper` are numbers, arrays, or nests like x0; None for an open side. A list
        of pairs, one a coordinate, is read as SciPy reads it.
    structure : Structure
        Of x0.

    Returns
    -------
    lower, upper : (n,) ndarray
        Or None where nothing is bounded, every bound being infinite.

    Raises
    ------
    TypeError
        If `bounds` is none of these.
    ValueError
        If a bound is NaN, has the wrong shape, or `lower` is above `upper`.
    """
    if bounds is None:
        return None
    if hasattr(bounds, "lb") and hasattr(bounds, "ub"):
        lower, upper = bounds.lb, bounds.ub
    elif isinstance(bounds, list):
        lower, upper = _split_pairs(bounds, structure)
    elif isinstance(bounds, tuple) and len(bounds) == 2:
        lower, upper = bounds
        if structure.is_array and structure.size == 2 and isinstance(lower, tuple):
            raise ValueError(
                "bounds=((a, b), (c, d)) can be read in two ways: write a list of (low, high) "
                "pairs, one a coordinate, or a tuple of two arrays (lower, upper)"
            )
    else:
        raise TypeError(
            "bounds must be None, a tuple (lower, upper), a list of (low, high) pairs or "
            f"scipy.optimize.Bounds, not {type(bounds).__name__}"
        )
    low = structure.ravel(-np.inf if lower is None else lower, "lower bound", structure.dtype)
    high = structure.ravel(np.inf if upper is None else upper, "upper bound", structure.dtype)
    for side, values in (("lower", low), ("upper", high)):
        if np.isnan(values).any():
            where = structure.locate(int(np.flatnonzero(np.isnan(values))[0]))
            raise ValueError(f"the {side} bound of {where} is NaN")
    crossed = np.flatnonzero((low > high) | np.isposinf(low) | np.isneginf(high))
    if crossed.size:
        i = int(crossed[0])
        raise ValueError(
            f"no number lies between the lower bound {low[i]} of {structure.locate(i)} and its "
            f"upper bound {high[i]}"
        )
    return None if np.isinf(low).all() and np.isinf(high).all() else (low, high)


def _split_pairs(bounds: list[Any], structure: Structure) -> tuple[Any, Any]:
    pairs = [tuple(pair) if isinstance(pair, (list, tuple)) else () for pair in bounds]
    if len(pairs) != structure.size or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"bounds as a list needs one (low, high) pair for each of the {structure.size} "
            f"coordinates, got {len(pairs)} entries"
        )
    shape = structure.shapes[0] if structure.is_array else (structure.size,)
    low = np.array([-np.inf if low is None else low for low, _ in pairs], float).reshape(shape)
    high = np.array([np.inf if high is None else high for _, high in pairs], float).reshape(shape)
    return low, high


def read_fixed(fixed: Any, structure: Structure) -> np.ndarray | None:
    """Read the mask of held coordinates: booleans in x0's structure, or None.

    Raises
    ------
    TypeError
        If it holds anything but booleans.
    ValueError
        If its shape or structure is not x0's.
    """
    if fixed is None:
        return None
    for leaf in jax.tree_util.tree_leaves(fixed):
        if np.asarray(leaf).dtype != np.bool_:
            raise TypeError(
                f"fixed must hold booleans, True where held, not {np.asarray(leaf).dtype}"
            )
    mask = structure.ravel(fixed, "fixed", np.bool_)
    return mask if mask.any() else None


def read_constraints(
    bounds: Any, fixed: Any, structure: Structure, start: np.ndarray
) -> tuple[Constraints, np.ndarray, str]:
    """Read `bounds` and `fixed`, and move the start into the box.

    Returns
    -------
    constraints : Constraints
    start : (n,) ndarray
        Inside the box.
    note : str
        What was done to the start, for the result's message; empty where nothing was.

    Raises
    ------
    ValueError
        If a held coordinate lies outside its bounds.
    """
    box, held = read_bounds(bounds, structure), read_fixed(fixed, structure)
    if box is None:
        return Constraints(fixed=held), start, ""
    lower, upper = box
    inside = np.clip(start, lower, upper)
    outside = np.flatnonzero(inside != start)
    if held is not None and held[outside].any():
        i = int(outside[held[outside]][0])
        raise ValueError(
            f"{structure.locate(i)} is fixed at {start[i]}, outside its bounds "
            f"[{lower[i]}, {upper[i]}]"
        )
    if held is not None:  # a clipped zero may lose its sign
        inside = np.where(held, start, inside)
    note = f"x0 was outside its bounds at {outside.size} coordinates and was moved onto them"
    return Constraints(_one(lower), _one(upper), held), inside, note if outside.size else ""


def _one(bound: np.ndarray) -> np.ndarray:
    """Return a bound that is the same for all coordinates as one number: less to read."""
    first: np.ndarray = bound[0]
    return np.asarray(first) if np.all(bound == first) else bound
