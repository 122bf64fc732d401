"""What `talweg fit` says of a fit: as text, and as JSON."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.exploring_numbers import count, finite, table
from talweg.cli.fitting_progress import tell_size
from talweg.cli.fitting_table import told_rows

if TYPE_CHECKING:
    from talweg.cli.fitting_score import Score
    from talweg.regression.linear.linear_model import Model

__all__ = ["Findings"]

_MOST_ROWS = 60
_WIDTH = 100


@dataclasses.dataclass
class Findings:
    """All that is told of a fit.

    Parameters
    ----------
    data : str
        The table.
    model : Model
    result : LinearFit or PolynomialFit
    exact : bool
        Whether it was solved without a descent.
    weighted : str
        The column of weights.
    held_out : Score, optional
        How good it is on rows that weren't fitted.
    dropped : int
        Rows left out, as a value was missing in them.
    notes : sequence of str
        What the table says of itself.
    left_out : dict of str to str
        Columns that aren't used, and why.
    filled : dict of str to (float or str)
        Columns with missing values -> what stands in for them.
    seconds : float
        Of reading and fitting.
    rows_read : int
        Of the table.
    bytes_total : int or None
    warnings : list of str
    losses : list of (int, float)
        Epochs and losses.
    """

    data: str
    model: Model
    result: Any
    exact: bool
    weighted: str = ""
    held_out: Score | None = None
    dropped: int = 0
    notes: Sequence[str] = ()
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)
    filled: dict[str, Any] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    rows_read: int = 0
    bytes_total: int | None = None
    warnings: list[str] = dataclasses.field(default_factory=list)
    losses: list[tuple[int, float]] = dataclasses.field(default_factory=list)
    interrupted: bool = False

    def lines(self, verbose: bool) -> list[str]:
        """Return the text."""
        blocks = [self._head(), self._coefficients(), self._quality(verbose)]
        return "\n\n".join("\n".join(block) for block in blocks).splitlines()

    def _head(self) -> list[str]:
        model, loss = self.model, self.model.loss
        option = {"huber": f", delta {loss.delta:g}" if loss.delta else "",
                  "quantile": f" {loss.quantile:g}" if loss.quantile else ""}  # fmt: skip
        of = _listed([column.name for column in model.encoding.columns], 6) or "a constant"
        penalties = [
            f"{name} {value:g}" for name in ("l1", "l2") if (value := getattr(model, name))
        ]
        penalties += [f"weighted by {self.weighted}"] if self.weighted else []
        words = f"{self.data}: {model.target} by {of}; {loss.name} loss{option.get(loss.name, '')}"
        return _wrapped(", ".join([words, *penalties]), "")

    def _coefficients(self) -> list[str]:
        model = self.model
        errors = model.standard_errors
        rows = []
        if model.intercept is not None:
            rows.append(_row("intercept", model.intercept, model.intercept_error))
        for k, name in enumerate(model.names):
            rows.append(_row(name, model.coefficients[k], None if errors is None else errors[k]))
        head = ["", "coefficient", "standard error"]
        if all(row[-1] == "-" for row in rows):
            head, rows = head[:-1], [row[:-1] for row in rows]
        lines = table(head, rows[:_MOST_ROWS])
        if len(rows) > _MOST_ROWS:
            lines.append(f"  and {len(rows) - _MOST_ROWS} more; --json and -o have them all")
        for column in model.encoding.columns:
            if column.kind == "categorical" and column.levels:
                lines += _wrapped(f"{column.name}: against {column.levels[0]}, the baseline", "  ")
        for name, why in self.left_out.items():
            lines += _wrapped(f"{name}: left out, as {why}", "  ")
        for name, value in self.filled.items():
            shown = f"{value:.6g}" if isinstance(value, float) else value
            lines += _wrapped(f"{name}: where it is missing, {shown} stands in", "  ")
        return lines

    def _quality(self, verbose: bool) -> list[str]:
        result = self.result
        told = self._told(result.r2, result.mean_loss)
        lines = [f"On the {told_rows(result.rows)} fitted: {told}"]
        if self.held_out is not None:
            held = self.held_out
            told = self._told(held.r2, held.mean_loss)
            lines.append(f"On the {told_rows(held.rows)} held out: {told}")
        if self.dropped:
            were = "was" if self.dropped == 1 else "were"
            lines.append(f"{told_rows(self.dropped)} {were} left out for a missing value")
        if math.isfinite(result.condition):
            lines.append(f"Condition number of the standardised columns: {result.condition:.4g}")
        if result.note:
            lines += _wrapped(f"How: {result.note}", "")
        if not self.exact:
            lines += _wrapped(
                f"{count(result.nit, 'iteration')}, {count(result.passes, 'pass', 'passes')} over "
                f"the rows; {result.message}", "",
            )  # fmt: skip
        size = f", {tell_size(self.bytes_total)}" if self.bytes_total else ""
        passes = f", {count(result.passes, 'pass', 'passes')}" if verbose and self.exact else ""
        lines.append(
            f"{told_rows(self.rows_read)}{size}{passes} in {self.seconds:.2f} s: "
            f"{self.speed:,.0f} rows a second"
        )
        return lines

    @property
    def speed(self) -> float:
        """Rows a second, those of every pass counted."""
        return float(self.rows_read * max(self.result.passes, 1) / max(self.seconds, 1e-9))

    def _told(self, r2: float, mean_loss: float) -> str:
        """Say how good the model is."""
        name = "R^2" if self.model.loss.name == "squared" else "deviance explained"
        parts = [f"{name} {_share(r2)}"] if math.isfinite(r2) else []
        return ", ".join([*parts, f"mean loss {mean_loss:.6g}"])

    def record(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        result, model = self.result, self.model
        errors = model.standard_errors
        held = self.held_out
        return {
            "file": self.data,
            "target": model.target,
            "loss": {"name": model.loss.name, "delta": model.loss.delta,
                     "quantile": model.loss.quantile},
            "penalties": {"l1": model.l1, "l2": model.l2},
            "intercept": None if model.intercept is None else {
                "coefficient": finite(model.intercept),
                "standard_error": _finite(model.intercept_error),
            },
            "coefficients": [
                {"name": name, "coefficient": finite(model.coefficients[k]),
                 "standard_error": None if errors is None else finite(errors[k])}
                for k, name in enumerate(model.names)
            ],
            "baselines": {
                column.name: column.levels[0]
                for column in model.encoding.columns
                if column.kind == "categorical" and column.levels
            },
            "left_out": self.left_out,
            "filled": {
                name: finite(value) if isinstance(value, float) else value
                for name, value in self.filled.items()
            },
            "weighted_by": self.weighted or None,
            "rows": result.rows,
            "dropped_rows": self.dropped,
            "weight": finite(result.weight),
            "loss_value": finite(result.mean_loss),
            "minimised": finite(result.fun),
            "deviance": finite(result.deviance),
            "null_deviance": finite(result.null_deviance),
            "r2": finite(result.r2),
            "held_out": None if held is None else held.record(),
            "condition": finite(result.condition),
            "rank": result.rank,
            "way": result.way,
            "note": result.note,
            "converged": bool(result.success),
            "interrupted": self.interrupted,
            "message": result.message,
            "iterations": result.nit,
            "evaluations": result.nfev,
            "passes": result.passes,
            "history": [[epoch, finite(loss)] for epoch, loss in self.losses],
            "warnings": self.warnings,
            "seconds": self.seconds,
            "rows_per_second": self.speed,
        }  # fmt: skip


def _row(name: str, value: float, error: Any) -> list[str]:
    told = "-" if error is None or not np.isfinite(error) else f"{error:.4g}"
    return [name, f"{value + 0.0:.10g}", told]


def _finite(number: Any) -> float | None:
    return None if number is None else finite(number)


def _share(number: float) -> str:
    """Write a share with the digits that tell it from 1, unless it is."""
    for digits in (4, 6, 8, 10, 12):
        text = f"{number:.{digits}f}"
        if text != f"{1:.{digits}f}":
            return text
    return "1" if number <= 1.0 else f"{number:.6g}"


def _listed(names: list[str], most: int) -> str:
    more = [f"{len(names) - most} more"] if len(names) > most else []
    told = names[:most] + more
    return told[0] if len(told) == 1 else ", ".join(told[:-1]) + f" and {told[-1]}" if told else ""


def _wrapped(text: str, indent: str) -> list[str]:
    """Break a sentence into lines."""
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
