"""Reading PNG, JPEG and the smaller formats: Pillow, and imagecodecs where Pillow drops bits."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from talweg.errors import ImageError
from talweg.images.checks import ChannelAxis, check_channel_axis, check_size, decoding
from talweg.images.orientation import upright, upright_metadata
from talweg.images.picture import Picture
from talweg.images.png_chunks import HEADER_END, SIGNATURE, chunks, metadata_of, read_header

__all__ = ["read_with_pillow", "to_rgb"]

# Named, because of Pillow's other formats one runs Ghostscript and some take any bytes for theirs.
FORMATS = ["PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "JPEG2000", "AVIF"]
LOSSY = frozenset({"JPEG", "WEBP", "AVIF", "JPEG2000"})
STARTS = {SIGNATURE: "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"RIFF": "WEBP"}
opening = threading.Lock()


def read_with_pillow(
    stream: BinaryIO, name: str, *, channel_axis: ChannelAxis, max_pixels: int
) -> Picture:
    """Read a file of any format but TIFF and NPY.

    Parameters
    ----------
    stream : seekable binary stream
        At the file's start.
    name : str
        The file's name, for messages.
    channel_axis : int, None or "auto"
        These files say themselves which axis holds the channels; anything but "auto" must agree.
    max_pixels : int
        The largest number of pixels allowed.

    Returns
    -------
    Picture
        PNG in its own 8 or 16 bits; palettes, CMYK and other colour models as 8-bit RGB, 1-bit
        images as 0 and 255.

    Raises
    ------
    ImageError
        If the file is no image, damaged, too large, an animation, or deeper than can be read.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> from talweg.images.read_pillow import read_with_pillow
    >>> stream = io.BytesIO()
    >>> Image.new("RGBA", (5, 4)).save(stream, "PNG")
    >>> _ = stream.seek(0)
    >>> read_with_pillow(stream, "a.png", channel_axis="auto", max_pixels=100).describe()
    '5x4 RGB+alpha uint8'
    """
    start = stream.read(HEADER_END)
    stream.seek(-len(start), io.SEEK_CUR)
    header = read_header(start)
    if header is not None:
        check_size(name, (header.height, header.width), max_pixels)
    # Pillow keeps 8 bits of 16 in colour, and mistakes the transparent gray of 1 to 4 bits.
    if header is not None and (header.bits == 16 or (header.bits < 8 and header.colour_type == 0)):
        picture = _read_png(stream.read(), name)
    else:
        with _quiet(), _open(stream, name, start) as image:
            check_size(name, (image.height, image.width), max_pixels)
            _check_frames_and_depth(image, stream, name)
            picture = _decode(image, name)
    _check_agreement(picture, channel_axis)
    return picture


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert CMYK and other colour models to RGB, by the embedded profile where there is one.

    Parameters
    ----------
    image : PIL.Image.Image
        An 8-bit image in any colour model.

    Returns
    -------
    PIL.Image.Image
        In sRGB if there was a profile, otherwise by Pillow's plain formula.

    Examples
    --------
    >>> from PIL import Image
    >>> from talweg.images.read_pillow import to_rgb
    >>> to_rgb(Image.new("CMYK", (1, 1), (0, 255, 255, 0))).getpixel((0, 0))
    (255, 0, 0)
    """
    profile = image.info.get("icc_profile")
    if image.mode == "CMYK" and profile:
        from PIL import ImageCms

        try:
            converted = ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            pass  # an unusable profile: do without, as viewers do
        else:
            if converted is not None:
                return converted
    return image.convert("RGB")


def _open(stream: BinaryIO, name: str, start: bytes) -> Image.Image:
    """Read the header with Pillow's own limit on size put aside: max_pixels replaces it."""
    with opening:
        limit = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            return Image.open(stream, formats=FORMATS)
        except MemoryError:
            raise
        except Exception as error:
            kind = next((kind for begin, kind in STARTS.items() if start.startswith(begin)), None)
            if kind is None:
                raise ImageError(
                    f"{name}: this is no image of a format that can be read; give PNG, JPEG, "
                    "TIFF, NPY, BMP, GIF, WebP, PPM, JPEG 2000 or AVIF"
                ) from error
            raise ImageError(
                f"{name}: the {kind} header is damaged or cut short; get a whole copy of the file"
            ) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd metadata from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_frames_and_depth(image: Image.Image, stream: BinaryIO, name: str) -> None:
    kind = image.format
    if kind != "MPO" and getattr(image, "is_animated", False):
        raise ImageError(
            f"{name}: this {kind} is an animation of {getattr(image, 'n_frames', 0)} frames; "
            "give one frame as a file of its own"
        )
    if image.mode == "RGB" and kind in ("PPM", "JPEG2000") and _bits(image, stream) > 8:
        raise ImageError(
            f"{name}: {kind} in colour at more than 8 bits can't be read without loss; "
            "convert it to PNG or TIFF"
        )


