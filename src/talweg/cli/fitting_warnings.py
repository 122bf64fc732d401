"""What a user should know of a fit, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from talweg.cli.fitting_rows import Sample, dependent_columns
from talweg.cli.fitting_table import told_rows

if TYPE_CHECKING:
    from talweg.cli.fitting_report import Findings
    from talweg.cli.fitting_request import Request
    from talweg.cli.fitting_rows import NoticingRows

__all__ = ["diverged", "warnings_of"]

_MOST_NAMES = 8
_SEPARATED = 1e-6  # mean logistic loss below which all rows are told apart


def warnings_of(request: Request, findings: Findings, rows: NoticingRows) -> list[str]:
    """Say what a user should know of a fit."""
    warnings = [*findings.notes, *_about_columns(request, findings, rows)]
    if findings.interrupted:
        warnings.append("interrupted; this is the best that was found so far")
    else:
        warnings += _about_descent(request, findings)
    return [f"{request.data}: {warning}" for warning in warnings]


def _about_columns(request: Request, findings: Findings, rows: NoticingRows) -> list[str]:
    result, names = findings.result, rows.names
    warnings = []
    if rows.constant_target is not None and result.rows > 1:
        warnings.append(
            f"{request.target}, the target, is {rows.constant_target:g} in every row: there is "
            "nothing to explain"
        )
    constant = rows.constant_columns
    if constant and not request.no_intercept and result.rows > 1:
        is_, does = ("is", "it explains") if len(constant) == 1 else ("are", "they explain")
        warnings.append(
            f"{_listed(list(constant))} {is_} the same in every row; {does} nothing beside the "
            "intercept"
        )
    if findings.held_out is not None and not findings.held_out.rows:
        warnings.append("--test held out no row, as there are so few")
    weights = len(names) + (not request.no_intercept)
    if result.rows < weights and not (request.l1 or request.l2):
        warnings.append(
            f"{told_rows(result.rows)} can't tell {weights} weights apart: of all that fit them "
            "alike, the smallest are given; take fewer columns, or --l2"
        )
    elif result.rank < len(names) - len(constant) and request.degree is None:
        sample = Sample.first(rows)
        known = dependent_columns(sample.columns, names, not request.no_intercept)
        which = [name for name in known if name not in constant]
        told = f": {_listed(which)} can be had from the others" if which else ""
        warnings.append(
            f"the columns are singular{told}; of all coefficients that fit alike, the smallest "
            "are given"
        )
    return warnings


def _about_descent(request: Request, findings: Findings) -> list[str]:
    result = findings.result
    if diverged(findings):
        return [
            f"the descent went astray: the loss has risen; take a smaller --step ({result.message})"
        ]
    if result.loss.name == "logistic" and result.mean_loss < _SEPARATED:
        return [
            "the columns tell 0 and 1 apart without error, so that no finite coefficients are the "
            "best; --l2 holds them"
        ]
    if result.success:
        return []
    if request.epochs is not None:
        return [
            f"after {result.nit} epochs it is not at the minimum yet; go on with more --epochs, or "
            "leave them out"
        ]
    return [f"it did not converge ({result.message}); this is the best that was found"]


def diverged(findings: Findings) -> bool:
    """Whether a descent ended where the loss is higher than at its start, or not finite."""
    losses = [loss for _, loss in findings.losses]
    if not losses or findings.result.success:
        return False
    return not math.isfinite(losses[-1]) or losses[-1] > losses[0]


def _listed(names: list[str]) -> str:
    more = [f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES else []
    told = names[:_MOST_NAMES] + more
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
