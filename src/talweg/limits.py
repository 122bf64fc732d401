"""When a descent stops, for good or to let Python have a look."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["FAR", "Limits", "read_count", "read_limits", "read_scale"]

FAR = 2**31 - 1
"""A count that is never reached."""

_MAX_ITER = 15_000
_TOL = {"float64": 1e-6, "float32": 1e-4}


class Limits(NamedTuple):
    """When to stop for good (the first three), and when to come back to Python."""

    tol: Any  # negative where there is none
    step_tol: Any  # the same
    max_iter: Any
    iteration: Any
    evaluations: Any
    first_row: Any  # the iterate that the first recorded row belongs to
    free: Any  # the number of coordinates that aren't held


def read_limits(
    dtype: str, *, max_iter: Any, tol: Any, step_tol: Any, every: Any, free: int,
    stochastic: bool,
) -> Limits:  # fmt: skip
    """Check the limits and fill in the defaults.

    A stochastic descent has no default tolerance: the gradient of one batch says little.

    Raises
    ------
    TypeError
        If a count isn't a whole number, or a tolerance not a number.
    ValueError
        If one is out of range.
    """
    most = read_count("max_iter", _MAX_ITER if max_iter is None else max_iter, 0)
    if every is not None:
        read_count("every", every, 1)
    default = -1.0 if stochastic else _TOL[dtype]
    return Limits(
        np.asarray(default if tol is None else _tolerance("tol", tol), dtype),
        np.asarray(-1.0 if step_tol is None else _tolerance("step_tol", step_tol), dtype),
        np.int32(min(most, FAR)), np.int32(FAR), np.int32(FAR), np.int32(0),
        np.asarray(max(free, 1), dtype),
    )  # fmt: skip


def read_scale(fun: float, norm: float, dtype: np.dtype) -> float:
    """Return the power of two by which to multiply a function, 1 where its squares can be trusted.

    Parameters
    ----------
    fun, norm : float
        The value and the largest component of the gradient at the start.
    dtype : dtype
        What is computed in.
    """
    largest = int(np.finfo(dtype).maxexp)
    _, height = np.frexp(fun)
    _, steepness = np.frexp(norm)
    safe = int(0.45 * largest)
    if norm == 0.0 or abs(steepness) <= 0.8 * safe:
        return 1.0
    wanted = safe - steepness if steepness > 0 else -steepness
    return float(2.0 ** min(wanted, int(0.9 * largest) - height, largest - 2))


def read_count(name: str, count: Any, least: int) -> int:
    """Return a whole number that is at least `least`, or say why it isn't."""
    if not isinstance(count, (int, np.integer)) or isinstance(count, bool):
        raise TypeError(f"{name} is {count!r}: it must be a whole number")
    if count < least:
        raise ValueError(f"{name} is {count}: it must be at least {least}")
    return int(count)


def _tolerance(name: str, number: Any) -> float:
    if isinstance(number, (bool, str)) or np.ndim(number) != 0 or np.iscomplexobj(number):
        raise TypeError(f"{name} is {number!r}: it must be a number")
    if not (np.isfinite(number) and number >= 0.0):
        raise ValueError(f"{name} is {number}: it must be finite and not negative")
    return float(number)
