"""The loop: one descent from its start to its end, and what is told between its turns."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Generator
from typing import Any

import jax
import numpy as np

from talweg import turns
from talweg.checkpoint import Checkpoint, describe, resumed_status, with_next_size
from talweg.constraints import Constraints
from talweg.course import Course
from talweg.ending import Ending, explain
from talweg.escape import Guard
from talweg.limits import FAR, Limits, read_scale
from talweg.objective import Objective, precision
from talweg.state import State, Status
from talweg.steps import Rule

__all__ = ["Run"]

_CHUNK_SECONDS = 0.05  # a chunk of turns grows until it takes about this long
_CHUNK_OPERATIONS = 1e7  # that surely take no longer
_CHUNK_TURNS = 16  # a compiled chunk is no shorter: every return costs a new set of arrays


_NO_MINIMUM = {"saddle": Status.SADDLE, "maximum": Status.MAXIMUM}


class Run:
    """One descent: what it needs from turn to turn, and the trace that it leaves."""

    def __init__(
        self, objective: Objective, method: Any, constraints: Constraints, limits: Limits,
        start: np.ndarray, comparable: bool, notes: list[str], guard: Guard | None = None,
    ) -> None:  # fmt: skip
        self.objective, self.constraints, self.limits = objective, constraints, limits
        self.method, self.start, self.notes, self.guard = method, start, notes, guard
        self.keep_best = comparable and not method.monotone
        self.tabulated, self.tabulated_to = method, 0
        self.began = time.perf_counter()
        self.course = Course()
        self.verified_norm = np.inf
        self.escapes: list[int] = []
        self.resumed: turns.Carry | None = None

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take over where another descent stood."""
        carry = checkpoint.unpack(describe(self.method), self._begin(self.start))
        held = self.constraints.fixed
        if held is not None and not np.array_equal(carry.method.x[held], self.start[held]):
            raise ValueError("resume: the held coordinates of x0 are not those of the result")
        self.course.take_over(checkpoint.rows, checkpoint.seconds)
        self.began -= checkpoint.seconds[-1]
        self.verified_norm = checkpoint.verified_norm
        self.resumed = carry._replace(
            method=with_next_size(carry.method, self.method, len(self.course) - 1, self.limits),
            status=np.int32(resumed_status(carry, checkpoint.rows[-1], self.limits)),
        )

    def states(self, every: int | None) -> Generator[State, Any, Ending]:
        """Yield the states; return the ending."""
        pace = self._first_pace()
        if self.resumed is not None:
            carry = self.resumed
        else:
            carry = self._begin(self.start)
            carry = self._go(carry, FAR, pace) if every is None else self._go(carry, 0)
        if not len(self.course):
            self._refuse()
        if self.resumed is None:
            carry = self._scaled(carry, every, pace)
        while True:
            carry, status = self._verify(carry, Status(int(carry.status)))
            here = carry
            ended = status.success and status is not Status.COMPLETED
            if ended and self.guard is not None:
                carry, status = self._looked_at(carry, status)
            stop = yield self._state(here, status)
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

    def _first_pace(self) -> int:
        """Return how many turns to take before the first look at the clock."""
        if not self.objective.in_loop:
            return 1
        work = self.objective.operations + 20.0 * self.objective.structure.size
        return int(np.clip(_CHUNK_OPERATIONS / work, _CHUNK_TURNS, turns.ROWS))

    def _begin(self, x: Any, scale: float = 1.0) -> turns.Carry:
        with precision(self.objective.structure.dtype):
            method, _ = self._tabulated(0)
            return turns.start(method, np.asarray(x), self.constraints, self.keep_best, scale)

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

    def _scaled(self, carry: turns.Carry, every: int | None, pace: int) -> turns.Carry:
        """Start again with another scale where squares of the gradient would over- or underflow."""
        if len(self.course) == 1 and int(carry.status) == Status.CONVERGED:
            return carry
        fun, norm = self.course.table()[0, :2]
        dtype = np.dtype(self.objective.structure.dtype)
        scale = read_scale(fun, norm, dtype)
        if scale == 1.0 or not self.method.scale_free:
            return carry
        spent, self.course = int(carry.evaluations), Course()
        carry = self._begin(self.start, scale)._replace(evaluations=np.int32(spent))
        if every is None:
            return self._go(carry, FAR, spent + pace)
        return self._go(carry, 0)

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
                rows = np.asarray(carry.rows)[: last + 1 - first]
            self.course.extend(rows, time.perf_counter() - self.began)
            running = int(carry.status) == Status.RUNNING
            if not running or last >= iteration or int(carry.evaluations) >= evaluations:
                return carry

    def _refuse(self) -> None:
        """Say what isn't finite at the start."""
        structure = self.objective.structure
        value, gradient = map(np.asarray, self.objective.evaluate_again(self.start))
        notes = "; ".join(["", *self.notes])
        if not np.isfinite(value):
            raise ValueError(
                f"the objective is {value} at x0: start where it and its gradient are finite{notes}"
            )
        worst = int(np.flatnonzero(~np.isfinite(gradient))[0])
        raise ValueError(
            f"the gradient is {gradient[worst]} at {structure.locate(worst)}: start where the "
            f"objective is differentiable (a norm isn't where it is zero){notes}"
        )

    def _verify(self, carry: turns.Carry, status: Status) -> tuple[turns.Carry, Status]:
        """Evaluate a minimum that the method only deduced, and go on if it isn't one.

        Conjugate gradients for a quadratic carry value and gradient along without evaluating
        them, and rounding adds up.
        """
        verified = self.course.last[1] == self.verified_norm  # by an earlier descent
        verified = verified or len(self.course) == 1  # the start is evaluated
        if self.method.evaluates_iterates or verified or status is not Status.CONVERGED:
            return carry, status
        _, _, step, _, seconds = self.course.pop()
        carry = self._begin(carry.method.x, float(carry.scale))._replace(
            iteration=carry.iteration - 1, evaluations=carry.evaluations
        )
        carry = self._go(carry, int(carry.iteration) + 1)
        norm, self.course.last[2], self.course.last[4] = self.course.last[1], step, seconds
        status = Status(int(carry.status))
        going_on = status in (Status.RUNNING, Status.MAX_ITERATIONS)
        if going_on and norm > 0.5 * self.verified_norm:
            status = Status.STALLED
        self.verified_norm = norm
        return carry._replace(status=np.int32(status)), status

    def _looked_at(self, carry: turns.Carry, status: Status) -> tuple[turns.Carry, Status]:
        """Leave an end that is no minimum, or at least say what it is."""
        assert self.guard is not None
        x, fun = np.asarray(carry.method.x), float(self.course.last[0])
        departure = self.guard.leave(x, fun)
        if self.guard.came_back:  # the last departure left nothing
            self.notes.pop()
            self.escapes.pop()
        if departure is None:
            unasked = self.resumed is None and not self.guard.departures
            kind = self.guard.look(self.start, x) if unasked else ""
            return carry, _NO_MINIMUM.get(kind, status)
        iteration = int(carry.iteration)
        self.notes.append(f"{departure.words}, after iteration {iteration}")
        self.escapes.append(iteration)
        fresh = self._begin(departure.x, float(carry.scale))._replace(
            iteration=carry.iteration, lowest=carry.lowest,
            evaluations=np.int32(int(carry.evaluations) + departure.evaluations),
        )  # fmt: skip
        return fresh, Status.RUNNING

    def _state(self, carry: turns.Carry, status: Status) -> State:
        fun, norm, step, evaluations, seconds = map(float, self.course.last)
        return State(
            fun, norm, step, len(self.course) - 1, int(evaluations), seconds, status,
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
        best, risen = carry.best, False
        if best and status is Status.COMPLETED:
            risen = self.course.last[0] >= self.course.table()[0, 0]
            best = best if risen else ()  # the method's steps lead to their last point
        if best and status is Status.CONVERGED:
            # It has converged where it stands, unless that is clearly above where it has been.
            lowest = float(best[1]) / float(carry.scale)
            first, last = self.course.table()[0, 0], self.course.last[0]
            risen = last - lowest > 1e-6 * (first - lowest)
            best = best if risen else ()
        x, fun, gradient = map(np.asarray, best or (state.x, state.fun, state.gradient))
        fun, gradient = fun / np.asarray(carry.scale), gradient / np.asarray(carry.scale)
        trace = self.course.trace(self.escapes)
        norm = float(self.course.last[1])
        if best:
            with precision(structure.dtype):
                norm = float(np.abs(self.constraints.projected_gradient(x, gradient)).max())
        held = self.constraints.fixed
        status, message = explain(
            status, float(fun), norm, self.limits, trace.gradient_norm.max(),
            held is not None and bool(held.all()), risen, self.notes,
        )  # fmt: skip
        return Ending(
            x=self._to_user(x), fun=float(fun), jac=structure.to_user(np.array(gradient)),
            nit=len(trace) - 1, nfev=int(carry.evaluations), status=status, message=message,
            gradient_norm=norm, trace=trace, checkpoint=self._checkpoint(carry),
        )  # fmt: skip

    def _checkpoint(self, carry: turns.Carry) -> Checkpoint:
        leaves = tuple(map(np.asarray, jax.tree_util.tree_leaves(carry)))
        return Checkpoint(
            describe(self.method), leaves, self.course.table()[:, :4], self.course.table()[:, 4],
            float(self.verified_norm),
        )  # fmt: skip
