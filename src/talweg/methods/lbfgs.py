"""Limited-memory BFGS: the quasi-Newton method for many coordinates."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass

__all__ = ["LBFGS"]

_FEW = 8192
"""Up to as many coordinates, products of matrices are taken vector by vector: see `_products`."""


class Pairs(NamedTuple):
    """The last steps and gradient changes, in a ring, and what the direction is made of.

    With bounds, the products are over the coordinates that are free at the iterate. Rows and
    columns of places that hold no usable pair are zero in `inverse`, which leaves them out.
    """

    rows: Any  # (2 m, n): the steps s_i, then the gradient changes y_i
    stored: Any  # (m,): False where the place is empty
    inverse: Any  # (m, m): of the triangle R, R_ij = s_i . y_j for i not younger than j
    curvature: Any  # (m,): s_i . y_i
    square: Any  # (m, m): y_i . y_j
    scale: Any  # gamma, of the newest pair
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
    memory : int, default 7
        Number of pairs kept, at least 1. From 5 to 10 the number of evaluations hardly differs on
        the problems of ``benchmarks/minimize.py``; each pair costs time where there are many
        coordinates.

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

    memory: int = dataclasses.field(default=7, metadata={"static": True})
    natural = True

    def start(self, x: Any, bounded: bool) -> Pairs:
        """Return an empty ring."""
        m, dtype = self.memory, x.dtype
        table, face = np.zeros((m, m), dtype), np.ones(x.shape, bool) if bounded else ()
        return Pairs(
            np.zeros((2 * m, x.size), dtype), np.zeros(m, bool), table, np.zeros(m, dtype), table,
            np.ones((), dtype), np.zeros(2 * m, dtype), face, np.int32(0),
        )  # fmt: skip

    def empty(self, memory: Pairs) -> Any:
        """Return whether no pair is stored."""
        return ~jnp.any(memory.stored)

    def forget(self, memory: Pairs, when: Any, gradient: Any) -> Pairs:
        """Mark every place as empty."""
        del gradient
        return memory._replace(
            stored=memory.stored & ~when, inverse=jnp.where(when, 0.0, memory.inverse),
            scale=jnp.where(when, 1.0, memory.scale),
        )  # fmt: skip

    def remember(
        self, memory: Pairs, s: Any, y: Any, gradient: Any, free: Any, accepted: Any
    ) -> Pairs:
        """Store the pair over the oldest one, if its curvature is positive."""
        m, place = self.memory, memory.next
        inside = y if free is None else jnp.where(free, y, 0.0)
        product, length = jnp.vdot(s, inside), jnp.vdot(inside, inside)
        good = accepted & (product > np.finfo(s.dtype).eps * length) & jnp.isfinite(length)
        # Zeros are written where it isn't: a choice between old and new would copy all the rows.
        rows = jax.lax.dynamic_update_index_in_dim(memory.rows, jnp.where(good, s, 0.0), place, 0)
        rows = jax.lax.dynamic_update_index_in_dim(rows, jnp.where(good, y, 0.0), m + place, 0)
        slopes = rows @ gradient
        changes = slopes - memory.slopes  # the rows times y, on the same face
        here = jnp.arange(m) == place
        products = jnp.where(here, length, changes[m:])
        square = jnp.where(here, products[:, None], memory.square)
        pairs = Pairs(
            rows, jnp.where(here, good, memory.stored),
            _with_column(memory.inverse, place, changes[:m], jnp.where(good, product, jnp.inf)),
            jnp.where(here, jnp.where(good, product, 0.0), memory.curvature),
            jnp.where(here[:, None], products, square),
            jnp.where(good, product / length, memory.scale),
            jnp.where(accepted, slopes, memory.slopes),
            memory.face if free is None else jnp.where(accepted, free, memory.face),
            jnp.where(good, (place + 1) % m, place),
        )  # fmt: skip
        if free is None:
            return pairs
        new_face = accepted & jnp.any(free != memory.face)
        inverse, curvature, square, scale = jax.lax.cond(
            new_face,
            lambda: self._on_face(pairs, free),
            lambda: (pairs.inverse, pairs.curvature, pairs.square, pairs.scale),
        )
        return pairs._replace(inverse=inverse, curvature=curvature, square=square, scale=scale)

    def _on_face(self, pairs: Pairs, free: Any) -> tuple[Any, Any, Any, Any]:
        """Return inverse, curvature, square and scale over other coordinates than before."""
        m, number = self.memory, np.finfo(pairs.rows.dtype)
        products = _products(pairs.rows, jnp.where(free, pairs.rows[m:], 0.0))
        cross, square = products[:m], products[m:]
        curvature, length = jnp.diagonal(cross), jnp.diagonal(square)
        usable = pairs.stored & (curvature > number.eps * length)
        cross = jnp.where(usable[:, None] & usable, cross, 0.0)

        def add(k: Any, inverse_and_newest: tuple[Any, Any]) -> tuple[Any, Any]:
            inverse, newest = inverse_and_newest
            place = (pairs.next + k) % m  # from the oldest to the newest
            below = jnp.where(usable[place], curvature[place], jnp.inf)
            inverse = _with_column(inverse, place, cross[:, place], below)
            return inverse, jnp.where(usable[place], place, newest)

        inverse, newest = jax.lax.fori_loop(0, m, add, (jnp.zeros_like(cross), pairs.next))
        scale = jnp.where(
            jnp.any(usable), curvature[newest] / jnp.maximum(length[newest], number.tiny), 1.0
        )
        return inverse, jnp.where(usable, curvature, 0.0), square, scale

    def direction(self, memory: Pairs, gradient: Any, free: Any) -> Any:
        """Return the quasi-Newton direction of the free coordinates."""
        del free  # the products are those of the face already
        m, scale = self.memory, memory.scale
        p = memory.inverse @ memory.slopes[:m]
        middle = memory.curvature * p + scale * (memory.square @ p - memory.slopes[m:])
        shares = jnp.concatenate([memory.inverse.T @ middle, -scale * p])
        return -(scale * gradient + shares @ memory.rows)


def _with_column(inverse: Any, place: Any, column: Any, below: Any) -> Any:
    """Return the triangle's inverse with its oldest column replaced by a new one at its end.

    Without its oldest row and column, the triangle has the inverse without them; a new column
    c, with the number d below it on the diagonal, adds -inverse c / d and 1 / d.
    """
    here = jnp.arange(column.size) == place
    kept = jnp.where(here[:, None] | here, 0.0, inverse)
    added = jnp.where(here, 1.0, -(kept @ column)) / below
    return jnp.where(here, added[:, None], kept)


def _products(rows: Any, others: Any) -> Any:
    """Return the products of all rows with all others.

    XLA can make one kernel of a small descent unless a matrix is multiplied by a matrix in it.
    """
    if rows.shape[1] > _FEW:
        return rows @ others.T
    return jax.lax.map(lambda other: rows @ other, others).T
