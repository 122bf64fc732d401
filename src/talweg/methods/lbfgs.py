"""Limited-memory BFGS: the quasi-Newton method for many coordinates."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular

from talweg.pytrees import tree_dataclass

__all__ = ["LBFGS"]


class Pairs(NamedTuple):
    """The last steps and gradient changes, in a ring, and their products.

    With bounds, the products are over the coordinates that are free at the iterate.
    """

    rows: Any  # (2 m, n): the steps s_i, then the gradient changes y_i
    stored: Any  # (m,): False where the place is empty
    cross: Any  # (m, m): s_i . y_j, wanted where i is not younger than j
    square: Any  # (m, m): y_i . y_j
    slopes: Any  # (2 m,): the rows times the gradient
    face: Any  # (n,): the free coordinates, or () without bounds
    next: Any  # the place of the oldest pair


@tree_dataclass
class LBFGS:
    r"""Limited-memory BFGS: :math:`d = -H_k \nabla f(x_k)`.

    :math:`H_k` is the inverse-Hessian approximation that the last pairs
    :math:`s_i = x_{i+1} - x_i`, :math:`y_i = \nabla f(x_{i+1}) - \nabla f(x_i)` imply, from
    :math:`\gamma I`, :math:`\gamma = s^T y / y^T y` of the newest. It is applied in its compact
    form [2]_: with :math:`S, Y` the pairs as columns, :math:`R` the upper triangle of
    :math:`S^T Y` and :math:`D` its diagonal,

    .. math:: H g = \gamma g + S R^{-T} \left( (D + \gamma Y^T Y) R^{-1} S^T g - \gamma Y^T g
       \right) - \gamma Y R^{-1} S^T g,

    which reads every pair twice, where the two-loop recursion reads it four times. A pair without
    positive curvature, :math:`s^T y \le \epsilon \lVert y \rVert^2`, is not taken in. With bounds,
    the pairs are restricted to the coordinates that are free to move, so that the direction is
    the quasi-Newton one of that face of the box.

    Parameters
    ----------
    memory : int, default 10
        Number of pairs kept, at least 1.

    References
    ----------
    .. [1] D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale
       optimization", Mathematical Programming 45 (1989), 503-528.
    .. [2] R. H. Byrd, J. Nocedal and R. B. Schnabel, "Representations of quasi-Newton matrices and
       their use in limited memory methods", Mathematical Programming 63 (1994), 129-156.
    .. [3] D. P. Bertsekas, "Projected Newton methods for optimization problems with simple
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

    def start(self, x: Any, bounded: bool) -> Pairs:
        """Return an empty ring."""
        m, dtype = self.memory, x.dtype
        table, face = np.zeros((m, m), dtype), np.ones(x.shape, bool) if bounded else ()
        return Pairs(
            np.zeros((2 * m, x.size), dtype), np.zeros(m, bool), table, table,
            np.zeros(2 * m, dtype), face, np.int32(0),
        )  # fmt: skip

    def empty(self, memory: Pairs) -> Any:
        """Return whether no pair is stored."""
        return ~jnp.any(memory.stored)

    def forget(self, memory: Pairs, when: Any, gradient: Any) -> Pairs:
        """Mark every place as empty."""
        del gradient
        return memory._replace(stored=memory.stored & ~when)

    def remember(
        self, memory: Pairs, s: Any, y: Any, gradient: Any, free: Any, accepted: Any
    ) -> Pairs:
        """Store the pair over the oldest one, if its curvature is positive."""
        m, place = self.memory, memory.next
        inside = y if free is None else jnp.where(free, y, 0.0)
        product, square = jnp.vdot(s, inside), jnp.vdot(inside, inside)
        good = accepted & (product > np.finfo(s.dtype).eps * square) & jnp.isfinite(square)
        # Zeros are written where it isn't: a choice between old and new would copy all the rows.
        rows = memory.rows.at[place].set(jnp.where(good, s, 0.0))
        rows = rows.at[m + place].set(jnp.where(good, y, 0.0))
        slopes = rows @ gradient
        change = (slopes - memory.slopes).at[place].set(product).at[m + place].set(square)
        cross, square = self._products(memory, rows, change, free, accepted)
        return Pairs(
            rows, memory.stored.at[place].set(good), cross, square,
            jnp.where(accepted, slopes, memory.slopes),
            memory.face if free is None else jnp.where(accepted, free, memory.face),
            jnp.where(good, (place + 1) % m, place),
        )  # fmt: skip

    def _products(
        self, memory: Pairs, rows: Any, change: Any, free: Any, accepted: Any
    ) -> tuple[Any, Any]:
        """Return the pairs' products: those with the new y are given, but not on a new face."""
        m, place = self.memory, memory.next
        cross = memory.cross.at[:, place].set(change[:m])
        square = memory.square.at[:, place].set(change[m:]).at[place].set(change[m:])
        if free is None:
            return cross, square

        def over_the_face() -> tuple[Any, Any]:
            products = rows @ jnp.where(free, rows[m:], 0.0).T
            return products[:m], products[m:]

        new = accepted & jnp.any(free != memory.face)
        both: tuple[Any, Any] = jax.lax.cond(new, over_the_face, lambda: (cross, square))
        return both

    def direction(self, memory: Pairs, gradient: Any, free: Any) -> Any:
        """Return the quasi-Newton direction of the free coordinates."""
        del free  # the products are those of the face already
        m, number = self.memory, np.finfo(gradient.dtype)
        by_age = (memory.next + jnp.arange(m)) % m  # from the oldest
        cross, square = memory.cross[by_age][:, by_age], memory.square[by_age][:, by_age]
        curvature, length = jnp.diagonal(cross), jnp.diagonal(square)
        valid = memory.stored[by_age] & (curvature > number.eps * length)
        both = valid[:, None] & valid

        last = jnp.max(jnp.where(valid, jnp.arange(m), -1))
        gamma = jnp.where(last >= 0, curvature[last] / jnp.maximum(length[last], number.tiny), 1.0)
        triangle = jnp.where(both, jnp.triu(cross), 0.0) + jnp.diag(jnp.where(valid, 0.0, 1.0))
        along_s = jnp.where(valid, memory.slopes[:m][by_age], 0.0)
        along_y = jnp.where(valid, memory.slopes[m:][by_age], 0.0)
        p = solve_triangular(triangle, along_s)
        middle = curvature * p + gamma * (jnp.where(both, square, 0.0) @ p - along_y)
        q = solve_triangular(triangle, jnp.where(valid, middle, 0.0), trans=1)
        in_place = (jnp.arange(m) - memory.next) % m
        shares = jnp.concatenate([q[in_place], -gamma * p[in_place]])
        return -(gamma * gradient + shares @ memory.rows)
