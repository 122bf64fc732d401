"""How good an energy is, on parts of the pictures that it doesn't learn from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from talweg.energies.learned import Parameters
from talweg.training.loss import Batch, restored
from talweg.training.pictures import CROP, Planes
from talweg.training.samples import damaged_sample

__all__ = ["Score", "Validation", "held_out", "hold_out"]

_SIDES = (96, CROP)  # of what is held out, the first that leaves room to learn from
_MOST = 12


@dataclasses.dataclass(frozen=True)
class Score:
    """How far an energy is above what it starts from, on what was held out.

    Attributes
    ----------
    levels : tuple of float
        Shares of pixels missing; or standard deviations of noise in grey levels, nothing missing.
    gains : tuple of float
        At each of them: mean PSNR over that of the thin plate, or of the noisy picture, in dB.
    noisy : bool, default False
        Whether it is about noise.

    Examples
    --------
    >>> print(Score((0.5, 0.95), (1.23, 0.5)))
    +1.23 dB at 50 %, +0.50 dB at 95 % missing
    >>> print(Score((5.0, 50.0), (5.0, 11.0), noisy=True))
    +5.00 dB at 5, +11.00 dB at 50 grey levels of noise
    """

    levels: tuple[float, ...]
    gains: tuple[float, ...]
    noisy: bool = False

    @property
    def gain(self) -> float:
        """The mean of the gains."""
        return float(np.mean(self.gains))

    def __str__(self) -> str:
        """Say it in a line."""
        each = ", ".join(
            f"{gain:+.2f} dB at {self._told(level)}"
            for level, gain in zip(self.levels, self.gains, strict=True)
        )
        return f"{each} {'grey levels of noise' if self.noisy else 'missing'}"

    def _told(self, level: float) -> str:
        if not self.noisy:
            return f"{100 * level:.0f} %"
        return f"{level:.0f}" if level >= 10.0 else f"{level:.2g}"


def held_out(shapes: Sequence[tuple[int, ...]]) -> tuple[int, list[int]]:
    """Choose the pictures of which a part is held out.

    Parameters
    ----------
    shapes : sequence of tuple of int
        Of their planes.

    Returns
    -------
    side : int
        Of the squares that are held out. Zero where no picture is large enough.
    numbers : list of int
        The pictures they are part of, up to twelve, evenly chosen of those that are large enough.

    Examples
    --------
    >>> held_out([(64, 64), (64, 128), (200, 100)]), held_out([(64, 64), (300, 64)])
    ((96, [2]), (64, [1]))
    """
    for side in _SIDES:
        roomy = [
            number for number, shape in enumerate(shapes)
            if min(shape) >= side and max(shape) >= side + CROP
        ]  # fmt: skip
        if roomy:
            places = np.linspace(0, len(roomy) - 1, min(len(roomy), _MOST)).round().astype(int)
            return side, [roomy[place] for place in places]
    return 0, []


def hold_out(pictures: Sequence[Planes]) -> tuple[list[Planes], list[NDArray[np.float32]]]:
    """Split pictures into what is learned from and what is held out.

    Of up to twelve pictures, evenly chosen, a square at the end of the longer side is held out; the
    strip that it lies in isn't learned from.

    Returns
    -------
    learned : list of planes
    held : list of (side, side) ndarray
        Brightness only. Empty where no picture is large enough.
    """
    side, numbers = held_out([planes[0].shape for planes in pictures])
    chosen = set(numbers)
    learned, held = [], []
    for number, planes in enumerate(pictures):
        if number not in chosen:
            learned.append(planes)
            continue
        along = int(np.argmax(planes[0].shape))
        strip = planes[0].take(range(planes[0].shape[along] - side, planes[0].shape[along]), along)
        middle = (strip.shape[1 - along] - side) // 2
        held.append(strip.take(range(middle, middle + side), 1 - along))
        rest = range(planes[0].shape[along] - side)
        learned.append([np.ascontiguousarray(plane.take(rest, along)) for plane in planes])
    return learned, held


class Validation:
    """The same damages of what was held out, for every energy.

    Parameters
    ----------
    held : list of (side, side) ndarray
    missing : tuple of float
        Least and largest share of pixels lost, where there is no noise.
    noise : tuple of float, optional
        Least and largest standard deviation of noise, in grey levels. Nothing is lost then.
    """

    def __init__(
        self,
        held: list[NDArray[np.float32]],
        missing: tuple[float, float],
        noise: tuple[float, float] | None = None,
    ) -> None:
        self.noisy = noise is not None
        least, most = missing if noise is None else noise
        if noise is None:
            middle = 1.0 - math.sqrt((1.0 - least) * (1.0 - most))
        else:
            middle = math.sqrt(least * most)
        self.levels = (least, middle, most) if least < most else (least,)
        rng = np.random.default_rng(0)
        self._batches = []
        for level in self.levels:
            samples = [_numbers(_damaged(plane, level, self.noisy, rng)) for plane in held]
            self._batches.append(Batch(*map(np.stack, zip(*samples, strict=True))))
        self._starts = [_psnr(batch.start, batch.truth) for batch in self._batches]

    def score(self, parameters: Parameters) -> Score:
        """Return how good an energy is."""
        gains = []
        for batch, start in zip(self._batches, self._starts, strict=True):
            ends = _restored(parameters, *batch[1:])
            gains.append(float(np.mean(_psnr(np.asarray(ends), batch.truth) - start)))
        return Score(self.levels, tuple(gains), self.noisy)


_restored = jax.jit(jax.vmap(restored, in_axes=(None, 0, 0, 0, 0)))


def _damaged(
    plane: NDArray[np.float32], level: float, noisy: bool, rng: np.random.Generator
) -> Any:
    """Lose a share of the pixels, or add noise."""
    if noisy:
        return damaged_sample(plane, np.zeros(plane.shape, bool), level / 255.0, rng)
    missing = rng.random(plane.shape) < level
    if missing.all():
        missing.flat[0] = False
    return damaged_sample(plane, missing, 0.0, rng)


def _numbers(sample: Any) -> tuple[Any, ...]:
    return (*sample[:3], np.float32(sample.known), np.float32(sample.noise))


def _psnr(pictures: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.floating]:
    """Return the PSNR of every picture, in dB."""
    errors = np.mean(np.square(np.clip(pictures, 0.0, 1.0) - truth), axis=(1, 2))
    psnr: NDArray[np.floating] = -10.0 * np.log10(np.maximum(errors, 1e-10))
    return psnr
