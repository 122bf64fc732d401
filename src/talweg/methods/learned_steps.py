"""Heavy ball with steps that are given one by one, as when they were learned with the function."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from talweg.constraints import Constraints
from talweg.methods.last_finite import reach
from talweg.pytrees import tree_dataclass
from talweg.state import Status

__all__ = ["LearnedSteps"]


class State(NamedTuple):
    """The last iterate, the next one, and how many steps were taken."""

    next: Any
    x: Any
    fun: Any
    gradient: Any
    velocity: Any
    taken: Any
    moved: Any  # length of the last step
    accepted: Any
    status: Any


@tree_dataclass
class LearnedSteps:
    r"""Heavy ball with a step size, a momentum and a preconditioner for every step.

    .. math::

        v_{k+1} = \beta_k v_k - \tau_k P_k \nabla f(x_k), \qquad x_{k+1} = x_k + v_{k+1}

    Nothing is searched and no value compared: the steps are taken as they are given, and after the
    last one the descent ends, `talweg.state.Status.COMPLETED`. So they may lead uphill; a value
    that isn't finite ends the descent at the iterate before. A step out of the box ends on it, and
    held coordinates stay, whatever the preconditioner returns for them; the velocity is kept whole.

    Parameters
    ----------
    sizes : (n,) array_like
        The step sizes :math:`\tau`, not negative; at least one.
    momenta : (n,) array_like
        The shares :math:`\beta` of the velocity that are kept, from 0 to 1. The first has no
        effect, as the descent starts at rest.
    preconditioner : callable, optional
        ``preconditioner(gradient, k)`` returns :math:`P_k \nabla f`, a vector as the gradient, for
        the step :math:`k`, counted from 0; its class is built by `talweg.pytrees.tree_dataclass`.
        By default the gradient itself.

    Raises
    ------
    TypeError
        If the sizes or the momenta aren't real numbers, or the preconditioner is no such object.
    ValueError
        If there is no step, there are more of the ones than of the others, or a number lies outside
        its range.

    References
    ----------
    .. [1] B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
       Computational Mathematics and Mathematical Physics 4 (1964), 1-17.
    .. [2] K. Gregor and Y. LeCun, "Learning fast approximations of sparse coding", International
       Conference on Machine Learning (2010), 399-406, who learned the steps of a descent.

    Examples
    --------
    >>> import talweg
    >>> method = LearnedSteps([0.5, 1.0], [0.0, 0.0])
    >>> result = talweg.minimize(lambda x: x**2 / 2, 4.0, method=method)
    >>> result.x, result.nit  # 4 -> 2 -> 0
    (np.float64(0.0), 2)
    """

    sizes: Any
    momenta: Any
    preconditioner: Any = None
    monotone = False
    evaluates_iterates = True
    fits_single_kernel = False
    scale_free = False

    def __post_init__(self) -> None:
        """Refuse steps that can't be taken. JAX rebuilds a method of anything: that isn't read."""
        for name in ("sizes", "momenta"):
            if isinstance(getattr(self, name), (list, tuple)):
                object.__setattr__(self, name, np.asarray(getattr(self, name)))
        sizes, momenta = self.sizes, self.momenta
        if isinstance(sizes, np.ndarray):
            _check("sizes", sizes, np.inf)
        if isinstance(momenta, np.ndarray):
            _check("momenta", momenta, 1.0)
            if isinstance(sizes, np.ndarray) and len(sizes) != len(momenta):
                raise ValueError(
                    f"there are {len(sizes)} step sizes and {len(momenta)} momenta; give one of "
                    "each for every step"
                )
        if callable(self.preconditioner) and not dataclasses.is_dataclass(self.preconditioner):
            raise TypeError(
                "preconditioner must be an object of a class built by "
                f"talweg.pytrees.tree_dataclass, not a {type(self.preconditioner).__name__}"
            )

    def start(self, x: Any, constraints: Constraints) -> State:
        """Ask for the value at `x` first."""
        del constraints
        if not np.ndim(self.sizes) == np.ndim(self.momenta) == 1:
            raise TypeError("sizes and momenta must be arrays of one number for every step")
        zero, flat = x.dtype.type(0.0), np.zeros_like(x)
        return State(
            x, x, x.dtype.type(np.inf), flat, flat, np.int32(0), zero, np.False_,
            np.int32(Status.RUNNING),
        )  # fmt: skip

    def trial(self, state: State, constraints: Constraints) -> Any:
        """Return the point to evaluate: where the last step led."""
        del constraints
        return state.next

    def advance(self, state: State, fun: Any, gradient: Any, constraints: Constraints) -> State:
        """Take the next step; stay where the last finite value was."""
        now = reach(state, fun, gradient)
        uphill, count = now.gradient, len(self.sizes)
        step = jnp.minimum(state.taken, count - 1)
        if self.preconditioner is not None:
            uphill = self.preconditioner(uphill, step)
        velocity = self.momenta[step] * state.velocity - self.sizes[step] * constraints.hold(uphill)
        velocity = velocity.astype(now.x.dtype)
        trial = constraints.project(now.x + velocity).astype(now.x.dtype)
        over = now.accepted & (state.taken >= count)
        status = jnp.where(over, jnp.int32(Status.COMPLETED), now.status)
        reached = now._replace(status=status)._asdict()
        return State(trial, velocity=velocity, taken=state.taken + 1, **reached)


def _check(name: str, values: np.ndarray, most: float) -> None:
    """Refuse what isn't a row of finite numbers from 0 to `most`."""
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, not {values.dtype}")
    if values.ndim != 1 or not values.size:
        raise ValueError(f"{name} has the shape {values.shape}; give one number for every step")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0) & (values <= most)))
    if wrong.size:
        allowed = "finite and not negative" if np.isinf(most) else f"from 0 to {most:g}"
        raise ValueError(
            f"{name}[{wrong[0]}] is {values[wrong[0]]}: every one of the {name} must be {allowed}"
        )
