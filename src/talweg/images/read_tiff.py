"""Reading TIFF files: any depth, colour with alpha, planes apart, and stacks of pages."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
from talweg.images.orientation import turned_dpi, upright
from talweg.images.picture import Metadata, Picture

__all__ = ["TIFF_MAGICS", "read_tiff"]

TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
JPEG_COMPRESSIONS = (6, 7, 34892)
LOSSY_COMPRESSIONS = (*JPEG_COMPRESSIONS, 22610, 34887, 34927, 34934, 50001)  # JPEG XR, LERC, WebP
PREMULTIPLIED_ALPHA, STRAIGHT_ALPHA = 1, 2
CENTIMETRES_PER_INCH = 2.54


def read_tiff(
    stream: BinaryIO, name: str, *, channel_axis: ChannelAxis, max_pixels: int
) -> Picture:
    """Read a TIFF file as an image or, if it holds several equal pages, as a volume.

    Parameters
    ----------
    stream : seekable binary stream
        At the file's start.
    name : str
        The file's name, for messages.
    channel_axis : int, None or "auto"
        With "auto" the samples of a pixel, or else the channels that ImageJ and OME files
        declare. With None all axes are space, and an int names an axis of the array as stored.
    max_pixels : int
        The largest number of pixels allowed.

    Returns
    -------
    Picture
        In the file's own type. Palettes become RGB, CMYK becomes RGB, white-is-zero becomes
        black-is-zero and 1, 2 and 4 bits become 0 to 255. EXIF inside TIFF isn't carried along.

    Raises
    ------
    ImageError
        If the file is damaged, too large, holds images of several sizes, or a colour model or
        premultiplied alpha that can't be turned into RGB without guessing.

    Examples
    --------
    >>> import io, numpy as np, tifffile
    >>> from talweg.images.read_tiff import read_tiff
    >>> stream = io.BytesIO()
    >>> tifffile.imwrite(stream, np.zeros((7, 4, 5), np.uint16), photometric="minisblack")
    >>> _ = stream.seek(0)
    >>> read_tiff(stream, "a.tif", channel_axis="auto", max_pixels=1000).describe()
    'volume of shape 7x4x5 gray uint16'
    """
    import tifffile

    with _quiet(), decoding(name, "TIFF"), tifffile.TiffFile(stream) as tiff:
        _check_whole(tiff, stream, name)
        series = _only_series(tiff, name)
        page = series.keyframe
        axis = _channel_axis(name, channel_axis, series.axes)
        shape = series.shape
        check_size(name, tuple(np.delete(shape, axis) if axis is not None else shape), max_pixels)
        _check_model(page, name)
        array = _black_is_zero(series.asarray(), page, name)
        orientation = int(page.tags.valueof(274, default=1))
        rows, columns = series.axes.find("Y"), series.axes.find("X")
        if min(rows, columns) >= 0:
            array = upright(array, orientation, rows=rows, columns=columns)
        pixels, axis, alpha = _split(array, axis, series, name)
        metadata = Metadata(page.iccprofile or None, turned_dpi(_dpi(page), orientation), None)
        if int(page.photometric) == CMYK:
            metadata = Metadata(None, metadata.dpi, None)  # the profile was CMYK's
        lossy = int(page.compression) in LOSSY_COMPRESSIONS
    check_dtype(name, pixels.dtype)
    return Picture(pixels, axis, alpha, metadata, name, "TIFF", lossy)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep tifffile's log of odd tags from the user; what matters is checked here."""
    logger = logging.getLogger("tifffile")

    def drop(_record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)


def _check_whole(tiff: Any, stream: BinaryIO, name: str) -> None:
    """Refuse a file whose pages or samples lie beyond its end: tifffile would leave them out."""
    size = stream.seek(0, os.SEEK_END)
    ends = [
        offset + count
        for page in tiff.pages
        if page is not None
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False)
    ]
    stream.seek(tiff.pages.next_page_offset)
    next_page = int.from_bytes(
        stream.read(tiff.tiff.offsetsize), "little" if tiff.byteorder == "<" else "big"
    )
    # The last page points to page 0, that is, to none.
    if next_page != 0 or max(ends, default=0) > size:
        raise ImageError(
            f"{name}: the TIFF data are cut short: the file ends at byte {size:,}, but "
            f"its pages reach to {max(next_page, *ends, 0):,}; get a whole copy of the file"
        )


def _only_series(tiff: Any, name: str) -> Any:
    """Find the one image or stack in the file; smaller copies of it are left aside."""
    series = [one for one in tiff.series if not one.keyframe.is_reduced]
    if len(series) != 1:
        sizes = ", ".join("x".join(map(str, one.shape)) for one in series[:4])
        raise ImageError(
            f"{name}: the TIFF holds {len(series)} images of different kinds ({sizes}); "
            "give each as a file of its own"
        )
    return series[0]


