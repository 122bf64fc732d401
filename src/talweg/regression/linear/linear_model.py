"""A fitted linear model apart from the rows that it was fitted to: what it takes to predict."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from talweg.regression.losses import Loss
from talweg.regression.squares.orthogonal_polynomials import OrthogonalPolynomials
from talweg.regression.tables.encoding import Encoding

__all__ = ["Model"]


@dataclasses.dataclass(frozen=True)
class Model:
    r"""A linear model of named columns, that predicts :math:`g^{-1}(b_0 + x^T b)`.

    The link g is the identity; for the logistic loss the logit, for Poisson's the logarithm.

    Attributes
    ----------
    target : str
        Name of what is predicted.
    encoding : Encoding
        The columns of the table, and how they become numbers.
    coefficients : (d,) ndarray
        One for each of `names`.
    intercept : float or None
        None where the model has none.
    loss : Loss
        What was minimised; one that has a name in `talweg.regression.losses.LOSSES`.
    standard_errors : (d,) ndarray or None
    intercept_error : float or None
    l1, l2 : float
        Penalties.
    polynomial : (OrthogonalPolynomials, (degree + 1,) ndarray) or None
        Where the model is a polynomial of its one column: a basis that is orthogonal on the rows
        it was fitted to, and the components in it. Predictions are made by these; `coefficients`
        are those of x, x^2, ...
    facts : dict
        About the fit: numbers, words, True and False, None; told, but not needed to predict.

    Examples
    --------
    >>> from talweg.regression.losses import read_loss
    >>> from talweg.regression.tables.encoding import ColumnEncoding
    >>> encoding = Encoding((ColumnEncoding("x", "numeric"),))
    >>> model = Model("y", encoding, np.array([0.5]), 5.0, read_loss("squared"))
    >>> model.predict([[1.0, 2.0]])
    array([5.5, 6. ])
    """

    target: str
    encoding: Encoding
    coefficients: np.ndarray
    intercept: float | None
    loss: Loss
    standard_errors: np.ndarray | None = None
    intercept_error: float | None = None
    l1: float = 0.0
    l2: float = 0.0
    polynomial: tuple[OrthogonalPolynomials, np.ndarray] | None = None
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        if self.polynomial is None:
            return self.encoding.names
        name = self.encoding.columns[0].name
        return (name, *(f"{name}^{power}" for power in range(2, len(self.coefficients) + 1)))

    def predict(self, columns: Any) -> np.ndarray:
        """Predict the mean of the target.

        Parameters
        ----------
        columns : (k, n) array_like
            One row of it for each of ``encoding.names``.

        Returns
        -------
        (n,) ndarray

        Raises
        ------
        ValueError
            If there is another number of columns.
        """
        return np.array(self.loss.mean(self.predictor(columns)))

    def predictor(self, columns: Any) -> np.ndarray:
        """Return :math:`b_0 + x^T b` of each row of ``columns``, a (k, n) array."""
        array = np.asarray(columns, float)
        wanted = len(self.encoding.names)
        if array.ndim != 2 or len(array) != wanted:
            raise ValueError(f"columns has the shape {array.shape}; the model takes ({wanted}, n)")
        if self.polynomial is not None:
            basis, components = self.polynomial
            return np.asarray(components @ basis.evaluate(array[0]), float)
        return np.asarray((self.intercept or 0.0) + self.coefficients @ array)
