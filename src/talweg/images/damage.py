"""Making damage: the corruption of the tutorial on restoring images."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from talweg.errors import ImageError
from talweg.images.checks import check_channel_axis, check_dtype
from talweg.images.colors import white_level

__all__ = ["damage"]


def damage(
    image: ArrayLike,
    *,
    missing: float = 0.9,
    rng: int | np.random.Generator | None = None,
    channel_axis: int | None = None,
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Lose most pixels of an image: replace them at random by black or white.

    Each pixel is lost with probability `missing`, independently of all others, and a lost pixel
    becomes pure black or pure white with equal chance, in all its channels.

    A pixel of the original that already is pure black or white can't be told from a lost one by
    looking at the damaged image alone. The mask returned tells them apart.

    Parameters
    ----------
    image : (M[, N[, ..., P]][, C]) array_like
        Integers in their type's own range, or floats in [0, 1]. It isn't changed.
    missing : float, default: 0.9
        Probability of loss, above 0 and below 1.
    rng : int or numpy.random.Generator, optional
        A seed for the same damage every time, or a generator. By default every call differs.
    channel_axis : int, optional
        The axis of `image` that holds the channels. By default there is none: all axes are space.

    Returns
    -------
    damaged : ndarray
        Of the shape and type of `image`. Black is 0, white the type's largest value, 1.0 for
        floats.
    mask : bool ndarray
        True where a pixel is lost. Of the shape of `image` without the channels.

    Raises
    ------
    ValueError
        If `missing` isn't above 0 and below 1, or `rng` is a negative seed.
    TypeError
        If `missing` isn't a number, or `rng` neither a seed nor a generator.
    ImageError
        If `image` is empty, of another type, or of floats outside [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.damage import damage
    >>> damaged, mask = damage(np.full((200, 300), 77, np.uint8), missing=0.9, rng=0)
    >>> np.unique(damaged).tolist(), round(float(mask.mean()), 2)
    ([0, 77, 255], 0.9)
    >>> bool((damaged[~mask] == 77).all())
    True
    """
    probability = _check_missing(missing)
    generator = _check_rng(rng)
    samples = np.asarray(image)
    axis = _check_image(samples, channel_axis)
    shape = samples.shape if axis is None else tuple(np.delete(samples.shape, axis))
    mask = generator.random(shape) < probability
    white = generator.integers(0, 2, size=shape, dtype=bool)
    values = white.astype(samples.dtype) * samples.dtype.type(white_level(samples.dtype))
    damaged = samples.copy()
    channels_last = damaged if axis is None else np.moveaxis(damaged, axis, -1)  # a view
    channels_last[mask] = values[mask] if axis is None else values[mask][:, np.newaxis]
    return damaged, mask


def _check_missing(missing: object) -> float:
    if isinstance(missing, (bool, np.bool_)) or not isinstance(missing, numbers.Real):
        raise TypeError(f"missing is {missing!r}; give a number above 0 and below 1")
    if not 0 < float(missing) < 1:  # NaN too
        raise ValueError(f"missing is {missing}; give a number above 0 and below 1")
    return float(missing)


def _check_rng(rng: object) -> np.random.Generator:
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return np.random.default_rng()
    if isinstance(rng, (bool, np.bool_)) or not isinstance(rng, (int, np.integer)):
        raise TypeError(f"rng is {rng!r}; give a seed, a numpy.random.Generator or None")
    if rng < 0:
        raise ValueError(f"rng is {rng}; give a seed of 0 or more")
    return np.random.default_rng(int(rng))


def _check_image(samples: NDArray[Any], channel_axis: int | None) -> int | None:
    check_dtype("image", samples.dtype)
    if samples.ndim == 0 or samples.size == 0:
        raise ImageError(f"image: shape {samples.shape} holds no pixels; give an image with some")
    axis = None if channel_axis is None else check_channel_axis("image", channel_axis, samples.ndim)
    if axis == "auto":
        raise ImageError('image: channel_axis is "auto"; give an axis number or None')
    if axis is not None and samples.ndim == 1:
        raise ImageError("image: its one axis can't hold the channels; give rows and columns too")
    if samples.dtype.kind == "f" and not (samples.min() >= 0 and samples.max() <= 1):
        raise ImageError(
            f"image: its floats go from {samples.min():g} to {samples.max():g}; scale them to "
            "0 to 1 first, and take out NaN"
        )
    return axis
