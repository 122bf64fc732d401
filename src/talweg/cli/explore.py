"""``talweg explore``: see a landscape, its critical points, and ways down it."""

from __future__ import annotations

from typing import Any

import click

from talweg.cli.errors import CommandError, Exit
from talweg.cli.exploring_options import (
    FormulaCommand,
    read_boxes,
    read_points,
    read_several,
    read_size,
)
from talweg.cli.report import Reporter, print_json

__all__ = ["explore"]

HELP = """\
Explore a landscape: its minima, maxima and saddles, and where descents end.

\b
FORMULA is one of
  a landscape    himmelblau, rosenbrock, double_well; --list names them all
  a formula      "x**2 - y**2 + y**4/4", of x, y, z, t, u, v, w or x0, x1, ...
  FILE.py:FUNC   a function of an array, written with numpy or jax.numpy, that
                 returns one number. This RUNS THE CODE IN FILE: give only files
                 that you trust.

Critical points are sought in the box that is looked at. With --start a descent goes down from
there; it may leave the box. A landscape has a box and a start of its own.

Without -o nothing is written but tables, to standard output. Pictures are drawn of functions of
one variable (a curve) and of two (a map).

\b
Examples:
  talweg explore "x**2 - y**2 + y**4/4" --start 1,0 --step 0.1 -o saddle.png
  talweg explore "x**2 - y**2 + y**4/4" --start 1,0 --escape
  talweg explore rosenbrock --compare gradient,momentum,lbfgs -o race.png
  talweg explore himmelblau --basins -o basins.png
  talweg explore "x**4 - 3*x**2 + x" --box -2,2 --start 0.2 --movie descent.gif
  talweg explore "sin(x)*cos(y)" --box -4,4 --box 0,6 --field -o field.svg
  talweg explore model.py:loss --start 0,0,0 --json

\b
Exit codes: 0 explored, wherever the descents ended; 1 failed, 2 wrong usage (as a file
that exists), 3 bad input (as a formula that can't be read), 130 interrupted (what was
found so far is told).
"""

EXAMPLES = """\

Look at one of them, or at a formula of your own:
  talweg explore double_well
  talweg explore himmelblau --compare gradient,lbfgs -o himmelblau.png
  talweg explore "x**2 - y**2 + y**4/4" --start 1,0 --step 0.1 -o saddle.png
  talweg explore --help     all options, and more examples"""


@click.command(cls=FormulaCommand, help=HELP, short_help="See a function and ways down it.")
@click.argument("formula", metavar="[FORMULA]", required=False)
@click.option(
    "--start",
    "starts",
    metavar="X,Y,...",
    multiple=True,
    callback=read_points,
    help="Where to descend from; may be given more than once.",
)
@click.option(
    "--box",
    "boxes",
    metavar="LOW,HIGH",
    multiple=True,
    callback=read_boxes,
    help="What is looked at: once for all variables, or once for each in turn. By default the "
    "landscape's own, else -3,3; widened to hold --start.",
)
@click.option(
    "--method",
    metavar="NAME",
    help="How to descend: gradient (the default), sign, momentum, nesterov, adam, "
    "barzilai_borwein, conjugate_gradient, lbfgs or newton. For --basins the default is lbfgs.",
)
@click.option(
    "--compare",
    metavar="NAME,NAME,...",
    callback=read_several,
    help="Descend by several methods.",
)
@click.option(
    "--step",
    metavar="STEP",
    callback=read_size,
    help="Step size: a number, backtracking, nonmonotone or strong_wolfe. By default the method's "
    "own.",
)
@click.option(
    "--max-iter",
    metavar="N",
    type=click.IntRange(min=1),
    help="Iterations after which a descent is ended.  [default: 15000]",
)
@click.option("--escape", is_flag=True, help="Leave saddles and maxima that a descent comes to.")
@click.option("-o", "--output", metavar="FILE", help="Write a picture: .png, .pdf or .svg.")
@click.option("--movie", metavar="FILE", help="Write a movie of the descents: .gif or .mp4.")
@click.option("--surface", is_flag=True, help="Draw a surface in space instead of a map.")
@click.option("--field", is_flag=True, help="Draw arrows on the map that point downhill.")
@click.option(
    "--basins",
    is_flag=True,
    help="Find from which starts which minimum is reached. Drawn in colours, or together with "
    "--start or --field as borders on the map.",
)
@click.option(
    "--step-sizes", is_flag=True, help="Draw what the size of the step does to a descent."
)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of the random points from which critical points are sought.",
)
@click.option("--list", "as_list", is_flag=True, help="List the landscapes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; show where errors come from.")
@click.option("-f", "--force", is_flag=True, help="Overwrite files.")
def explore(formula: str | None, as_list: bool, as_json: bool, **given: Any) -> int:
    """Explore what the user named."""
    boxes, reporter = given.pop("boxes"), Reporter(verbose=given["verbose"])
    if formula is None or as_list:
        _list(formula, as_list, as_json, bool(boxes) or _is_anything_given(given))
        return Exit.OK

    # NumPy will do to read a formula; what finds and draws takes JAX and matplotlib.
    from talweg.cli.exploring_pictures import check_files
    from talweg.cli.exploring_subject import find_subject

    check_files(given["output"], given["movie"], given["force"])
    subject = find_subject(formula, given["starts"], boxes, reporter)

    from talweg.cli.exploring import Request, find, fit, write
    from talweg.cli.interrupt import Interruption

    request = Request(**given)
    request.check()
    subject = fit(subject, request)
    request.check_methods()
    with Interruption() as interruption:
        findings = find(subject, request, interruption)
    if interruption.asked:
        reporter.warn("interrupted; this is what was found so far")
    if not as_json:
        for line in findings.lines(request.verbose):
            click.echo(line)
    written = write(findings, request, reporter)
    if as_json:
        print_json({**findings.record(), **written})
    return Exit.INTERRUPTED if interruption.asked else Exit.OK


def _is_anything_given(given: dict[str, Any]) -> bool:
    """Whether any option was given that means something only together with a function."""
    return any(value for name, value in given.items() if name != "verbose")


def _list(formula: str | None, as_list: bool, as_json: bool, given: bool) -> None:
    """List the landscapes, or refuse what means nothing without a function."""
    if formula is not None:
        raise CommandError(f"--list takes no formula; drop it, or {formula!r}", Exit.USAGE)
    if given:
        raise CommandError(
            "name what to explore: a landscape (talweg explore --list names them), a formula, or "
            "FILE.py:FUNC",
            Exit.USAGE,
        )
    from talweg.cli.exploring_report import landscape_lines, landscape_records

    if as_json:
        print_json({"landscapes": landscape_records()})
        return
    for line in landscape_lines():
        click.echo(line)
    if not as_list:
        click.echo(EXAMPLES)
