"""Checks that all readers share, each an `ImageError` of one line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from talweg.errors import ImageError
from talweg.images.picture import size_text

__all__ = ["ChannelAxis", "check_channel_axis", "check_dtype", "check_size", "decoding"]

ChannelAxis = int | Literal["auto"] | None


def check_size(name: str, spatial_shape: tuple[int, ...], max_pixels: int) -> None:
    """Refuse an image that holds no pixel, or so many that decoding it could fill the memory.

    Parameters
    ----------
    name : str
        The file's name, for the message.
    spatial_shape : tuple of int
        Shape without channels, as the file's header claims it.
    max_pixels : int
        The largest number of pixels allowed.

    Raises
    ------
    ImageError
        With the size and the limit.

    Examples
    --------
    >>> from talweg.images.checks import check_size
    >>> check_size("bomb.png", (15000, 20000), 250_000_000)
    Traceback (most recent call last):
    ...
    talweg.errors.ImageError: bomb.png: 20000x15000 is 300,000,000 pixels, over the limit of
    250,000,000; give a larger max_pixels if the file can be trusted
    """
    pixels = math.prod(spatial_shape)
    if pixels == 0:
        raise ImageError(
            f"{name}: the image is empty (shape {spatial_shape}); give one with pixels"
        )
    if pixels > max_pixels:
        raise ImageError(
            f"{name}: {size_text(spatial_shape)} is {pixels:,} pixels, over the limit of "
            f"{max_pixels:,}; give a larger max_pixels if the file can be trusted"
        )


def check_dtype(name: str, dtype: np.dtype[Any]) -> None:
    """Refuse samples that aren't integers or floats of at most 64 bits.

    Parameters
    ----------
    name : str
        The file's name, for the message.
    dtype : dtype
        Type of the samples.

    Raises
    ------
    ImageError
        With the type and the types allowed.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.checks import check_dtype
    >>> check_dtype("spectrum.npy", np.dtype(complex))
    Traceback (most recent call last):
    ...
    talweg.errors.ImageError: spectrum.npy: its type is complex128; give integers or floats of at
    most 64 bits
    """
    if dtype.kind == "b":
        raise ImageError(
            f"{name}: its type is bool, which makes it a mask, not an image; give integers or "
            "floats, such as array.astype('uint8') * 255"
        )
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise ImageError(f"{name}: its type is {dtype}; give integers or floats of at most 64 bits")


def check_channel_axis(
    name: str, channel_axis: ChannelAxis, dimensions: int
) -> int | Literal["auto"] | None:
    """Count the channel axis from the front; leave "auto" and None as given.

    Parameters
    ----------
    name : str
        The file's name, for the message.
    channel_axis : int, None or "auto"
        The axis asked for, negative from the back.
    dimensions : int
        Number of axes of the array in the file.

    Returns
    -------
    int, None or "auto"

    Raises
    ------
    ImageError
        If there is no such axis.

    Examples
    --------
    >>> from talweg.images.checks import check_channel_axis
    >>> check_channel_axis("stack.npy", -1, 3)
    2
    """
    if channel_axis is None or channel_axis == "auto":
        return channel_axis
    if isinstance(channel_axis, bool) or not isinstance(channel_axis, (int, np.integer)):
        raise ImageError(
            f'{name}: channel_axis is {channel_axis!r}; give an axis number, None or "auto"'
        )
    if not -dimensions <= channel_axis < dimensions:
        raise ImageError(
            f"{name}: channel_axis is {channel_axis}, but the array has {dimensions} axes; "
            f"give {-dimensions} to {dimensions - 1}"
        )
    return int(channel_axis) % dimensions


@contextmanager
def decoding(name: str, what: str) -> Iterator[None]:
    """Turn whatever a decoder raises on bad data into an `ImageError` of one line.

    Decoders raise almost anything on bad data (``SyntaxError``, ``struct.error``, ``IndexError``,
    their own classes), so no shorter list would do.

    Parameters
    ----------
    name : str
        The file's name, for the message.
    what : str
        What is being decoded: "PNG", "JPEG", ...

    Raises
    ------
    ImageError
        From any exception other than `ImageError` itself and ``MemoryError``.

    Examples
    --------
    >>> from talweg.images.checks import decoding
    >>> with decoding("photo.png", "PNG"):
    ...     raise SyntaxError("broken PNG file")
    Traceback (most recent call last):
    ...
    talweg.errors.ImageError: photo.png: the PNG data are damaged or cut short (broken PNG file);
    get a whole copy of the file
    """
    try:
        yield
    except (ImageError, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(
            f"{name}: the {what} data are damaged or cut short ({reason}); "
            "get a whole copy of the file"
        ) from error
