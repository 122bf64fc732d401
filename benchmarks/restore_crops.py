"""The picture of ``benchmarks.restore --picture``: crops of restored photographs side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skimage.metrics import peak_signal_noise_ratio

import talweg
from benchmarks.measure import MeasureError, first_call
from benchmarks.peers import Mask, Method, Picture
from benchmarks.restore_cases import say, workers
from benchmarks.restore_structures import structure

__all__ = ["SHOWN", "draw_picture"]

SHOWN = ("thin_plate", "fsr", "fields")
CROP, WINDOW, ENLARGED = 128, 256, 2
GAP, LETTERING = 8, 22  # pixels: between the crops, and for the line under each of them
LOST = 0.65  # what a lost pixel looks like in a row with a structure: gray, to be told from black


@dataclass(frozen=True)
class Row:
    """One row of the picture: which crop, and what was lost.

    Attributes
    ----------
    name : str
        The photograph's.
    corner : tuple of int
        Row and column of the crop's upper left pixel.
    loss : float or str
        The share of missing pixels, or a kind of `STRUCTURES`.
    color : bool
    """

    name: str
    corner: tuple[int, int]
    loss: float | str
    color: bool = True

    @property
    def title(self) -> str:
        loss = self.loss if isinstance(self.loss, str) else f"{self.loss:.0%} missing"
        return f"{self.name}, {loss}"


ROWS = (
    Row("camera", (60, 190), 0.8, color=False),
    Row("astronaut", (50, 160), 0.9),
    Row("kodim05", (230, 330), 0.5),
    Row("kodim23", (100, 360), 0.8),
    Row("chelsea", (80, 120), "letters"),
    Row("coffee", (150, 330), "lattice, 1 in 9 kept"),
    Row("rocket", (130, 250), "blocks of 8x8"),
)


@dataclass(frozen=True)
class _Window:
    """The part of a photograph that is damaged and restored, and where the crop lies in it."""

    row: Row
    truth: Picture
    damaged: Picture
    mask: Mask
    crop: tuple[slice, slice]


def _window(row: Row, photograph: Picture) -> _Window:
    """Cut the crop and what is around it out of a photograph, and damage it."""
    margin = (WINDOW - CROP) // 2
    starts = [
        min(max(0, corner - margin), max(0, side - WINDOW))
        for corner, side in zip(row.corner, photograph.shape, strict=False)
    ]
    truth = photograph[starts[0] : starts[0] + WINDOW, starts[1] : starts[1] + WINDOW]
    truth = np.ascontiguousarray(truth)
    if isinstance(row.loss, str):
        mask = structure(row.loss, truth.shape[:2])
        damaged = truth.copy()
        damaged[mask] = round(255 * LOST)
    else:
        axis = -1 if row.color else None
        damaged, mask = talweg.damage(truth, missing=row.loss, rng=0, channel_axis=axis)
        mask = mask.reshape(*truth.shape[:2], -1)[..., 0]
    inside = [
        min(corner - start, max(0, side - CROP))
        for corner, start, side in zip(row.corner, starts, mask.shape, strict=True)
    ]
    crop = (slice(inside[0], inside[0] + CROP), slice(inside[1], inside[1] + CROP))
    return _Window(row, truth, damaged, mask, crop)


def _restored(method: Method, window: _Window) -> Picture | None:
    if not method.slow:
        return method.run(window.damaged, window.mask)
    try:
        return first_call(method, window.damaged, window.mask).image
    except MeasureError as error:
        say(f"    {window.row.title}: {method.label}: failed: {error}")
        return None


def draw_picture(
    path: Path, methods: Sequence[Method], gray: dict[str, Picture], color: dict[str, Picture]
) -> None:
    """Restore a crop and its surroundings by every method, and draw them beside the truth.

    Parameters
    ----------
    path : path
        The PNG file to write; what is there is replaced.
    methods : sequence of Method
        A column each.
    gray, color : dict
        The photographs by name; a row whose photograph isn't among them is left out.
    """
    windows = []
    for row in ROWS:
        photographs = color if row.color else gray
        if row.name in photographs:
            windows.append(_window(row, photographs[row.name]))
    cells: list[list[tuple[str, Picture | None]]] = []
    with ThreadPoolExecutor(workers()) as pool:
        slow = {
            m.name: pool.map(lambda w, m=m: _restored(m, w), windows) for m in methods if m.slow
        }
        kept = {name: list(images) for name, images in slow.items()}
    for number, window in enumerate(windows):
        say(f"{window.row.title}, for the picture")
        images: list[tuple[str, Picture | None]] = [
            ("truth", window.truth),
            (window.row.title, window.damaged),
        ]
        for method in methods:
            image = kept[method.name][number] if method.slow else _restored(method, window)
            images.append((method.label, image))
        cells.append(images)
    _draw(path, windows, cells)


def _draw(
    path: Path, windows: Sequence[_Window], cells: Sequence[Sequence[tuple[str, Picture | None]]]
) -> None:
    """Lay the crops out so that each of their pixels is a square of whole pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    side, dpi = CROP * ENLARGED, 100
    width = len(cells[0]) * (side + GAP) + GAP
    height = len(cells) * (side + LETTERING + GAP) + GAP
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    for line, (window, images) in enumerate(zip(windows, cells, strict=True)):
        truth = window.truth[window.crop]
        bottom = height - GAP - line * (side + LETTERING + GAP) - side
        for column, (label, image) in enumerate(images):
            if image is None:
                continue
            left = GAP + column * (side + GAP)
            shown = image[window.crop]
            box = (left / width, bottom / height, side / width, side / height)
            axes = figure.add_axes(box)
            axes.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axes.set_axis_off()
            decibels = peak_signal_noise_ratio(truth, shown, data_range=255) if column > 1 else 0.0
            words = f"{label}, {decibels:.2f} dB" if column > 1 else label
            middle = (left + side / 2) / width
            figure.text(middle, (bottom - 4) / height, words, ha="center", va="top", fontsize=9)
    # Saved through another name, so that a picture is never half written.
    part = path.with_name(f".{path.name}.part")
    figure.savefig(part, format="png", dpi=dpi, pil_kwargs={"optimize": True})
    os.replace(part, path)
