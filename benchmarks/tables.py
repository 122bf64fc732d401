"""The Markdown tables of ``benchmarks.restore``: means over images, ratios, the machine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.markdown import cell, machine, ratio, seconds, table
from benchmarks.peers import Gray, Method

__all__ = ["Record", "group_table", "machine_facts", "summary_tables"]

REFERENCE = "thin_plate"
PACKAGES = ("talweg", "numpy", "jax", "scipy", "scikit-image", "autograd")
OPENCV = ("opencv-contrib-python-headless", "opencv-contrib-python")
NAN = math.nan


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


def group_table(
    group: str, images: Mapping[str, Gray], rate: float, measured: Sequence[Sequence[Record]]
) -> str:
    """Lay out one group at one rate, each figure a mean over the group's images."""
    shapes = sorted({"{}x{}".format(*image.shape) for image in images.values()})
    title = f"### {group} ({', '.join(shapes)}), {rate:.0%} missing\n\n"
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
    return (
        f"### PSNR in dB, mean over {over}\n\n{table(headings, psnr)}\n"
        f"### SSIM, mean over {over}\n\n{table(headings, ssim)}\n"
        "### Time over talweg thin plate's, warm, geometric mean over "
        f"{over}\n\n{table(headings, ratios)}"
    )
