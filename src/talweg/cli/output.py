"""Where results go: their names and formats, and that nothing is overwritten unasked."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from talweg.cli.errors import CommandError, Exit

if TYPE_CHECKING:
    from talweg.images.picture import Picture

__all__ = ["Job", "check_target", "format_of", "lossless_format", "plan", "settle", "write_out"]

STREAM = "-"
RESTORED = ".restored"
PNG_BY_DEFAULT = ".png"


@dataclasses.dataclass(frozen=True)
class Job:
    """One input with the name of its output.

    Parameters
    ----------
    source, target : str
        File names, or "-" for standard input and output.
    chosen : bool
        Whether the user named the output's format, by its ending.
    """

    source: str
    target: str
    chosen: bool


def plan(images: Sequence[str], output: str | None) -> list[Job]:
    """Find the inputs, and a name for the output of each.

    Raises
    ------
    CommandError
        If the names make no sense together: exit code 2.
    ImageError
        If a folder holds no image.
    """
    sources, several = _sources(images)
    if output is not None and (several or output.endswith(("/", os.sep)) or os.path.isdir(output)):
        if output == STREAM or (os.path.exists(output) and not os.path.isdir(output)):
            what = "standard output" if output == STREAM else f"{output}, which is a file,"
            raise CommandError(
                f"-o: {what} can't hold several images; give a folder, which is made if needed",
                Exit.USAGE,
            )
        jobs = [Job(one, str(Path(output, _own_name(one, ""))), False) for one in sources]
    elif output is not None:
        jobs = [Job(sources[0], output, output != STREAM and not is_device(output))]
    else:
        jobs = [Job(one, _beside(one), False) for one in sources]
    _refuse_clashes(jobs)
    return jobs


def _sources(images: Sequence[str]) -> tuple[list[str], bool]:
    """List the input files; whether there may be more than one."""
    from talweg.images.read import images_in

    if "" in images:
        raise CommandError("an image's name is empty; give a file, a folder or -", Exit.USAGE)
    sources: list[str] = []
    for image in images:
        if image != STREAM and os.path.isdir(image):
            found = images_in(image)
            # What an earlier run left there is no damaged image.
            fresh = [path for path in found if not path.stem.endswith(RESTORED)]
            sources += map(str, fresh or found)
        else:
            sources.append(image)
    if sources.count(STREAM) > 1:
        raise CommandError("standard input (-) can be read only once", Exit.USAGE)
    return sources, len(sources) > 1 or any(os.path.isdir(image) for image in images)


def _own_name(source: str, extra: str) -> str:
    """Name an output after its input, with an ending that can be written without loss."""
    if source == STREAM:
        return f"stdin{extra}{PNG_BY_DEFAULT}"
    path = Path(source)
    suffix = path.suffix if lossless_format(path.suffix) else PNG_BY_DEFAULT
    return f"{path.stem}{extra}{suffix}"


def _beside(source: str) -> str:
    return STREAM if source == STREAM else str(Path(source).with_name(_own_name(source, RESTORED)))


def _refuse_clashes(jobs: Iterable[Job]) -> None:
    taken: dict[str, str] = {}
    for job in jobs:
        key = os.path.normcase(os.path.abspath(job.target))
        if key in taken:
            raise CommandError(
                f"{taken[key]} and {job.source} would both be written to {job.target}; restore "
                "them one by one, with -o",
                Exit.USAGE,
            )
        taken[key] = job.source


def is_device(path: str) -> bool:
    """Whether a name is neither a file, nor a folder, nor free: ``/dev/null``, a pipe."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def lossless_format(name: str) -> str | None:
    """Return the lossless format that an ending or a format's name means, if it can be written."""
    from talweg.images.write import WRITABLE_SUFFIXES

    known = WRITABLE_SUFFIXES.get(name.lower(), name.upper())
    return known if known in WRITABLE_SUFFIXES.values() and known != "JPEG" else None


def format_of(target: str, what: str = "-o") -> str:
    """Return the format that a file's ending names.

    Raises
    ------
    CommandError
        If it names none: exit code 2.
    """
    from talweg.images.write import WRITABLE_SUFFIXES

    suffix = Path(target).suffix.lower()
    if suffix not in WRITABLE_SUFFIXES:
        problem = f"the ending {suffix!r} names no format" if suffix else "the name has no ending"
        raise CommandError(
            f"{what} {target}: {problem} that can be written; end it in "
            f"{', '.join(WRITABLE_SUFFIXES)}",
            Exit.USAGE,
        )
    return WRITABLE_SUFFIXES[suffix]


def check_target(target: str, force: bool, *, makes_folder: bool = False) -> None:
    """See before any work whether a file could be written.

    Raises
    ------
    CommandError
        If there is a file already and `force` is False (exit code 2), or the folder doesn't
        exist or can't be written to (exit code 1).
    """
    if target == STREAM or is_device(target):
        return
    if os.path.isdir(target):
        raise CommandError(f"{target}: this is a folder; name a file in it", Exit.USAGE)
    if os.path.lexists(target) and not force:
        raise CommandError(
            f"{target}: the file exists already; give another name with -o, or overwrite it "
            "with -f",
            Exit.USAGE,
        )
    folder = Path(target).absolute().parent
    while makes_folder and not os.path.lexists(folder):
        folder = folder.parent
    if not folder.is_dir():
        problem = "is not a folder" if os.path.lexists(folder) else "does not exist"
        raise CommandError(f"{target}: it can't be written: {folder} {problem}; make it first")
    if not os.access(folder, os.W_OK):
        raise CommandError(
            f"{target}: it can't be written: {folder} gives no permission; write elsewhere with -o"
        )


def settle(job: Job, picture: Picture) -> tuple[str, str]:
    """Choose the output's final name and format, now that the picture is known.

    Raises
    ------
    CommandError
        If the format that the user named can't hold the picture: exit code 2.
    """
    from talweg.images.encode import holders

    able = holders(picture)
    if job.chosen:
        chosen = format_of(job.target)
        if chosen not in able:
            raise CommandError(
                f"-o {job.target}: {chosen} can't hold {picture.describe()}; "
                f"write {', '.join(able)}",
                Exit.USAGE,
            )
        return job.target, chosen
    lossless = [name for name in able if name != "JPEG"]
    if job.target == STREAM or is_device(job.target):
        own = lossless_format(picture.format)
        return job.target, own if own in lossless else lossless[0]
    planned = format_of(job.target)
    if planned in lossless:
        return job.target, planned
    ending = {"PNG": ".png", "TIFF": ".tif", "NPY": ".npy"}[lossless[0]]
    return str(Path(job.target).with_suffix(ending)), lossless[0]


def write_out(target: str, picture: Picture, kind: str, force: bool) -> None:
    """Write a picture to a file, whole or not at all, or to standard output."""
    from talweg.cli.report import binary_stdout
    from talweg.images.write import write

    if target == STREAM:
        stream = binary_stdout()
        write(stream, picture, format=kind)
        stream.flush()
        return
    write(target, picture, format=kind, overwrite=force)
