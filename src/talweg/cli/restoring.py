"""Restoring one image file: read, find what is lost, descend, write, tell."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.errors import Exit
from talweg.cli.output import STREAM, Job, check_target, format_of, settle, write_out
from talweg.cli.report import Reporter, binary_stdin
from talweg.cli.watching import Settings, descend, watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from talweg.cli.interrupt import Interruption
    from talweg.cli.metrics import Quality
    from talweg.images.mask import Missing
    from talweg.images.picture import Picture
    from talweg.images.restore import Restoration

__all__ = ["restore_one"]


def restore_one(
    job: Job, settings: Settings, interruption: Interruption
) -> tuple[dict[str, Any], Exit]:
    """Restore one file. Return what there is to say of it as JSON, and the exit code."""
    try:
        return _restore_one(job, settings, interruption)
    except BrokenPipeError:
        raise
    except Exception as error:
        message, code = settings.reporter.error(error)
        return {"file": job.source, "error": message, "exit_code": int(code)}, code


def _restore_one(
    job: Job, settings: Settings, interruption: Interruption
) -> tuple[dict[str, Any], Exit]:
    _check(job, settings)
    picture = _read(job, settings)
    target, kind = settle(job, picture)
    if target != job.target:
        check_target(target, settings.force, makes_folder=True)
    clean = _reference(picture, settings)

    from talweg.images.mask import find_missing

    missing = find_missing(picture, settings.mask, noisy=settings.engine["noise"] is not None)
    _tell_found(picture, missing, kind, settings.reporter)
    watchers = watch(picture, missing, settings, interruption)
    restoration = descend(picture, missing, settings, watchers)

    if os.path.dirname(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
    write_out(target, _restored(picture, missing, restoration), kind, settings.force)
    if watchers.movie is not None and settings.movie is not None:
        count = watchers.movie.write(settings.movie, restoration.image, settings.force)
        settings.reporter.note(f"{settings.movie}: {count} frames")
    qualities = _qualities(picture, restoration, clean)
    _tell_choice(picture, restoration, settings)
    _tell_end(picture, restoration, target, qualities, settings.reporter)
    code = Exit.OK if restoration.converged else Exit.NOT_CONVERGED
    if restoration.stopped or interruption.asked:
        code = Exit.INTERRUPTED
    return _record(job, target, picture, missing, settings, restoration, qualities), code


def _check(job: Job, settings: Settings) -> None:
    """See before any work whether the results could be written."""
    if job.chosen:
        format_of(job.target)
    # A folder is made only for several results, when there is something to put into it.
    check_target(job.target, settings.force, makes_folder=not job.chosen)
    if settings.movie is not None:
        from talweg.cli.movie import check_movie

        check_movie(settings.movie, settings.force)


def _read(job: Job, settings: Settings) -> Picture:
    from talweg.images.read import read

    source = binary_stdin() if job.source == STREAM else job.source
    picture = read(source, channel_axis=settings.channel_axis)
    settings.reporter.detail(f"{picture.name}: {picture.format}, {picture.describe()}")
    return picture


def _reference(picture: Picture, settings: Settings) -> NDArray[Any] | None:
    if settings.reference is None:
        return None
    from talweg.cli.metrics import read_reference

    return read_reference(settings.reference, picture, settings.channel_axis)


def _tell_found(picture: Picture, missing: Missing, kind: str, reporter: Reporter) -> None:
    reporter.note(f"{picture.name}: {picture.describe()}; {missing.report}")
    if missing.warning:
        reporter.warn(f"{picture.name}: {missing.warning}")
    if kind == "JPEG":
        reporter.warn(
            f"{picture.name}: JPEG is lossy, so that known pixels will change too; write PNG or "
            "TIFF to keep them bit for bit"
        )


def _restored(picture: Picture, missing: Missing, restoration: Restoration) -> Picture:
    """Dress the result; where alpha marked what was lost, it is opaque now."""
    alpha = picture.alpha
    if alpha is not None and missing.how == "alpha":
        from talweg.images.colors import white_level

        opaque = alpha.dtype.type(white_level(alpha.dtype))
        alpha = np.where(missing.mask, opaque, alpha)
    return dataclasses.replace(picture, pixels=restoration.image, alpha=alpha)


def _qualities(
    picture: Picture, restoration: Restoration, clean: NDArray[Any] | None
) -> tuple[Quality, Quality] | None:
    """Compare the damaged and the restored image with the clean one."""
    if clean is None:
        return None
    from talweg.cli.metrics import compare

    axis = picture.channel_axis
    return compare(clean, picture.pixels, axis), compare(clean, restoration.image, axis)


def _tell_choice(picture: Picture, restoration: Restoration, settings: Settings) -> None:
    """Say which energy was chosen and why; aloud where another one was asked for."""
    if restoration.choice:
        reporter = settings.reporter
        tell = reporter.detail if settings.energy.name == "auto" else reporter.warn
        tell(f"{picture.name}: restored by {restoration.energy}: {restoration.choice}")


def _tell_end(
    picture: Picture,
    restoration: Restoration,
    target: str,
    qualities: tuple[Quality, Quality] | None,
    reporter: Reporter,
) -> None:
    name = "standard output" if target == STREAM else target
    if restoration.stopped:
        reporter.warn(f"{picture.name}: interrupted; the best so far is in {name}")
    elif not restoration.converged:
        reporter.warn(
            f"{picture.name}: it did not converge ({restoration.message}); the best result is in "
            f"{name}"
        )
    outcome = "converged" if restoration.converged else "not converged"
    reporter.note(
        f"{name}: {restoration.iterations} iterations in {restoration.seconds:.2f} s, {outcome}"
    )
    if qualities is not None:
        reporter.note(f"{name}: damaged {qualities[0]}; restored {qualities[1]}")
    reporter.detail(
        f"{name}: {restoration.evaluations} evaluations of {restoration.energy}, energy "
        f"{restoration.fun:.9g}; {restoration.message}"
    )


def _record(
    job: Job, target: str, picture: Picture, missing: Missing, settings: Settings,
    restoration: Restoration, qualities: tuple[Quality, Quality] | None,
) -> dict[str, Any]:  # fmt: skip
    """Gather what is to be said as JSON."""
    count = int(np.count_nonzero(missing.mask))
    record: dict[str, Any] = {
        "file": job.source,
        "output": target,
        "shape": list(picture.pixels.shape),
        "channel_axis": picture.channel_axis,
        "dtype": str(picture.pixels.dtype),
        "mask": {"how": missing.how, "report": missing.report, "warning": missing.warning},
        "missing": {"count": count, "of": missing.mask.size, "share": count / missing.mask.size},
        "energy": {
            "name": restoration.energy if restoration.choice else settings.energy.name,
            "asked": settings.energy.name,
            "choice": restoration.choice,
            "value": restoration.fun,
        },
        "noise": restoration.noise,
        "iterations": restoration.iterations,
        "evaluations": restoration.evaluations,
        "converged": restoration.converged,
        "interrupted": restoration.stopped,
        "message": restoration.message,
        "seconds": restoration.seconds,
    }
    if qualities is not None:
        damaged, restored = qualities
        record["psnr"] = {"damaged": damaged.psnr, "restored": restored.psnr}
        record["ssim"] = {"damaged": damaged.ssim, "restored": restored.ssim}
    return record
