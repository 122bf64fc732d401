"""The damages that an energy is trained on: scattered loss, structured loss, noise."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCATTERED", "STRUCTURES", "Damage", "draw_damage"]

Mask = NDArray[np.bool_]


class Damage:
    """What happens to one picture.

    Attributes
    ----------
    missing : (M, N) ndarray of bool
    noise : float
        Standard deviation, with values scaled to [0, 1].
    """

    def __init__(self, missing: Mask, noise: float) -> None:
        self.missing, self.noise = missing, noise


SCATTERED, _STRUCTURED, _NOISY, _BOTH = range(4)
_SHARES = (0.68, 0.12, 0.15, 0.05)
_LOUDEST = 50.0 / 255.0
_CUSTOMARY = 25.0 / 255.0  # the noise that denoisers are compared at; every other noisy picture's


def draw_damage(
    shape: tuple[int, int], missing: tuple[float, float], rng: np.random.Generator
) -> Damage:
    """Draw a damage.

    68 % of them lose pixels here and there, 12 % in lines, blocks, letters or a lattice, 15 % none,
    but are noisy, and 5 % lose some and are noisy.

    Parameters
    ----------
    shape : tuple of int
    missing : tuple of float
        The least and the largest share of pixels lost; the logarithm of the share that is left is
        drawn evenly.
    rng : numpy.random.Generator
    """
    kind = int(rng.choice(4, p=_SHARES))
    lost = np.zeros(shape, bool)
    if kind in (SCATTERED, _BOTH):
        least, most = (np.log(1.0 - share) for share in missing)
        lost = rng.random(shape) < 1.0 - np.exp(rng.uniform(most, least))
    elif kind == _STRUCTURED:
        lost = STRUCTURES[rng.choice(list(STRUCTURES))](shape, rng)
    noise = 0.0
    if kind in (_NOISY, _BOTH):
        noise = _CUSTOMARY if rng.random() < 0.5 else rng.uniform(0.04, 1.0) * _LOUDEST
    return Damage(lost, noise)


def _lines(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Lose straight scratches of three to five pixels' width, right across."""
    from scipy.ndimage import binary_dilation
    from skimage.draw import line

    lost = np.zeros(shape, bool)
    height, width = shape
    for _ in range(max(1, int(rng.uniform(0.02, 0.1) * max(shape)))):
        ends = (
            rng.integers(height),
            rng.integers(width),
            rng.integers(height),
            rng.integers(width),
        )
        lost[line(*map(int, ends))] = True  # type: ignore[no-untyped-call]
    grown: Mask = binary_dilation(lost, iterations=int(rng.integers(1, 3)))
    return grown


def _blocks(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Lose squares of 4 to 12 pixels."""
    side = min(int(rng.choice([4, 8, 12])), *shape)
    lost = np.zeros(shape, bool)
    height, width = shape
    for _ in range(max(1, int(height * width * rng.uniform(0.05, 0.4) / side**2))):
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        lost[top : top + side, left : left + side] = True
    return lost


def _rows(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Lose every second or third row, or column."""
    lost = np.zeros(shape, bool)
    every = int(rng.integers(2, 4))
    across = lost if rng.random() < 0.5 else lost.T
    across[rng.integers(every) :: every] = True
    return lost


def _lattice(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Keep every second to fourth pixel of every second to fourth row only."""
    lost = np.ones(shape, bool)
    every = int(rng.integers(2, 5))
    lost[rng.integers(every) :: every, rng.integers(every) :: every] = False
    return lost


def _letters(shape: tuple[int, int], rng: np.random.Generator) -> Mask:
    """Lose lines of writing."""
    from PIL import Image, ImageDraw

    height, width = shape
    page = Image.new("L", (width, height))
    draw = ImageDraw.Draw(page)
    size = int(rng.integers(12, 30))
    font = _font(size)
    for top in range(0, height, int(1.4 * size)):
        letters = "".join(chr(code) for code in rng.integers(65, 122, 1 + width // 4))
        draw.text((int(rng.integers(-20, 10)), top), letters, fill=255, font=font)
    return np.asarray(page) > 64


@functools.cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


STRUCTURES: dict[str, Callable[[tuple[int, int], np.random.Generator], Mask]] = {
    "lines": _lines,
    "blocks": _blocks,
    "rows": _rows,
    "lattice": _lattice,
    "letters": _letters,
}
"""Structured damages by name: a shape and a generator in, True where a pixel is lost out."""
