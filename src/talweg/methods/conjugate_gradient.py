"""Conjugate gradients: nonlinear for any smooth function, linear for a quadratic one."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from talweg.constraints import Constraints
from talweg.pytrees import tree_dataclass
from talweg.state import Status

__all__ = ["ConjugateGradient", "LinearConjugateGradient"]


@tree_dataclass
class ConjugateGradient:
    r"""Nonlinear conjugate gradients: :math:`d_k = -\nabla f(x_k) + \beta_k s_{k-1}`.

    With :math:`s` the last step, :math:`y` the gradient's change over it and :math:`g` the
    gradient now, Hager and Zhang's

    .. math:: \beta = \max\left(0,\; \frac{g^T y - 2 (y^T y)(s^T g) / s^T y}{s^T y}\right).

    References
    ----------
    .. [1] W. W. Hager and H. Zhang, "A new conjugate gradient method with guaranteed descent and
       an efficient line search", SIAM Journal on Optimization 16 (2005), 170-192.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: (x[0] - 1) ** 4 + (x[0] - x[1]) ** 2, [3.0, 0.0],
    ...     method="conjugate_gradient")
    >>> result.success
    True
    """

    natural = False

    def start(self, x: Any, bounded: bool) -> Any:
        """Return no earlier step."""
        del bounded
        return np.zeros_like(x)

    def empty(self, memory: Any) -> Any:
        """Return False: the earlier step may always be at fault."""
        del memory
        return jnp.zeros((), bool)

    def remember(self, memory: Any, s: Any, y: Any, gradient: Any, free: Any, accepted: Any) -> Any:
        """Keep the share of the step that the next direction adds to the steepest one."""
        del free
        curvature = jnp.vdot(s, y)
        safe = jnp.where(curvature > 0.0, curvature, 1.0)
        beta = (jnp.vdot(gradient, y) - 2.0 * jnp.vdot(y, y) * jnp.vdot(s, gradient) / safe) / safe
        kept = jnp.where(curvature > 0.0, jnp.maximum(beta, 0.0), 0.0) * s
        return jnp.where(accepted, kept, memory)

    def forget(self, memory: Any, when: Any, gradient: Any) -> Any:
        """Drop the earlier step."""
        del gradient
        return jnp.where(when, 0.0, memory)

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the conjugate direction."""
        del free
        return memory - gradient


class State(NamedTuple):
    """The last iterate, and the direction along which the next gradient is asked for."""

    x: Any
    fun: Any
    gradient: Any
    direction: Any
    slope: Any  # of the function along the direction: minus the squared gradient
    size: Any
    reach: Any  # how far to probe: the root mean square of the coordinates at the start
    first: Any
    moved: Any  # length of the last step
    accepted: Any
    status: Any


