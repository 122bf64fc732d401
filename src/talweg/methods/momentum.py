"""The directions that keep going: heavy ball, and Nesterov's look ahead."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass

__all__ = ["Momentum", "Nesterov"]


@tree_dataclass
class Momentum:
    r"""Heavy ball: :math:`v_k = \beta v_{k-1} + \nabla f(x_k)`, :math:`d_k = -v_k`.

    With a constant step size :math:`t` this is Polyak's
    :math:`x_{k+1} = x_k - t \nabla f(x_k) + \beta (x_k - x_{k-1})`. With a line search, the
    velocity is dropped when it no longer leads downhill.

    Parameters
    ----------
    momentum : float, default 0.9
        The share :math:`\beta` of the velocity that is kept, from 0 to below 1.

    References
    ----------
    .. [1] B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
       Computational Mathematics and Mathematical Physics 4 (1964), 1-17.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: x**2 / 2, 1.0, method="momentum", momentum=0.5, step=0.5, max_iter=2)
    >>> result.x  # 1 -> 0.5 -> 0.5 - 0.25 - 0.25
    np.float64(0.0)
    """

    momentum: float = 0.9
    natural = False

    def start(self, x: Any, bounded: bool) -> Any:
        """Return a velocity of zero."""
        del bounded
        return np.zeros_like(x)

    def empty(self, memory: Any) -> Any:
        """Return False: the velocity may always be at fault."""
        del memory
        return jnp.zeros((), bool)

    def remember(self, memory: Any, s: Any, y: Any, gradient: Any, free: Any, accepted: Any) -> Any:
        """Add the gradient to the velocity."""
        del s, y, free
        beta = jnp.asarray(self.momentum, gradient.dtype)
        return jnp.where(accepted, beta * memory + gradient, memory)

    def forget(self, memory: Any, when: Any, gradient: Any) -> Any:
        """Start the velocity anew."""
        return jnp.where(when, gradient, memory)

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the negative velocity."""
        del gradient, free
        return -memory


@tree_dataclass
class Nesterov(Momentum):
    r"""Nesterov's acceleration: :math:`d_k = -(\nabla f(x_k) + \beta v_k)`, `v` as for momentum.

    The iterates are the points where Nesterov's method takes its gradients, those that look ahead
    along the velocity. With :math:`x_{k+1} = y_k - t \nabla f(y_k)` and
    :math:`y_{k+1} = x_{k+1} + \beta (x_{k+1} - x_k)`, they are the :math:`y_k`.

    Parameters
    ----------
    momentum : float, default 0.9
        The share :math:`\beta` of the velocity that is kept, from 0 to below 1.

    References
    ----------
    .. [1] Y. Nesterov, "A method of solving a convex programming problem with convergence rate
       O(1/k^2)", Soviet Mathematics Doklady 27 (1983), 372-376.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: x**2 / 2, 1.0, method="nesterov", momentum=0.5, step=0.5, max_iter=1)
    >>> result.x  # 1 - 0.5 * (1 + 0.5)
    np.float64(0.25)
    """

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the negative gradient, and the velocity once more."""
        del free
        return -(gradient + jnp.asarray(self.momentum, gradient.dtype) * memory)
