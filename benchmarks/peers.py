"""The methods that ``benchmarks.restore`` compares: talweg's energies and the established peers.

Every method is one function, a damaged 8-bit image and its mask in, the restored 8-bit image out,
so that what is timed is the same job for each. An image is gray, (M, N), or in colour, (M, N, 3)
as red, green and blue; the mask is (M, N) for both. The libraries are imported inside the
functions: a method whose library isn't installed is left out of the run, not an error.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "METHODS",
    "TUTORIAL",
    "Gray",
    "Mask",
    "Method",
    "Picture",
    "missing_reason",
    "restoration",
    "to_uint8",
    "tutorial_seconds",
]

Gray = NDArray[np.uint8]
Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

TUTORIAL_STEPS = 500


@dataclass(frozen=True)
class Method:
    """One way to restore an image.

    Attributes
    ----------
    name : str
        What ``--only`` calls it.
    label : str
        What the table calls it.
    modules : tuple of str
        The modules, or public names in them, that must import before it can run.
    run : callable
        ``run(damaged, mask)`` returns the restored image.
    slow : bool
        Seconds to minutes an image: run once instead of best of three, left out by ``--skip-slow``.
    energy : str
        talweg's energy, of talweg's own methods.
    """

    name: str
    label: str
    modules: tuple[str, ...]
    run: Callable[[Picture, Mask], Picture]
    slow: bool = False
    energy: str = ""

    def load(self) -> None:
        """Import what the method needs."""
        load(self.modules)


def load(modules: Iterable[str]) -> None:
    """Import modules, and public names in them.

    The first use of a public name counts as import: talweg imports lazily.
    """
    for dotted in modules:
        module, _, name = dotted.partition(":")
        loaded = importlib.import_module(module)
        if name:
            getattr(loaded, name)


def missing_reason(modules: Iterable[str]) -> str | None:
    """Why one of the modules can't be imported here, in one line, or None when all can."""
    try:
        load(modules)
    except (ImportError, AttributeError) as error:
        return str(error)
    return None


def to_uint8(image: NDArray[Any]) -> Gray:
    """Round a float image in [0, 255] to 8 bits, clipping what lies outside."""
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def restoration(damaged: Picture, mask: Mask, energy: str) -> Any:
    """Return talweg's `Restoration` by the energy of that name, all else left at its default."""
    import talweg

    axis = -1 if damaged.ndim == 3 else None
    return talweg.restore(damaged, mask, energy=energy, channel_axis=axis)


def talweg_energy(damaged: Picture, mask: Mask, *, energy: str) -> Picture:
    """Restore with talweg's energy of that name."""
    restored: Picture = restoration(damaged, mask, energy).image
    return restored


def _tutorial_steps(damaged: Gray, mask: Mask, steps: int) -> tuple[Gray, list[float]]:
    """Follow the tutorial for `steps` steps; return the picture and the seconds of each step.

    The tutorial's own computation: a sum, over all rows and all columns, of the norms of the
    differences between neighbours, between neighbours among the even places and among the odd
    places; float32; a step of 1.5 / (w + 1), never below 0.015; the known pixels' gradient set to
    zero; the picture clipped to [0, 1].
    """
    import autograd
    import autograd.numpy as anp

    def roughness(line: Any) -> Any:
        norm = anp.linalg.norm
        evens, odds = line[0 : line.size : 2], line[1 : line.size : 2]
        return norm(anp.diff(line)) + norm(anp.diff(evens)) + norm(anp.diff(odds))

    def err_func(x: Any) -> Any:
        score = 0
        for row in x:
            score += roughness(row)
        for column in x.T:
            score += roughness(column)
        return score

    gradient = autograd.grad(err_func)
    x = np.true_divide(damaged, 255, dtype=np.float32)
    seconds = []
    for w in range(steps):
        begun = time.perf_counter()
        g = gradient(x)
        g[~mask] = 0
        x = x - max(1.5 / (w + 1), 0.015) * g
        x[x < 0] = 0
        x[x > 1] = 1
        seconds.append(time.perf_counter() - begun)
    return to_uint8(x * 255), seconds


