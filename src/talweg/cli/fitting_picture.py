"""The picture of a fit: a sample of the rows, and what the model makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.exploring_pictures import write_picture
from talweg.cli.fitting_rows import Sample

if TYPE_CHECKING:
    from talweg.cli.fitting_report import Findings
    from talweg.cli.fitting_request import Request
    from talweg.regression.rows import Rows

__all__ = ["draw_findings"]

_PLACES = 400
_BEYOND = 0.03  # share of the width by which the curve goes beyond the points
_SCALES = {"logistic": "the log-odds of {} = 1", "poisson": "the logarithm of {}"}


def draw_findings(request: Request, findings: Findings, rows: Rows) -> None:
    """Draw a fit, and write the picture whole or not at all."""
    assert request.plot is not None
    sample = Sample.of(rows, request.seed or 0)
    model = findings.model
    loss = f"{model.loss.name} loss"
    title = f"{model.target} by {_told(model.names)}, {loss}" if model.names else model.target
    if len(model.encoding.columns) == 1 and model.encoding.columns[0].kind == "numeric":
        figure = _curve(findings, sample, title)
    else:
        figure = _panels(findings, sample, title)
    write_picture(figure, request.plot, request.force)


def _told(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} columns"


def _curve(findings: Findings, sample: Sample, title: str) -> Any:
    from talweg.plots.regression_picture import draw_curve_of_fit

    model, x = findings.model, sample.columns[0]
    places = np.zeros(0)
    if x.size:
        beyond = _BEYOND * (np.ptp(x) or 1.0)
        places = np.linspace(x.min() - beyond, x.max() + beyond, _PLACES)
    curve = (places, model.predict(places[np.newaxis]))
    names = (model.encoding.columns[0].name, model.target)
    return draw_curve_of_fit(
        x, sample.target, curve, names=names, history=findings.losses, title=title
    )


def _panels(findings: Findings, sample: Sample, title: str) -> Any:
    from talweg.plots.regression_picture import draw_fit

    model, errors = findings.model, findings.model.standard_errors
    spread = sample.columns.std(axis=1) if sample.target.size else np.zeros(len(model.names))
    return draw_fit(
        sample.target, model.predict(sample.columns), model.names, model.coefficients * spread,
        None if errors is None else errors * spread, target=model.target,
        effects_on=_SCALES.get(model.loss.name, "{}").format(model.target),
        history=findings.losses, title=title,
    )  # fmt: skip
