"""Image files of all kinds, held in memory, to be read back by the other side."""

from __future__ import annotations

import io

import numpy as np
import tifffile
from PIL import Image, ImageCms

from talweg.images.read import read
from talweg.images.write import write

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(shape, dtype=np.uint8, seed=0):
    generator = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return generator.random(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return generator.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def exif_block(orientation=1):
    exif = Image.Exif()
    exif[0x010F] = "A maker of cameras"
    exif[0x0112] = orientation
    return exif.tobytes()


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def written(picture, kind):
    buffer = io.BytesIO()
    write(buffer, picture, format=kind)
    return buffer.getvalue()


def tiff(array, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def read_bytes(content, **options):
    return read(io.BytesIO(content), **options)
