"""Between an image's own values and the range [0, 1] in which energies are descended."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["GREY_LEVEL", "Scale"]

GREY_LEVEL = 1.0 / 255.0
"""A grey level, in an image whose range is scaled to [0, 1]."""


@dataclasses.dataclass(frozen=True)
class Scale:
    """A linear map of an image's values onto [0, 1], and back.

    Parameters
    ----------
    dtype : dtype
        The image's.
    low, high : float
        The values that become 0 and 1.
    floor, ceiling : float
        The least and the largest value that there can be; infinite where there is no limit.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([0, 100], np.uint8)
    >>> scale = Scale.of(image, known=np.array([True, True]))
    >>> scale.undo(np.array([-0.1, 0.5]))
    array([  0, 128], dtype=uint8)
    """

    dtype: np.dtype[Any]
    low: float
    high: float
    floor: float
    ceiling: float

    @classmethod
    def of(cls, image: NDArray[Any], known: NDArray[np.bool_]) -> Scale:
        """Choose the scale for an image.

        uint8 has its own range, and floats whose known values lie in [0, 1] have that. For all
        others the known values' range becomes [0, 1]: a 12-bit photograph in 16-bit numbers has
        grey levels of its own. Integers can't leave their type's range.
        """
        limits = np.iinfo(image.dtype) if image.dtype.kind in "iu" else None
        lowest, highest = (limits.min, limits.max) if limits else (-np.inf, np.inf)
        low = float(np.min(image, where=known, initial=highest))
        high = float(np.max(image, where=known, initial=lowest))
        floor, ceiling = float(lowest), float(highest)
        if limits:
            if image.dtype == np.uint8:
                low, high = floor, ceiling
        elif low >= 0.0 and high <= 1.0:
            low, high = floor, ceiling = 0.0, 1.0
        return cls(image.dtype, low, high if high > low else low + 1.0, floor, ceiling)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The box for the scaled values, or None."""
        if np.isinf(self.floor):
            return None
        limits = np.iinfo(self.dtype) if self.dtype.kind in "iu" else None
        ends = np.array([limits.min, limits.max] if limits else [0.0, 1.0], self.dtype)
        # Through the same arithmetic as the pixels, so that none of them ends up outside.
        floor, ceiling = self.apply(ends, np.zeros(2, bool))
        return floor, ceiling

    def apply(self, values: NDArray[Any], ignored: NDArray[np.bool_]) -> NDArray[Any]:
        """Scale values into a fresh array of floats; those that are ignored become 0."""
        wide = self.dtype.itemsize > (4 if self.dtype.kind == "f" else 2)
        scaled: NDArray[Any] = values.astype(np.float64 if wide else np.float32)
        scaled[ignored] = self.low
        scaled -= scaled.dtype.type(self.low)
        scaled /= scaled.dtype.type(self.high - self.low)
        return scaled

    def undo(self, scaled: NDArray[Any]) -> NDArray[Any]:
        """Return scaled values in the image's units and type: rounded and clipped, if limited."""
        values = scaled.astype(np.float64) * (self.high - self.low) + self.low
        if self.dtype.kind == "f":
            return np.clip(values, self.floor, self.ceiling).astype(self.dtype)
        # The largest 64-bit integer isn't a float: the nearest one may be one too many.
        too_high = int(self.ceiling) > np.iinfo(self.dtype).max
        ceiling = np.nextafter(self.ceiling, 0.0) if too_high else self.ceiling
        return np.clip(np.rint(values), self.floor, ceiling).astype(self.dtype)
