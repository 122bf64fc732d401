"""The loop: go downhill from a point, turn by turn, and tell what happens."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any

import jax
import numpy as np

from talweg import turns
from talweg.batches import read_batched_objective
from talweg.checkpoint import (
    Checkpoint,
    describe,
    read_checkpoint,
    resumed_status,
    with_next_size,
)
from talweg.constraints import Constraints, read_constraints
from talweg.ending import Ending, explain
from talweg.limits import FAR, Limits, read_limits
from talweg.methods import LinearConjugateGradient, check_stochastic, read_method
from talweg.objective import Objective, precision, read_objective
from talweg.state import State, Status, Trace
from talweg.steps import Rule
from talweg.structure import read_start

__all__ = ["descend"]

_CHUNK_SECONDS = 0.05  # a chunk of turns grows until it takes about this long
_CHUNK_TURNS = 16  # a compiled chunk is no shorter: every return costs a new set of arrays


def descend(
    fun: Callable[..., Any],
    x0: Any,
    args: Any = (),
    *,
    method: Any = "lbfgs",
    step: Any = None,
    bounds: Any = None,
    fixed: Any = None,
    max_iter: int | None = None,
    tol: float | None = None,
    step_tol: float | None = None,
    jac: Any = None,
    batches: Iterable[Any] | None = None,
    resume: Any = None,
    every: int | None = 1,
    **options: Any,
) -> Generator[State, Any, Ending]:
    """Go downhill and yield every iterate on the way, the start first.

    Parameters are those of `minimize`, and:

    Parameters
    ----------
    every : int or None, default 1
        Yield each `every`-th iterate, and the first and the last. None: about twenty times a
        second, and not before the first few iterations, which costs less. The trace holds every
        iterate either way.

    Yields
    ------
    State
        Send anything true into the generator to end the descent there.

    Returns
    -------
    Ending
        As the value of the ``StopIteration``: the best point, and the trace.

    Raises
    ------
    ValueError, TypeError
        As `minimize`, at the first ``next``.

    Examples
    --------
    >>> import talweg
    >>> for state in talweg.descend(lambda x: x**2 / 2, 8.0, method="gradient", step=0.5):
    ...     print(state.iteration, state.x)
    ...     if state.iteration == 3:
    ...         break
    0 8.0
    1 4.0
    2 2.0
    3 1.0
    """
    structure, start = read_start(x0)
    constraints, start, note = read_constraints(bounds, fixed, structure, start)
    chosen = read_method(method, step, options)
    if batches is None:
        objective = read_objective(fun, structure, start, args, jac)
    else:
        check_stochastic(chosen, jac)
        objective = read_batched_objective(fun, batches, structure, start, args)
    linear = isinstance(method, str) and method == "conjugate_gradient" and step is None
    if linear and not constraints.bounded and objective.is_quadratic():
        chosen = LinearConjugateGradient()
    if constraints.bounded and isinstance(chosen, LinearConjugateGradient):
        raise TypeError("LinearConjugateGradient takes no bounds; use method='conjugate_gradient'")
    held = 0 if constraints.fixed is None else int(constraints.fixed.sum())
    limits = read_limits(
        structure.dtype, max_iter=max_iter, tol=tol, step_tol=step_tol, every=every,
        free=structure.size - held, stochastic=batches is not None,
    )  # fmt: skip
    run = _Run(
        objective, chosen, constraints, limits, start, batches is None, [note] if note else []
    )
    if resume is not None:
        run.resume(read_checkpoint(resume))
    return (yield from run.states(every))


class _Run:
    """One descent: what it needs from turn to turn, and the trace that it leaves."""

    def __init__(
        self, objective: Objective, method: Any, constraints: Constraints, limits: Limits,
        start: np.ndarray, comparable: bool, notes: list[str],
    ) -> None:  # fmt: skip
        self.objective, self.constraints, self.limits = objective, constraints, limits
        self.method, self.start, self.notes = method, start, notes
        self.keep_best = comparable and not method.monotone
        self.tabulated, self.tabulated_to = method, 0
        self.began = time.perf_counter()
        self.rows: list[np.ndarray] = []
        self.seconds: list[float] = []
        self.verified_norm = np.inf
        self.resumed: turns.Carry | None = None

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take over where another descent stood."""
        carry = checkpoint.unpack(describe(self.method), self._begin(self.start))
        held = self.constraints.fixed
        if held is not None and not np.array_equal(carry.method.x[held], self.start[held]):
            raise ValueError("resume: the held coordinates of x0 are not those of the result")
        self.rows, self.seconds = list(checkpoint.rows), checkpoint.seconds.tolist()
        self.began -= self.seconds[-1]
        self.verified_norm = checkpoint.verified_norm
        self.resumed = carry._replace(
            method=with_next_size(carry.method, self.method, len(self.rows) - 1, self.limits),
            status=np.int32(resumed_status(carry, self.rows[-1], self.limits)),
        )

    def states(self, every: int | None) -> Generator[State, Any, Ending]:
        """Yield the states; return the ending."""
        pace = _CHUNK_TURNS if self.objective.in_loop else 1
        if self.resumed is not None:
            carry = self.resumed
        else:
            carry = self._begin(self.start)
            carry = self._go(carry, FAR, pace) if every is None else self._go(carry, 0)
        if not self.rows:
            self._refuse()
        while True:
            carry, status = self._verify(carry, Status(int(carry.status)))
            stop = yield self._state(carry, status)
            if status is not Status.RUNNING or stop:
                return self._ending(carry, Status.STOPPED if stop else status)
            began = time.perf_counter()
            if every is None:
                carry = self._go(carry, FAR, int(carry.evaluations) + pace)
            else:
                carry = self._go(carry, int(carry.iteration) + every)
            took = time.perf_counter() - began
            if took < _CHUNK_SECONDS / 2.0:
                pace = min(pace * (8 if took < _CHUNK_SECONDS / 16.0 else 2), turns.ROWS)

    def _begin(self, x: Any) -> turns.Carry:
        with precision(self.objective.structure.dtype):
            method, _ = self._tabulated(0)
            return turns.start(method, np.asarray(x), self.constraints, self.keep_best)

    def _tabulated(self, first: int) -> tuple[Any, int]:
        """Return the method with its schedule's sizes from an iteration on, and how many."""
        step = getattr(self.method, "step", None)
        if not isinstance(step, Rule):
            return self.method, turns.ROWS
        if first >= self.tabulated_to:
            table = step.table(first, int(self.limits.max_iter))
            self.tabulated = dataclasses.replace(self.method, step=table)
            self.tabulated_to = first + Rule.window
        return self.tabulated, self.tabulated_to - first

    def _go(self, carry: turns.Carry, iteration: int, evaluations: int = FAR) -> turns.Carry:
        """Go on up to an iteration or a number of evaluations, and collect the trace.

        The compiled program has room for a limited number of iterates, and the table of a
        schedule for as many as its window: they are filled anew until the end is reached.
        """
        while True:
            first = int(carry.iteration) + 1
            method, room = self._tabulated(first)
            limits = self.limits._replace(
                iteration=np.int32(min(iteration, first - 1 + room)),
                evaluations=np.int32(evaluations), first_row=np.int32(first),
            )  # fmt: skip
            with precision(self.objective.structure.dtype):
                carry = turns.run(self.objective, method, self.constraints, limits, carry)
                last = int(carry.iteration)
                self._collect(np.asarray(carry.rows)[: last + 1 - first])
            running = int(carry.status) == Status.RUNNING
            if not running or last >= iteration or int(carry.evaluations) >= evaluations:
                return carry

    def _collect(self, rows: np.ndarray) -> None:
        if len(rows):
            before = self.seconds[-1] if self.seconds else 0.0
            now = time.perf_counter() - self.began
            self.rows.extend(rows.copy())
            self.seconds.extend(np.linspace(before, now, len(rows) + 1)[1:].tolist())

    def _refuse(self) -> None:
        """Say what isn't finite at the start."""
        structure = self.objective.structure
        value, gradient = map(np.asarray, self.objective.evaluate_again(self.start))
        if not np.isfinite(value):
            raise ValueError(
                f"the objective is {value} at x0: start where it and its gradient are finite"
            )
        worst = int(np.flatnonzero(~np.isfinite(gradient))[0])
        raise ValueError(
            f"the gradient is {gradient[worst]} at {structure.locate(worst)}: start where the "
            "objective is differentiable (a norm isn't where it is zero)"
        )

    def _verify(self, carry: turns.Carry, status: Status) -> tuple[turns.Carry, Status]:
        """Evaluate a minimum that the method only deduced, and go on if it isn't one.

        Conjugate gradients for a quadratic carry value and gradient along without evaluating
        them, and rounding adds up.
        """
        verified = self.rows[-1][1] == self.verified_norm  # by an earlier descent
        if self.method.evaluates_iterates or verified or status is not Status.CONVERGED:
            return carry, status
        step, seconds = self.rows.pop()[2], self.seconds.pop()
        carry = self._begin(carry.method.x)._replace(
            iteration=carry.iteration - 1, evaluations=carry.evaluations
        )
        carry = self._go(carry, int(carry.iteration) + 1)
        norm, self.rows[-1][2], self.seconds[-1] = self.rows[-1][1], step, seconds
        status = Status(int(carry.status))
        going_on = status in (Status.RUNNING, Status.MAX_ITERATIONS)
        if going_on and norm > 0.5 * self.verified_norm:
            status = Status.STALLED
        self.verified_norm = norm
        return carry._replace(status=np.int32(status)), status

    def _state(self, carry: turns.Carry, status: Status) -> State:
        fun, norm, step, evaluations = map(float, self.rows[-1])
        return State(
            fun, norm, step, len(self.rows) - 1, int(evaluations), self.seconds[-1], status,
            functools.partial(self._to_user, carry.method.x),
        )  # fmt: skip

    def _to_user(self, x: Any) -> Any:
        """Return a point in the user's structure, its held coordinates bit for bit as given.

        Compiled arithmetic may lose the sign of a zero, and numbers too small to be normal.
        """
        held = self.constraints.fixed
        x = np.array(x) if held is None else np.where(held, self.start, x)
        return self.objective.structure.to_user(x)

    def _ending(self, carry: turns.Carry, status: Status) -> Ending:
        """Dress the best point and the trace."""
        state, structure = carry.method, self.objective.structure
        x, fun, gradient = map(np.asarray, carry.best or (state.x, state.fun, state.gradient))
        trace = self._trace()
        norm = float(self.rows[-1][1])
        if carry.best:
            with precision(structure.dtype):
                norm = float(np.abs(self.constraints.projected_gradient(x, gradient)).max())
        held = self.constraints.fixed
        status, message = explain(
            status, norm, self.limits, trace.gradient_norm.max(),
            held is not None and bool(held.all()), self.notes,
        )  # fmt: skip
        return Ending(
            x=self._to_user(x), fun=float(fun), jac=structure.to_user(np.array(gradient)),
            nit=len(trace) - 1, nfev=int(carry.evaluations), status=status, message=message,
            gradient_norm=norm, trace=trace, checkpoint=self._checkpoint(carry),
        )  # fmt: skip

    def _checkpoint(self, carry: turns.Carry) -> Checkpoint:
        leaves = tuple(map(np.asarray, jax.tree_util.tree_leaves(carry)))
        return Checkpoint(
            describe(self.method), leaves, np.stack(self.rows), np.array(self.seconds),
            float(self.verified_norm),
        )  # fmt: skip

    def _trace(self) -> Trace:
        fun, norm, step, evaluations = np.stack(self.rows, axis=1).astype(float)
        return Trace(
            np.arange(len(fun)), fun, norm, step, evaluations.astype(int), np.array(self.seconds)
        )
