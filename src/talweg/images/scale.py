"""Between an image's own values and the range [0, 1] in which energies are descended."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scale"]


@dataclasses.dataclass(frozen=True)
class Scale:
    """A linear map of an image's values onto [0, 1], and back.

    Parameters
    ----------
    dtype : dtype
        The image's.
    low, high : float
        The values that become 0 and 1.
    limited : bool
        Whether values beyond them can't be.

    Examples
    --------
    >>> import numpy as np
    >>> scale = Scale(np.dtype(np.uint8), 0.0, 255.0, limited=True)
    >>> scale.undo(np.array([-0.1, 0.5]))
    array([  0, 128], dtype=uint8)
    """

    dtype: np.dtype[Any]
    low: float
    high: float
    limited: bool

    @classmethod
    def of(cls, image: NDArray[Any], mask: NDArray[np.bool_]) -> Scale:
        """Choose the scale for an image, by its type and, if that has no range, its known values."""
        if image.dtype.kind in "iu":
            information = np.iinfo(image.dtype)
            return cls(image.dtype, float(information.min), float(information.max), limited=True)
        low = float(np.min(image, where=~mask, initial=np.inf))
        high = float(np.max(image, where=~mask, initial=-np.inf))
        if low >= 0.0 and high <= 1.0:
            return cls(image.dtype, 0.0, 1.0, limited=True)
        return cls(image.dtype, low, high if high > low else low + 1.0, limited=False)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The box for the scaled values, or None."""
        return (0.0, 1.0) if self.limited else None

    def apply(self, values: NDArray[Any], ignored: NDArray[np.bool_]) -> NDArray[np.floating]:
        """Scale values into a fresh array; those that are ignored become 0."""
        wide = self.dtype.itemsize > (4 if self.dtype.kind == "f" else 2)
        scaled = values.astype(np.float64 if wide else np.float32)
        scaled[ignored] = self.low
        scaled -= scaled.dtype.type(self.low)
        scaled /= scaled.dtype.type(self.high - self.low)
        return scaled

    def undo(self, scaled: NDArray[np.floating]) -> NDArray[Any]:
        """Return scaled values in the image's units and type: rounded and clipped, if limited."""
        if self.limited:
            scaled = np.clip(scaled, 0.0, 1.0)
        if self.dtype.kind == "f":
            return (scaled * (self.high - self.low) + self.low).astype(self.dtype)
        wide = np.rint(scaled.astype(np.float64) * (self.high - self.low) + self.low)
        # The largest 64-bit integers aren't floats: the nearest float may be one too many.
        top = (
            np.nextafter(self.high, 0.0)
            if wide.dtype.type(self.high) > np.iinfo(self.dtype).max
            else self.high
        )
        return np.clip(wide, self.low, top).astype(self.dtype)
