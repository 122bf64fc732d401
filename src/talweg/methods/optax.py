"""Any optax transformation as a method."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from talweg.constraints import Constraints
from talweg.methods.last_finite import reach
from talweg.pytrees import tree_dataclass
from talweg.state import Status

__all__ = ["Optax", "is_transformation"]


def is_transformation(method: Any) -> bool:
    """Return whether `method` looks like an ``optax.GradientTransformation``."""
    return hasattr(method, "init") and hasattr(method, "update")


class State(NamedTuple):
    """The last iterate, the next one, and what the transformation remembers."""

    next: Any
    x: Any
    fun: Any
    gradient: Any
    memory: Any
    moved: Any  # length of the last step
    accepted: Any
    status: Any


@tree_dataclass
class Optax:
    """Follow the updates of an optax transformation, projected onto the box.

    Parameters
    ----------
    transformation : optax.GradientTransformation
        With its learning rate, as ``optax.adam(0.01)``. One that evaluates the objective itself,
        as ``optax.lbfgs`` with its line search, can't be used.

    Examples
    --------
    >>> import optax
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: (x - 1) @ (x - 1), [3.0, 2.0], method=optax.adam(0.1), max_iter=500)
    >>> result.x.round(3)
    array([1., 1.])
    """

    transformation: Any = dataclasses.field(metadata={"static": True})
    monotone = False
    evaluates_iterates = True
    fits_single_kernel = False  # nobody knows what is in it
    scale_free = False

    def start(self, x: Any, constraints: Constraints) -> State:
        """Ask for the value at `x` first."""
        del constraints
        memory, zero = self.transformation.init(jnp.asarray(x)), x.dtype.type(0.0)
        infinity, flat, running = x.dtype.type(np.inf), np.zeros_like(x), np.int32(Status.RUNNING)
        return State(x, x, infinity, flat, memory, zero, np.False_, running)

    def trial(self, state: State, constraints: Constraints) -> Any:
        """Return the point to evaluate: where the last update led."""
        del constraints
        return state.next

    def advance(self, state: State, fun: Any, gradient: Any, constraints: Constraints) -> State:
        """Apply the update; stay where the last finite value was."""
        now = reach(state, fun, gradient)
        try:
            update, memory = self.transformation.update(now.gradient, state.memory, now.x)
        except TypeError as error:
            raise TypeError(
                "this optax transformation needs more than the gradient (a line search that "
                "evaluates the objective itself, perhaps): use method='lbfgs' or another one; "
                f"it said: {error}"
            ) from error
        trial = constraints.project(now.x + constraints.hold(update)).astype(now.x.dtype)
        return State(trial, memory=memory, **now._asdict())
