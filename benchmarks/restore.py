"""Restore damaged photographs with talweg and with its peers, and print the tables.

Run ``python -m benchmarks.restore --help`` for the options and see ``benchmarks/README.md`` for
what is measured and how. Progress goes to standard error, the tables to standard output.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import talweg
from benchmarks.measure import MeasureError, first_call, warm_seconds
from benchmarks.peers import (
    METHODS,
    TUTORIAL,
    Gray,
    Mask,
    Method,
    missing_reason,
    tutorial_seconds,
)
from benchmarks.tables import Record, group_table, machine_facts, summary_tables

CAMERA = "camera"
SAMPLES = ("astronaut", "coffee", "chelsea", "rocket")
SUFFIXES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"}
TUTORIAL_RATES = (0.8, 0.9)


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def as_gray(image: Gray, size: int | None) -> Gray:
    """Return `image` as 8-bit gray, cut to its middle `size` by `size` pixels."""
    from skimage.color import rgb2gray

    if image.ndim == 3:
        image = np.rint(rgb2gray(image[..., :3]) * 255).astype(np.uint8)
    if size is not None:
        top, left = (max(0, (side - size) // 2) for side in image.shape)
        image = image[top : top + size, left : left + size]
    return np.ascontiguousarray(image)


def image_groups(folder: Path | None, size: int | None) -> dict[str, dict[str, Gray]]:
    """Return the images by group: the camera man alone, then the folder or the other samples."""
    from PIL import Image
    from skimage import data

    groups = {CAMERA: {CAMERA: as_gray(data.camera(), size)}}
    if folder is None:
        others = {name: as_gray(getattr(data, name)(), size) for name in SAMPLES}
        groups[", ".join(SAMPLES)] = others
        return groups
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise SystemExit(f"{folder}: no image here; looked for {', '.join(sorted(SUFFIXES))}")
    others = {}
    for path in paths:
        with Image.open(path) as opened:
            others[path.name] = as_gray(np.asarray(opened.convert("RGB")), size)
    groups[f"{folder.name}, {len(paths)} images"] = others
    return groups


def quality(truth: Gray, restored: Gray) -> tuple[float, float]:
    """Return the PSNR in dB and the SSIM of an 8-bit image."""
    return (
        float(peak_signal_noise_ratio(truth, restored, data_range=255)),
        float(structural_similarity(truth, restored, data_range=255)),
    )


def measure_once(method: Method, truth: Gray, damaged: Gray, mask: Mask) -> Record:
    """Run `method` in a fresh process; its seconds stand for the warm ones until those come."""
    try:
        first = first_call(method, damaged, mask)
    except MeasureError as error:
        say(f"    {method.label}: failed: {error}")
        return Record(method, failed=True)
    psnr, ssim = quality(truth, first.image)
    say(f"    {method.label}: {psnr:.2f} dB, first call {first.seconds:.2f} s")
    return Record(
        method,
        psnr=psnr,
        ssim=ssim,
        warm=first.seconds,
        first=first.seconds,
        imports=first.import_seconds,
        peak=first.peak_mib,
        added=first.peak_mib - first.baseline_mib,
    )


def measure_image(
    methods: Sequence[Method], name: str, truth: Gray, missing: float, quick_tutorial: bool
) -> list[Record]:
    """Damage one image and run every method on it: fresh processes first, then side by side."""
    damaged, mask = talweg.damage(truth, missing=missing, rng=0)
    records = {}
    for method in methods:
        if method.name != TUTORIAL:
            records[method.name] = measure_once(method, truth, damaged, mask)
        elif name != CAMERA or missing not in TUTORIAL_RATES:
            records[method.name] = Record(method)
        elif quick_tutorial:
            records[method.name] = Record(method, warm=tutorial_seconds(damaged, mask))
        else:
            say("    tutorial's script: this takes minutes")
            records[method.name] = measure_once(method, truth, damaged, mask)
    fast = [m for m in methods if not m.slow and not np.isnan(records[m.name].psnr)]
    for key, seconds in warm_seconds(fast, damaged, mask).items():
        records[key].warm = seconds
    return list(records.values())


def chosen(only: str | None, skip_slow: bool) -> list[Method]:
    """Return the methods that were asked for and that can run here, saying which are left out."""
    names = [method.name for method in METHODS]
    wanted = names if only is None else only.split(",")
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise SystemExit(f"--only: no method {', '.join(unknown)}; there are {', '.join(names)}")
    methods = []
    for method in METHODS:
        if method.name not in wanted or (skip_slow and method.slow):
            continue
        reason = missing_reason(method)
        if reason is None:
            methods.append(method)
        else:
            print(f"Left out: {method.label}, because {reason}.\n")
    return methods


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restore", description=__doc__)
    parser.add_argument("--images", type=Path, metavar="DIR", help="photographs of your own")
    parser.add_argument("--missing", default="0.5,0.8,0.9,0.95", help="rates, comma separated")
    parser.add_argument("--size", type=int, metavar="N", help="use the middle N by N pixels")
    parser.add_argument("--only", metavar="NAME,...", help="methods, comma separated")
    parser.add_argument("--skip-slow", action="store_true", help="leave the slow methods out")
    parser.add_argument(
        "--quick-tutorial",
        action="store_true",
        help="estimate the tutorial's time from a few steps instead of running it whole",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    rates = [float(rate) for rate in options.missing.split(",")]
    groups = image_groups(options.images, options.size)
    print(machine_facts(), flush=True)
    methods = chosen(options.only, options.skip_slow)
    by_rate: dict[float, list[list[Record]]] = {rate: [] for rate in rates}
    for group, images in groups.items():
        for rate in rates:
            measured = []
            for name, truth in images.items():
                say(f"{name}, {rate:.0%} missing")
                measured.append(measure_image(methods, name, truth, rate, options.quick_tutorial))
            by_rate[rate] += measured
            print(group_table(group, images, rate, measured), flush=True)
    print(summary_tables(by_rate))


if __name__ == "__main__":
    main()
