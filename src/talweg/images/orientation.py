"""Turning pictures upright: the orientation that cameras write beside the samples."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talweg.images.picture import Metadata

__all__ = ["exif_orientation", "upright", "upright_metadata"]

ORIENTATION_TAG = 0x0112
EXIF_PREFIX = b"Exif\0\0"


def upright(
    array: NDArray[Any], orientation: int, *, rows: int = 0, columns: int = 1
) -> NDArray[Any]:
    """Turn or mirror an array so that its first row is the top and its first column the left.

    Parameters
    ----------
    array : ndarray
        Samples in the order in which they are stored.
    orientation : int
        The EXIF or TIFF orientation: 1 is upright, 2 to 8 are the other turns and mirrorings.
        Any other value is taken as 1, as readers do.
    rows, columns : int, default: 0 and 1
        The axes of `array` to work on.

    Returns
    -------
    ndarray
        Contiguous, of the shape of `array`, rows and columns exchanged for 5 to 8.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.orientation import upright
    >>> upright(np.array([[1, 2, 3]]), 6)
    array([[1],
           [2],
           [3]])
    """
    if orientation in (5, 6, 7, 8):
        array = np.swapaxes(array, rows, columns)
    # Where the first stored row lies at the bottom, or the first stored column at the right.
    if orientation in (3, 4, 7, 8):
        array = np.flip(array, rows)
    if orientation in (2, 3, 6, 7):
        array = np.flip(array, columns)
    return np.ascontiguousarray(array)


def exif_orientation(exif: bytes | None) -> int:
    r"""Orientation, 1 to 8, that an EXIF block asks for; 1 where it says nothing.

    Parameters
    ----------
    exif : bytes or None
        EXIF block without the leading ``Exif\0\0``.

    Returns
    -------
    int

    Examples
    --------
    >>> from PIL import Image
    >>> from talweg.images.orientation import exif_orientation
    >>> exif = Image.Exif()
    >>> exif[0x0112] = 6
    >>> exif_orientation(exif.tobytes().removeprefix(b"Exif\0\0"))
    6
    """
    entry = _orientation_entry(exif) if exif else None
    if exif is None or entry is None:
        return 1
    order, offset = entry
    value = struct.unpack_from(order + "H", exif, offset)[0]
    return int(value) if 1 <= value <= 8 else 1


def upright_metadata(
    *, icc_profile: bytes | None, dpi: tuple[float, float] | None, exif: bytes | None
) -> tuple[Metadata, int]:
    r"""Metadata of the picture once it is upright, and the orientation that gets it there.

    Parameters
    ----------
    icc_profile, dpi, exif
        As found in the file. `exif` may still begin with ``Exif\0\0``.

    Returns
    -------
    metadata : Metadata
        With the orientation in `exif` set to 1 and the two resolutions in `dpi` exchanged where
        the picture is turned on its side.
    orientation : int
        1 to 8, for `upright`.

    Examples
    --------
    >>> from talweg.images.orientation import upright_metadata
    >>> upright_metadata(icc_profile=None, dpi=(300.0, 150.0), exif=None)
    (Metadata(icc_profile=None, dpi=(300.0, 150.0), exif=None), 1)
    """
    exif = exif.removeprefix(EXIF_PREFIX) if exif else None
    orientation = exif_orientation(exif)
    if exif and orientation != 1:
        exif = _reset(exif)
    return Metadata(icc_profile or None, turned_dpi(dpi, orientation), exif or None), orientation


def turned_dpi(dpi: tuple[float, float] | None, orientation: int) -> tuple[float, float] | None:
    """Resolutions across and down once a picture of this orientation is upright."""
    if dpi is None or not all(np.isfinite(value) and value > 0 for value in dpi):
        return None
    across, down = dpi
    return (down, across) if orientation in (5, 6, 7, 8) else (across, down)


def _orientation_entry(exif: bytes) -> tuple[str, int] | None:
    """Byte order ("<" or ">") and position of the orientation's value, if there is one."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return None
    try:
        (directory,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, directory)
        for entry in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", exif, entry)
            if (tag, kind) == (ORIENTATION_TAG, 3):  # 3: an unsigned 16-bit number
                struct.unpack_from(order + "H", exif, entry + 8)
                return order, entry + 8
    except struct.error:
        return None  # a broken block: viewers ignore it too
    return None


def _reset(exif: bytes) -> bytes:
    """Set the orientation to 1 and leave every other byte, maker notes included, as it is."""
    entry = _orientation_entry(exif)
    if entry is None:
        return exif
    order, offset = entry
    return exif[:offset] + struct.pack(order + "H", 1) + exif[offset + 2 :]
