"""Small pictures, whole and damaged, and a mask to damage them with."""

from __future__ import annotations

import numpy as np
import pytest

from talweg.errors import ImageError
from talweg.images.mask import find_missing


def gray(shape=(40, 50), dtype=np.uint8, seed=0):
    """Noise that is nowhere pure black or white."""
    generator = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return generator.uniform(0.1, 0.9, shape).astype(dtype)
    return generator.integers(1, np.iinfo(dtype).max, shape, dtype=dtype)


def spots(shape=(40, 50), share=0.3):
    return np.random.default_rng(7).random(shape) < share


def refused(picture, how, *words):
    with pytest.raises(ImageError) as caught:
        find_missing(picture, how)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


SHAPE = (14, 17)
QUARTER = np.random.default_rng(3).random(SHAPE) < 0.75


def picture(dtype=np.float64, shape=SHAPE):
    grid = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    values = 0.5 + 0.4 * np.sin(sum((i + 2) * axis for i, axis in enumerate(grid)))
    if np.issubdtype(dtype, np.floating):
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return (limits.min + values * (float(limits.max) - float(limits.min))).astype(dtype)
