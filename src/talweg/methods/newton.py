"""Newton's method, made to lead downhill whatever the sign of the curvatures."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass

__all__ = ["Newton"]


@tree_dataclass
class Newton:
    r"""Along each curvature by the inverse of its size: :math:`d = -|H|^{-1} \nabla f(x)`.

    :math:`|H|` has the eigenvectors of the Hessian and the absolute values of its eigenvalues, none
    of them below :math:`\sqrt{\epsilon}` times the largest. Where all curvatures are positive that
    is Newton's direction; where some are negative it leads away from the saddle, where Newton's
    leads to it [1]_. The number of correct digits doubles with every step near a minimum, and every
    step costs all second derivatives and an eigenvalue decomposition: it is for few unknowns.

    References
    ----------
    .. [1] Y. N. Dauphin et al., "Identifying and attacking the saddle point problem in
       high-dimensional non-convex optimization", Advances in Neural Information Processing Systems
       27 (2014).

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2, [-1.2, 1.0], method="newton")
    >>> result.x.round(6)
    array([1., 1.])
    """

    natural = True
    needs_hessian = True

    def start(self, x: Any, bounded: bool) -> Any:
        """Return no curvature."""
        del bounded
        return np.zeros((x.size, x.size), x.dtype)

    def empty(self, memory: Any) -> Any:
        """Return whether nothing is known of the curvature."""
        return ~jnp.any(memory != 0.0)

    def remember(self, memory: Any, s: Any, y: Any, gradient: Any, free: Any, accepted: Any) -> Any:
        """Learn nothing from a step: `take_hessian` knows better."""
        del s, y, gradient, free, accepted
        return memory

    def take_hessian(self, memory: Any, hessian: Any, accepted: Any) -> Any:
        """Take in the second derivatives at the trial, if it was accepted."""
        usable = accepted & jnp.all(jnp.isfinite(hessian))
        return jnp.where(usable, hessian, jnp.where(accepted, 0.0, memory))

    def forget(self, memory: Any, when: Any, gradient: Any) -> Any:
        """Drop the curvature."""
        del gradient
        return jnp.where(when, 0.0, memory)

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the direction of the free coordinates; without curvature, the steepest."""
        if free is not None:
            memory = jnp.where(free[:, None] & free, memory, 0.0)
        curvatures, directions = jnp.linalg.eigh(memory)
        size = jnp.abs(curvatures)
        least = np.sqrt(np.finfo(gradient.dtype).eps) * jnp.max(size)
        size = jnp.where(least > 0.0, jnp.maximum(size, least), 1.0)
        return -(directions @ ((directions.T @ gradient) / size))