def _bits(image: Image.Image, stream: BinaryIO) -> int:
    """Bits per sample of a colour PPM or JPEG 2000 file, which Pillow doesn't tell."""
    if image.format == "PPM":
        arguments = getattr(image, "tile", [("", (), 0, "")])[0][3]
        largest = arguments[1] if isinstance(arguments, tuple) else 255
        return int(largest).bit_length()
    stream.seek(0)
    start = stream.read(65536)
    size_marker = start.find(b"\xff\x51")  # SIZ: the first component's depth lies 40 bytes on
    if size_marker < 0 or size_marker + 40 >= len(start):
        return 16
    return (start[size_marker + 40] & 0x7F) + 1


def _decode(image: Image.Image, name: str) -> Picture:
    kind = "JPEG" if image.format == "MPO" else (image.format or "image")
    with decoding(name, kind):
        image.load()
        model = image.mode
        samples = _samples(image)
    metadata, orientation = upright_metadata(
        # A profile describes the samples that the file held, not the RGB made of them.
        icc_profile=None if model in ("CMYK", "YCbCr", "LAB", "HSV") else _profile(image),
        dpi=_dpi(image),
        exif=image.info.get("exif"),
    )
    pixels, alpha = _split_alpha(upright(samples, orientation))
    axis = 2 if pixels.ndim == 3 else None
    return Picture(pixels, axis, alpha, metadata, name, kind, kind in LOSSY)


def _samples(image: Image.Image) -> NDArray[Any]:
    """Gray (M, N), or gray and alpha, RGB, RGB and alpha (M, N, C)."""
    transparent = image.has_transparency_data
    if image.mode in ("1", "L", "LA", "La"):
        image = image.convert("LA" if transparent else "L")
    elif image.mode in ("RGB", "RGBA", "RGBX", "RGBa", "P", "PA"):
        image = image.convert("RGBA" if transparent else "RGB")
    elif image.mode == "I" and image.format == "PPM":
        return np.asarray(image).astype(np.uint16)
    elif not image.mode.startswith(("I", "F")):
        image = to_rgb(image)
    samples = np.asarray(image)
    return samples.astype(samples.dtype.newbyteorder("="), copy=False)


def _split_alpha(samples: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    if samples.ndim == 2:
        return samples, None
    if samples.shape[2] == 3:
        return samples, None
    alpha = np.ascontiguousarray(samples[..., -1])
    if samples.shape[2] == 2:
        return np.ascontiguousarray(samples[..., 0]), alpha
    return np.ascontiguousarray(samples[..., :3]), alpha


def _profile(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) else None


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    try:
        across, down = image.info["dpi"]
        return float(across), float(down)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def _read_png(encoded: bytes, name: str) -> Picture:
    """Read a PNG file in its own depth."""
    import imagecodecs

    if any(kind == b"acTL" for kind, _ in chunks(encoded)):
        raise ImageError(f"{name}: this PNG is an animation; give one frame as a file of its own")
    with decoding(name, "PNG"):
        samples = imagecodecs.png_decode(encoded)
    found = metadata_of(encoded)
    metadata, orientation = upright_metadata(
        icc_profile=found.icc_profile, dpi=found.dpi, exif=found.exif
    )
    pixels, alpha = _split_alpha(upright(samples, orientation))
    return Picture(pixels, 2 if pixels.ndim == 3 else None, alpha, metadata, name, "PNG")


def _check_agreement(picture: Picture, channel_axis: ChannelAxis) -> None:
    """Refuse a channel axis that these files don't have."""
    if channel_axis == "auto":
        return
    asked = check_channel_axis(picture.name, channel_axis, picture.pixels.ndim)
    if asked != picture.channel_axis:
        kind = "gray" if picture.channel_axis is None else "in colour"
        raise ImageError(
            f"{picture.name}: channel_axis is {channel_axis}, but the file is {kind}, with "
            f'channel_axis {picture.channel_axis}; give "auto"'
        )
