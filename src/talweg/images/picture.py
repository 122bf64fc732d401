"""What an image file holds: its samples, its alpha, and what is carried along unchanged."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["Metadata", "Picture"]


@dataclass(frozen=True)
class Metadata:
    r"""What is carried from the file read to the file written, as far as its format allows.

    Parameters
    ----------
    icc_profile : bytes, optional
        The colour profile, as embedded in the file.
    dpi : tuple of two floats, optional
        Dots per inch across (columns) and down (rows).
    exif : bytes, optional
        The EXIF block: a TIFF structure, without the leading ``Exif\0\0`` of JPEG files. Its
        orientation is always 1, because pictures are turned upright when they are read.

    Examples
    --------
    >>> from talweg.images.picture import Metadata
    >>> Metadata(dpi=(300.0, 300.0)).dpi
    (300.0, 300.0)
    """

    icc_profile: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """An image as read from a file, or about to be written to one.

    Parameters
    ----------
    pixels : (M, N[, ..., P][, C]) ndarray
        Gray or colour samples in the file's own type, rows first, without alpha.
    channel_axis : int or None, default: None
        The axis of `pixels` that holds the channels, always the last one, or None.
    alpha : (M, N) ndarray, optional
        Opacity, of the same type as `pixels`.
    metadata : Metadata, optional
        Colour profile, resolution and EXIF.
    name : str, default: "picture"
        Path as given, or "standard input". Messages begin with it.
    format : str, default: "NPY"
        Format of the file it was read from: "PNG", "JPEG", "TIFF", "NPY", ...
    lossy : bool, default: False
        Whether that file's compression may have changed the samples.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.images.picture import Picture
    >>> picture = Picture(np.zeros((480, 640, 3), np.uint8), channel_axis=2)
    >>> picture.describe()
    '640x480 RGB uint8'
    """

    pixels: NDArray[Any]
    channel_axis: int | None = None
    alpha: NDArray[Any] | None = None
    metadata: Metadata = Metadata()
    name: str = "picture"
    format: str = "NPY"
    lossy: bool = False

    @property
    def spatial_shape(self) -> tuple[int, ...]:
        """Shape of `pixels` without the channels.

        Examples
        --------
        >>> import numpy as np
        >>> from talweg.images.picture import Picture
        >>> Picture(np.zeros((480, 640, 3), np.uint8), channel_axis=2).spatial_shape
        (480, 640)
        """
        shape = self.pixels.shape
        return shape if self.channel_axis is None else shape[:-1]

    def with_pixels(self, pixels: NDArray[Any]) -> Picture:
        """Exchange the pixels and keep alpha, metadata and name.

        Parameters
        ----------
        pixels : ndarray
            The new samples, of the shape of the old ones.

        Returns
        -------
        Picture

        Examples
        --------
        >>> import numpy as np
        >>> from talweg.images.picture import Picture
        >>> dark = Picture(np.zeros((4, 5), np.uint8), name="dark.png")
        >>> dark.with_pixels(dark.pixels + np.uint8(9)).name
        'dark.png'
        """
        return dataclasses.replace(self, pixels=pixels)

    def describe(self) -> str:
        """Size, kind and type in one line.

        Images are told as width x height, volumes by their shape.

        Returns
        -------
        str

        Examples
        --------
        >>> import numpy as np
        >>> from talweg.images.picture import Picture
        >>> Picture(np.zeros((512, 512), np.uint8)).describe()
        '512x512 gray uint8'
        >>> Picture(np.zeros((30, 480, 640), np.float32)).describe()
        'volume of shape 30x480x640 gray float32'
        """
        channels = 1 if self.channel_axis is None else self.pixels.shape[-1]
        kind = {1: "gray", 3: "RGB"}.get(channels, f"{channels}-channel")
        alpha = "" if self.alpha is None else "+alpha"
        return f"{size_text(self.spatial_shape)} {kind}{alpha} {self.pixels.dtype}"


def size_text(spatial_shape: tuple[int, ...]) -> str:
    """Width x height of an image, the shape of a volume."""
    if len(spatial_shape) == 2:
        return f"{spatial_shape[1]}x{spatial_shape[0]}"
    return "volume of shape " + "x".join(str(length) for length in spatial_shape)
