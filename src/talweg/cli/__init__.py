"""The command line: `talweg restore`, `damage`, `train`, `fit`, `explore` and `demo`."""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import Any, NoReturn

import click

import talweg
from talweg.cli.errors import discard_stdout, explain

__all__ = ["cli", "main"]

COMMANDS = ("restore", "damage", "train", "fit", "explore", "demo")

HELP = """\
Solve problems by going downhill: damaged images restored from what is left of them, tables
fitted, and landscapes explored.

\b
talweg restore   fill in the lost pixels of images; the known ones stay bit for bit
talweg damage    lose most pixels of an image, to have something to restore
talweg train     learn from your own pictures how to restore their like
talweg fit       fit a column of a table by the others, and predict it
talweg explore   see a function, its minima, maxima and saddles, and ways down it
talweg demo      damage and restore a photograph, and show it

\b
Examples:
  talweg demo
  talweg restore damaged.png
  talweg restore scan.tif --mask nan -o whole.tif
  talweg damage photo.png -o damaged.png --missing 0.9
  talweg train textures/ -o my.energy
  talweg fit houses.csv -y price
  talweg explore "x**2 - y**2 + y**4/4" --start 1,0 --step 0.1 -o saddle.png
  talweg COMMAND --help     all of a command's options, and more examples

What was asked for goes to standard output: images where named -, tables, --json. All else goes to
standard error. No file is overwritten without --force.

\b
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input, 4 didn't converge (the best result is
written), 130 interrupted (the best so far is written).
"""


class LazyGroup(click.Group):
    """The group of commands, each imported when it is asked for, that never shows a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, the main one first."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command from the file of its name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"talweg.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named; Ctrl-C ends it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # click itself would write an empty line first
            raise click.Abort from None

    def main(self, args: Any = None, *others: Any, **options: Any) -> NoReturn:
        """Run, and leave with an exit code whatever happens."""
        options["standalone_mode"] = False
        given = sys.argv[1:] if args is None else args
        try:
            code = super().main(args, *others, **options)
            sys.stdout.flush()
        except Exception as error:
            code = explain(error, verbose="-v" in given or "--verbose" in given)
            discard_stdout()
        except KeyboardInterrupt:
            code = explain(click.Abort())
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=LazyGroup, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(talweg.__version__, prog_name="talweg")
def cli() -> None:
    """Gather the commands."""


def main() -> NoReturn:
    """Run the command line."""
    if not sys.warnoptions:  # what the user should know is said in talweg's own words
        warnings.simplefilter("ignore")
    cli.main(prog_name="talweg")
