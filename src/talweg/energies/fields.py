r"""A learned energy: what photographs look like, as a sum over scales, places and fields.

.. math::

    E(x) = \sum_s 4^s \sum_p \sum_j w_{sj} \log\Bigl(1 + \sum_k a_{sjk}\,(f_{sk} * x_s)(p)^2\Bigr)

:math:`x_s` is the picture averaged down by :math:`2^s`; the filters :math:`f_{sk}`, of 8 x 8
pixels, add up to zero, and are laid on (not flipped) around every 2 x 2 block :math:`p` of pixels.
Beyond its edge the picture goes on with the pixels of the edge. Each field :math:`j` adds up the
squares of the filters' answers, with weights :math:`a \ge 0`, before it is asked how unusual they
are: where one filter answers, others may, at little further cost. So the energy may be smoother
along an edge than across it.

Up to a constant, :math:`-E` is the logarithm of a product of Student's t distributions of pooled
squares [1]_, laid on everywhere as a field of experts [2]_. Pools of squares are how fields of
Gaussian scale mixtures [3]_ let neighbouring answers be large together.

References
----------
.. [1] M. Welling, G. Hinton and S. Osindero, "Learning sparse topographic representations with
   products of Student-t distributions", Advances in Neural Information Processing Systems 15
   (2003), 1383-1390.
.. [2] S. Roth and M. J. Black, "Fields of experts", International Journal of Computer Vision 82
   (2009), 205-229.
.. [3] S. Lyu and E. P. Simoncelli, "Modeling multiscale subbands of photographic images with fields
   of Gaussian scale mixtures", IEEE Transactions on Pattern Analysis and Machine Intelligence 31
   (2009), 693-706.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["REACH", "SIDE", "Conditions", "Fields", "fields_energy"]

SIDE = 8
"""Height and width of a filter, in pixels."""

REACH = SIDE - 2
"""By how many pixels, in all, a picture is extended so that every 2 x 2 block has a patch."""

_PATCHES_AT_ONCE = 2**15  # 64 numbers each; a picture with more of them goes strip by strip


class Fields(NamedTuple):
    """The energy's parameters at a given damage; all arrays, so that nothing compiles anew.

    S scales, K filters and J fields a scale. All arrays have the precision of the picture.

    Attributes
    ----------
    filters : (S, K, 64) array
        The :math:`f`, row by row, finest scale first. The mean of each is taken out.
    mixing : (S, J, K) array
        The squares' weights in each field; not negative.
    weights : (S, J) array
        The fields' weights :math:`w`; not negative.
    gains : (S, K) array
        Factors :math:`g` of the filters' squares; not negative. Together,
        :math:`a_{sjk}` is ``mixing[s, j, k] * gains[s, k]``.
    """

    filters: Any
    mixing: Any
    weights: Any
    gains: Any


class Conditions(NamedTuple):
    r"""What noisy pixels were seen, and how they weigh: :math:`\frac12 \sum_i d_i (x_i - y_i)^2`.

    Attributes
    ----------
    seen : (M, N) array
        The :math:`y`; finite where a pixel is missing too.
    weight : (M, N) array
        The :math:`d`, not negative: zero where a pixel is missing.
    """

    seen: Any
    weight: Any


def fields_energy(x: Any, fields: Fields, conditions: Conditions | None = None) -> Any:
    r"""Return the energy of a picture: the module's formula, and the distance from what was seen.

    Parameters
    ----------
    x : (M, N) array
        Values scaled to [0, 1]; neither side may be zero.
    fields : Fields
    conditions : Conditions, optional
        What noisy pixels were seen. Without it, known pixels are to be held.

    Returns
    -------
    float
        Never negative. Without conditions it is zero for a constant picture, and a picture made
        brighter has the same value.

    Notes
    -----
    Pictures of more than 32,768 places go strip by strip, so that memory holds the patches of one
    strip only. Then the gradient by the picture is found together with the value; that by the
    parameters isn't, and comes as NaN.

    Examples
    --------
    >>> import numpy as np
    >>> flat = Fields(np.zeros((1, 2, 64)), np.ones((1, 3, 2)), np.ones((1, 3)), np.ones((1, 2)))
    >>> float(fields_energy(np.ones((6, 5)), flat))
    0.0
    """
    level = jnp.asarray(x)
    value = jnp.zeros((), level.dtype)
    for scale in range(len(fields.filters)):
        if scale:
            level = _halved(level)
        part = Fields(*(array[scale] for array in fields))
        value = value + 4.0**scale * _scale_energy(level, part)
    if conditions is not None:
        apart = x - conditions.seen
        value = value + jnp.sum(conditions.weight * apart * apart) / 2.0
    return value


def _scale_energy(level: Any, part: Fields) -> Any:
    """Return one scale's sum over places and fields; large pictures strip by strip."""
    margin = REACH // 2
    padded = jnp.pad(level, [(margin, margin + size % 2) for size in level.shape], mode="edge")
    blocks = _blocks(padded)
    height, width = (size - SIDE // 2 + 1 for size in blocks.shape[:2])
    rows = max(_PATCHES_AT_ONCE // width, 1)
    if rows >= height:
        return _strip_energy(blocks, part)
    return _by_strips(blocks, part, rows)


def _blocks(padded: Any) -> Any:
    """Return (M, N) pixels as (M / 2, N / 2) blocks of 2 x 2, side by side in a last axis."""
    height, width = padded.shape
    pairs = padded.reshape(height // 2, 2, width // 2, 2)
    return pairs.transpose(0, 2, 1, 3).reshape(height // 2, width // 2, 4)


def _halved(level: Any) -> Any:
    """Average blocks of 2 x 2; an odd last row or column stands twice."""
    even = jnp.pad(level, [(0, size % 2) for size in level.shape], mode="edge")
    height, width = even.shape
    return even.reshape(height // 2, 2, width // 2, 2).mean((1, 3))


def _strip_energy(blocks: Any, part: Fields, counted: Any = None) -> Any:
    """Return the energy of all places whose patch lies in some rows of blocks.

    `counted` is 1.0 for the rows of places that count, and 0.0 for others; by default all do.
    """
    taps = SIDE // 2
    rows, columns = (size - taps + 1 for size in blocks.shape[:2])
    patches = jnp.concatenate(
        [blocks[i : i + rows, j : j + columns] for i in range(taps) for j in range(taps)], axis=-1
    )
    filters = part.filters - part.filters.mean(-1, keepdims=True)
    # Row by row within a filter; within a patch 2 x 2 block by block.
    split = filters.reshape(-1, taps, 2, taps, 2).transpose(0, 1, 3, 2, 4)
    answers = patches.reshape(rows * columns, -1) @ split.reshape(len(filters), -1).T
    pooled = (answers * answers * part.gains) @ part.mixing.T
    costs = jnp.log1p(pooled)
    if counted is not None:
        costs = costs * jnp.repeat(counted, columns)[:, None]
    return jnp.sum(costs, 0) @ part.weights


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _by_strips(blocks: Any, part: Fields, rows: int) -> Any:
    """Return the energy, `rows` rows of places at a time: memory stays that of one strip."""
    return _by_strips_forward(blocks, part, rows)[0]


def _by_strips_forward(blocks: Any, part: Fields, rows: int) -> tuple[Any, tuple[Any, Fields]]:
    """Return the energy; and its gradient by the blocks, with the parameters, for the way back."""
    overlap = SIDE // 2 - 1
    height = blocks.shape[0] - overlap
    count = -(-height // rows)
    filled = jnp.pad(blocks, [(0, count * rows - height), (0, 0), (0, 0)], mode="edge")

    def add(carry: Any, first: Any) -> tuple[Any, None]:
        value, gradient = carry
        strip = jax.lax.dynamic_slice_in_dim(filled, first, rows + overlap)
        counted = (jnp.arange(rows) + first < height).astype(strip.dtype)
        more, by_strip = jax.value_and_grad(_strip_energy)(strip, part, counted)
        here = jax.lax.dynamic_slice_in_dim(gradient, first, rows + overlap)
        gradient = jax.lax.dynamic_update_slice_in_dim(gradient, here + by_strip, first, 0)
        return (value + more, gradient), None

    start = (jnp.zeros((), blocks.dtype), jnp.zeros_like(filled))
    (value, gradient), _ = jax.lax.scan(add, start, jnp.arange(count) * rows)
    return value, (gradient[: blocks.shape[0]], part)


def _by_strips_backward(rows: int, kept: tuple[Any, Fields], slope: Any) -> tuple[Any, Fields]:
    """Return the gradient by the blocks. That by the parameters isn't known: NaN, never zero."""
    del rows
    gradient, part = kept
    return slope * gradient, Fields(*(jnp.full_like(array, jnp.nan) for array in part))


_by_strips.defvjp(_by_strips_forward, _by_strips_backward)
