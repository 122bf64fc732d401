"""Small 8-bit pictures of an image of any type, to look at."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Viewer"]


@dataclasses.dataclass(frozen=True)
class Viewer:
    """Shows an image of any type and number of dimensions as 8-bit RGB.

    Parameters
    ----------
    channel_axis : int or None
        The last axis, or None.
    low, high : float
        The values shown as black and white.

    Notes
    -----
    Of a volume the plane in the middle is shown, of channels other than three the first.
    """

    channel_axis: int | None
    low: float
    high: float

    @classmethod
    def of(cls, image: NDArray[Any], mask: NDArray[np.bool_], channel_axis: int | None) -> Viewer:
        """Choose the range: the type's for 8 bits, else that of the known pixels."""
        if image.dtype == np.uint8:
            return cls(channel_axis, 0.0, 255.0)
        known = ~mask if mask.ndim == image.ndim else ~mask[..., np.newaxis]
        values = image[np.broadcast_to(known, image.shape) & np.isfinite(image)]
        low, high = float(values.min()), float(values.max())
        return cls(channel_axis, low, high if high > low else low + 1.0)

    def picture(self, image: NDArray[Any], width: int, height: int) -> Image.Image:
        """Return the image as RGB, shrunk to fit into a box; never enlarged."""
        plane = self._plane(image)
        # Of a large image only every so manieth pixel is looked at: smooth enough, and quick.
        stride = max(1, min(plane.shape[0] // (2 * height), plane.shape[1] // (2 * width)))
        plane = plane[::stride, ::stride]
        with np.errstate(invalid="ignore"):  # NaN is shown as black
            shades = (plane.astype(np.float64) - self.low) * (255.0 / (self.high - self.low))
            shades = np.nan_to_num(np.clip(np.rint(shades), 0.0, 255.0)).astype(np.uint8)
        picture = Image.fromarray(shades).convert("RGB")
        scale = min(1.0, width / picture.width, height / picture.height)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        return picture if size == picture.size else picture.resize(size, Image.Resampling.BOX)

    def _plane(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return rows and columns, of one channel or of three."""
        if self.channel_axis is not None and image.shape[-1] != 3:
            image = image[..., 0]
        space = 3 if self.channel_axis is not None and image.shape[-1] == 3 else 2
        while image.ndim > space:
            image = image[image.shape[0] // 2]
        return image
