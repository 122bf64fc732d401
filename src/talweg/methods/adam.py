"""Adam: every coordinate by its own running mean and size of the gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass

__all__ = ["Adam"]


class Moments(NamedTuple):
    """What optax remembers of the gradients, and the update that it makes of them."""

    transformation: Any
    update: Any


@tree_dataclass
class Adam:
    r"""Adam's direction, by optax: :math:`d_k = -\hat m_k / (\sqrt{\hat v_k} + \epsilon)`.

    :math:`\hat m` and :math:`\hat v` are the running means of the gradient and of its square,
    corrected for their start at zero. The step sizes are those of any method; 0.001 by default.

    Parameters
    ----------
    beta1, beta2 : float, default 0.9 and 0.999
        Shares of the means that are kept at every iteration, from 0 to below 1.
    epsilon : float, default 1e-8
        Keeps the division finite.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", International
       Conference on Learning Representations 2015.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: (x - 1) @ (x - 1), [3.0, 2.0], method="adam", step=0.1, max_iter=500)
    >>> result.x.round(3)
    array([1., 1.])
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    natural = False

    def _transformation(self) -> Any:
        import optax  # takes a while to load

        return optax.scale_by_adam(self.beta1, self.beta2, self.epsilon)

    def start(self, x: Any, bounded: bool) -> Moments:
        """Return means of zero."""
        del bounded
        memory = jax.tree_util.tree_map(np.asarray, self._transformation().init(jnp.asarray(x)))
        return Moments(memory, np.zeros_like(x))

    def empty(self, memory: Moments) -> Any:
        """Return False: the means may always be at fault."""
        del memory
        return jnp.zeros((), bool)

    def remember(
        self, memory: Moments, s: Any, y: Any, gradient: Any, free: Any, accepted: Any
    ) -> Moments:
        """Take the gradient into the means."""
        del s, y, free
        update, means = self._transformation().update(gradient, memory.transformation)
        new = Moments(means, update)
        return _choose(accepted, new, memory)

    def forget(self, memory: Moments, when: Any, gradient: Any) -> Moments:
        """Start the means anew."""
        fresh = jax.tree_util.tree_map(jnp.zeros_like, memory)
        fresh = self.remember(fresh, gradient, gradient, gradient, None, jnp.ones((), bool))
        return _choose(when, fresh, memory)

    def direction(self, memory: Moments, gradient: Any, free: Any) -> Any:
        """Return the negative update."""
        del gradient, free
        return -memory.update


def _choose(condition: Any, yes: Moments, no: Moments) -> Moments:
    chosen: Moments = jax.tree_util.tree_map(
        lambda a, b: jnp.where(condition, a, b).astype(b.dtype), yes, no
    )
    return chosen
