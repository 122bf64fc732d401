"""Energies as users name them: a built-in one, or a function in a file of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from talweg.cli.errors import CommandError, Exit

__all__ = ["ENERGY_NAMES", "ChosenEnergy", "choose_energy"]

ENERGY_NAMES = ("thin_plate", "membrane", "tv", "rows")


@dataclasses.dataclass(frozen=True)
class ChosenEnergy:
    """An energy, by the name that the user gave it.

    Parameters
    ----------
    name : str
        As given: "tv", "rough.py:energy".
    energy : str or callable
        What `talweg.restore` takes.
    path : str
        The file it came from; empty for a built-in energy.
    """

    name: str
    energy: str | Callable[[Any], Any]
    path: str = ""

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Run the descent: what the user's function raises is an error of their file.

        What it prints goes to standard error, because standard output is for data.
        """
        from talweg.errors import ImageError

        if not self.path:
            yield
            return
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except (CommandError, ImageError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise _energy_error(self.name, self.path, error) from error


def choose_energy(text: str) -> ChosenEnergy:
    """Find the energy that ``--energy`` names; running the file, if it names one.

    Raises
    ------
    CommandError
        If there is none. Exit code 2 for an unknown name, 3 for a file that can't be used.
    """
    if text in ENERGY_NAMES:
        return ChosenEnergy(text, text)
    path, colon, name = text.rpartition(":")
    if not colon or not path or not name.isidentifier():
        hint = f"; name the function too, as {text}:FUNC" if text.endswith(".py") else ""
        raise CommandError(
            f"--energy {text!r} is unknown: give {', '.join(ENERGY_NAMES)}, or FILE.py:FUNC{hint}",
            Exit.USAGE,
        )
    if not Path(path).is_file():
        what = "this is a folder" if Path(path).is_dir() else "there is no such file"
        raise CommandError(f"{path}: {what}; --energy takes FILE.py:FUNC", Exit.BAD_INPUT)
    module = _run(path, text)
    function = getattr(module, name, None)
    if function is None:
        raise CommandError(
            f"{path}: there is no function {name!r} in it; {_functions(module)}", Exit.BAD_INPUT
        )
    if not callable(function):
        raise CommandError(
            f"{path}: {name!r} is of type {type(function).__name__}, not a function; "
            f"{_functions(module)}",
            Exit.BAD_INPUT,
        )
    return ChosenEnergy(text, function, path)


def _run(path: str, text: str) -> ModuleType:
    """Run a Python file as Python itself would: it finds what lies beside it."""
    from importlib.machinery import SourceFileLoader

    name = f"talweg_energy_{Path(path).stem}"
    spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look there
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _energy_error(text, path, error) from error
    return module


def _functions(module: ModuleType) -> str:
    """Name the functions that a file defines."""
    own = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    return f"it has {', '.join(own)}" if own else "it has none"


def _energy_error(text: str, path: str, error: BaseException) -> CommandError:
    """Say what the user's code raised, and in which of its lines."""
    wanted = os.path.abspath(path)
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.abspath(frame.filename) == wanted
    ]
    if isinstance(error, SyntaxError) and error.lineno is not None:
        lines.append(error.lineno)
    where = f", line {lines[-1]}" if lines else ""
    words = str(error) or "no message"
    kind = type(error).__name__
    if not lines and isinstance(error, (TypeError, ValueError)):  # the engine's own words
        words = words.replace("at x0", "at the image that the descent starts from")
        return CommandError(f"--energy {text}: {words}", Exit.BAD_INPUT)
    return CommandError(f"--energy {text}{where}: {kind}: {words}", Exit.BAD_INPUT)
