"""What can go wrong, as one line and an exit code."""

from __future__ import annotations

import enum
import os
import sys
import traceback
from contextlib import suppress

import click

from talweg.errors import ImageError, TableError

__all__ = ["CommandError", "Exit", "discard_stdout", "explain", "judge"]


class Exit(enum.IntEnum):
    """The exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    BAD_INPUT = 3
    NOT_CONVERGED = 4
    INTERRUPTED = 130


class CommandError(Exception):
    """An error that the user is told in one line.

    Parameters
    ----------
    message : str
        What was wrong, where, and what to do.
    code : Exit
        What the command leaves with.
    """

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


def judge(error: BaseException) -> tuple[str, Exit]:
    """Turn an error into one line and an exit code."""
    if isinstance(error, CommandError):
        return one_line(str(error)), error.code
    if isinstance(error, ImageError | TableError):
        return one_line(str(error)), Exit.BAD_INPUT
    if isinstance(error, FileExistsError) and error.errno is None:  # our own, see refuse_existing
        return one_line(str(error)), Exit.USAGE
    if isinstance(error, OSError):
        name = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return one_line(f"{name}{error.strerror or error}"), Exit.FAILED
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; try a smaller image or table", Exit.FAILED
    words = one_line(str(error))
    kind = type(error).__name__
    return f"unexpected {kind}: {words} (-v shows where)", Exit.FAILED


def explain(error: Exception, verbose: bool = False) -> int:
    """Tell the user about an error that ended the command, and return the exit code."""
    if isinstance(error, click.Abort):
        _say("Interrupted: nothing more was written.", fresh_line=True)
        return Exit.INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    message, code = judge(error)
    if verbose:
        traceback.print_exception(error)
    _say(f"Error: {message}")
    return code


def one_line(text: str) -> str:
    """Join the lines of a text."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def discard_stdout() -> None:
    """Send what is left in standard output's buffer nowhere, if it can't be written.

    Python writes it when it ends, and would complain in its own words.
    """
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


def _say(text: str, fresh_line: bool = False) -> None:
    with suppress(OSError):  # nobody listens any more
        if fresh_line and sys.stderr is not None and sys.stderr.isatty():  # it shows ^C
            click.echo(err=True)
        click.echo(text, err=True)
