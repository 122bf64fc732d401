"""Writing a picture to a file or to standard output, without loss or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from talweg.atomic import atomic_write, refuse_existing
from talweg.errors import ImageError
from talweg.images.encode import ENCODERS
from talweg.images.picture import Picture

__all__ = ["WRITABLE_SUFFIXES", "atomic_write", "write"]

WRITABLE_SUFFIXES: dict[str, str] = {
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".npy": "NPY",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".bmp": "BMP",
}
"""Endings of file names that `write` knows, in lower case, and the format that each means."""


def write(
    target: str | os.PathLike[str] | BinaryIO,
    picture: Picture,
    *,
    format: str | None = None,  # noqa: A002 - the word that Pillow, Matplotlib and users have
    overwrite: bool = False,
) -> None:
    """Write a picture.

    Nothing is converted: what the format can't hold is an error. PNG holds uint8 and uint16, gray
    or RGB, with or without alpha. TIFF holds everything, volumes too, and is compressed without
    loss. NPY holds everything, alpha as the last channel, but no metadata. WebP is written
    without loss, BMP without alpha, and JPEG, the one lossy format, at quality 95 with full
    colour resolution and without alpha. EXIF is carried to PNG, JPEG and WebP, not to TIFF.

    The file is written whole or not at all, see `atomic_write`.

    Parameters
    ----------
    target : str, path or binary stream
        The file, or a stream such as ``sys.stdout.buffer``.
    picture : Picture
        What to write.
    format : str, optional
        "PNG", "JPEG", "TIFF", "NPY", "WEBP" or "BMP", or an ending such as "jpg". By default
        what the ending of the file's name says; a stream must be given one.
    overwrite : bool, default: False
        Whether a file that exists already is replaced.

    Raises
    ------
    ImageError
        If the format is unknown or can't hold the picture. Nothing is written then.
    FileExistsError
        If the file exists and `overwrite` is False.
    OSError
        If it can't be written. The error names the file, and nothing half-written is left.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from talweg.images.picture import Picture
    >>> from talweg.images.write import write
    >>> stream = io.BytesIO()
    >>> write(stream, Picture(np.zeros((4, 5), np.uint16)), format="PNG")
    >>> stream.getvalue()[1:4]
    b'PNG'
    >>> write(stream, Picture(np.zeros((4, 5), np.uint16)), format="JPEG")
    Traceback (most recent call last):
    ...
    talweg.errors.ImageError: picture: JPEG can't hold 5x4 gray uint16; write PNG, TIFF or NPY
    """
    name = os.fspath(target) if isinstance(target, (str, os.PathLike)) else None
    encoder = ENCODERS[_format_of(name, format)]
    if isinstance(target, (str, os.PathLike)):
        refuse_existing(target, overwrite)
        encoded = encoder(picture)
        with atomic_write(target, overwrite) as file:
            file.write(encoded)
    else:
        target.write(encoder(picture))


def _format_of(name: str | None, asked: str | None) -> str:
    allowed = ", ".join(sorted(WRITABLE_SUFFIXES))
    if asked is not None:
        known = WRITABLE_SUFFIXES.get("." + asked.lower(), asked.upper())
        if known in ENCODERS:
            return known
        raise ImageError(
            f"{name or 'standard output'}: format {asked!r} can't be written; "
            f"give {', '.join(ENCODERS)}"
        )
    if name is None:
        raise ImageError(
            f"standard output: the format must be said; give format {', '.join(ENCODERS)}"
        )
    suffix = Path(name).suffix.lower()
    if suffix not in WRITABLE_SUFFIXES:
        what = f"the ending {suffix!r} names no format" if suffix else "the name has no ending"
        raise ImageError(f"{name}: {what} that can be written; end it in {allowed}")
    return WRITABLE_SUFFIXES[suffix]
