"""A method made of two parts: a direction, and a step size along it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from talweg.constraints import Constraints
from talweg.pytrees import tree_dataclass
from talweg.state import Status

__all__ = ["Descent", "Direction"]


class Direction(Protocol):
    """Where to go next, from the gradient and what is remembered of the path."""

    natural: bool  # whether the direction says how far to go, so that 1 is the size to try

    def start(self, x: Any, bounded: bool) -> Any:
        """Return an empty memory, in NumPy."""

    def empty(self, memory: Any) -> Any:
        """Return True where the direction would be no better after `forget`."""

    def remember(self, memory: Any, s: Any, y: Any, gradient: Any, free: Any, accepted: Any) -> Any:
        """Take in, if `accepted`, a step `s`, the gradient's change `y`, and the gradient now.

        `free` is None, or False where a bound is in the way; the gradient is zero there.
        """

    def forget(self, memory: Any, when: Any, gradient: Any) -> Any:
        """Empty the memory where `when` is True, as if `gradient` were the first one."""

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the direction. `free` is None, or False where a bound is in the way."""


class State(NamedTuple):
    """The last iterate, the search from there, and what is remembered."""

    x: Any
    fun: Any
    gradient: Any
    direction: Any
    face: Any  # the coordinates that no bound holds back; () without bounds
    search: Any
    memory: Any
    fresh: Any  # nothing is remembered: a failed search can't be saved by forgetting
    edge: Any  # a trial since the last iterate was not finite
    moved: Any  # length of the last step
    accepted: Any
    status: Any


@tree_dataclass
class Descent:
    """Go along a direction by a step; with bounds, along the path projected onto the box.

    Parameters
    ----------
    rule : Direction
        Chooses the direction.
    step : Step
        Chooses how far to go along it.
    """

    rule: Any
    step: Any
    evaluates_iterates = True

    @property
    def scale_free(self) -> bool:
        """Whether the iterates would be the same if the function were a multiple of what it is."""
        return bool(self.step.needs_descent)

    @property
    def needs_hessian(self) -> bool:
        """Whether `advance` is to be told the second derivatives too."""
        return getattr(self.rule, "needs_hessian", False)

    @property
    def fits_single_kernel(self) -> bool:
        """Whether all operations are among those that `talweg.single_kernel` knows."""
        return not self.needs_hessian  # whose eigenvalues are computed by LAPACK

    @property
    def monotone(self) -> bool:
        """Whether no accepted value is above the one before."""
        return bool(self.step.monotone)

    def start(self, x: Any, constraints: Constraints) -> State:
        """Ask for the value at `x` first; if it is finite, it will be accepted."""
        flat, infinity = np.zeros_like(x), x.dtype.type(np.inf)
        return State(
            x, infinity, flat, flat, np.ones(x.shape, bool) if constraints.bounded else (),
            self.step.start(x.dtype),
            self.rule.start(x, constraints.bounded), np.True_, np.False_, x.dtype.type(0.0),
            np.False_, np.int32(Status.RUNNING),
        )  # fmt: skip

    def trial(self, state: State, constraints: Constraints) -> Any:
        """Return the point to evaluate: a step along the direction, projected onto the box."""
        return constraints.project(state.x + state.search.size * state.direction)

    def advance(
        self, state: State, fun: Any, gradient: Any, constraints: Constraints, *hessian: Any
    ) -> State:
        """Take in the value and the gradient at the trial; propose the next one."""
        trial = self.trial(state, constraints)
        moved = trial - state.x
        along = state.direction
        if constraints.bounded:
            along = jnp.where((trial > constraints.lower) & (trial < constraints.upper), along, 0.0)
        value = fun
        search, accepted, failed = self.step.told(
            state.search, value, jnp.vdot(gradient, along), jnp.vdot(state.gradient, moved)
        )
        if self.step.needs_descent:
            # A step so small that rounding loses it is none, and no smaller one is better.
            lost = jnp.isfinite(state.fun) & (jnp.max(jnp.abs(moved)) == 0.0)
            accepted, failed = accepted & ~lost, failed | lost
        x = jnp.where(accepted, trial, state.x)
        fun = jnp.where(accepted, value, state.fun)
        change = gradient - state.gradient
        gradient = jnp.where(accepted, gradient, state.gradient)
        free, downhill = None, gradient
        if constraints.bounded:
            # In a branch, its result is stored; else XLA would work it out anew for every use.
            free = jax.lax.cond(accepted, lambda: constraints.free(x, gradient), lambda: state.face)
            downhill = jnp.where(free, gradient, 0.0)

        memory = self.rule.remember(state.memory, moved, change, downhill, free, accepted)
        if self.needs_hessian:
            memory = self.rule.take_hessian(memory, *hessian, accepted)
        memory = self.rule.forget(memory, failed, downhill)
        aim_anew = accepted | failed
        direction, uphill = self._aim(memory, x, downhill, free, constraints)
        direction, uphill = jnp.where(aim_anew, direction, state.direction), uphill & aim_anew
        memory = self.rule.forget(memory, uphill, downhill)
        fresh = jnp.where(aim_anew, failed | uphill | self.rule.empty(memory), state.fresh)
        begun = self.step.begin(
            search, fun, jnp.vdot(downhill, direction),
            jnp.sqrt(jnp.vdot(direction, direction)), self.rule.natural & ~fresh, failed,
        )  # fmt: skip
        search = jax.tree_util.tree_map(
            lambda new, old: jnp.where(aim_anew, new, old), begun, search
        )
        hopeless = failed & (state.fresh | (not self.step.needs_descent))
        edge = (state.edge | ~jnp.isfinite(value)) & ~accepted
        why = jnp.where(edge, int(Status.NOT_FINITE), int(Status.STALLED))
        status = jnp.where(hopeless, why, int(Status.RUNNING)).astype(jnp.int32)
        length = jnp.where(accepted, jnp.sqrt(jnp.vdot(moved, moved)), 0.0)
        return State(
            x, fun, gradient, direction, () if free is None else free, search, memory, fresh,
            edge, length, accepted, status,
        )  # fmt: skip

    def _aim(
        self, memory: Any, x: Any, downhill: Any, free: Any, constraints: Constraints
    ) -> tuple[Any, Any]:
        """Return a direction that doesn't lead out of the box, and whether it had to be replaced.

        A step that searches needs a direction that leads downhill; where the rule's doesn't, the
        steepest one takes its place.
        """
        direction = self.rule.direction(memory, downhill, free)
        if not self.step.needs_descent:
            return direction, jnp.zeros((), bool)
        if free is not None:
            outward = ((x <= constraints.lower) & (direction < 0.0)) | (
                (x >= constraints.upper) & (direction > 0.0)
            )
            direction = jnp.where(free & ~outward, direction, 0.0)
        uphill = ~(jnp.vdot(downhill, direction) < 0.0)
        return jnp.where(uphill, -downhill, direction), uphill
