"""What `talweg train` was asked for, and whether it can be done, before any work."""

from __future__ import annotations

import dataclasses
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talweg.cli.errors import CommandError, Exit
from talweg.cli.exploring_pictures import PICTURES
from talweg.cli.output import STREAM, check_target
from talweg.errors import ImageError

if TYPE_CHECKING:
    from talweg.training.standing import Standing

__all__ = ["Request"]

ENDING = ".energy"

_MINUTES, _MISSING, _SEED = 10.0, (0.5, 0.95), 0
_NAMES_SHOWN = 3


@dataclasses.dataclass
class Request:
    """What the user asked for.

    Parameters
    ----------
    images : tuple of str
        Files and folders.
    output : str
    minutes, filters, steps, missing, noise, start, rng : optional
        As `talweg.train_energy` takes them; None where they weren't given.
    plot, checkpoint : str, optional
    resume, as_json, force : bool
    """

    images: tuple[str, ...]
    output: str
    minutes: float | None = None
    filters: int | None = None
    steps: int | None = None
    missing: tuple[float, float] | None = None
    noise: tuple[float, float] | None = None
    start: str | None = None
    rng: int | None = None
    plot: str | None = None
    checkpoint: str | None = None
    resume: bool = False
    as_json: bool = False
    force: bool = False

    @property
    def checkpoint_file(self) -> str:
        """Where the training stands, while it runs."""
        return self.checkpoint if self.checkpoint is not None else f"{self.output}.checkpoint"

    @property
    def total_minutes(self) -> float:
        """How long it is to train."""
        return _MINUTES if self.minutes is None else self.minutes

    def check(self) -> None:
        """Refuse what can't go together, or couldn't be written.

        Raises
        ------
        CommandError
        """
        if "" in (*self.images, self.output, self.checkpoint, self.plot):
            raise CommandError("a file's name is empty; give one", Exit.USAGE)
        if STREAM in self.images:
            raise CommandError("pictures aren't read from standard input; name files", Exit.USAGE)
        if not self.output.endswith(ENDING):
            raise CommandError(
                f"-o {self.output}: end it in {ENDING}, by which talweg restore --energy knows it",
                Exit.USAGE,
            )
        if self.filters is not None and self.start is not None:
            raise CommandError(
                "--filters begins with nothing, --from with a learned energy; give one of them",
                Exit.USAGE,
            )
        self._check_files()
        self._check_pictures_kept()

    def _check_files(self) -> None:
        files = [self.output, self.checkpoint_file, *([self.plot] if self.plot else [])]
        if len({os.path.normcase(os.path.realpath(file)) for file in files}) < len(files):
            raise CommandError(
                f"{', '.join(files)}: the energy, the checkpoint and the picture must be different "
                "files", Exit.USAGE,
            )  # fmt: skip
        if self.plot is not None and Path(self.plot).suffix.lower() not in PICTURES:
            raise CommandError(f"--plot {self.plot}: end it in {', '.join(PICTURES)}", Exit.USAGE)
        there = os.path.lexists(self.checkpoint_file)
        if self.resume and not there:
            raise CommandError(
                f"--resume: there is no checkpoint {self.checkpoint_file} to go on from; train "
                "without --resume, or name it with --checkpoint", Exit.USAGE,
            )  # fmt: skip
        if there and not self.resume and not self.force:
            raise CommandError(
                f"{self.checkpoint_file}: a training was stopped here; go on with it by --resume, "
                "or begin anew, over it, by --force", Exit.USAGE,
            )  # fmt: skip
        # What an interrupted training wrote is the same, less far on.
        check_target(self.output, self.force or self.resume)
        if self.plot is not None:
            check_target(self.plot, self.force or self.resume)
        check_target(self.checkpoint_file, force=True)

    def _check_pictures_kept(self) -> None:
        """Refuse to write over a picture."""
        ours = {os.path.realpath(file) for file in (self.checkpoint_file, self.plot) if file}
        for image in self.images:
            if os.path.realpath(image) in ours:
                raise CommandError(
                    f"{image}: this picture would be written over; name another file", Exit.USAGE
                )

    def going_on(self) -> Standing | None:
        """Read the checkpoint that is to be gone on from, and take its settings.

        Raises
        ------
        CommandError
            If other settings were asked for, or no more time than is over.
        """
        if not self.resume:
            return None
        from talweg.training.standing import load_standing

        standing = load_standing(self.checkpoint_file)
        theirs = standing.settings
        shares = tuple(theirs["missing"])
        levels = None if theirs["noise"] is None else tuple(theirs["noise"])
        for option, ours, held in (
            ("--filters", self.filters, theirs["filters"]),
            ("--steps", self.steps, theirs["steps"]),
            ("--missing", self.missing, shares),
            ("--noise", self.noise, levels),
            ("--rng", self.rng, theirs["seed"]),
            ("--from", self.start and _name(self.start), theirs["started from"]),
        ):
            if ours is not None and ours != held:
                raise CommandError(
                    f"--resume: the training in {self.checkpoint_file} has {_told(option, held)}; "
                    f"leave {option} out", Exit.USAGE,
                )  # fmt: skip
        if standing.seconds >= 60.0 * self.total_minutes:
            raise CommandError(
                f"--resume: the training in {self.checkpoint_file} has lasted "
                f"{standing.seconds / 60.0:.1f} minutes already; give more --minutes than "
                f"{self.total_minutes:g}", Exit.USAGE,
            )  # fmt: skip
        self.filters, self.steps, self.rng = theirs["filters"], theirs["steps"], theirs["seed"]
        self.missing, self.noise = shares, levels
        return standing

    def options(self) -> dict[str, Any]:
        """Return the options of `talweg.train_energy`."""
        return {
            "minutes": self.total_minutes,
            "filters": self.filters,
            "steps": self.steps,
            "missing": self.missing or _MISSING,
            "noise": self.noise,
            "rng": self.rng if self.rng is not None else _SEED,
            "start": self._start(),
            "checkpoint": self.checkpoint_file,
            "resume": self.resume,
        }

    def _start(self) -> Any:
        """Read the energy to begin with."""
        from talweg.energies import ENERGIES
        from talweg.energies.energy_file import load_energy

        if self.resume or self.start is None or self.start == "fields":
            return "fields"
        if self.start in ENERGIES:
            raise CommandError(
                f"--from {self.start}: this energy is written down, not learned; give fields, or "
                "the file of a learned one", Exit.USAGE,
            )  # fmt: skip
        try:
            return load_energy(self.start)
        except OSError as error:
            raise ImageError(
                f"--from {self.start}: it can't be read ({error.strerror}); give fields, or the "
                "file of a learned energy"
            ) from error

    def resuming(self) -> str:
        """Return the command that goes on with the training."""
        names = [shlex.quote(image) for image in self.images]
        shown = names if len(names) <= _NAMES_SHOWN else [names[0], "..."]
        parts = ["talweg train", *shown, "-o", shlex.quote(self.output)]
        if self.checkpoint is not None:
            parts += ["--checkpoint", shlex.quote(self.checkpoint)]
        if self.minutes is not None:
            parts += ["--minutes", f"{self.minutes:g}"]
        return " ".join([*parts, "--resume"])


def _name(start: str) -> str:
    """Return the name that an energy has where it was begun with."""
    return start if start == "fields" else Path(start).stem


def _told(option: str, value: Any) -> str:
    if value is None:
        return f"no {option}"
    return (
        f"{option} {','.join(f'{each:g}' for each in value) if isinstance(value, tuple) else value}"
    )
