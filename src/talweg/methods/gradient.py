"""The directions that remember nothing: the steepest one, and the gradient's signs."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from talweg.pytrees import tree_dataclass

__all__ = ["Gradient", "Sign"]


class _Memoryless:
    """What a direction without memory answers."""

    natural = False

    def start(self, x: Any, bounded: bool) -> tuple[()]:
        """Return nothing."""
        del x, bounded
        return ()

    def empty(self, memory: Any) -> Any:
        """Return True: there is never anything to forget."""
        del memory
        return jnp.ones((), bool)

    def remember(self, memory: Any, s: Any, y: Any, gradient: Any, free: Any, accepted: Any) -> Any:
        """Remember nothing."""
        del s, y, gradient, free, accepted
        return memory

    def forget(self, memory: Any, when: Any, gradient: Any) -> Any:
        """Forget nothing."""
        del when, gradient
        return memory


@tree_dataclass
class Gradient(_Memoryless):
    r"""Steepest descent: :math:`d = -\nabla f(x)`.

    References
    ----------
    .. [1] A. Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées",
       Comptes Rendus 25 (1847), 536-538.

    Examples
    --------
    >>> import talweg
    >>> talweg.minimize(lambda x: x**2 / 2, 3.0, method="gradient", step=0.5, max_iter=2).x
    np.float64(0.75)
    """

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the negative gradient."""
        del memory, free
        return -gradient


@tree_dataclass
class Sign(_Memoryless):
    r"""Against the sign of each partial derivative: :math:`d = -\operatorname{sign} \nabla f(x)`.

    Every coordinate moves by the same length, however steep the function is along it.

    Examples
    --------
    >>> import talweg
    >>> talweg.minimize(lambda x: x**2 / 2, 3.0, method="sign", step=0.5, max_iter=2).x
    np.float64(2.0)
    """

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the negative signs of the gradient."""
        del memory, free
        return -jnp.sign(gradient)