def tutorial(damaged: Gray, mask: Mask) -> Gray:
    """Run the tutorial's script whole, without its prints and its plots."""
    return _tutorial_steps(damaged, mask, TUTORIAL_STEPS)[0]


def tutorial_seconds(damaged: Gray, mask: Mask, timed: int = 3) -> float:
    """Estimate the tutorial's seconds from a few steps, after one that isn't counted."""
    _, seconds = _tutorial_steps(damaged, mask, 1 + timed)
    return float(np.mean(seconds[1:])) * TUTORIAL_STEPS


def biharmonic(damaged: Picture, mask: Mask) -> Picture:
    """scikit-image's biharmonic inpainting, which answers in floats in [0, 1]."""
    from skimage.restoration import inpaint_biharmonic

    axis = -1 if damaged.ndim == 3 else None
    return to_uint8(inpaint_biharmonic(damaged, mask, channel_axis=axis) * 255)


def opencv(damaged: Picture, mask: Mask, *, flag: str) -> Picture:
    """OpenCV's ``inpaint`` with the customary radius of three pixels."""
    import cv2

    return cv2.inpaint(damaged, mask.astype(np.uint8), 3, getattr(cv2, flag)).astype(np.uint8)


def frequency_selective(damaged: Picture, mask: Mask) -> Picture:
    """OpenCV's frequency selective reconstruction, the fast variant.

    Its mask is zero where a pixel is missing, and it leaves edges black unless both sides of the
    image are multiples of four: the image is padded with missing pixels and cropped again. Colours
    it wants as blue, green and red; it restores Y, Cr and Cb, whose rounding moves the known pixels
    by a grey level: they are put back.
    """
    import cv2

    padding = [(0, -side % 4) for side in mask.shape]
    known = np.pad((~mask).astype(np.uint8) * 255, padding)
    source = np.where(mask[..., None], 0, damaged.reshape(*mask.shape, -1)).astype(np.uint8)
    source = np.pad(source[..., ::-1], [*padding, (0, 0)])
    restored = np.zeros_like(source)
    cv2.xphoto.inpaint(source, known, restored, cv2.xphoto.INPAINT_FSR_FAST)
    cropped = restored.reshape(source.shape)[: mask.shape[0], : mask.shape[1], ::-1]
    filled = np.ascontiguousarray(cropped).reshape(damaged.shape)
    filled[~mask] = damaged[~mask]
    return filled


def linear(damaged: Picture, mask: Mask) -> Picture:
    """SciPy's piecewise linear interpolation, the nearest known pixel outside the hull."""
    from scipy.interpolate import griddata

    known, wanted = np.argwhere(~mask), np.argwhere(mask)
    values = damaged[~mask].astype(float)
    found = griddata(known, values, wanted, method="linear")
    outside = np.isnan(found.reshape(len(wanted), -1)[:, 0])
    found[outside] = griddata(known, values, wanted[outside], method="nearest")
    restored = damaged.copy()
    restored[mask] = to_uint8(found)
    return restored


TUTORIAL = "tutorial"

_ENERGIES = ("fields", "thin_plate", "membrane", "tv", "rows")

METHODS: tuple[Method, ...] = (
    *(
        Method(
            name,
            f"talweg {name}",
            ("talweg:restore",),
            partial(talweg_energy, energy=name),
            energy=name,
        )
        for name in _ENERGIES
    ),
    Method(TUTORIAL, "tutorial's script, 500 steps", ("autograd",), tutorial, slow=True),
    Method(
        "biharmonic",
        "scikit-image biharmonic",
        ("skimage.restoration:inpaint_biharmonic",),
        biharmonic,
        slow=True,
    ),
    Method("telea", "OpenCV Telea", ("cv2",), partial(opencv, flag="INPAINT_TELEA")),
    Method("ns", "OpenCV Navier-Stokes", ("cv2",), partial(opencv, flag="INPAINT_NS")),
    Method("linear", "SciPy griddata linear", ("scipy.interpolate:griddata",), linear),
    Method("fsr", "OpenCV FSR fast", ("cv2:xphoto",), frequency_selective, slow=True),
)
