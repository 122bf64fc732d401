"""What the learned energy gains over another method, picture by picture, and how it went down."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from benchmarks.markdown import table
from benchmarks.restore_cases import LEARNED
from benchmarks.tables import Course, Record

__all__ = ["course_sentence", "course_table", "courses_of", "gain_table"]

ByLabel = Mapping[str, Sequence[Sequence[Record]]]


def _named(records: Sequence[Record], name: str) -> Record | None:
    return next((each for each in records if each.method.name == name), None)


def _gains(records: Sequence[Record], over: str) -> tuple[float, float] | None:
    """Return the gain in dB and in SSIM on one picture, None where one of both is missing."""
    ours, theirs = _named(records, LEARNED), _named(records, over)
    if ours is None or theirs is None or math.isnan(ours.psnr) or math.isnan(theirs.psnr):
        return None
    return ours.psnr - theirs.psnr, ours.ssim - theirs.ssim


def _cell(gain: tuple[float, float] | None) -> str:
    return "-" if gain is None else f"{gain[0]:+.2f}, {gain[1]:+.4f}"


def _verdict(where: Sequence[str], gains: Sequence[float], what: str) -> str:
    worse = [place for place, gain in zip(where, gains, strict=True) if gain <= 0.0]
    if not worse:
        return f"Better in {what} in all {len(gains)}."
    return f"Not better in {what} in {len(worse)} of {len(gains)}: {'; '.join(worse)}."


def gain_table(title: str, names: Sequence[str], by_label: ByLabel, over: str) -> str:
    """Lay out what `fields` gains over the method `over`, picture by picture.

    Parameters
    ----------
    title : str
    names : sequence of str
        The pictures, in the order of the records.
    by_label : mapping
        For every label (a share of missing pixels, a structure) the records by picture.
    over : str
        The other method's name.

    Returns
    -------
    str
        A table with a row a picture, and the least and the mean gain, and sentences that say
        whether it is better everywhere; empty if the two were never measured on the same picture.
    """
    columns = [[_gains(records, over) for records in by_label[label]] for label in by_label]
    rows = [
        [name, *(_cell(gain) for gain in row)]
        for name, row in zip(names, zip(*columns, strict=True), strict=True)
        if any(gain is not None for gain in row)
    ]
    if not rows:
        return ""
    known = [[gain for gain in column if gain is not None] for column in columns]
    for heading, summary in (("least", min), ("mean", fmean)):
        cells = (
            _cell((summary(g[0] for g in gains), summary(g[1] for g in gains)) if gains else None)
            for gains in known
        )
        rows.append([f"**{heading}**", *cells])
    where, both = [], []
    for label, column in zip(by_label, columns, strict=True):
        for name, gain in zip(names, column, strict=True):
            if gain is not None:
                where.append(f"{name} at {label}" if label.endswith("%") else f"{name}, {label}")
                both.append(gain)
    verdicts = (
        _verdict(where, [gain[number] for gain in both], what)
        for number, what in enumerate(("PSNR", "SSIM"))
    )
    return (
        f"### {title}: gain in dB, in SSIM\n\n"
        + table(["picture", *by_label], rows)
        + f"\n{' '.join(verdicts)}\n"
    )


def course_table(title: str, names: Sequence[str], by_label: ByLabel) -> str:
    """Lay out the learned energy at the start and the end of every run, and the steps up.

    Empty if it was never run.
    """
    rows = []
    for number, name in enumerate(names):
        found = (_named(by_label[label][number], LEARNED) for label in by_label)
        courses = [record.course if record else None for record in found]
        if any(courses):
            rows.append([name, *(_course_cell(course) for course in courses)])
    if not rows:
        return ""
    return (
        f"### {title}: energy at the start, at the end, steps that went up\n\n"
        + table(["picture", *by_label], rows)
        + f"\n{course_sentence(courses_of(by_label))}\n"
    )


def _course_cell(course: Course | None) -> str:
    if course is None:
        return "-"
    return f"{course.start:.4g}, {course.end:.4g}, {course.ups} of {course.steps}"


def courses_of(by_label: ByLabel) -> list[Course]:
    """Return the courses of all runs."""
    return [
        record.course
        for measured in by_label.values()
        for records in measured
        for record in records
        if record.course is not None
    ]


def course_sentence(courses: Sequence[Course]) -> str:
    """Say in how many runs the learned energy ended lower than it began."""
    if not courses:
        return ""
    lower = sum(course.end < course.start for course in courses)
    ups, steps = sum(course.ups for course in courses), sum(course.steps for course in courses)
    which = f"all {lower}" if lower == len(courses) else f"{lower} of {len(courses)}"
    return (
        f"The energy of `fields` was lower at the end than at the start in {which} runs; "
        f"{ups} of their {steps} steps went up."
    )
