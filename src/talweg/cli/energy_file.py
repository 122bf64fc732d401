"""Energies as users name them: a built-in one, a learned one's file, or a function in a file."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from talweg.cli import function_file
from talweg.cli.errors import CommandError, Exit
from talweg.cli.function_file import FunctionFile

if TYPE_CHECKING:
    from talweg.energies.energy import Energy

__all__ = ["ENERGY_NAMES", "ChosenEnergy", "choose_energy"]

ENERGY_NAMES = ("auto", "fields", "thin_plate", "membrane", "tv", "rows")


@dataclasses.dataclass(frozen=True)
class ChosenEnergy:
    """An energy, by the name that the user gave it.

    Parameters
    ----------
    name : str
        As given: "tv", "my.energy", "rough.py:energy".
    energy : str, Energy or callable
        What `talweg.restore` takes.
    file : FunctionFile, optional
        The file of the user's function; None for other energies.
    """

    name: str
    energy: str | Energy | Callable[[Any], Any]
    file: FunctionFile | None = None

    def blamed(self) -> contextlib.AbstractContextManager[None]:
        """Run the descent in here: what the user's function raises is an error of their file."""
        return contextlib.nullcontext() if self.file is None else self.file.blamed()


def choose_energy(text: str) -> ChosenEnergy:
    """Find the energy that ``--energy`` names; running the file, if it names one.

    Raises
    ------
    CommandError
        If there is none. Exit code 2 for an unknown name, 3 for a file that can't be used.
    """
    if text in ENERGY_NAMES:
        return ChosenEnergy(text, text)
    if text.endswith(".energy"):
        from talweg.energies.energy_file import load_energy

        try:
            return ChosenEnergy(text, load_energy(text))
        except OSError as error:
            raise CommandError(
                f"--energy {text}: it can't be read ({error.strerror})", Exit.BAD_INPUT
            ) from error
    named = function_file.split(text)
    if named is None:
        hint = f"; name the function too, as {text}:FUNC" if text.endswith(".py") else ""
        raise CommandError(
            f"--energy {text!r} is unknown: give {', '.join(ENERGY_NAMES)}, the file of a "
            f"learned one (my.energy), or FILE.py:FUNC{hint}",
            Exit.USAGE,
        )
    file = FunctionFile(*named, f"--energy {text}", "the image that the descent starts from")
    return ChosenEnergy(text, file.load(), file)
