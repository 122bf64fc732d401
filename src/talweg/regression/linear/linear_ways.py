"""The ways to fit a linear model, each ending in a `LinearFit`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from talweg.regression.linear.coordinates import Coordinates, raw, scaled, whitened
from talweg.regression.linear.inference import infer
from talweg.regression.linear.linear_descent import (
    Course,
    Descended,
    descend_linear,
    descend_with_l1,
)
from talweg.regression.linear.linear_objective import LinearObjective, MomentsObjective
from talweg.regression.linear.linear_result import LinearFit
from talweg.regression.linear.stochastic import averaged_descent
from talweg.regression.losses import Loss
from talweg.regression.passes import Passes
from talweg.regression.rows import Rows
from talweg.regression.squares.least_squares import least_squares
from talweg.regression.squares.moments import Moments

__all__ = ["LinearProblem"]

_IN_MEMORY = 2**30  # bytes of columns up to which quantiles are fitted
_SEPARATED = 1e-6  # mean logistic loss below which all rows are told apart


class LinearProblem:
    """A linear model to be fitted, and the ways to do it."""

    def __init__(
        self, passes: Passes, loss: Loss, intercept: bool, l1: float, l2: float, target: str,
        errors: bool,
    ) -> None:  # fmt: skip
        self.passes, self.loss, self.intercept = passes, loss, intercept
        self.l1, self.l2, self.target, self.errors = float(l1), float(l2), target, errors
        self.names = passes.rows.names

    def by_least_squares(self) -> LinearFit:
        """Solve the squared loss on the products of the columns, or by QR."""
        moments = self.passes.moments()
        solved = least_squares(
            self.passes.rows, intercept=self.intercept, l2=self.l2, moments=moments,
            passes=self.passes,
        )  # fmt: skip
        mean_loss = 0.5 * solved.rss / moments.weight
        penalty = 0.5 * self.l2 * float(solved.coefficients @ solved.coefficients)
        around = moments.weight * (0.0 if self.intercept else float(moments.mean[-1]) ** 2)
        return self._result(
            solved.intercept, solved.coefficients, rows=moments.rows, weight=moments.weight,
            way=solved.way, fun=mean_loss + penalty, mean_loss=mean_loss, deviance=solved.rss,
            null_deviance=float(moments.products[-1, -1]) + around, rank=solved.rank,
            condition=solved.condition, standard_errors=solved.standard_errors,
            intercept_error=solved.intercept_error, note=solved.note, success=True,
            message="converged: the least squares are solved", nit=1, nfev=1,
        )  # fmt: skip

    def exactly(self) -> LinearFit:
        """Fit a quantile."""
        from talweg.regression.linear.quantile import fit_quantile

        x, y, weight = _in_memory(self.passes.rows)
        level = 0.5 if self.loss.quantile is None else self.loss.quantile
        scale = 0.5 if self.loss.name == "absolute" else 1.0  # |r| is twice the median's loss
        found = fit_quantile(
            x, y, quantile=level, intercept=self.intercept, l1=scale * self.l1, weight=weight
        )
        weights = np.ones(len(y)) if weight is None else weight
        losses = self.loss.per_row(found.intercept + x @ found.coefficients, y)
        mean = float(weights @ losses) / float(weights.sum())
        penalty = self.l1 * float(np.abs(found.coefficients).sum())
        null = fit_quantile(
            np.zeros((len(y), 0)), y, quantile=level, intercept=self.intercept, weight=weight
        )
        none = self.loss.per_row(np.full(len(y), null.intercept), y)
        return self._result(
            found.intercept, found.coefficients, way="exact", rows=len(y),
            weight=float(weights.sum()), fun=mean + penalty,
            mean_loss=mean, deviance=2.0 * float(weights @ losses),
            null_deviance=2.0 * float(weights @ none), success=found.success,
            message=found.message, nit=found.iterations, nfev=found.passes, rank=x.shape[1],
            note="quantiles have no curvature: no standard errors",
        )  # fmt: skip

    def as_told(self, method: str, step: Any, start: Any, course: Course) -> LinearFit:
        """Descend by the user's method, on the columns as they are."""
        moments = self.passes.moments()
        coordinates = raw(len(self.names), self.intercept)
        objective = self._objective(moments, coordinates, by_moments=_is_long(self.passes.rows))
        u = np.zeros(coordinates.size) if start is None else self._start(start, coordinates)
        found = descend_linear(objective, u, course, method=method, step=step)
        return self._descended(found, coordinates, moments, self._null(moments))

    def with_l1(self, start: Any, course: Course) -> LinearFit:
        """Descend with exact zeros."""
        moments = self.passes.moments()
        null = self._null(moments)
        coordinates = scaled(moments, self.intercept)
        objective = self._objective(moments, coordinates, by_moments=True)
        u = coordinates.pack(null, np.zeros(len(self.names)))
        u = u if start is None else self._start(start, coordinates)
        found = descend_with_l1(objective, u, self.l1, course)
        return self._descended(found, coordinates, moments, null)

    def whitened(
        self, start: Any, batch: int | None, epochs: int | None, seed: int, course: Course
    ) -> LinearFit:
        """Descend in coordinates in which the loss curves alike."""
        moments = self.passes.moments()
        null = self._null(moments)
        level = np.array([null])
        bend = float(self.loss.curvature(level, np.asarray(self.loss.mean(level)))[0])
        bend = bend if self.loss.function is None else 1.0
        coordinates = whitened(moments, self.intercept, bend, self.l2)
        objective = self._objective(moments, coordinates, by_moments=False)
        if start is not None:
            u = self._start(start, coordinates)
        else:
            u = self._newton_from(null, moments, objective)
        if batch is not None:
            epochs = 1 if epochs is None else epochs
            self.passes.count += epochs
            u, _ = averaged_descent(
                self.passes.rows, self.loss, coordinates, u, batch=min(batch, moments.rows),
                epochs=epochs, count=moments.rows, weight=moments.weight, l2=self.l2, seed=seed,
                tell=course.watch(coordinates),
            )  # fmt: skip
        found = descend_linear(objective, u, course, method="lbfgs")
        return self._descended(found, coordinates, moments, null)

    def _newton_from(self, null: float, moments: Moments, objective: LinearObjective) -> np.ndarray:
        """Return where Newton's step from the constant model leads: the products tell its gradient.

        Or the constant model itself, where that is better, as a step of the exponential may be. Its
        loss is that of the mean target, for these losses are linear in the target.
        """
        coordinates = objective.coordinates
        u = np.zeros(coordinates.size)
        if coordinates.intercept:
            u[-1] = null / coordinates.level
        if self.loss.function is not None:
            return u
        towards = moments.products[:-1, -1] / moments.weight
        if not self.intercept:
            at_rest = moments.mean[-1] - float(self.loss.mean(np.array([null]))[0])
            towards = towards + moments.mean[:-1] * at_rest
        ahead = u.copy()
        ahead[: coordinates.rank] = coordinates.turn.T @ towards
        if self.loss.name == "huber":
            return ahead
        constant = float(self.loss.per_row(np.array([null]), moments.mean[-1:])[0])
        return ahead if objective(ahead)[0] <= constant else u

    def _objective(self, moments: Moments, coordinates: Coordinates, *, by_moments: bool) -> Any:
        if self.loss.name == "squared" and by_moments:
            return MomentsObjective(moments, coordinates, self.l2)
        return LinearObjective(self.passes, self.loss, moments, coordinates, self.l2)

    def _start(self, start: Any, coordinates: Coordinates) -> np.ndarray:
        values = np.array(start, float)
        wanted = len(self.names) + self.intercept
        if values.shape != (wanted,) or not np.isfinite(values).all():
            parts = "the intercept and " * self.intercept + f"{len(self.names)} coefficients"
            raise ValueError(f"start must be {wanted} finite numbers, {parts}; it is {start!r}")
        if self.intercept:
            return coordinates.pack(float(values[0]), values[1:])
        return coordinates.pack(0.0, values)

    def _null(self, moments: Moments) -> float:
        """Return the predictor of the model that predicts the same for all rows."""
        mean = float(moments.mean[-1])
        if not self.intercept or self.loss.function is not None:
            return 0.0
        if self.loss.name == "logistic":
            if mean in (0.0, 1.0):
                raise ValueError(
                    f"{self.target} is {mean:.0f} in every row: there is nothing to tell apart"
                )
            return math.log(mean / (1.0 - mean))
        if self.loss.name == "poisson":
            if mean == 0.0:
                raise ValueError(f"{self.target} is 0 in every row: no rate explains that")
            return math.log(mean)
        return mean

    def _descended(
        self, found: Descended, coordinates: Coordinates, moments: Moments, null: float
    ) -> LinearFit:
        """Dress what a descent found, and make the pass that tells how sure it is."""
        intercept, coefficients = coordinates.unpack(found.u)
        more, notes = {}, []
        if self.errors:
            sure = found.result.success and not self.l1 and not self.l2
            told = infer(
                self.passes, self.loss, moments, coordinates, intercept, coefficients, null,
                errors=sure,
            )  # fmt: skip
            more = {
                "mean_loss": told.mean_loss, "deviance": told.deviance,
                "null_deviance": told.null_deviance, "standard_errors": told.standard_errors,
                "intercept_error": told.intercept_error,
            }  # fmt: skip
            notes = self._notes(coordinates, told.mean_loss, sure)
        return self._result(
            intercept, coefficients, rows=moments.rows, weight=moments.weight,
            way="moments" if isinstance(found.objective, MomentsObjective) else "passes",
            fun=found.fun, rank=coordinates.rank, condition=coordinates.condition,
            success=bool(found.result.success), message=str(found.result.message),
            nit=int(found.result.nit), nfev=int(found.result.nfev), trace=found.result.trace,
            history=found.history, note="; ".join(notes), **more,
        )  # fmt: skip

    def _notes(self, coordinates: Coordinates, mean_loss: float, sure: bool) -> list[str]:
        notes = []
        if (missing := len(self.names) - coordinates.rank) > 0:
            notes.append(
                f"the columns vary in {coordinates.rank} directions only, {missing} fewer than "
                "there are: of all coefficients that fit alike, the shortest are given"
            )
        if self.loss.name == "logistic" and mean_loss < _SEPARATED:
            notes.append(
                "the columns tell the two classes apart without error, so that the coefficients "
                "would grow without end: an l2 penalty holds them"
            )
        if self.l1 or self.l2:
            notes.append("penalised coefficients are biased: no standard errors")
        elif not sure:
            notes.append("no standard errors, for the descent did not come to rest")
        return notes

    def _result(self, intercept: float, coefficients: np.ndarray, **more: Any) -> LinearFit:
        return LinearFit(
            names=self.names, loss=self.loss, l1=self.l1, l2=self.l2, coefficients=coefficients,
            intercept=float(intercept), has_intercept=self.intercept, passes=self.passes.count,
            **more,
        )  # fmt: skip


def _is_long(rows: Rows) -> bool:
    """Return whether the rows are more than one block."""
    blocks = rows.blocks()
    next(blocks, None)
    return next(blocks, None) is not None


def _in_memory(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return all rows: columns side by side (n, d), targets and weights."""
    columns, targets, weights, held = [], [], [], 0
    for block in rows.blocks():
        held += block.columns.size * 8
        if held > _IN_MEMORY:
            raise ValueError(
                "quantiles are fitted in memory, and the table is larger than a gigabyte: take "
                "fewer columns or rows, or the loss huber"
            )
        columns.append(np.array(block.columns))
        targets.append(np.array(block.target))
        weights.append(None if block.weight is None else np.array(block.weight))
    given = [weight for weight in weights if weight is not None]
    return (
        np.concatenate(columns, axis=1).T, np.concatenate(targets),
        np.concatenate(given) if given else None,
    )  # fmt: skip
