"""A function in a Python file of the user's, given as FILE.py:FUNC."""

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

__all__ = ["FunctionFile", "split"]


def split(text: str) -> tuple[str, str] | None:
    """Return the file and the name of the function, or None if the text names none.

    Examples
    --------
    >>> split("C:/work/rough.py:energy")
    ('C:/work/rough.py', 'energy')
    """
    path, colon, name = text.rpartition(":")
    return (path, name) if colon and path and name.isidentifier() else None


@dataclasses.dataclass(frozen=True)
class FunctionFile:
    """A file of the user's, and one function in it.

    Parameters
    ----------
    path, name : str
        The file, and its function.
    what : str
        How messages call it: ``--energy rough.py:energy``.
    start : str
        How they call the point that the engine knows as x0.
    """

    path: str
    name: str
    what: str
    start: str

    def load(self) -> Callable[..., Any]:
        """Run the file, and return the function.

        Raises
        ------
        CommandError
            If there is no such file or function, or the file's own code fails: exit code 3.
        """
        if not Path(self.path).is_file():
            problem = "this is a folder" if Path(self.path).is_dir() else "there is no such file"
            option = f"{self.what.split()[0]} takes " if self.what.startswith("--") else "give "
            raise CommandError(f"{self.path}: {problem}; {option}FILE.py:FUNC", Exit.BAD_INPUT)
        module = self._run()
        function = getattr(module, self.name, None)
        if function is None:
            problem = f"there is no function {self.name!r} in it"
        elif not callable(function):
            problem = f"{self.name!r} is of type {type(function).__name__}, not a function"
        else:
            return function  # type: ignore[no-any-return]
        raise CommandError(f"{self.path}: {problem}; {_functions(module)}", Exit.BAD_INPUT)

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Call the function in here: what it raises is an error of its file.

        What it prints goes to standard error, because standard output is for data.
        """
        from talweg.errors import ImageError

        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except (CommandError, ImageError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise self._error(error) from error

    def _run(self) -> ModuleType:
        """Run the file as Python itself would: it finds what lies beside it."""
        from importlib.machinery import SourceFileLoader

        name = f"talweg_file_{Path(self.path).stem}"
        spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, self.path))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses and pickle look there
        sys.path.insert(0, os.path.dirname(os.path.abspath(self.path)))
        with self.blamed():
            spec.loader.exec_module(module)
        return module

    def _error(self, error: BaseException) -> CommandError:
        """Say what the user's code raised, and in which of its lines."""
        wanted = os.path.abspath(self.path)
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if os.path.abspath(frame.filename) == wanted
        ]
        if isinstance(error, SyntaxError) and error.lineno is not None:
            lines.append(error.lineno)
        where = f", line {lines[-1]}" if lines else ""
        words = str(error) or "no message"
        if not lines and isinstance(error, (TypeError, ValueError)):  # the engine's own words
            words = words.replace("at x0", f"at {self.start}")
            return CommandError(f"{self.what}: {words}", Exit.BAD_INPUT)
        return CommandError(f"{self.what}{where}: {type(error).__name__}: {words}", Exit.BAD_INPUT)


def _functions(module: ModuleType) -> str:
    """Name the functions that a file defines."""
    own = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    return f"it has {', '.join(own)}" if own else "it has none"
