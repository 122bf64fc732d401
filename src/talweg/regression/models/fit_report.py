"""A fitted model: its parameters, how sure they are, and how it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from talweg import result_views
from talweg.objective import precision
from talweg.regression.losses import Loss
from talweg.regression.models.fit_inputs import read_x
from talweg.result import Result
from talweg.result_svg import escape

__all__ = ["Fit"]

_MOST = 40  # coordinates shown


class Fit(Result):
    """A model fitted to data by `talweg.fit`: a `talweg.Result`, and what the data say.

    Attributes
    ----------
    params, x : nest of arrays, as given
        The fitted parameters; the same under both names.
    standard_errors : nest of arrays as params, or None
        Zero for what is held, NaN for what is at a bound, infinite where the data don't tell
        parameters apart.
    covariance : (p, p) ndarray or None
        Of all coordinates, in the order of `names`.
    names : list of str
        Of the coordinates.
    held, at_bound : (p,) bool ndarray
        Which were held, and which ended at a bound.
    predictions, residuals : ndarray, as y
        On the scale of y (for ``logistic`` probabilities, for ``poisson`` rates), and y less those.
    r2 : float or None
        Of the squared loss: 1 less the residual sum of squares over that around the mean, weighted;
        NaN where y is constant.
    residual_sd : float or None
        Of the squared loss: the root of the residual sum of squares over n - m; NaN where n is not
        above m.
    deviance : float
        Weighted sum over the rows: squared residuals for the squared loss, for ``logistic`` and
        ``poisson`` twice what the log likelihood lacks, for others twice the loss.
    loss : str
        The loss's name.
    rows : int
        How many targets have a weight that isn't zero.
    note : str
        What else there is to say, about the standard errors above all.

    And those of `talweg.Result`: `fun` is the weighted mean of the loss, `jac` its gradient in the
    parameters. Where no method was named, the trace's gradient norms and steps are those of the
    scaled coordinates, of the rounds that led on.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.regression.models.model_fit import fit
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> line = fit(lambda p, x: p["a"] + p["b"] * x, {"a": 0.0, "b": 0.0}, x, [1.0, 2.9, 5.1, 7.0])
    >>> line
    fit of 2 parameters to 4 rows, squared loss
      converged: ...
    <BLANKLINE>
      name  value  standard error
      a      0.97       0.0793725
      b      2.02       0.0424264
    <BLANKLINE>
      R^2 0.999119, residual standard deviation 0.0948683
      mean loss 0.00225 after ... iterations, ... evaluations
    >>> line.predict(np.array([10.0])).round(6)
    array([21.17])
    """

    _model: Callable[..., Any]
    _loss: Loss

    def attach(self, model: Callable[..., Any], loss: Loss) -> Fit:
        """Remember what predicts, beside the keys, which are what is saved."""
        object.__setattr__(self, "_model", model)
        object.__setattr__(self, "_loss", loss)
        return self

    def copy(self) -> Fit:
        """Return a copy of the same type, whose values are the same objects."""
        return type(self)(self).attach(self._model, self._loss)

    def predict(self, x: Any) -> np.ndarray:
        """Predict from other data.

        Parameters
        ----------
        x : as in `talweg.fit`

        Returns
        -------
        ndarray
            On the scale of y: what the model gives, for ``logistic`` the probability, for
            ``poisson`` the rate.

        Raises
        ------
        ValueError
            If `x` holds NaN or infinities.
        """
        with precision(np.float64), np.errstate(all="ignore"):
            eta = np.array(self._model(self.params, read_x(x)), float)
        return np.asarray(self._loss.mean(eta))

    def __repr__(self) -> str:
        """Show the coefficients, their standard errors, and how good the fit is."""
        if "names" not in self:
            return result_views.text(self)
        table = [("name", "value", "standard error", ""), *self._table()]
        widths = [max(len(row[k]) for row in table) for k in range(3)]
        lines = [self._title(), f"  {self.message}", ""]
        for name, value, error, state in table:
            cells = (
                f"{name:<{widths[0]}}",
                f"{value:>{widths[1]}}",
                f"{error:>{widths[2]}}",
                state,
            )
            lines.append(("  " + "  ".join(cells)).rstrip())
        hidden = len(self.names) - _MOST
        lines += [f"  ... and {hidden} more"] if hidden > 0 else []
        lines += ["", *(f"  {line}" for line in self._measures())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: coefficients, measures, and the course of the descent."""
        if "names" not in self:
            return result_views.html(self)
        head = "".join(f"<th>{cell}</th>" for cell in ("name", "value", "standard error", ""))
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._table()
        )
        measures = "".join(f"<p>{escape(line)}</p>" for line in self._measures())
        course = result_views.html(Result({k: v for k, v in self.items() if k != "x"}))
        return (
            f"<div><p><b>{escape(self._title())}</b></p>"
            f"<table><tr>{head}</tr>{body}</table>{measures}{course}</div>"
        )

    def _title(self) -> str:
        free = len(self.names) - int(np.sum(self.held))
        plural = "" if free == 1 else "s"
        rows = "" if self.rows == 1 else "s"
        return f"fit of {free} parameter{plural} to {self.rows} row{rows}, {self.loss} loss"

    def _table(self) -> list[tuple[str, str, str, str]]:
        values = _flat(self.params)
        errors = None if self.standard_errors is None else _flat(self.standard_errors)
        rows = []
        for k, name in enumerate(self.names[:_MOST]):
            state = "held" if self.held[k] else "at a bound" if self.at_bound[k] else ""
            error = "" if errors is None or state else f"{errors[k]:.6g}"
            rows.append((name, f"{values[k]:.10g}", error, state))
        return rows

    def _measures(self) -> list[str]:
        lines = []
        if self.r2 is not None:
            lines.append(f"R^2 {self.r2:.6g}, residual standard deviation {self.residual_sd:.6g}")
        else:
            lines.append(f"deviance {self.deviance:.6g}")
        lines.append(
            f"mean loss {self.fun:.6g} after {self.nit} iterations, {self.nfev} evaluations"
        )
        lines += [self.note] if self.note else []
        return lines


def _flat(nest: Any) -> np.ndarray:
    import jax

    leaves = [np.ravel(leaf) for leaf in jax.tree_util.tree_leaves(nest)]
    return np.concatenate(leaves) if leaves else np.zeros(0)
