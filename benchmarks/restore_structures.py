"""Losses with a structure: scratches, letters, blocks, rows, a lattice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.peers import Mask

__all__ = ["STRUCTURES", "structure"]

Shape = tuple[int, int]


def _lines(shape: Shape, rng: np.random.Generator) -> Mask:
    """Scratches: straight lines from edge to edge, one to five pixels wide."""
    height, width = shape
    drawn = Image.new("1", (width, height))
    pen = ImageDraw.Draw(drawn)
    for _ in range(max(3, (height + width) // 40)):
        ends = rng.random(2)
        if rng.random() < 0.5:
            line = [(ends[0] * width, 0), (ends[1] * width, height)]
        else:
            line = [(0, ends[0] * height), (width, ends[1] * height)]
        pen.line(line, fill=1, width=int(rng.integers(1, 6)))
    return np.array(drawn)


def _letters(shape: Shape, rng: np.random.Generator) -> Mask:
    """Words of random letters in lines all over the picture, 20 pixels high."""
    height, width = shape
    drawn = Image.new("L", (width, height))
    pen = ImageDraw.Draw(drawn)
    font = ImageFont.load_default(20)
    alphabet = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    for top in range(4, height, 30):
        words = ("".join(rng.choice(alphabet, rng.integers(2, 9))) for _ in range(1 + width // 30))
        pen.text((-int(rng.integers(20)), top), " ".join(words), fill=255, font=font)
    return np.array(drawn) > 64


def _blocks(shape: Shape, rng: np.random.Generator) -> Mask:
    """One in five of the blocks of 8 by 8 pixels, as a broken transmission loses them."""
    lost = rng.random([-(-side // 8) for side in shape]) < 0.2
    return np.kron(lost, np.ones((8, 8), bool))[: shape[0], : shape[1]]


def _rows(shape: Shape, _rng: np.random.Generator) -> Mask:
    """Every second row."""
    mask = np.zeros(shape, bool)
    mask[1::2] = True
    return mask


def _lattice(shape: Shape, _rng: np.random.Generator) -> Mask:
    """All but one pixel in nine: the picture three times smaller is left."""
    mask = np.ones(shape, bool)
    mask[1::3, 1::3] = False
    return mask


STRUCTURES: dict[str, Callable[[Shape, np.random.Generator], Mask]] = {
    "lines": _lines,
    "letters": _letters,
    "blocks of 8x8": _blocks,
    "every second row": _rows,
    "lattice, 1 in 9 kept": _lattice,
}


def structure(kind: str, shape: Shape) -> Mask:
    """Draw the mask of a kind of loss, the same for the same shape every time.

    Parameters
    ----------
    kind : str
        One of `STRUCTURES`.
    shape : tuple of int

    Returns
    -------
    (M, N) ndarray of bool
        True where a pixel is missing.
    """
    return STRUCTURES[kind](shape, np.random.default_rng(0))
