"""Energies that ask a picture to be smooth, by its first and second differences."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["membrane", "rows", "thin_plate", "tv"]


def _cut(image: Any, axis: int, start: int, end: int) -> Any:
    """Return the image without its first `start` and its last `end` pixels along an axis."""
    size = image.shape[axis]
    start = min(start, size)
    return jax.lax.slice_in_dim(image, start, max(size - end, start), axis=axis)


def _difference(image: Any, axis: int, apart: int = 1) -> Any:
    """Return the differences of pixels that lie `apart` along an axis; empty if there are none."""
    return _cut(image, axis, apart, 0) - _cut(image, axis, 0, apart)


def _second_difference(image: Any, axis: int) -> Any:
    # Written out: as differences of differences, XLA computes and stores them one after another,
    # which takes twice the time.
    return _cut(image, axis, 2, 0) - 2.0 * _cut(image, axis, 1, 1) + _cut(image, axis, 0, 2)


def _mixed_difference(image: Any, one: int, other: int) -> Any:
    ahead, behind = _cut(image, one, 1, 0), _cut(image, one, 0, 1)
    return (
        _cut(ahead, other, 1, 0) - _cut(ahead, other, 0, 1)
        - _cut(behind, other, 1, 0) + _cut(behind, other, 0, 1)
    )  # fmt: skip


def membrane(image: Any) -> Any:
    r"""Energy of a stretched membrane: the sum of the squared first differences.

    .. math:: E(u) = \sum_{\text{axes } i} \sum_x (D_i u)^2

    Quadratic; its minimiser is harmonic where pixels are missing.

    Parameters
    ----------
    image : (M[, N[, ..., P]]) array
        One channel.

    Returns
    -------
    scalar array

    Examples
    --------
    >>> import numpy as np
    >>> float(membrane(np.array([[0.0, 1.0], [0.0, 3.0]])))  # 1 + 9 + 0 + 4
    14.0
    """
    return sum(jnp.sum(_difference(image, axis) ** 2) for axis in range(image.ndim))


def thin_plate(image: Any) -> Any:
    r"""Energy of a bent thin plate: the sum of the squared second differences.

    .. math:: E(u) = \sum_i \sum_x (D_{ii} u)^2 + 2 \sum_{i < j} \sum_x (D_{ij} u)^2

    Quadratic; its minimiser is biharmonic where pixels are missing, and a linear ramp costs
    nothing. The differences stay inside the picture, which leaves its edges free.

    Parameters
    ----------
    image : (M[, N[, ..., P]]) array
        One channel.

    Returns
    -------
    scalar array

    References
    ----------
    .. [1] J. Duchon, "Splines minimizing rotation-invariant semi-norms in Sobolev spaces",
       Lecture Notes in Mathematics 571 (1977), 85-100.

    Examples
    --------
    >>> import numpy as np
    >>> float(thin_plate(np.array([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]])))
    0.0
    >>> float(thin_plate(np.array([[0.0, 0.0], [0.0, 3.0]])))  # 2 * 3 ** 2
    18.0
    """
    bending: Any = 0.0
    for axis in range(image.ndim):
        bending += jnp.sum(_second_difference(image, axis) ** 2)
    for one, other in itertools.combinations(range(image.ndim), 2):
        bending += 2.0 * jnp.sum(_mixed_difference(image, one, other) ** 2)
    return jnp.asarray(bending)


def tv(image: Any, smoothing: float = 0.01) -> Any:
    r"""Total variation: the sum of the lengths of the gradients, rounded off near zero.

    .. math:: E(u) = \sum_x \left(\sqrt{\textstyle\sum_i (D_i u)^2 + \epsilon^2} - \epsilon\right)

    Edges are as cheap as ramps of the same height.

    Parameters
    ----------
    image : (M[, N[, ..., P]]) array
        One channel, in units in which the range of values is about 1.
    smoothing : float, default 0.01
        The length :math:`\epsilon` below which a gradient counts by its square.

    Returns
    -------
    scalar array

    References
    ----------
    .. [1] L. I. Rudin, S. Osher and E. Fatemi, "Nonlinear total variation based noise removal
       algorithms", Physica D 60 (1992), 259-268.

    Examples
    --------
    >>> import numpy as np
    >>> step = np.array([[0.0, 0.0, 1.0, 1.0]])
    >>> round(float(tv(step, smoothing=1e-6)), 4)
    1.0
    """
    squares = jnp.zeros_like(image)
    for axis in range(image.ndim):
        after = [(0, 0)] * image.ndim
        after[axis] = (0, 1)
        squares += jnp.pad(_difference(image, axis) ** 2, after)
    return jnp.sum(jnp.sqrt(squares + smoothing**2) - smoothing)


def rows(image: Any) -> Any:
    r"""Sum over all rows and columns of the norms of their differences, one and two apart.

    For every line :math:`r` of pixels along an axis, with :math:`r_0, r_2, \ldots` and
    :math:`r_1, r_3, \ldots` taken apart,

    .. math:: E(u) = \sum_r \lVert D r \rVert + \lVert D r_\text{even} \rVert
       + \lVert D r_\text{odd} \rVert .

    The norm has a kink at zero; a line without any difference contributes no slope.

    Parameters
    ----------
    image : (M[, N[, ..., P]]) array
        One channel.

    Returns
    -------
    scalar array

    Examples
    --------
    >>> import numpy as np
    >>> round(float(rows(np.array([[0.0, 3.0, 0.0]]))), 4)  # (9 + 9) ** 0.5, nothing down
    4.2426
    """
    total: Any = 0.0
    for axis in range(image.ndim):
        lines = jnp.moveaxis(image, axis, -1)
        two_apart = _difference(lines, lines.ndim - 1, apart=2)
        for differences in (
            _difference(lines, lines.ndim - 1),
            two_apart[..., 0::2],
            two_apart[..., 1::2],
        ):
            square = jnp.sum(differences**2, axis=-1)
            flat = square == 0.0
            total += jnp.sum(jnp.where(flat, 0.0, jnp.sqrt(jnp.where(flat, 1.0, square))))
    return jnp.asarray(total)
