"""The Markdown tables of ``benchmarks.restore``: means over images, ratios, the machine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.markdown import cell, machine, ratio, seconds, table
from benchmarks.peers import Method, Picture

__all__ = ["Course", "Record", "group_table", "machine_facts", "quality_table", "summary_tables"]

REFERENCE = "thin_plate"
PACKAGES = ("talweg", "numpy", "jax", "scipy", "scikit-image", "autograd")
OPENCV = ("opencv-contrib-python-headless", "opencv-contrib-python")
NAN = math.nan


@dataclass(frozen=True)
class Course:
    """How an energy went down in one restoration, all channels together.

    Attributes
    ----------
    start, end : float
        The energy before the first step and after the last.
    steps, ups : int
        The steps of all channels, and how many of them ended higher than they began.
    """

    start: float
    end: float
    steps: int
    ups: int

    @classmethod
    def of(cls, restoration: Any) -> Course:
        """Read the course off a `talweg.Restoration`."""
        values = [trace.fun for trace in restoration.traces]
        return cls(
            start=float(sum(fun[0] for fun in values)),
            end=float(sum(fun[-1] for fun in values)),
            steps=sum(len(fun) - 1 for fun in values),
            ups=int(sum(np.count_nonzero(np.diff(fun) > 0) for fun in values)),
        )


@dataclass
class Record:
    """What one method did on one damaged image; NaN where it wasn't measured.

    Attributes
    ----------
    method : Method
        The method.
    psnr, ssim : float
        The quality, in dB and in [-1, 1].
    warm, first, imports : float
        Seconds: the best warm call, the first call, the imports before it.
    peak, added : float
        Peak resident memory in MiB, and how much of it the call added.
    failed : bool
        Whether it raised.
    course : Course, optional
        How the learned energy went down.
    """

    method: Method
    psnr: float = NAN
    ssim: float = NAN
    warm: float = NAN
    first: float = NAN
    imports: float = NAN
    peak: float = NAN
    added: float = NAN
    failed: bool = False
    course: Course | None = None


def machine_facts() -> str:
    """Say on what all of this ran."""
    return (
        f"{machine((*PACKAGES, *OPENCV))}\n"
        "Warm: the best of three calls, the methods taking turns; * : one call, in its own process."
        "\n"
    )


def _by_method(measured: Sequence[Sequence[Record]]) -> list[list[Record]]:
    """Turn records by image into records by method."""
    return [list(records) for records in zip(*measured, strict=True)]


def _reference_warm(measured: Sequence[Sequence[Record]]) -> list[float]:
    """Return the reference method's warm seconds on every image, NaN where there are none."""
    return [
        next((record.warm for record in records if record.method.name == REFERENCE), NAN)
        for records in measured
    ]


def _sides(images: Mapping[str, Picture]) -> str:
    return ", ".join(sorted({"{}x{}".format(*image.shape) for image in images.values()}))


def quality_table(
    title: str, images: Mapping[str, Picture], by_label: Mapping[str, Sequence[Sequence[Record]]]
) -> str:
    """Lay out PSNR and SSIM alone, means over the images: a row a method, a column a label.

    A method that missed one of the images has a dash.
    """
    columns = [_by_method(measured) for measured in by_label.values()]
    rows = []
    for by_column in zip(*columns, strict=True):
        cells = [_quality_cell(records) for records in by_column]
        if set(cells) != {"-"}:
            rows.append([by_column[0][0].method.label, *cells])
    return f"### {title} ({_sides(images)}): PSNR in dB, SSIM\n\n" + table(
        ["method", *by_label], rows
    )


def _quality_cell(records: Sequence[Record]) -> str:
    psnr, ssim = (fmean(getattr(record, name) for record in records) for name in ("psnr", "ssim"))
    return "-" if math.isnan(psnr) else f"{psnr:.2f}, {ssim:.4f}"


def group_table(
    group: str, images: Mapping[str, Picture], rate: float, measured: Sequence[Sequence[Record]]
) -> str:
    """Lay out one group at one rate, each figure a mean over the group's images."""
    title = f"### {group} ({_sides(images)}), {rate:.0%} missing\n\n"
    reference = fmean(_reference_warm(measured))
    rows = []
    for records in _by_method(measured):
        warm = fmean(record.warm for record in records)
        once = "*" if records[0].method.slow else ""
        failures = sum(record.failed for record in records)
        peak, added = fmean(r.peak for r in records), fmean(r.added for r in records)
        rows.append(
            [
                records[0].method.label + f" (failed on {failures})" * (failures > 0),
                cell(fmean(record.psnr for record in records), ".2f"),
                cell(fmean(record.ssim for record in records), ".4f"),
                seconds(warm) + once * (not math.isnan(warm)),
                seconds(fmean(record.first for record in records)),
                seconds(fmean(record.imports for record in records)),
                "-" if math.isnan(peak) else f"{peak:.0f} (+{added:.0f})",
                ratio(warm / reference),
            ]
        )
    headings = ("method", "PSNR dB", "SSIM", "warm s", "first call s", "import s", "peak MiB")
    return title + table([*headings, "time / thin plate"], rows)


def _geometric_ratio(records: Sequence[Record], reference: Sequence[float]) -> float:
    pairs = zip(records, reference, strict=True)
    return math.exp(fmean(math.log(record.warm / base) for record, base in pairs))


def summary_tables(by_rate: Mapping[float, Sequence[Sequence[Record]]]) -> str:
    """Lay out the means over all images by rate; a dash where a method missed an image."""
    rates = list(by_rate)
    headings = ["method", *(f"{rate:.0%}" for rate in rates)]
    columns = [_by_method(by_rate[rate]) for rate in rates]
    references = [_reference_warm(by_rate[rate]) for rate in rates]
    psnr, ssim, ratios = [], [], []
    for rows in zip(*columns, strict=True):
        label = rows[0][0].method.label
        psnr.append([label, *(cell(fmean(r.psnr for r in row), ".2f") for row in rows)])
        ssim.append([label, *(cell(fmean(r.ssim for r in row), ".4f") for row in rows)])
        pairs = zip(rows, references, strict=True)
        ratios.append([label, *(ratio(_geometric_ratio(row, base)) for row, base in pairs)])
    count = len(by_rate[rates[0]])
    over = "1 image" if count == 1 else f"{count} images"
    tables = [
        f"### PSNR in dB, mean over {over}\n\n{table(headings, psnr)}",
        f"### SSIM, mean over {over}\n\n{table(headings, ssim)}",
    ]
    if any(cell != "-" for row in ratios for cell in row[1:]):
        title = f"### Time over talweg thin plate's, warm, geometric mean over {over}"
        tables.append(f"{title}\n\n{table(headings, ratios)}")
    return "\n".join(tables)
