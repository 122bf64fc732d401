"""Limited-memory BFGS: the quasi-Newton method for many coordinates."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass

__all__ = ["LBFGS"]


class Pairs(NamedTuple):
    """The last steps and gradient changes, in a ring; a product of zero marks an empty place."""

    steps: Any
    changes: Any
    products: Any
    newest: Any


@tree_dataclass
class LBFGS:
    r"""Limited-memory BFGS: :math:`d = -H_k \nabla f(x_k)` by the two-loop recursion.

    :math:`H_k` is the inverse-Hessian approximation that the last pairs
    :math:`s_i = x_{i+1} - x_i`, :math:`y_i = \nabla f(x_{i+1}) - \nabla f(x_i)` imply, from
    :math:`(s^T y / y^T y) I`. A pair without positive curvature, :math:`s^T y \le \epsilon
    \lVert y \rVert^2`, is not taken in. With bounds, the pairs are restricted to the coordinates
    that are free to move, so that the direction is the quasi-Newton one of that face of the box.

    Parameters
    ----------
    memory : int, default 10
        Number of pairs kept, at least 1.

    References
    ----------
    .. [1] D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale
       optimization", Mathematical Programming 45 (1989), 503-528.
    .. [2] D. P. Bertsekas, "Projected Newton methods for optimization problems with simple
       constraints", SIAM Journal on Control and Optimization 20 (1982), 221-246.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, [-1.2, 1.0],
    ...     method="lbfgs", memory=5)
    >>> result.x.round(4)
    array([1., 1.])
    """

    memory: int = dataclasses.field(default=10, metadata={"static": True})
    natural = True

    def start(self, x: Any) -> Pairs:
        """Return an empty ring."""
        room = jnp.zeros((self.memory, x.shape[0]), x.dtype)
        return Pairs(room, room, jnp.zeros(self.memory, x.dtype), jnp.zeros((), jnp.int32))

    def empty(self, memory: Pairs) -> Any:
        """Return whether no pair is stored."""
        return jnp.all(memory.products == 0.0)

    def remember(self, memory: Pairs, s: Any, y: Any, gradient: Any, accepted: Any) -> Pairs:
        """Store the pair over the oldest one, if its curvature is positive."""
        del gradient
        product, square = jnp.vdot(s, y), jnp.vdot(y, y)
        good = accepted & (product > np.finfo(s.dtype).eps * square) & jnp.isfinite(square)
        place = (memory.newest + 1) % self.memory
        # Only one row is written, in place: a choice between two whole rings would copy both.
        return Pairs(
            memory.steps.at[place].set(jnp.where(good, s, memory.steps[place])),
            memory.changes.at[place].set(jnp.where(good, y, memory.changes[place])),
            memory.products.at[place].set(jnp.where(good, product, memory.products[place])),
            jnp.where(good, place, memory.newest),
        )

    def forget(self, memory: Pairs, when: Any, gradient: Any) -> Pairs:
        """Mark every pair as absent."""
        del gradient
        return memory._replace(products=jnp.where(when, 0.0, memory.products))

    def direction(self, memory: Pairs, gradient: Any, free: Any) -> Any:
        """Return the quasi-Newton direction of the free coordinates."""
        tiny = np.finfo(gradient.dtype).tiny
        eps = np.finfo(gradient.dtype).eps

        def pair(age: Any) -> tuple[Any, Any, Any, Any]:
            place = (memory.newest - age) % self.memory
            s, y, product = memory.steps[place], memory.changes[place], memory.products[place]
            if free is not None:
                y = jnp.where(free, y, 0.0)
                s = jnp.where(free, s, 0.0)
                inside = jnp.vdot(s, y)
                positive = (product > 0.0) & (inside > eps * jnp.vdot(y, y))
                product = jnp.where(positive, inside, 0.0)
            return place, s, y, jnp.where(product > 0.0, 1.0 / jnp.maximum(product, tiny), 0.0)

        def newest_to_oldest(age: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
            q, shares = carry
            place, s, y, inverse = pair(age)
            share = inverse * jnp.vdot(s, q)
            return q - share * y, shares.at[place].set(share)

        def oldest_to_newest(i: Any, r: Any) -> Any:
            place, s, y, inverse = pair(self.memory - 1 - i)
            return r + (shares[place] - inverse * jnp.vdot(y, r)) * s

        q, shares = jax.lax.fori_loop(
            0, self.memory, newest_to_oldest, (gradient, jnp.zeros_like(memory.products))
        )
        _, _, y, inverse = pair(0)
        square = jnp.vdot(y, y)
        scale = jnp.where(inverse > 0.0, 1.0 / jnp.maximum(inverse * square, tiny), 1.0)
        return -jax.lax.fori_loop(0, self.memory, oldest_to_newest, scale * q)
