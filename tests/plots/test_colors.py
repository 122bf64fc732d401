"""Colours that are told apart in gray print and by the colour-blind."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from skimage.color import rgb2lab

from talweg.plots.marks import FILL, MARKS, PATH_COLORS, REGION_COLORS

# Dichromacy in linear RGB, from Machado, Oliveira and Fernandes, "A physiologically-based model
# for simulation of color vision deficiency", IEEE TVCG 15(6), 2009.
VISION = {
    "trichromat": np.eye(3),
    "protanope": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranope": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanope": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip
PALETTES = {"paths": PATH_COLORS, "regions": REGION_COLORS}


def seen(colors, vision):
    """Return colours in CIELAB as somebody sees them."""
    rgb = np.array([to_rgb(color) for color in colors])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.transpose(VISION[vision]), 0.0, 1.0)
    return rgb2lab(
        np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    )


def apart(points):
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(points, 2))


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("palette", PALETTES)
def test_colours_are_told_apart(palette, vision):
    assert apart(seen(PALETTES[palette], vision)) > 20.0


@pytest.mark.parametrize(("palette", "least"), [("paths", 20.0), ("regions", 12.0)])
def test_colours_are_told_apart_in_gray(palette, least):
    assert apart(seen(PALETTES[palette], "trichromat")[:, :1]) > least


@pytest.mark.parametrize("vision", VISION)
def test_heights_get_lighter_all_the_way(vision):
    lightness = seen(FILL(np.linspace(0.0, 1.0, 64)), vision)[:, 0]
    assert np.diff(lightness).min() > 0.0
    assert lightness[-1] - lightness[0] > 45.0


def test_kinds_are_told_apart_without_colours():
    shapes = {(mark.marker, mark.fill) for mark in MARKS.values()}
    assert len(shapes) == len(MARKS)
