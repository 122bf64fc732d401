r"""Step sizes: how far to go along a direction.

A step is told the value and the slope at the trial it proposed, and answers whether that trial is
accepted, and if not, which one to try next (reverse communication). None calls the objective.

Every step has two moves, on a state that begins with ``size``, the step size to try:

- ``begin(state, value, slope, length, natural, anew)``: a new search;
- ``told(state, value, slope, decrease)``: the value and the slope at the trial, and the decrease
  :math:`\nabla f(x)^T (x_\text{trial} - x)` that the gradient predicted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax.numpy as jnp
import numpy as np

from talweg.backtracked import backtracked
from talweg.nonmonotone import Nonmonotone
from talweg.pytrees import tree_dataclass
from talweg.rounding import Patience, fresh, renewed
from talweg.wolfe import StrongWolfe

__all__ = [
    "Backtracking",
    "Constant",
    "Nonmonotone",
    "Schedule",
    "Step",
    "StrongWolfe",
    "read_step",
]


class Step(Protocol):
    """What a method asks of a step size."""

    needs_descent: bool  # whether the direction must lead downhill
    monotone: bool  # whether no accepted value is above the one before

    def start(self, dtype: Any) -> Any:
        """Return the state before anything is known."""

    def begin(
        self, state: Any, value: Any, slope: Any, length: Any, natural: Any, anew: Any
    ) -> Any:
        """Start from a point of this value, along a direction of this slope and length.

        `natural` is True where the direction itself says how far to go, as a quasi-Newton one,
        `anew` where the search before has failed, so that its size is no guide.
        """

    def told(self, state: Any, value: Any, slope: Any, decrease: Any) -> tuple[Any, Any, Any]:
        """Take in the trial; return the next state, and whether it was accepted or all failed."""


class Constant(NamedTuple):
    """State of a step size that doesn't search: the size, and the number of steps taken."""

    size: Any
    count: Any


@tree_dataclass
class Schedule:
    """A step size for each iteration, taken without looking at the value.

    Parameters
    ----------
    sizes : (k,) array
        The sizes of the iterations from `first` on; the last one is used for all that follow.
    first : int
        The iteration that ``sizes[0]`` belongs to.
    rule : callable, optional
        Where the sizes come from: ``rule(k)`` is the size at iteration `k`, counted from 0.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: x @ x, [3.0, 4.0], method="gradient",
    ...     step=lambda k: max(1.5 / (k + 1), 0.015), max_iter=500, tol=1e-5)
    >>> bool(abs(result.x).max() < 1e-5)
    True
    """

    sizes: Any
    first: Any = 0
    needs_descent = False
    monotone = False

    def start(self, dtype: Any) -> Constant:
        """Return a state of size zero: the first trial is the start itself."""
        return Constant(np.zeros((), dtype), np.zeros((), np.int32))

    def begin(
        self, state: Constant, value: Any, slope: Any, length: Any, natural: Any, anew: Any
    ) -> Constant:
        """Look the next size up."""
        del value, slope, length, natural, anew
        place = jnp.clip(state.count - self.first, 0, self.sizes.shape[0] - 1)
        return Constant(self.sizes[place].astype(state.size.dtype), state.count + 1)

    def told(
        self, state: Constant, value: Any, slope: Any, decrease: Any
    ) -> tuple[Constant, Any, Any]:
        """Accept any finite value."""
        del slope, decrease
        finite = jnp.isfinite(value)
        return state, finite, ~finite


class Search(NamedTuple):
    """State of a backtracking search."""

    size: Any
    value: Any
    slope: Any
    tries: Any
    patience: Patience


