"""``talweg fit``: regression of a table of any size, and predictions by what was fitted."""

from __future__ import annotations

from typing import Any

import click

from talweg.cli.errors import Exit
from talweg.cli.fitting_options import (
    LOSS_NAMES,
    read_batch,
    read_columns,
    read_fit_step,
    read_number,
    read_share,
    read_weights,
)
from talweg.cli.fitting_request import Request
from talweg.cli.report import Reporter

__all__ = ["fit"]

HELP = """\
Fit a column of a table by the others: regression, from seven rows to more than memory holds.

DATA is a table: CSV, TSV, Parquet or Arrow; a file, a folder of such files, a glob in quotes, or -
for CSV on standard input. It is read in blocks, never all at once. Columns of text, and those named
by --categorical, count as one column of zeros and ones for each level but the first, the baseline.

Where DATA is a model that was written by -o MODEL.json, nothing is fitted: --predict FILE says
which table it is applied to.

\b
Losses, of the target y and the model's output h = w0 + w1 x1 + w2 x2 + ...:
  squared    (h - y)^2 / 2 (the default); solved exactly
  huber      squared up to a residual of --delta, from there on in proportion to it
  absolute   |h - y|, the median
  quantile   as absolute, for the --quantile Q of the rows to be below
  logistic   y is 0 or 1, and predicted is the probability of 1
  poisson    y is a count, and predicted is its mean, exp(h)

With --epochs or --step the loss goes down by plain gradient descent in the columns as they are, all
rows a step, so that it can be watched: --log-every. --batch N takes N rows a step.

\b
Examples:
  talweg fit houses.csv -y price
  talweg fit 'trips/*.parquet' -y fare -x distance,minutes,city --test 0.2 -o fare.json
  talweg fit fare.json --predict new.parquet --predictions fares.csv
  talweg fit points.csv -y y --epochs 5000 --step 0.008 --log-every 500
  talweg fit visits.tsv -y bought --loss logistic --l2 0.01 --missing mean --plot fit.png
  talweg fit curve.csv -y y -x x --degree 10

Ctrl-C ends a descent and keeps the best so far; a second one ends at once.

\b
Exit codes: 0 fitted, 1 failed (as a full disk), 2 wrong usage (as a file that exists), 3 bad
input (as a column that isn't there), 4 didn't converge (the best is told and written; not where
--epochs said when to end), 130 interrupted (the best so far is told and written).
"""

number: dict[str, Any] = {"type": float, "callback": read_number}
columns: dict[str, Any] = {"metavar": "A,B,...", "callback": read_columns}
OUTPUT_SECTION = (
    click.option("-o", "--output", metavar="MODEL.json", help="Write the model."),
    click.option(
        "--predict",
        metavar="FILE",
        help="Predict the target of another table, which has the same columns.",
    ),
    click.option(
        "--predictions",
        metavar="OUT",
        help="Where to: .csv, .tsv or .parquet.  [default: standard output, as CSV]",
    ),
    click.option(
        "--plot",
        metavar="FILE",
        help="Draw the fit, of at most 5,000 rows: .png, .pdf or .svg.",
    ),
    click.option("--live", type=click.Choice(["terminal"]), help="Watch the loss as it goes down."),
    click.option(
        "--log-every",
        metavar="N",
        type=click.IntRange(min=1),
        help="Print the loss and the weights every so many epochs, and at the end.",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Let the workers of a dask cluster read the table, as tcp://host:8786.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    click.option("-q", "--quiet", is_flag=True, help="Show no progress and no notes."),
    click.option("-v", "--verbose", is_flag=True, help="Say more; show where errors come from."),
    click.option("-f", "--force", is_flag=True, help="Overwrite files."),
)


def output_options(command: Any) -> Any:
    """Add the options that say what comes out."""
    for option in reversed(OUTPUT_SECTION):
        command = option(command)
    return command


@click.command(help=HELP, short_help="Fit a column of a table by the others.")
@click.argument("data", metavar="DATA")
@click.option("-y", "target", metavar="COLUMN", help="The column that is to be predicted.")
@click.option("-x", "columns", **columns, help="The columns to predict it from; default: all.")
@click.option(
    "--loss",
    type=click.Choice(LOSS_NAMES),
    help="What a miss costs, see above.  [default: squared]",
)
@click.option(
    "--delta",
    metavar="X",
    **number,
    help="Of huber: the residual from which on the loss grows in proportion.  [default: 1]",
)
@click.option(
    "--quantile",
    metavar="Q",
    type=float,
    callback=read_share,
    help="Of quantile: which one.  [default: 0.5]",
)
@click.option("--l2", metavar="X", **number, help="Add X/2 times the sum of squared coefficients.")
@click.option(
    "--l1",
    metavar="X",
    **number,
    help="Add X times the sum of absolute coefficients, which makes some of them zero.",
)
@click.option(
    "--degree",
    metavar="N",
    type=click.IntRange(1, 100),
    help="Fit a polynomial of one column, squared loss.",
)
@click.option("--no-intercept", is_flag=True, help="Leave w0 out.")
@click.option("--weight", metavar="COLUMN", help="How much each row counts.")
@click.option("--method", metavar="NAME", help="How to descend; by default what is quickest.")
@click.option(
    "--epochs",
    metavar="N",
    type=click.IntRange(min=1),
    help="Passes over the rows after which a descent ends.",
)
@click.option(
    "--batch",
    metavar="N|full",
    callback=read_batch,
    help="Rows a step of the descent looks at.  [default: full]",
)
@click.option(
    "--step",
    metavar="auto|X",
    callback=read_fit_step,
    help="Step size of the descent.  [default: auto]",
)
@click.option(
    "--start",
    metavar="W0,W1,...",
    callback=read_weights,
    help="Where a descent starts, the intercept first.  [default: zeros]",
)
@click.option(
    "--tol", metavar="X", **number, help="The slope of the loss at which a descent has arrived."
)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0),
    help="Of what is random: --test and --batch.  [default: 0]",
)
@click.option(
    "--test",
    metavar="SHARE",
    type=float,
    callback=read_share,
    help="Hold out this share of the rows, to say how good the fit is on them.",
)
@click.option(
    "--missing",
    type=click.Choice(["error", "drop", "mean"]),
    help="What to do where a value is missing: refuse, leave the row out, or take the column's "
    "mean.  [default: error]",
)
@click.option("--categorical", **columns, help="Columns of numbers that are names: codes, years.")
@output_options
def fit(**given: Any) -> int:
    """Fit the table that the user named, or apply a model."""
    request = Request(**given)
    request.check()
    reporter = Reporter(request.quiet, request.verbose)

    from talweg.cli.interrupt import Interruption

    with Interruption() as interruption:
        if request.applies:
            from talweg.cli.fitting_prediction import apply_model

            apply_model(request, reporter, interruption)
            return Exit.OK

        from talweg.cli.fitting import fit_table

        return fit_table(request, reporter, interruption)
