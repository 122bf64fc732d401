"""How good a model is on rows that it was not fitted to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg.cli.exploring_numbers import finite

if TYPE_CHECKING:
    from talweg.regression.losses import Loss
    from talweg.regression.rows import Rows

__all__ = ["Score", "score"]


@dataclasses.dataclass(frozen=True)
class Score:
    """How good a model is on some rows.

    Attributes
    ----------
    rows : int
    mean_loss : float
        Without penalties.
    deviance, null_deviance : float
        Of the model, and of the constant that is the best for these rows; the second is NaN for
        the loss ``huber``, whose best constant would have to be sought.
    """

    rows: int
    mean_loss: float
    deviance: float
    null_deviance: float

    @property
    def r2(self) -> float:
        """The share of the null deviance that is explained; it is negative for a bad model."""
        if not self.null_deviance > 0.0:
            return math.nan
        return 1.0 - self.deviance / self.null_deviance

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "rows": self.rows,
            "loss_value": finite(self.mean_loss),
            "deviance": finite(self.deviance),
            "null_deviance": finite(self.null_deviance),
            "r2": finite(self.r2),
        }


def score(rows: Rows, loss: Loss, predictor: Callable[[Any], np.ndarray]) -> Score:
    """Make a pass over rows, and hold a model against their targets.

    Parameters
    ----------
    rows : Rows
    loss : Loss
    predictor : callable
        ``predictor(columns)``: the linear predictor of each row of a (d, n) array.

    Raises
    ------
    ValueError
        If the target doesn't suit the loss.
    """
    total = _Total()
    for block in rows.blocks():
        loss.check_target(block.target)
        weight = np.ones(block.count) if block.weight is None else np.asarray(block.weight)
        eta = predictor(block.columns)
        total.rows += block.count
        with np.errstate(over="ignore", invalid="ignore"):
            total.loss += float(weight @ np.asarray(loss.per_row(eta, block.target)))
            total.deviance += float(weight @ loss.deviance(eta, block.target))
        total.add_target(weight, np.asarray(block.target))
        if not loss.smooth:
            total.kept.append((weight, np.array(block.target)))
    if not total.weight > 0.0:
        return Score(total.rows, math.nan, math.nan, math.nan)
    return Score(total.rows, total.loss / total.weight, total.deviance, total.null(loss))


@dataclasses.dataclass
class _Total:
    """Sums over rows."""

    rows: int = 0
    weight: float = 0.0
    loss: float = 0.0
    deviance: float = 0.0
    mean: float = 0.0
    spread: float = 0.0  # sum of squared distances from the mean
    information: float = 0.0  # sum of y log y
    kept: list[tuple[np.ndarray, np.ndarray]] = dataclasses.field(default_factory=list)

    def add_target(self, weight: np.ndarray, y: np.ndarray) -> None:
        """Merge a block's mean and spread, as Chan, Golub and LeVeque (1983) do."""
        added = float(weight.sum())
        if not added > 0.0:
            return
        mean = float(weight @ y) / added
        away, whole = mean - self.mean, self.weight + added
        self.spread += float(weight @ (y - mean) ** 2) + away**2 * self.weight * added / whole
        self.mean += away * added / whole
        self.weight = whole
        positive = y > 0.0
        self.information += float(weight[positive] @ (y[positive] * np.log(y[positive])))

    def null(self, loss: Loss) -> float:
        """Return the deviance of the best constant, where that is the mean or a quantile."""
        mean = self.mean
        if loss.name == "squared":
            return self.spread
        if loss.name == "poisson":
            least = mean * math.log(mean) if mean > 0.0 else 0.0
            return 2.0 * (self.information - self.weight * least)
        if loss.name == "logistic":
            parts = [share * math.log(share) for share in (mean, 1.0 - mean) if share > 0.0]
            return -2.0 * self.weight * sum(parts)
        return self._null_of_quantile(loss) if self.kept else math.nan

    def _null_of_quantile(self, loss: Loss) -> float:
        weight, y = (np.concatenate(part) for part in zip(*self.kept, strict=True))
        order = np.argsort(y, kind="stable")
        below = np.cumsum(weight[order])
        share = 0.5 if loss.quantile is None else loss.quantile
        best = y[order][min(int(np.searchsorted(below, share * below[-1])), len(y) - 1)]
        return float(weight @ loss.deviance(np.full(len(y), best), y))
