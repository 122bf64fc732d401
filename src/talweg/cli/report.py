"""What the user is told on standard error, and the data on standard output."""

from __future__ import annotations

import dataclasses
import json
import sys
import traceback
from contextlib import suppress
from typing import Any, BinaryIO

import click

from talweg.cli.errors import CommandError, Exit, judge, one_line

__all__ = ["Reporter", "binary_stdin", "binary_stdout", "is_terminal", "print_json"]


@dataclasses.dataclass(frozen=True)
class Reporter:
    """Says things on standard error, as much as was asked for.

    Parameters
    ----------
    quiet : bool, default False
        Say only warnings and errors.
    verbose : bool, default False
        Say more, and show where errors come from.
    """

    quiet: bool = False
    verbose: bool = False

    def note(self, text: str) -> None:
        """Say something that is good to know."""
        if not self.quiet:
            _say(text)

    def detail(self, text: str) -> None:
        """Say something for those who want to know more."""
        if self.verbose:
            _say(text)

    def warn(self, text: str) -> None:
        """Say something that must be known."""
        _say(f"Warning: {one_line(text)}")

    def error(self, error: BaseException) -> tuple[str, Exit]:
        """Say what went wrong, in one line; return that and the exit code."""
        message, code = judge(error)
        if self.verbose:
            with suppress(OSError):
                traceback.print_exception(error)
        _say(f"Error: {message}")
        return message, code


def is_terminal() -> bool:
    """Whether standard error is a terminal that can draw."""
    import os

    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def binary_stdin() -> BinaryIO:
    """Return standard input for pictures.

    Raises
    ------
    CommandError
        If it is a terminal, at which nobody types an image.
    """
    if sys.stdin.isatty():
        raise CommandError(
            "standard input is a terminal, which gives no image; name a file, or send one in with "
            "< or |",
            Exit.USAGE,
        )
    return sys.stdin.buffer


def print_json(document: dict[str, Any]) -> None:
    """Write one line of JSON to standard output, at once."""
    click.echo(json.dumps(document, allow_nan=False))


def binary_stdout() -> BinaryIO:
    """Return standard output for pictures.

    Raises
    ------
    CommandError
        If it is a terminal, which would show the bytes as letters.
    """
    stream = sys.stdout.buffer
    if stream.isatty():
        raise CommandError(
            "standard output is a terminal, which can't show an image file; give -o FILE, or send "
            "it into a file or a program",
            Exit.USAGE,
        )
    return stream


def _say(text: str) -> None:
    with suppress(OSError):  # nobody listens any more: go on
        click.echo(text, err=True)
