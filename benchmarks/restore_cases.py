"""Run the methods of ``benchmarks.restore`` on damaged pictures, with or without timing them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.measure import MeasureError, first_call, warm_seconds
from benchmarks.peers import TUTORIAL, Mask, Method, Picture, restoration, tutorial_seconds
from benchmarks.restore_pictures import CAMERA, judge
from benchmarks.tables import Course, Record

__all__ = ["LEARNED", "Case", "LeftOut", "measure_quality", "measure_timed", "say", "workers"]

LEARNED = "fields"
TUTORIAL_LABELS = ("80%", "90%")

LeftOut = Callable[[Method, str], bool]


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def workers() -> int:
    """How many calls may run side by side where nothing is timed: one a core."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Case:
    """One damaged picture.

    Attributes
    ----------
    name : str
        The picture's.
    label : str
        What was done to it: the share of missing pixels, or the structure's name.
    truth, damaged : (M, N[, 3]) ndarray of uint8
    mask : (M, N) ndarray of bool
        True where a pixel is missing.
    """

    name: str
    label: str
    truth: Picture
    damaged: Picture
    mask: Mask


def _fresh(method: Method, case: Case) -> Record:
    """Run `method` in a fresh process; its seconds stand for the warm ones until those come."""
    try:
        first = first_call(method, case.damaged, case.mask)
    except MeasureError as error:
        say(f"    {method.label}: failed: {error}")
        return Record(method, failed=True)
    psnr, ssim = judge(case.truth, first.image)
    say(
        f"    {case.name}, {case.label}: {method.label}: {psnr:.2f} dB, "
        f"first call {first.seconds:.2f} s"
    )
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


def _tutorial(method: Method, case: Case, quick: bool) -> Record:
    if case.name != CAMERA or case.label not in TUTORIAL_LABELS:
        return Record(method)
    if quick:
        return Record(method, warm=tutorial_seconds(case.damaged, case.mask))
    say("    tutorial's script: this takes minutes")
    return _fresh(method, case)


def measure_timed(methods: Sequence[Method], case: Case, quick_tutorial: bool) -> list[Record]:
    """Run every method on one picture, in fresh processes first, then side by side."""
    say(f"{case.name}, {case.label}, timed")
    records = {
        method.name: _tutorial(method, case, quick_tutorial)
        if method.name == TUTORIAL
        else _fresh(method, case)
        for method in methods
    }
    fast = [m for m in methods if not m.slow and not np.isnan(records[m.name].psnr)]
    for key, seconds in warm_seconds(fast, case.damaged, case.mask).items():
        records[key].warm = seconds
    if any(method.name == LEARNED for method in fast):
        records[LEARNED].course = Course.of(restoration(case.damaged, case.mask, LEARNED))
    return list(records.values())


def _here(method: Method, case: Case) -> Record:
    """Run `method` once in this process."""
    course = None
    try:
        if method.name == LEARNED:
            restored = restoration(case.damaged, case.mask, LEARNED)
            image, course = restored.image, Course.of(restored)
        else:
            image = method.run(case.damaged, case.mask)
    except Exception as error:
        say(f"    {method.label}: failed: {error}")
        return Record(method, failed=True)
    psnr, ssim = judge(case.truth, image)
    return Record(method, psnr=psnr, ssim=ssim, course=course)


def measure_quality(
    methods: Sequence[Method], cases: Sequence[Case], left_out: LeftOut
) -> list[list[Record]]:
    """Run every method once on every picture, the slow ones side by side, and time nothing.

    Returns
    -------
    list of list of Record
        For every case, a record a method; empty where ``left_out(method, name)`` said so.
    """
    found: dict[tuple[int, str], Record] = {}
    slow = []
    for number, case in enumerate(cases):
        say(f"{case.name}, {case.label}")
        for method in methods:
            if method.name == TUTORIAL or left_out(method, case.name):
                found[number, method.name] = Record(method)
            elif method.slow:
                slow.append((number, method))
            else:
                found[number, method.name] = _here(method, case)
    with ThreadPoolExecutor(workers()) as pool:
        records = pool.map(lambda job: _quality_alone(job[1], cases[job[0]]), slow)
        for (number, method), record in zip(slow, records, strict=True):
            found[number, method.name] = record
    return [[found[number, method.name] for method in methods] for number in range(len(cases))]


def _quality_alone(method: Method, case: Case) -> Record:
    """Run `method` in a process of its own, and keep no time: others run beside it."""
    record = _fresh(method, case)
    return Record(method, psnr=record.psnr, ssim=record.ssim, failed=record.failed)
