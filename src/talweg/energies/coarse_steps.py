"""A preconditioner for pictures: gradients that agree over a neighbourhood go further."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp

from talweg.pytrees import tree_dataclass

__all__ = ["CoarseSteps", "coarsened"]


@tree_dataclass
class CoarseSteps:
    r"""Go further along what the gradient's neighbours have in common.

    .. math::

        P_k = M + M \left(c_{k1} U D + c_{k1} c_{k2} U^2 D^2\right) M

    :math:`D` averages blocks of 2 x 2 pixels, outside of the picture there are zeros; :math:`U`
    repeats every pixel in a block of 2 x 2, and what lies outside is cut off; :math:`M` is
    diagonal. As :math:`U = 4 D^T`, :math:`P_k` is symmetric, and positive definite on the pixels
    whose mobility isn't zero: a gradient turned by it leads uphill still. It is a multilevel
    preconditioner of Bramble, Pasciak and Xu [1]_ with weights of its own.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the picture.
    shares : (n, 2) array
        The :math:`c_k`, not negative, one row a step.
    mobility : (M, N) array
        The diagonal of :math:`M`, from 0 to 1: how freely every pixel moves; a pixel with mobility
        0 stays where it is. One array for all steps.

    References
    ----------
    .. [1] J. H. Bramble, J. E. Pasciak and J. Xu, "Parallel multilevel preconditioners",
       Mathematics of Computation 55 (1990), 1-22.

    Examples
    --------
    >>> import numpy as np
    >>> steps = CoarseSteps((2, 2), np.array([[3.0, 0.0]]), np.ones((2, 2)))
    >>> steps(np.array([1.0, 0.0, 0.0, 0.0]), 0).tolist()
    [1.75, 0.75, 0.75, 0.75]
    """

    shape: tuple[int, ...] = dataclasses.field(metadata={"static": True})
    shares: Any
    mobility: Any

    def __call__(self, gradient: Any, step: Any) -> Any:
        """Return the preconditioned gradient of one step, counted from 0, as a vector."""
        picture = jnp.reshape(gradient, self.shape)
        return jnp.ravel(coarsened(picture, self.shares[step], self.mobility))


def coarsened(gradient: Any, shares: Any, mobility: Any) -> Any:
    """Return :math:`P_k` times a picture's gradient.

    Parameters
    ----------
    gradient : (M, N) array
    shares : (2,) array
        Those of the step.
    mobility : (M, N) array

    Returns
    -------
    (M, N) array

    Examples
    --------
    >>> import numpy as np
    >>> coarsened(np.array([[1.0, 0.0]]), np.array([2.0, 0.0]), np.array([[1.0, 0.5]])).tolist()
    [[1.5, 0.25]]
    """
    free = gradient * mobility
    half = _averaged(free)
    quarter = _averaged(half)
    coarse = half + shares[1] * _repeated(quarter, half.shape)
    return free + shares[0] * mobility * _repeated(coarse, free.shape)


def _averaged(picture: Any) -> Any:
    """Average blocks of 2 x 2; outside there are zeros: :math:`D`."""
    even = jnp.pad(picture, [(0, size % 2) for size in picture.shape])
    height, width = even.shape
    return even.reshape(height // 2, 2, width // 2, 2).mean((1, 3))


def _repeated(picture: Any, shape: tuple[int, ...]) -> Any:
    """Repeat every pixel in a block of 2 x 2, up to `shape`: :math:`U`."""
    return jnp.repeat(jnp.repeat(picture, 2, 0), 2, 1)[: shape[0], : shape[1]]
