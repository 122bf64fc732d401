"""Reading NumPy's own ``.npy`` files."""

from __future__ import annotations

import math
import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from talweg.errors import ImageError
from talweg.images.checks import (
    ChannelAxis,
    check_channel_axis,
    check_dtype,
    check_size,
    decoding,
)
from talweg.images.picture import Picture

__all__ = ["NPY_MAGIC", "load_array", "read_npy"]

NPY_MAGIC = b"\x93NUMPY"


def read_npy(stream: BinaryIO, name: str, *, channel_axis: ChannelAxis, max_pixels: int) -> Picture:
    """Read an array as a picture.

    Parameters
    ----------
    stream : seekable binary stream
        At the file's start.
    name : str
        The file's name, for messages.
    channel_axis : int, None or "auto"
        With "auto" a 3-d array whose last axis is 3 long is in colour, one whose last axis is 4
        long is in colour with alpha, and all other axes are space. With None all axes are space.
    max_pixels : int
        The largest number of pixels allowed.

    Returns
    -------
    Picture

    Raises
    ------
    ImageError
        If it can't be a picture: damaged, empty, too large, of less than two axes of space, or
        neither integer nor float. Arrays of bool are refused: they are masks.

    Examples
    --------
    >>> import io, numpy as np
    >>> from talweg.images.read_npy import read_npy
    >>> stream = io.BytesIO()
    >>> np.save(stream, np.zeros((4, 5, 3)))
    >>> _ = stream.seek(0)
    >>> read_npy(stream, "a.npy", channel_axis="auto", max_pixels=100).describe()
    '5x4 RGB float64'
    """
    array = load_array(
        stream, name, channel_axis=channel_axis, max_pixels=max_pixels, booleans=False
    )
    axis = _resolve(name, channel_axis, array.shape)
    alpha = None
    if axis is not None:
        array = np.moveaxis(array, axis, -1)
        if channel_axis == "auto" and array.shape[-1] == 4:
            alpha = np.ascontiguousarray(array[..., 3])
            array = array[..., :3]
    pixels = np.ascontiguousarray(array)
    return Picture(
        pixels, None if axis is None else pixels.ndim - 1, alpha, name=name, format="NPY"
    )


def load_array(
    stream: BinaryIO,
    name: str,
    *,
    channel_axis: ChannelAxis,
    max_pixels: int,
    booleans: bool = True,
) -> NDArray[Any]:
    """Read the array as it is, in this machine's byte order, its header checked first.

    Parameters
    ----------
    stream, name, channel_axis, max_pixels
        As for `read_npy`.
    booleans : bool, default: True
        Whether an array of bool is allowed.

    Returns
    -------
    ndarray

    Raises
    ------
    ImageError
        As for `read_npy`.

    Examples
    --------
    >>> import io, numpy as np
    >>> from talweg.images.read_npy import load_array
    >>> stream = io.BytesIO()
    >>> np.save(stream, np.eye(2, dtype=bool))
    >>> _ = stream.seek(0)
    >>> load_array(stream, "mask.npy", channel_axis=None, max_pixels=100).dtype
    dtype('bool')
    """
    start = stream.tell()
    with decoding(name, "NPY"):
        shape, dtype = _read_header(stream)
    if not (booleans and dtype.kind == "b"):
        check_dtype(name, dtype)
    axis = _resolve(name, channel_axis, shape)
    check_size(name, tuple(np.delete(shape, axis) if axis is not None else shape), max_pixels)
    data_start = stream.tell()
    available = stream.seek(0, os.SEEK_END) - data_start
    expected = math.prod(shape) * dtype.itemsize
    if available < expected:
        raise ImageError(
            f"{name}: the NPY data are cut short: {available:,} bytes, but shape {shape} of "
            f"{dtype} takes {expected:,}; get a whole copy of the file"
        )
    stream.seek(start)
    with decoding(name, "NPY"):
        array: NDArray[Any] = np.load(stream, allow_pickle=False)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _read_header(stream: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:  # 3.0 serves only field names, which no image has
        raise ValueError(f"format version {version[0]}.{version[1]}, where images have 1.0 or 2.0")
    return shape, dtype


def _resolve(name: str, channel_axis: ChannelAxis, shape: tuple[int, ...]) -> int | None:
    """Find the channel axis of an array of this shape."""
    axis = check_channel_axis(name, channel_axis, len(shape))
    if axis == "auto":
        axis = 2 if len(shape) == 3 and shape[2] in (3, 4) else None
    if len(shape) - (axis is not None) < 2:
        raise ImageError(
            f"{name}: shape {shape} has fewer than two axes of space; give rows and columns"
        )
    return axis
