"""Damaged pictures to learn from: a pool that is renewed picture by picture, and batches of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talweg.images.thin_plate_start import thin_plate_start
from talweg.training.damages import draw_damage
from talweg.training.loss import Batch
from talweg.training.pictures import CROP, Planes

__all__ = ["Pool", "Sample", "damaged_sample"]

_REGION = 256  # rows and columns at most that are damaged in one go
_POOLED = 48
_COLOR_SHARE = 0.15  # of samples that are one of a colour picture's two differences
_SHRUNK_SHARE = 0.3  # of samples that are shrunk, to 55 to 90 %
_SHOWN = 0.02  # a crop with less that is missing or noisy is not worth learning from


class Sample(NamedTuple):
    """One damaged picture: what it was, and the start of its descent."""

    truth: NDArray[np.float32]
    start: NDArray[np.float32]
    missing: NDArray[np.bool_]
    known: float
    noise: float


def damaged_sample(
    truth: NDArray[np.float32], missing: NDArray[np.bool_], noise: float,
    rng: np.random.Generator,
) -> Sample:  # fmt: skip
    """Damage a plane, and fill in what is missing by the thin plate."""
    seen = truth
    if noise > 0.0:
        seen = truth + np.float32(noise) * rng.standard_normal(truth.shape, np.float32)
    start = thin_plate_start(seen, missing) if missing.any() else seen
    return Sample(truth, start, missing, float(1.0 - missing.mean()), noise)


class Pool:
    """Damaged regions of pictures, from which batches of crops are drawn.

    Parameters
    ----------
    pictures : sequence of list of ndarray
        Their planes; none smaller than a crop.
    missing : tuple of float
        Least and largest share of pixels lost at random.
    noise : tuple of float, optional
        Least and largest standard deviation of noise, in grey levels. By default there is none.
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        pictures: Sequence[Planes],
        missing: tuple[float, float],
        noise: tuple[float, float] | None,
        rng: np.random.Generator,
    ) -> None:
        self._pictures, self._missing, self._noise, self._rng = pictures, missing, noise, rng
        self._samples = [self._fresh() for _ in range(_POOLED)]

    def batch(self, count: int) -> Batch:
        """Renew one of the samples, and draw crops of some."""
        self._samples[self._rng.integers(_POOLED)] = self._fresh()
        chosen = self._rng.choice(_POOLED, count, replace=False)
        crops = [self._crop(self._samples[number]) for number in chosen]
        return Batch(*map(np.stack, zip(*crops, strict=True)))

    def _crop(self, sample: Sample) -> tuple[Any, ...]:
        height, width = sample.truth.shape
        while True:
            top = self._rng.integers(height - CROP + 1)
            left = self._rng.integers(width - CROP + 1)
            crop = slice(top, top + CROP), slice(left, left + CROP)
            if sample.noise > 0.0 or sample.missing[crop].mean() > _SHOWN:
                break
        return (
            sample.truth[crop], sample.start[crop], sample.missing[crop],
            np.float32(sample.known), np.float32(sample.noise),
        )  # fmt: skip

    def _fresh(self) -> Sample:
        """Damage a region of a picture, turned and shrunk by chance."""
        while True:
            region = self._region()
            damage = draw_damage(region.shape, self._missing, self._noise, self._rng)
            sound = damage.noise > 0.0 or damage.missing.mean() > _SHOWN
            if sound and not damage.missing.all():
                return damaged_sample(region, damage.missing, damage.noise, self._rng)

    def _region(self) -> Any:
        rng = self._rng
        choices = self._pictures[int(rng.integers(len(self._pictures)))]
        of_color = len(choices) > 1 and rng.random() < _COLOR_SHARE
        plane = choices[int(rng.integers(1, len(choices)))] if of_color else choices[0]
        if rng.random() < _SHRUNK_SHARE:
            plane = _shrunk(plane, rng.uniform(0.55, 0.9))
        # Multiples of a crop: every shape is compiled anew.
        height, width = (min(size, _REGION) // CROP * CROP for size in plane.shape)
        top = rng.integers(plane.shape[0] - height + 1)
        left = rng.integers(plane.shape[1] - width + 1)
        region = plane[top : top + height, left : left + width]
        for axis in (0, 1):
            if rng.random() < 0.5:
                region = np.flip(region, axis)
        return np.ascontiguousarray(region.T if rng.random() < 0.5 else region)


def _shrunk(plane: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return a plane made smaller, but no smaller than a crop."""
    from PIL import Image

    height, width = (max(round(size * share), CROP) for size in plane.shape)
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.LANCZOS))