def _channel_axis(name: str, asked: ChannelAxis, axes: str) -> int | None:
    checked = check_channel_axis(name, asked, len(axes))
    declared = next((axes.index(letter) for letter in "SC" if letter in axes), None)
    axis = declared if checked == "auto" else checked
    if len(axes) - (axis is not None) < 2:
        raise ImageError(
            f"{name}: axes {axes} leave fewer than two for space; give rows and columns"
        )
    return axis


def _check_model(page: Any, name: str) -> None:
    model = int(page.photometric)
    decoded = model == YCBCR and int(page.compression) in JPEG_COMPRESSIONS
    eight_bit_cmyk = model == CMYK and page.dtype == np.uint8 and page.samplesperpixel == 4
    if not (decoded or eight_bit_cmyk or model in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE)):
        raise ImageError(
            f"{name}: the TIFF's colour model is {getattr(page.photometric, 'name', model)} "
            f"({page.dtype}); convert it to gray or RGB"
        )


def _black_is_zero(array: NDArray[Any], page: Any, name: str) -> NDArray[Any]:
    """Put black at 0, and spread samples of less than 8 bits over 0 to 255."""
    model, bits = int(page.photometric), int(page.bitspersample)
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    if model == WHITE_IS_ZERO:
        if array.dtype.kind != "u":
            raise ImageError(
                f"{name}: white is zero, but the samples are {array.dtype}, which have no black; "
                "convert it to black is zero"
            )
        array = array.dtype.type(2**bits - 1) - array
    if model in (WHITE_IS_ZERO, BLACK_IS_ZERO) and bits in (1, 2, 4) and array.dtype == np.uint8:
        array = array * np.uint8(255 // (2**bits - 1))
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _split(
    array: NDArray[Any], axis: int | None, series: Any, name: str
) -> tuple[NDArray[Any], int | None, NDArray[Any] | None]:
    """Pixels with the channels last, the channel axis, and alpha."""
    page, model = series.keyframe, int(series.keyframe.photometric)
    if model == PALETTE and axis is None:
        # 8-bit colours are stored times 256 or times 257: the upper byte holds them either way.
        colours = np.moveaxis(page.colormap >> 8, 0, -1).astype(np.uint8)
        array, axis = colours[array], array.ndim
    if axis is None:
        return np.ascontiguousarray(array), None, None
    samples = series.axes[axis : axis + 1] == "S"
    array = np.moveaxis(array, axis, -1)
    if model == CMYK and samples and array.ndim == 3:
        return _rgb_from_cmyk(array, page), 2, None
    alpha = None
    if samples and array.ndim == 3:
        array, alpha = _split_alpha(array, page, name)
    if alpha is not None and array.shape[-1] == 1:
        return np.ascontiguousarray(array[..., 0]), None, alpha
    return np.ascontiguousarray(array), array.ndim - 1, alpha


def _split_alpha(
    array: NDArray[Any], page: Any, name: str
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    kinds = [int(kind) for kind in page.extrasamples]
    first_extra = array.shape[-1] - len(kinds)
    for index, kind in enumerate(kinds, first_extra):
        if kind not in (PREMULTIPLIED_ALPHA, STRAIGHT_ALPHA):
            continue
        alpha = np.ascontiguousarray(array[..., index])
        white = 1 if alpha.dtype.kind == "f" else np.iinfo(alpha.dtype).max
        # Where alpha is all or nothing, premultiplied and straight are the same.
        if kind == PREMULTIPLIED_ALPHA and not np.isin(alpha, (0, white)).all():
            raise ImageError(
                f"{name}: colours are premultiplied by alpha, which can't be undone exactly; "
                "save it with straight (unassociated) alpha"
            )
        return np.delete(array, index, axis=-1), alpha
    return array, None


def _rgb_from_cmyk(array: NDArray[Any], page: Any) -> NDArray[Any]:
    from PIL import Image

    from talweg.images.read_pillow import to_rgb

    rows, columns, _ = array.shape
    image = Image.frombytes("CMYK", (columns, rows), np.ascontiguousarray(array).tobytes())
    image.info["icc_profile"] = page.iccprofile
    return np.asarray(to_rgb(image))


def _dpi(page: Any) -> tuple[float, float] | None:
    """Dots per inch, where the file gives its resolution in a known unit."""
    unit = int(page.tags.valueof(296, default=2))
    across, down = (page.tags.valueof(code, default=(0, 1)) for code in (282, 283))
    if unit not in (2, 3) or 0 in (across[1], down[1]):
        return None
    scale = 1.0 if unit == 2 else CENTIMETRES_PER_INCH
    return across[0] / across[1] * scale, down[0] / down[1] * scale
