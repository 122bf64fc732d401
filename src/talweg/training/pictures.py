"""Pictures to learn from: checked at the door, and taken apart into planes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talweg.errors import ImageError
from talweg.images.checks import check_dtype
from talweg.images.opponent import to_opponent

__all__ = ["CROP", "Planes", "check_picture", "check_pictures"]

Planes = list[NDArray[np.float32]]

CROP = 64
"""Rows and columns of the crops that are learned from."""


def check_pictures(pictures: Sequence[Any]) -> list[Planes]:
    """Return every picture's planes, scaled to [0, 1]: brightness, and two differences of colour.

    Parameters
    ----------
    pictures : sequence of (M, N) or (M, N, 3) array_like
        Integers in their type's range, or floats in [0, 1].

    Raises
    ------
    ImageError
        If there is none, or one of them is too small, of another type or shape, or not finite.
    """
    if isinstance(pictures, (str, bytes)) or not isinstance(pictures, Sequence):
        raise TypeError(f"pictures is a {type(pictures).__name__}; give a list of arrays")
    if not pictures:
        raise ImageError("there is no picture to learn from; give at least one")
    return [check_picture(each, f"picture {n + 1}") for n, each in enumerate(pictures)]


def check_picture(picture: Any, name: str) -> Planes:
    """Return one picture's planes.

    Parameters
    ----------
    picture : (M, N) or (M, N, 3) array_like
    name : str
        What the messages begin with.

    Raises
    ------
    ImageError
        As `check_pictures`.
    """
    picture = np.asarray(picture)
    check_dtype(name, picture.dtype)
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
        raise ImageError(
            f"{name} has the shape {picture.shape}; give (rows, columns), or (rows, columns, 3)"
        )
    if min(picture.shape[:2]) < CROP:
        raise ImageError(
            f"{name} has {picture.shape[0]} x {picture.shape[1]} pixels; training takes crops of "
            f"{CROP} x {CROP}"
        )
    if picture.dtype.kind == "f" and not (picture.min() >= 0.0 and picture.max() <= 1.0):
        raise ImageError(
            f"{name}: its floats go from {picture.min():g} to {picture.max():g}; scale them to 0 "
            "to 1, and take out NaN"
        )
    whole = np.iinfo(picture.dtype).max if picture.dtype.kind in "iu" else 1.0
    values = (picture / whole).astype(np.float32)
    if values.ndim == 2:
        return [values]
    return to_opponent([values[..., channel] for channel in range(3)])
