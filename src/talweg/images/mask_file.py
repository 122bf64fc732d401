"""Masks that users paint or compute: image files and ``.npy`` files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from talweg.errors import ImageError
from talweg.images.colors import white_level
from talweg.images.picture import Picture, size_text
from talweg.images.read import MAX_PIXELS, open_image, read
from talweg.images.read_npy import NPY_MAGIC, load_array

__all__ = ["mask_from_file"]


def mask_from_file(path: str, picture: Picture) -> tuple[NDArray[np.bool_], str]:
    """Read a mask that belongs to a picture.

    Parameters
    ----------
    path : str
        An image, white (over half its range) where pixels are missing; where it is transparent
        (alpha of half or less) they are not. Or an ``.npy`` file, of bool for example.
    picture : Picture
        The picture, whose size the mask must have.

    Returns
    -------
    mask : bool ndarray
        True is missing. Of the picture's shape without channels or, where channels differ, with
        them.
    hint : str
        What to say if nothing in it is missing: its largest value.

    Raises
    ------
    ImageError
        If the file can't be read, or its size or channels aren't those of the picture.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from pathlib import Path
    >>> from talweg.images.mask_file import mask_from_file
    >>> from talweg.images.picture import Picture
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mask.npy")
    ...     np.save(path, np.eye(2, dtype=bool))
    ...     mask, _ = mask_from_file(str(path), Picture(np.zeros((2, 2), np.uint8)))
    >>> mask
    array([[ True, False],
           [False,  True]])
    """
    limit = max(picture.pixels.size, MAX_PIXELS)
    with open_image(path) as (stream, name):
        start = stream.read(len(NPY_MAGIC))
        stream.seek(0)
        if start == NPY_MAGIC:
            array = load_array(stream, name, channel_axis=None, max_pixels=limit)
            return _from_array(array, name, picture)
    image = read(path, max_pixels=limit)
    if image.spatial_shape != picture.spatial_shape:
        raise _wrong_size(name, image.spatial_shape, picture)
    mask, hint = _white(image.pixels)
    if image.alpha is not None:
        opaque, _ = _white(image.alpha)
        mask &= opaque if image.channel_axis is None else opaque[..., np.newaxis]
    return _reduced(mask, name, picture, image.channel_axis is not None), hint


def _from_array(array: NDArray[Any], name: str, picture: Picture) -> tuple[NDArray[np.bool_], str]:
    if array.shape not in (picture.spatial_shape, picture.pixels.shape):
        raise _wrong_size(name, array.shape, picture)
    mask, hint = _white(array)
    channels = array.shape != picture.spatial_shape
    return _reduced(mask, name, picture, channels), hint


def _white(values: NDArray[Any]) -> tuple[NDArray[np.bool_], str]:
    """Find what is over half of the type's range."""
    if values.dtype.kind == "b":
        return values.astype(bool), ""
    half = white_level(values.dtype) / 2
    mask: NDArray[np.bool_] = np.asarray(values > half)
    return mask, f" (over {half:g}, but its largest value is {values.max()})"


def _reduced(
    mask: NDArray[np.bool_], name: str, picture: Picture, channels: bool
) -> NDArray[np.bool_]:
    """Drop the channels of a mask where they say nothing of their own."""
    if not channels:
        return mask
    if (mask == mask[..., :1]).all():
        return mask[..., 0].copy()
    if mask.shape != picture.pixels.shape:
        raise ImageError(
            f"{name}: the mask's {mask.shape[-1]} channels differ, but the image is "
            f"{picture.describe()}; give a gray mask, or a channel for each of the image's"
        )
    return mask


def _wrong_size(name: str, shape: tuple[int, ...], picture: Picture) -> ImageError:
    # Volumes, and arrays with channels, have no width and height: tell their shapes.
    image_shape = picture.spatial_shape
    return ImageError(
        f"{name}: the mask is {size_text(shape)}, but the image {picture.name} is "
        f"{size_text(image_shape)}; give a mask of the image's size"
    )
