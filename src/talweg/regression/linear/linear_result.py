"""What a fit of a linear model found."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from talweg.regression.losses import Loss
from talweg.state import Trace

__all__ = ["Epoch", "LinearFit"]


class Epoch(NamedTuple):
    """An iterate of a fit: the mean loss with its penalties, and the parameters there."""

    epoch: int
    loss: float
    intercept: float
    coefficients: np.ndarray


@dataclasses.dataclass(frozen=True)
class LinearFit:
    r"""A linear model :math:`\eta = b_0 + x^T b`, and how it was found.

    Attributes
    ----------
    names : tuple of str
        Of the d columns.
    loss : Loss
    l1, l2 : float
        Penalties.
    coefficients : (d,) ndarray
    intercept : float
        0 where there is none.
    has_intercept : bool
    standard_errors : (d,) ndarray or None
        Of the coefficients; None where `note` says why.
    intercept_error : float or None
    fun : float
        The minimised value: the mean loss and the penalties.
    mean_loss : float
        Without the penalties.
    deviance, null_deviance : float
        Sums over rows, of this model and of one that predicts the same for all rows (0 without an
        intercept); NaN where not computed.
    rows : int
    weight : float
        Sum of the rows' weights.
    condition : float
        Of the standardised columns; NaN where not computed.
    rank : int
        How many directions the columns vary in.
    way : str
        ``"gram"`` or ``"qr"`` (least squares), ``"moments"`` (a descent on the products of the
        columns), ``"passes"`` (one for each evaluation), ``"exact"`` (quantiles).
    note : str
        What was done and noticed, in words.
    success : bool
    message : str
        Why the descent ended.
    nit, nfev, passes : int
        Iterations, evaluations, passes over the rows.
    trace : Trace or None
    history : list of Epoch
        The iterates, the start first; empty where the answer was reached in one step.
    """

    names: tuple[str, ...]
    loss: Loss
    l1: float
    l2: float
    coefficients: np.ndarray
    intercept: float
    has_intercept: bool
    fun: float
    rows: int
    weight: float
    way: str
    success: bool
    message: str
    nit: int
    nfev: int
    passes: int
    rank: int
    condition: float = np.nan
    standard_errors: np.ndarray | None = None
    intercept_error: float | None = None
    mean_loss: float = np.nan
    deviance: float = np.nan
    null_deviance: float = np.nan
    note: str = ""
    trace: Trace | None = None
    history: list[Epoch] = dataclasses.field(default_factory=list, repr=False)

    @property
    def r2(self) -> float:
        r"""Share of the null deviance that is explained; for the squared loss :math:`R^2`."""
        if not self.null_deviance > 0.0:
            return np.nan
        return 1.0 - self.deviance / self.null_deviance

    def predictor(self, columns: Any) -> np.ndarray:
        """Return :math:`b_0 + x^T b` of each row of ``columns``, a (d, n) array."""
        return np.asarray(self.intercept + self.coefficients @ np.asarray(columns))

    def predict(self, columns: Any) -> np.ndarray:
        """Return what is predicted for each row of ``columns``, a (d, n) array."""
        return np.asarray(self.loss.mean(self.predictor(columns)))
