"""Turning a picture into the bytes of a file, one function a format."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from talweg.errors import ImageError
from talweg.images.checks import check_dtype
from talweg.images.orientation import EXIF_PREFIX
from talweg.images.picture import Picture
from talweg.images.png_chunks import add_metadata

__all__ = ["ENCODERS", "holders"]

JPEG_QUALITY = 95
JPEG_MAX_SIDE = 65_500
JPEG_MAX_EXIF = 65_533 - len(EXIF_PREFIX)
WEBP_MAX_SIDE = 16_383


def holders(picture: Picture) -> list[str]:
    """List the formats that hold a picture as it is, JPEG's loss aside.

    Parameters
    ----------
    picture : Picture
        The picture to be written.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.encode import holders
    >>> from talweg.images.picture import Picture
    >>> holders(Picture(np.zeros((4, 5), np.float32)))
    ['TIFF', 'NPY']
    """
    image = len(picture.spatial_shape) == 2 and _channels(picture) in (1, 3)
    dtype = picture.pixels.dtype.newbyteorder("=")
    longest = max(picture.spatial_shape, default=0)
    plain = picture.alpha is None
    able = []
    if image and dtype in (np.uint8, np.uint16):
        able.append("PNG")
    able += ["TIFF", "NPY"]
    if image and dtype == np.uint8:
        if plain and longest <= JPEG_MAX_SIDE:
            able.append("JPEG")
        if longest <= WEBP_MAX_SIDE:
            able.append("WEBP")
        if plain:
            able.append("BMP")
    return able


def _channels(picture: Picture) -> int:
    return 1 if picture.channel_axis is None else int(picture.pixels.shape[-1])


def _check(picture: Picture, kind: str) -> None:
    """Refuse a picture that isn't sound in itself, or that the format can't hold."""
    pixels, alpha = picture.pixels, picture.alpha
    check_dtype(picture.name, pixels.dtype)
    if pixels.size == 0 or len(picture.spatial_shape) < 2:
        raise ImageError(
            f"{picture.name}: shape {pixels.shape} is no image; give rows and columns of pixels"
        )
    if alpha is not None and (alpha.shape, alpha.dtype) != (picture.spatial_shape, pixels.dtype):
        raise ImageError(
            f"{picture.name}: alpha is {alpha.shape} {alpha.dtype}, but the pixels are "
            f"{picture.spatial_shape} {pixels.dtype}; give both alike"
        )
    able = holders(picture)
    if kind not in able:
        last = able.pop()
        raise ImageError(
            f"{picture.name}: {kind} can't hold {picture.describe()}; "
            f"write {', '.join(able)} or {last}"
        )


def _samples(picture: Picture) -> NDArray[Any]:
    """Pixels with alpha, if any, as the last channel; a single channel is gray."""
    pixels = picture.pixels
    if picture.channel_axis is not None and pixels.shape[-1] == 1 and pixels.ndim == 3:
        pixels = pixels[..., 0]
    if picture.alpha is not None:
        colours = pixels if pixels.ndim > picture.alpha.ndim else pixels[..., np.newaxis]
        pixels = np.concatenate([colours, picture.alpha[..., np.newaxis]], axis=-1)
    native = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    return np.ascontiguousarray(native)


def _pillow(picture: Picture, kind: str, **options: Any) -> bytes:
    samples = _samples(picture)
    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    mode = modes[1 if samples.ndim == 2 else samples.shape[2]]
    rows, columns = samples.shape[:2]
    image = Image.frombuffer(mode, (columns, rows), samples, "raw", mode, 0, 1)
    buffer = io.BytesIO()
    given = {key: value for key, value in options.items() if value is not None}
    image.save(buffer, kind, **given)
    return buffer.getvalue()


def _png(picture: Picture) -> bytes:
    _check(picture, "PNG")
    metadata = picture.metadata
    if picture.pixels.dtype == np.uint8:
        return _pillow(
            picture,
            "PNG",
            icc_profile=metadata.icc_profile,
            dpi=metadata.dpi,
            exif=metadata.exif,
        )
    import imagecodecs  # Pillow writes no 16-bit colour

    # A copy, because NumPy calls a one-pixel view contiguous whatever its strides.
    encoded = imagecodecs.png_encode(_samples(picture).copy())
    return add_metadata(bytes(encoded), metadata)


def _jpeg(picture: Picture) -> bytes:
    _check(picture, "JPEG")
    metadata = picture.metadata
    exif = metadata.exif
    if exif is not None and len(exif) > JPEG_MAX_EXIF:
        raise ImageError(
            f"{picture.name}: its EXIF block of {len(exif):,} bytes is over the {JPEG_MAX_EXIF:,} "
            "that JPEG holds; write PNG or WEBP, or leave the EXIF block out"
        )
    return _pillow(
        picture,
        "JPEG",
        quality=JPEG_QUALITY,
        subsampling=0,
        icc_profile=metadata.icc_profile,
        dpi=metadata.dpi,
        exif=None if exif is None else EXIF_PREFIX + exif,
    )


def _webp(picture: Picture) -> bytes:
    _check(picture, "WEBP")
    metadata = picture.metadata
    # exact: keep the colours of transparent pixels too.
    return _pillow(
        picture,
        "WEBP",
        lossless=True,
        exact=True,
        icc_profile=metadata.icc_profile,
        exif=metadata.exif,
    )


def _bmp(picture: Picture) -> bytes:
    _check(picture, "BMP")
    return _pillow(picture, "BMP", dpi=picture.metadata.dpi)


def _npy(picture: Picture) -> bytes:
    _check(picture, "NPY")
    buffer = io.BytesIO()
    samples = picture.pixels if picture.alpha is None else _samples(picture)
    np.save(buffer, samples, allow_pickle=False)
    return buffer.getvalue()


def _tiff(picture: Picture) -> bytes:
    import tifffile

    _check(picture, "TIFF")
    samples = _samples(picture)
    colours = _channels(picture)
    model = "rgb" if colours == 3 else "minisblack"
    options: dict[str, Any] = {}
    if samples.ndim > 2 and (picture.channel_axis is not None or picture.alpha is not None):
        options["planarconfig"] = "contig"
        own = 3 if colours == 3 else 1
        extra = samples.shape[-1] - own
        kinds = ["unspecified"] * extra
        if picture.alpha is not None:
            kinds[-1] = "unassalpha"
        if kinds:
            options["extrasamples"] = kinds
    if picture.metadata.dpi is not None:
        options |= {"resolution": picture.metadata.dpi, "resolutionunit": "INCH"}
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        samples,
        photometric=model,
        compression="zlib",
        # Differences compress photographs well; of wider types not every program undoes them.
        predictor=samples.dtype.kind in "iu" and samples.dtype.itemsize <= 2,
        iccprofile=picture.metadata.icc_profile,
        # The description is what tells a stack from a colour image; a plain image needs none.
        metadata={} if len(picture.spatial_shape) > 2 else None,
        software="talweg",
        **options,
    )
    return buffer.getvalue()


ENCODERS: dict[str, Callable[[Picture], bytes]] = {
    "PNG": _png,
    "TIFF": _tiff,
    "NPY": _npy,
    "JPEG": _jpeg,
    "WEBP": _webp,
    "BMP": _bmp,
}
"""What turns a picture into a file of each format."""