@tree_dataclass
class LinearConjugateGradient:
    r"""Conjugate gradients for a quadratic, at one evaluation a step and no line search.

    The gradient of a quadratic is linear, so its change along the direction :math:`p` gives the
    curvature exactly: :math:`A p = (\nabla f(x + t p) - \nabla f(x)) / t` for any :math:`t`. The
    step to the minimum along :math:`p`, the value and the gradient there follow without another
    evaluation:

    .. math:: \alpha = -\frac{\nabla f(x)^T p}{p^T A p}, \qquad
       x \leftarrow x + \alpha p, \qquad \nabla f \leftarrow \nabla f + \alpha A p.

    A function that isn't quadratic is found out by the trapezoid rule, which is exact for a
    quadratic, and ends the run with a message that says so.

    Parameters
    ----------
    checked : bool, default True
        Whether to look out for a function that isn't quadratic. Where the curvature is known to
        be constant, only rounding could fail the check.

    References
    ----------
    .. [1] M. R. Hestenes and E. Stiefel, "Methods of conjugate gradients for solving linear
       systems", Journal of Research of the National Bureau of Standards 49 (1952), 409-436.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: x[0] ** 2 + 10 * x[1] ** 2 + x[0] * x[1], [3.0, 1.0],
    ...     method="conjugate_gradient")
    >>> result.nit  # as many as there are different curvatures
    2
    """

    checked: bool = dataclasses.field(default=True, metadata={"static": True})
    monotone = True
    evaluates_iterates = False
    fits_single_kernel = True
    scale_free = True

    def start(self, x: Any, constraints: Constraints) -> State:
        """Ask for the value at `x` first."""
        del constraints
        zero, one, flat, no = x.dtype.type(0.0), x.dtype.type(1.0), np.zeros_like(x), np.False_
        reach = np.linalg.norm(x) or np.sqrt(x.size, dtype=x.dtype)
        return State(
            x, one * np.inf, flat, flat, zero, one, reach, ~no, zero, no, np.int32(Status.RUNNING)
        )  # fmt: skip

    def trial(self, state: State, constraints: Constraints) -> Any:
        """Return the point to evaluate: a probe along the direction."""
        del constraints
        return state.x + state.size * state.direction

    def advance(self, state: State, fun: Any, gradient: Any, constraints: Constraints) -> State:
        """Take in the gradient at the probe; move to the minimum along the direction."""
        del constraints
        curvature = (jnp.vdot(state.direction, gradient) - state.slope) / state.size
        convex = curvature > 0.0
        quadratic = state.first | self._is_quadratic(state, fun, curvature) | (not self.checked)
        status = jnp.where(state.first | convex, Status.RUNNING, Status.UNBOUNDED)
        status = jnp.where(quadratic, status, Status.NOT_QUADRATIC)
        status = jnp.where(jnp.isfinite(fun), status, Status.NOT_FINITE).astype(jnp.int32)
        falling = (status == Status.UNBOUNDED) & (fun < state.fun)
        accepted = (status == Status.RUNNING) | falling

        # The first evaluation is at x itself: no step, and the gradient is taken as it is. Where
        # the function falls without end, the probe is as good as any point.
        alpha = jnp.where(accepted & convex, -state.slope / jnp.where(convex, curvature, 1.0), 0.0)
        alpha = jnp.where(falling, state.size, alpha)
        share = jnp.where(accepted & state.first, 1.0, alpha / state.size)
        moved = alpha * state.reach / state.size
        x = state.x + alpha * state.direction
        change = jnp.where(share == 0.0, 0.0, share * (gradient - state.gradient))
        at_x = state.gradient + change
        deduced = state.fun + 0.5 * alpha * state.slope
        value = jnp.where((state.first & accepted) | falling, fun, deduced)

        square = jnp.vdot(at_x, at_x)
        beta = jnp.where(state.first, 0.0, -square / jnp.where(state.first, 1.0, state.slope))
        direction = beta * state.direction - at_x
        # At the minimum, as near as numbers get: rounding loses the step, or the next one's square.
        number = np.finfo(x.dtype)
        small = (moved <= 1e-3 * number.eps * state.reach) | (square < number.tiny**0.75)
        lost = ~state.first & small
        lost = lost & accepted & ~falling
        status = jnp.where(lost, int(Status.STALLED), status).astype(jnp.int32)
        # Probe as far as the coordinates are large, so that the change stands out of the rounding,
        # and no less far than the last step: what is carried along to beyond the probe is made of
        # two gradients by extrapolation, which multiplies its errors.
        length = jnp.sqrt(jnp.vdot(direction, direction))
        size = jnp.maximum(state.reach / jnp.maximum(length, number.tiny), alpha)
        return State(
            x, value, at_x, direction, -square, size, state.reach,
            jnp.zeros((), bool), moved, accepted, status,
        )  # fmt: skip

    @staticmethod
    def _is_quadratic(state: State, fun: Any, curvature: Any) -> Any:
        """Return whether the value at the probe is what value and gradients of a quadratic say."""
        climb = state.size * (state.slope + 0.5 * state.size * curvature)
        scale = jnp.abs(fun) + jnp.abs(state.fun) + jnp.abs(state.size * state.slope)
        return jnp.abs(fun - state.fun - climb) <= np.finfo(fun.dtype).eps ** 0.5 * scale
