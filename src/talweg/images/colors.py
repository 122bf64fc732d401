"""Colours as users write them, and the pixels that have them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talweg.errors import ImageError
from talweg.images.picture import Picture

__all__ = ["has_color", "parse_color", "white_level"]

HEXADECIMAL = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


def white_level(dtype: np.dtype[Any]) -> int | float:
    """Give the value of white: the largest of an integer type, 1.0 for floats.

    Parameters
    ----------
    dtype : dtype
        Type of the samples.

    Returns
    -------
    int or float

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.colors import white_level
    >>> white_level(np.dtype(np.uint16)), white_level(np.dtype(np.float32))
    (65535, 1.0)
    """
    return 1.0 if dtype.kind == "f" else int(np.iinfo(dtype).max)


def has_color(picture: Picture, color: NDArray[Any] | float) -> NDArray[np.bool_]:
    """Find the pixels that have exactly this value in all channels.

    Parameters
    ----------
    picture : Picture
        Where to look.
    color : scalar or (C,) ndarray
        One value for all channels, or one for each, in the picture's own units.

    Returns
    -------
    bool ndarray
        Of the picture's shape without channels.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.colors import has_color
    >>> from talweg.images.picture import Picture
    >>> has_color(Picture(np.array([[0, 7], [7, 255]], np.uint8)), 7)
    array([[False,  True],
           [ True, False]])
    """
    pixels = picture.pixels
    if picture.channel_axis is None:
        gray: NDArray[np.bool_] = pixels == pixels.dtype.type(np.ravel(color)[0])
        return gray
    values = np.broadcast_to(np.asarray(color, dtype=pixels.dtype), pixels.shape[-1:])
    # Channel by channel: NumPy is slow at reducing an axis of three, and it takes less memory.
    result: NDArray[np.bool_] = pixels[..., 0] == values[0]
    for channel in range(1, pixels.shape[-1]):
        result &= pixels[..., channel] == values[channel]
    return result


def parse_color(text: str, picture: Picture) -> NDArray[Any] | None:
    """Read a colour as the user wrote it, in the picture's own units.

    Parameters
    ----------
    text : str
        "#rrggbb", spread over the picture's own range; or numbers in the picture's own units,
        one for all channels or one for each, such as "255,0,255" or "0".
    picture : Picture
        What the colour is to be looked for in.

    Returns
    -------
    (C,) ndarray or None
        Of the picture's type. None if `text` doesn't look like a colour.

    Raises
    ------
    ImageError
        If it is a colour that this picture can't have.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.colors import parse_color
    >>> from talweg.images.picture import Picture
    >>> picture = Picture(np.zeros((4, 5, 3), np.uint16), channel_axis=2)
    >>> parse_color("#ff0001", picture)
    array([65535,     0,   257], dtype=uint16)
    """
    channels = 1 if picture.channel_axis is None else picture.pixels.shape[-1]
    dtype = picture.pixels.dtype
    values = _values(text, dtype)
    if values is None:
        return None
    if channels == 1 and len(set(values)) == 1:
        values = values[:1]
    if len(values) not in (1, channels):
        wanted = "one number" if channels == 1 else f"one number or {channels}"
        raise ImageError(
            f"{picture.name}: the colour {text!r} has {len(values)} values, but the image is "
            f"{picture.describe()}; give {wanted}"
        )
    if dtype.kind != "f":
        limits = np.iinfo(dtype)
        for value in values:
            if value != int(value) or not limits.min <= value <= limits.max:
                raise ImageError(
                    f"{picture.name}: the colour {text!r} can't be in {dtype}; give whole "
                    f"numbers from {limits.min} to {limits.max}"
                )
        values = [int(value) for value in values]
    return np.broadcast_to(np.array(values, dtype=dtype), (channels,))


def _values(text: str, dtype: np.dtype[Any]) -> list[int | float] | None:
    match = HEXADECIMAL.fullmatch(text)
    if match:
        white = white_level(dtype)
        # 255 is white: times 257 in 16 bits, exactly, and over 255 in floats.
        shades = [int(digits, 16) for digits in match.groups()]
        return [shade / 255 if dtype.kind == "f" else shade * white // 255 for shade in shades]
    try:
        values = [_number(part) for part in text.split(",")]
    except ValueError:
        return None
    return values if all(np.isfinite(value) for value in values) else None


def _number(text: str) -> int | float:
    try:
        return int(text)  # 64-bit integers don't fit into floats
    except ValueError:
        return float(text)