@tree_dataclass
class Backtracking:
    r"""Shrink the step until the value has gone down enough (Armijo's rule).

    A trial is accepted when :math:`f(x_t) \le f(x) + c\,\nabla f(x)^T (x_t - x)`. Otherwise the
    step shrinks to the minimum of the parabola through what is known, within a tenth to a half of
    it. Where the decrease is lost in rounding, the slopes decide (`talweg.rounding`). The next
    search starts from twice the accepted step.

    Parameters
    ----------
    sufficient_decrease : float, default 1e-4
        The constant :math:`c`, between 0 and 1.
    max_tries : int, default 60
        Trials before the search is given up.

    References
    ----------
    .. [1] L. Armijo, "Minimization of functions having Lipschitz continuous first partial
       derivatives", Pacific Journal of Mathematics 16 (1966), 1-3.
    .. [2] J. Nocedal and S. Wright, Numerical Optimization, 2nd ed., Springer 2006, chapter 3.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: x[0] ** 2 + 10 * x[1] ** 2, [3.0, 1.0], method="gradient",
    ...     step="backtracking")
    >>> result.success
    True
    """

    sufficient_decrease: float = 1e-4
    max_tries: int = 60
    needs_descent = True
    monotone = True

    def start(self, dtype: Any) -> Search:
        """Return a state that accepts the start, whatever its value."""
        zero, infinity = np.zeros((), dtype), np.full((), np.inf, dtype)
        return Search(zero, infinity, zero, np.int32(0), fresh(dtype))

    def begin(
        self, state: Search, value: Any, slope: Any, length: Any, natural: Any, anew: Any
    ) -> Search:
        """Start at 1 for a natural direction, else at twice the last step, at first at length 1."""
        tiny = np.finfo(state.size.dtype).tiny
        unit = 1.0 / jnp.maximum(length, tiny)
        size = jnp.where((state.size > 0.0) & ~anew, 2.0 * state.size, unit)
        size = jnp.where(natural, 1.0, size)
        patience = renewed(state.patience, slope)
        return Search(size, value, slope, jnp.zeros_like(state.tries), patience)

    def told(self, state: Search, value: Any, slope: Any, decrease: Any) -> tuple[Search, Any, Any]:
        """Accept a sufficient decrease; otherwise interpolate."""
        finite = jnp.isfinite(value)
        enough = finite & (value <= state.value + self.sufficient_decrease * decrease)
        return backtracked(state, enough, value, slope, decrease, self.max_tries)


@dataclasses.dataclass(frozen=True)
class Rule:
    """A step-size rule ``k -> size`` in Python, tabulated a window at a time."""

    rule: Callable[[int], float]
    window = 256
    needs_descent = False
    monotone = False

    def table(self, first: int, stop: int) -> Schedule:
        """Evaluate the rule for a window of iterations from `first` on, those before `stop`.

        Raises
        ------
        ValueError
            If a size is negative or not finite.
        TypeError
            If a size is not a number.
        """
        asked = range(first, min(first + self.window, stop))
        sizes = np.zeros(self.window)
        sizes[: len(asked)] = [check_size(self.rule(k), f"step({k})") for k in asked]
        return Schedule(sizes, np.int32(first))


def check_size(size: Any, what: str) -> float:
    """Return a step size as a float, or say why it can't be one."""
    if isinstance(size, (bool, str)) or np.ndim(size) != 0:
        raise TypeError(f"{what} is {size!r}: a step size must be a number")
    try:
        number = float(size)
    except TypeError:
        raise TypeError(f"{what} is {size!r}: a step size must be a number") from None
    if not (np.isfinite(number) and number >= 0.0):
        raise ValueError(f"{what} is {number}: a step size must be finite and not negative")
    return number


_SEARCHES: dict[str, Callable[[], Any]] = {
    "backtracking": Backtracking,
    "nonmonotone": Nonmonotone,
    "strong_wolfe": StrongWolfe,
}


def read_step(step: Any) -> Any:
    """Turn what the user gave as `step` into a step object.

    Parameters
    ----------
    step : float, callable, str, Backtracking, Nonmonotone or StrongWolfe
        A size, a schedule ``k -> size``, or the name of a line search.

    Raises
    ------
    ValueError, TypeError
        If it is none of these; the message names them.
    """
    if isinstance(step, (Backtracking, Nonmonotone, StrongWolfe, Rule, Schedule)):
        return step
    if isinstance(step, str):
        if step not in _SEARCHES:
            raise ValueError(f"step={step!r} is unknown; choose from {', '.join(_SEARCHES)}")
        return _SEARCHES[step]()
    if callable(step):
        return Rule(step)
    size = check_size(step, "step")
    if size == 0.0:
        raise ValueError("step is 0: a constant step size must be positive")
    return Schedule(np.array([size]), np.int32(0))
