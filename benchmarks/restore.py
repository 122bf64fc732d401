"""Restore damaged photographs with talweg and with its peers, and print the tables.

Run ``python -m benchmarks.restore --help`` for the options and see ``benchmarks/README.md`` for
what is measured and how. Progress goes to standard error, the tables to standard output.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import talweg
from benchmarks.peers import METHODS, TUTORIAL, Method, Picture, missing_reason
from benchmarks.restore_cases import Case, LeftOut, measure_quality, measure_timed, say
from benchmarks.restore_crops import SHOWN, draw_picture
from benchmarks.restore_fields import course_sentence, course_table, courses_of, gain_table
from benchmarks.restore_noise import DENOISERS, Denoiser, denoise_part
from benchmarks.restore_pictures import CAMERA, KODAK, picture_groups
from benchmarks.restore_structures import STRUCTURES, structure
from benchmarks.tables import Record, group_table, machine_facts, quality_table, summary_tables

PARTS = ("gray", "color", "structures", "denoise")
IN_COLOR = ("fields", "thin_plate", "biharmonic", "telea", "ns", "fsr")
IN_STRUCTURES = ("fields", "thin_plate", "tv", "biharmonic", "telea", "ns", "fsr")
FINAL_STRUCTURES = (CAMERA, "astronaut", "chelsea")
FSR_COLOR = ("astronaut", "coffee", "chelsea")
TIMED_COLOR = ("astronaut", 0.8)

Groups = Mapping[str, Mapping[str, Picture]]
Found = dict[tuple[str, float], list[Record]]


def flat(groups: Groups) -> dict[str, Picture]:
    """Return the pictures of all groups together."""
    return {name: image for images in groups.values() for name, image in images.items()}


def nothing(*_: object) -> bool:
    """Leave nothing out."""
    return False


def final_gray(method: Method, name: str) -> bool:
    """Leave to the camera man what the thin plate does as well, and faster."""
    return method.name in ("biharmonic", "membrane", "rows", "linear") and name != CAMERA


def final_color(method: Method, name: str) -> bool:
    """Leave the biharmonic equation out, and keep frequency selection for three pictures."""
    return method.name == "biharmonic" or (method.name == "fsr" and name not in FSR_COLOR)


def scattered(name: str, truth: Picture, rate: float) -> Case:
    """Lose each pixel with probability `rate`, all channels of it together."""
    axis = -1 if truth.ndim == 3 else None
    damaged, mask = talweg.damage(truth, missing=rate, rng=0, channel_axis=axis)
    return Case(name, f"{rate:.0%}", truth, damaged, mask.reshape(*truth.shape[:2], -1)[..., 0])


def restore_part(
    groups: Groups,
    methods: Sequence[Method],
    rates: Sequence[float],
    options: argparse.Namespace,
    color: bool,
) -> None:
    """Measure scattered loss, in gray or in colour, and print its tables."""
    word = "colour" if color else "gray"
    together: dict[float, list[list[Record]]] = {rate: [] for rate in rates}
    for group, images in groups.items():
        timed, untimed = group_records(images, methods, rates, options, color)
        for rate in rates:
            shown = {name: images[name] for name in images if (name, rate) in timed}
            if shown:
                title = f"{', '.join(shown)} in colour" if color else group
                measured = [timed[name, rate] for name in shown]
                print(group_table(title, shown, rate, measured), flush=True)
        records = timed | untimed
        found = {r: [padded(records[name, r], methods) for name in images] for r in rates}
        if untimed:
            print(quality_table(f"{group}, {word}, missing", images, labelled(found)), flush=True)
        for rate in rates:
            together[rate] += found[rate]
    print(summary_tables(together))
    names = [name for images in groups.values() for name in images]
    print_gains(f"picture by picture, {word}", names, labelled(together))
    print(course_table(f"fields, {word}", names, labelled(together)), flush=True)


def group_records(
    images: Mapping[str, Picture],
    methods: Sequence[Method],
    rates: Sequence[float],
    options: argparse.Namespace,
    color: bool,
) -> tuple[Found, Found]:
    """Return the records by picture and rate: those with times, and those without."""
    left_out: LeftOut = nothing
    if options.final:
        left_out = final_color if color else final_gray
    timed, rest = {}, {}
    for name, truth in images.items():
        for rate in rates:
            case = scattered(name, truth, rate)
            if (name, rate) == TIMED_COLOR if color else not options.final or name == CAMERA:
                there = [each for each in methods if not left_out(each, name)]
                timed[name, rate] = measure_timed(there, case, options.quick_tutorial)
            else:
                rest[name, rate] = case
    untimed = measure_quality(methods, list(rest.values()), left_out)
    return timed, dict(zip(rest, untimed, strict=True))


def padded(records: Sequence[Record], methods: Sequence[Method]) -> list[Record]:
    """Return a record for every method, an empty one where it was left out."""
    found = {record.method.name: record for record in records}
    return [found.get(method.name, Record(method)) for method in methods]


def labelled(by_rate: Mapping[float, list[list[Record]]]) -> dict[str, list[list[Record]]]:
    return {f"{rate:.0%}": records for rate, records in by_rate.items()}


def print_gains(
    what: str, names: Sequence[str], by_label: Mapping[str, Sequence[Sequence[Record]]]
) -> None:
    for over in ("thin_plate", "fsr"):
        if gains := gain_table(f"fields over {over}, {what}", names, by_label, over):
            print(gains)


def structures_part(groups: Groups, methods: Sequence[Method], final: bool) -> None:
    """Measure the losses with a structure on the gray pictures, and print their tables."""
    images = flat(groups)
    if final:
        images = {name: images[name] for name in FINAL_STRUCTURES if name in images}
    cases = [torn(name, truth, kind) for kind in STRUCTURES for name, truth in images.items()]
    found = measure_quality(methods, cases, final_gray if final else nothing)
    by_label = {}
    for number, kind in enumerate(STRUCTURES):
        these = slice(number * len(images), (number + 1) * len(images))
        lost = sum(case.mask.mean() for case in cases[these]) / len(images)
        by_label[f"{kind} ({lost:.0%} lost)"] = found[these]
    print(quality_table(f"Structures, {', '.join(images)}", images, by_label))
    if final:  # the camera man, of whom nothing is left out
        first = list(images).index(CAMERA)
        alone = {label: [measured[first]] for label, measured in by_label.items()}
        print(quality_table("Structures, camera alone", {CAMERA: images[CAMERA]}, alone))
    print_gains("structures", list(images), by_label)
    print(f"{course_sentence(courses_of(by_label))}\n", flush=True)


def torn(name: str, truth: Picture, kind: str) -> Case:
    """Lose the pixels of a structure; they become black."""
    mask = structure(kind, truth.shape[:2])
    damaged = truth.copy()
    damaged[mask] = 0
    return Case(name, kind, truth, damaged, mask)


def runnable(methods: Sequence[Method | Denoiser]) -> list[str]:
    """Return the names of the methods that can run here, saying which are left out and why."""
    names = []
    for method in methods:
        reason = missing_reason(method.modules)
        if reason is None:
            names.append(method.name)
        else:
            print(f"Left out: {method.label}, because {reason}.\n")
    return names


def chosen(options: argparse.Namespace, parts: Sequence[str]) -> list[str]:
    """Return the names of the methods that were asked for and that can run here."""
    there: list[Method | Denoiser] = []
    if options.picture or set(parts) - {"denoise"}:
        there += METHODS
    if "denoise" in parts:
        there += [each for each in DENOISERS if each.name not in {m.name for m in there}]
    names = [method.name for method in there]
    wanted = names if options.only is None else options.only.split(",")
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise SystemExit(f"--only: no method {', '.join(unknown)}; there are {', '.join(names)}")
    slow = {method.name for method in METHODS if method.slow}
    return runnable(
        [
            method
            for method in there
            if method.name in wanted
            and not (options.skip_slow and method.name in slow)
            and not (options.final and method.name == TUTORIAL)
        ]
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restore", description=__doc__)
    parser.add_argument("--gray", action="store_true", help="scattered loss in gray, the default")
    parser.add_argument("--color", action="store_true", help="scattered loss in colour")
    parser.add_argument("--structures", action="store_true", help="lines, letters, blocks, rows")
    parser.add_argument("--denoise", action="store_true", help="noise, nothing missing")
    parser.add_argument(
        "--final",
        action="store_true",
        help="times on camera alone, and without most of what is slow; all parts, if none is named",
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw crops side by side")
    parser.add_argument("--images", type=Path, metavar="DIR", help="photographs of your own")
    parser.add_argument(
        "--kodak", type=Path, metavar="DIR", help=f"where {' and '.join(KODAK)} are, .png"
    )
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
    parts = [part for part in PARTS if getattr(options, part)]
    if not parts and not (options.picture and not options.final):
        parts = list(PARTS) if options.final else ["gray"]
    rates = [float(rate) for rate in options.missing.split(",")]
    gray = picture_groups(options.images, options.kodak, options.size)
    color = picture_groups(options.images, options.kodak, options.size, color=True)
    print(machine_facts(), flush=True)
    names = chosen(options, parts)

    def among(allowed: Sequence[str]) -> list[Method]:
        return [each for each in METHODS if each.name in names and each.name in allowed]

    began = time.perf_counter()
    for part in parts:
        if part == "gray":
            restore_part(gray, among(names), rates, options, color=False)
        elif part == "color":
            restore_part(color, among(IN_COLOR), rates, options, color=True)
        elif part == "structures":
            structures_part(gray, among(IN_STRUCTURES), options.final)
        else:
            denoisers = [each for each in DENOISERS if each.name in names]
            print(denoise_part(denoisers, flat(gray), flat(color)), flush=True)
        say(f"{part}: done {time.perf_counter() - began:.0f} s after the start")
    if options.picture:
        columns = sorted(among(SHOWN), key=lambda method: SHOWN.index(method.name))
        whole = [
            flat(picture_groups(None, options.kodak, None, color=each)) for each in (False, True)
        ]
        draw_picture(options.picture, columns, *whole)
        say(f"picture: done {time.perf_counter() - began:.0f} s after the start")


if __name__ == "__main__":
    main()
