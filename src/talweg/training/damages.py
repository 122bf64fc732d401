"""The damages that an energy is trained on: pixels lost here and there, in structures; noise."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["STRUCTURES", "Damage", "draw_damage"]

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


_SCATTERED_SHARE = 0.85  # of those without noise; the others lose pixels in structures
_WHOLE_SHARE = 0.75  # of the noisy ones; the others lose pixels here and there too


def draw_damage(
    shape: tuple[int, int],
    missing: tuple[float, float],
    noise: tuple[float, float] | None,
    rng: np.random.Generator,
) -> Damage:
    """Draw a damage.

    Without noise 85 % of them lose pixels here and there, 15 % in lines, blocks, letters or a
    lattice. With noise all are noisy; 75 % lose nothing, 25 % pixels here and there.

    Parameters
    ----------
    shape : tuple of int
    missing : tuple of float
        The least and the largest share of pixels lost; the logarithm of the share that is left is
        drawn evenly.
    noise : tuple of float, optional
        The least and the largest standard deviation of noise, in grey levels; drawn evenly.
    rng : numpy.random.Generator

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draw_damage((8, 8), (0.5, 0.9), None, rng).noise
    0.0
    >>> 5.0 <= 255.0 * draw_damage((8, 8), (0.5, 0.9), (5.0, 50.0), rng).noise <= 50.0
    True
    """
    if noise is None:
        if rng.random() < _SCATTERED_SHARE:
            return Damage(_scattered(shape, missing, rng), 0.0)
        return Damage(STRUCTURES[rng.choice(list(STRUCTURES))](shape, rng), 0.0)
    whole = rng.random() < _WHOLE_SHARE
    lost = np.zeros(shape, bool) if whole else _scattered(shape, missing, rng)
    return Damage(lost, rng.uniform(*noise) / 255.0)


def _scattered(
    shape: tuple[int, int], missing: tuple[float, float], rng: np.random.Generator
) -> Mask:
    """Lose pixels here and there."""
    least, most = (np.log(1.0 - share) for share in missing)
    lost: Mask = rng.random(shape) < 1.0 - np.exp(rng.uniform(most, least))
    return lost


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
