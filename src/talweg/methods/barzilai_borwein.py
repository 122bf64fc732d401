"""Barzilai and Borwein's gradient method: a step size from the last step's curvature."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from talweg.pytrees import tree_dataclass

__all__ = ["BarzilaiBorwein"]


@tree_dataclass
class BarzilaiBorwein:
    r"""The gradient, scaled by the inverse curvature along the last step: :math:`d = -\alpha g`.

    With :math:`s` the last step and :math:`y` the gradient's change over it, the two sizes of
    Barzilai and Borwein [1]_ are :math:`\alpha_1 = s^T s / s^T y` and
    :math:`\alpha_2 = s^T y / y^T y \le \alpha_1`. The short one is taken where it is less than
    half of the long one, else the long one [2]_; where the curvature is not positive, a step ten
    times as long as the last one. The value may rise from time to time: the step to go with it is
    `Nonmonotone`. Projected onto a box it is the spectral projected gradient
    method [3]_.

    References
    ----------
    .. [1] J. Barzilai and J. M. Borwein, "Two-point step size gradient methods", IMA Journal of
       Numerical Analysis 8 (1988), 141-148.
    .. [2] B. Zhou, L. Gao and Y.-H. Dai, "Gradient methods with adaptive step-sizes",
       Computational Optimization and Applications 35 (2006), 69-86.
    .. [3] E. G. Birgin, J. M. Martínez and M. Raydan, "Nonmonotone spectral projected gradient
       methods on convex sets", SIAM Journal on Optimization 10 (2000), 1196-1211.

    Examples
    --------
    >>> import talweg
    >>> result = talweg.minimize(
    ...     lambda x: x[0] ** 2 + 10 * x[1] ** 2, [3.0, 1.0], method="barzilai_borwein")
    >>> result.success
    True
    """

    natural = True

    def start(self, x: Any, bounded: bool) -> Any:
        """Return a size of zero: none is known."""
        del bounded
        return np.zeros((), x.dtype)

    def empty(self, memory: Any) -> Any:
        """Return whether no size is known."""
        return memory == 0.0

    def remember(self, memory: Any, s: Any, y: Any, gradient: Any, free: Any, accepted: Any) -> Any:
        """Take the size from the step; a longer one where its curvature isn't positive."""
        del free
        curvature = jnp.vdot(s, y)
        convex = curvature > 0.0
        safe = jnp.where(convex, curvature, 1.0)
        long, short = jnp.vdot(s, s) / safe, safe / jnp.vdot(y, y)
        size = jnp.where(short < 0.5 * long, short, long)
        steepness = jnp.vdot(gradient, gradient)
        farther = 10.0 * jnp.sqrt(jnp.vdot(s, s) / jnp.where(steepness > 0.0, steepness, 1.0))
        size = jnp.where(convex, size, farther)
        return jnp.where(accepted, jnp.where(jnp.isfinite(size), size, 0.0), memory)

    def forget(self, memory: Any, when: Any, gradient: Any) -> Any:
        """Drop the size."""
        del gradient
        return jnp.where(when, 0.0, memory)

    def direction(self, memory: Any, gradient: Any, free: Any) -> Any:
        """Return the scaled negative gradient."""
        del free
        return -jnp.where(memory > 0.0, memory, 1.0) * gradient
