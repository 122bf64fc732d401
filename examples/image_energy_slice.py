"""The landscape of a picture: 3,277 unknowns, seen in a plane.

Four pixels in five of a small photograph are lost. A good picture is taken to be a smooth one: the
energy is the sum of the squared differences of neighbouring pixels. It is minimised over the lost
pixels, while the known ones are held. One can't draw a landscape over 3,277 pixels, but one can cut
through it: a plane through the solution, with the damaged picture and an early iterate in it.

    python image_energy_slice.py [FOLDER]

writes image_energy_slice.png into the folder: both pictures, and the cut. It shows a single
bowl, as every cut does: the energy has no other minimum, and where one starts doesn't matter.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from skimage import data

import talweg
from talweg import plots

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
damaged, missing = talweg.damage(data.camera()[::8, ::8] / 255.0, missing=0.8, rng=0)


def roughness(picture):
    """Return the sum of the squared differences of neighbours, down and across."""
    return np.sum(np.diff(picture, axis=0) ** 2) + np.sum(np.diff(picture, axis=1) ** 2)


result = talweg.minimize(roughness, damaged, fixed=~missing)
print(f"{missing.sum()} unknown pixels: {result.message}")
print(f"roughness {roughness(damaged):.1f} before, {result.fun:.1f} after {result.nit} steps")

# Where the slope along a pixel is zero, that pixel is the mean of its neighbours.
padded, count = np.pad(result.x, 1), np.pad(np.ones_like(result.x), 1)
around = [np.roll(padded, shift, axis) for axis in (0, 1) for shift in (1, -1)]
number = sum(np.roll(count, shift, axis) for axis in (0, 1) for shift in (1, -1))
mean = (sum(around) / np.maximum(number, 1))[1:-1, 1:-1]
print(f"farthest from its neighbours' mean: {np.abs(result.x - mean)[missing].max():.1e}")

walk = [state.x for state in talweg.descend(roughness, damaged, fixed=~missing)]
across = [walk[0] - result.x, walk[5] - result.x]
figure, (before, after, cut) = pyplot.subplots(1, 3, figsize=(15.0, 6.0), layout="constrained")
for ax, picture, title in [(before, damaged, "Damaged"), (after, result.x, "Restored")]:
    ax.imshow(picture, cmap="gray", vmin=0.0, vmax=1.0)
    ax.set(title=title, xticks=[], yticks=[])
plots.landscape_slice(roughness, result.x, across, path=walk, title="The energy in a plane", ax=cut)
cut.set(xlabel="a, towards the damaged picture", ylabel="b, at right angles to a")
figure.savefig(folder / "image_energy_slice.png")
