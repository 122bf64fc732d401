"""PNG chunks: reading and adding the few that 16-bit PNG files need beside their samples."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from talweg.images.picture import Metadata

__all__ = ["Header", "add_metadata", "chunks", "metadata_of", "read_header"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_END = len(SIGNATURE) + 4 + 4 + 13 + 4
METRES_PER_INCH = 0.0254
MAX_PROFILE_BYTES = 64 * 2**20  # a profile is compressed: don't let a small one fill the memory


@dataclass(frozen=True)
class Header:
    """Width and height in pixels, bits per sample and colour type of a PNG file."""

    width: int
    height: int
    bits: int
    colour_type: int  # 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha


def read_header(start: bytes) -> Header | None:
    """Size and depth that a PNG file claims, or None where its start is cut short or wrong.

    Parameters
    ----------
    start : bytes
        At least the first 33 bytes of the file.

    Returns
    -------
    Header or None

    Examples
    --------
    >>> import numpy as np, imagecodecs
    >>> from talweg.images.png_chunks import read_header
    >>> read_header(imagecodecs.png_encode(np.zeros((2, 3), np.uint16)))
    Header(width=3, height=2, bits=16, colour_type=0)
    """
    if len(start) < HEADER_END or start[:8] != SIGNATURE or start[12:16] != b"IHDR":
        return None
    return Header(*struct.unpack_from(">IIBB", start, 16))


def chunks(encoded: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's type and data, up to the end or to the first one that is cut short.

    Parameters
    ----------
    encoded : bytes
        A PNG file.

    Yields
    ------
    kind, data : bytes

    Examples
    --------
    >>> import numpy as np, imagecodecs
    >>> from talweg.images.png_chunks import chunks
    >>> [kind for kind, _ in chunks(imagecodecs.png_encode(np.zeros((2, 3), np.uint16)))]
    [b'IHDR', b'IDAT', b'IEND']
    """
    position = len(SIGNATURE)
    while position + 8 <= len(encoded):
        length, kind = struct.unpack_from(">I4s", encoded, position)
        data = encoded[position + 8 : position + 8 + length]
        if len(data) < length:
            return
        yield kind, data
        position += length + 12


def metadata_of(encoded: bytes) -> Metadata:
    """Colour profile, resolution and EXIF (its orientation as it stands) of a PNG file.

    Parameters
    ----------
    encoded : bytes
        A PNG file. A profile that can't be unpacked is left out, as viewers do.

    Returns
    -------
    Metadata

    Examples
    --------
    >>> import numpy as np, imagecodecs
    >>> from talweg.images.picture import Metadata
    >>> from talweg.images.png_chunks import add_metadata, metadata_of
    >>> plain = imagecodecs.png_encode(np.zeros((2, 3), np.uint16))
    >>> metadata_of(add_metadata(plain, Metadata(icc_profile=b"profile"))).icc_profile
    b'profile'
    """
    icc_profile: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None
    for kind, data in chunks(encoded):
        if kind == b"iCCP":
            icc_profile = _unpack_profile(data)
        elif kind == b"pHYs" and len(data) == 9:
            across, down, unit = struct.unpack(">IIB", data)
            if unit == 1:  # pixels per metre; 0 tells only the shape of a pixel
                dpi = (across * METRES_PER_INCH, down * METRES_PER_INCH)
        elif kind == b"eXIf":
            exif = data
    return Metadata(icc_profile, dpi, exif)


def add_metadata(encoded: bytes, metadata: Metadata) -> bytes:
    """Put chunks for the metadata behind the header of a PNG file.

    Parameters
    ----------
    encoded : bytes
        A PNG file that has none of these chunks yet.
    metadata : Metadata
        What is to be added.

    Returns
    -------
    bytes

    Examples
    --------
    >>> import io, numpy as np, imagecodecs
    >>> from PIL import Image
    >>> from talweg.images.picture import Metadata
    >>> from talweg.images.png_chunks import add_metadata
    >>> plain = imagecodecs.png_encode(np.zeros((2, 3), np.uint16))
    >>> with Image.open(io.BytesIO(add_metadata(plain, Metadata(dpi=(300, 300))))) as image:
    ...     round(image.info["dpi"][0])
    300
    """
    added = b""
    if metadata.icc_profile:
        added += _chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc_profile))
    if metadata.dpi:
        across, down = (round(value / METRES_PER_INCH) for value in metadata.dpi)
        added += _chunk(b"pHYs", struct.pack(">IIB", across, down, 1))
    if metadata.exif:
        added += _chunk(b"eXIf", metadata.exif)
    return encoded[:HEADER_END] + added + encoded[HEADER_END:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _unpack_profile(data: bytes) -> bytes | None:
    _name, _, rest = data.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(rest[1:], MAX_PROFILE_BYTES) or None
    except zlib.error:
        return None
