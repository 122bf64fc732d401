"""Reading a picture from a file or from standard input, whatever its format."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from talweg.errors import ImageError
from talweg.images.picture import Picture
from talweg.images.read_npy import NPY_MAGIC, read_npy
from talweg.images.read_pillow import read_with_pillow
from talweg.images.read_tiff import TIFF_MAGICS, read_tiff

__all__ = ["IMAGE_SUFFIXES", "MAX_PIXELS", "images_in", "open_image", "read"]

IMAGE_SUFFIXES: frozenset[str] = frozenset(
    {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".npy", ".bmp", ".webp", ".gif", ".pgm", ".ppm"}
    | {".jp2", ".avif"}
)
"""Endings, in lower case, by which `images_in` knows an image."""

MAX_PIXELS = 250_000_000
"""How many pixels an image may have unless the caller says otherwise."""


def read(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    channel_axis: int | Literal["auto"] | None = "auto",
    max_pixels: int = MAX_PIXELS,
) -> Picture:
    """Read a picture.

    What a file is, is told by its content, not by its name. PNG, TIFF and NPY keep their own
    sample type; other formats are read at 8 bits a sample, save gray PPM, PFM and JPEG 2000.
    Cameras' orientation is applied. JPEG, WebP, AVIF and JPEG 2000 count as lossy.

    Parameters
    ----------
    source : str, path or binary stream
        The file, or a stream such as ``sys.stdin.buffer``, which is read to its end.
    channel_axis : int, None or "auto", default: "auto"
        Which axis of a TIFF or NPY file holds the channels. "auto" takes what a TIFF file says,
        and a 3-d NPY array whose last axis is 3 (colour) or 4 (colour with alpha) long. None
        says that all axes are space, a number names the axis. Other formats say it themselves,
        and anything but "auto" must agree with them.
    max_pixels : int, default: 250,000,000
        The largest width times height (times depth, for volumes). It is compared with the file's
        header before anything is decoded.

    Returns
    -------
    Picture
        Its `pixels` have the channels, if any, on the last axis, and no alpha.

    Raises
    ------
    ImageError
        If there is no such file, it may not be read, it is no image, it is damaged or cut short,
        or it has more than `max_pixels` pixels. The message is one line.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from talweg.images.read import read
    >>> stream = io.BytesIO()
    >>> np.save(stream, np.zeros((480, 640), np.uint16))
    >>> _ = stream.seek(0)
    >>> read(stream).describe()
    '640x480 gray uint16'
    """
    with open_image(source) as (stream, name):
        start = stream.read(8)
        stream.seek(0)
        if not start:
            raise ImageError(f"{name}: the file is empty; give an image")
        reader = read_with_pillow
        if start.startswith(NPY_MAGIC):
            reader = read_npy
        elif start.startswith(TIFF_MAGICS):
            reader = read_tiff
        return reader(stream, name, channel_axis=channel_axis, max_pixels=max_pixels)


def images_in(folder: str | os.PathLike[str]) -> list[Path]:
    """List the images that lie in a folder, by their endings; folders inside it are left alone.

    Parameters
    ----------
    folder : str or path
        The folder.

    Returns
    -------
    list of Path
        Sorted by name, hidden files left out.

    Raises
    ------
    ImageError
        If the folder can't be listed or holds no image.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from talweg.images.read import images_in
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "b.PNG").touch()
    ...     Path(folder, "a.tif").touch()
    ...     Path(folder, "notes.txt").touch()
    ...     [path.name for path in images_in(folder)]
    ['a.tif', 'b.PNG']
    """
    try:
        entries = sorted(Path(folder).iterdir())
    except OSError as error:
        raise _unreadable(os.fspath(folder), error) from error
    images = [
        path
        for path in entries
        if path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "." and path.is_file()
    ]
    if not images:
        raise ImageError(
            f"{os.fspath(folder)}: the folder holds no image; "
            f"looked for {', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    return images


@contextmanager
def open_image(source: str | os.PathLike[str] | BinaryIO) -> Iterator[tuple[BinaryIO, str]]:
    """Open a source for reading from its start, with the name to use in messages.

    Parameters
    ----------
    source : str, path or binary stream
        As for `read`. A stream is read to its end, from where it stands, and left open.

    Yields
    ------
    stream : seekable binary stream
    name : str

    Raises
    ------
    ImageError
        If it can't be opened or read.

    Examples
    --------
    >>> import io
    >>> from talweg.images.read import open_image
    >>> with open_image(io.BytesIO(b"abc")) as (stream, name):
    ...     print(name, stream.read())
    standard input b'abc'
    """
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        try:
            stream: BinaryIO = open(name, "rb")  # noqa: SIM115 - closed below
            if not stream.seekable():  # a pipe given by name
                with stream:
                    stream = io.BytesIO(stream.read())
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from error
    else:
        stream_name = getattr(source, "name", None)
        named = isinstance(stream_name, str) and not stream_name.startswith("<")
        name = str(stream_name) if named else "standard input"
        stream = _read_all(source, name)
    with stream:
        yield stream, name


def _read_all(source: BinaryIO, name: str) -> BinaryIO:
    try:
        content = source.read()
    except (AttributeError, OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    if not isinstance(content, bytes):
        raise ImageError(
            f"{name}: reading gave {type(content).__name__}, not bytes; open it in binary mode"
        )
    return io.BytesIO(content)


def _unreadable(name: str, error: Exception) -> ImageError:
    if isinstance(error, FileNotFoundError):
        return ImageError(f"{name}: there is no such file; check the name")
    if isinstance(error, IsADirectoryError):
        return ImageError(f"{name}: this is a folder; name a file in it")
    if isinstance(error, NotADirectoryError):
        return ImageError(f"{name}: this is not a folder, or lies in none; check the name")
    if isinstance(error, PermissionError):
        return ImageError(f"{name}: it may not be read; change its permissions")
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    return ImageError(f"{name}: it can't be read ({reason}); check the name and the disk")
