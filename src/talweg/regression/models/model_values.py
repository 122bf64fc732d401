"""A model's predictions, and their derivatives in its parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from talweg.captured import signature
from talweg.differentiation import Recipe
from talweg.objective import precision
from talweg.structure import Structure

__all__ = ["Model", "NoPrediction"]

_STEP = 2.0**-11  # of differences, beside the size of a parameter


class NoPrediction(ValueError):  # noqa: N818
    """The model's predictions can't be used; the message says why."""


class Model:
    """A model and the data that it predicts from, as a function of one flat vector.

    Parameters
    ----------
    function : callable
        ``function(params, x) -> predictions``.
    structure : Structure
        Of the parameters.
    x : any nest
    """

    def __init__(self, function: Callable[..., Any], structure: Structure, x: Any) -> None:
        self.function, self.structure, self.x = function, structure, x
        self.way = "jax"

    def values(self, vector: np.ndarray) -> np.ndarray:
        """Return the predictions.

        Raises
        ------
        NoPrediction
            If they are no array of real numbers.
        """
        with precision(np.float64), np.errstate(all="ignore"):
            found = self.function(self.structure.to_user(vector.copy()), self.x)
        array = np.asarray(found)
        if array.dtype.kind not in "fiub":
            raise NoPrediction(f"the model returned {array.dtype}; it must return real numbers")
        return array.astype(np.float64)

    def with_jacobian(
        self, vector: np.ndarray, free: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Return the predictions (n,) and their derivatives (n, m), flattened.

        Parameters
        ----------
        vector : (p,) ndarray
        free : (m,) ndarray of int
            The coordinates to differentiate in.
        """
        if free.size == 0:
            values = self.values(vector).ravel()
            return values, np.zeros((values.size, 0))
        units = np.zeros((free.size, vector.size))
        units[np.arange(free.size), free] = 1.0
        if self.way == "jax":
            try:
                return self._by_jax(vector, units)
            except Exception:  # it calls NumPy, or branches on values
                self.way = "autograd"
        if self.way == "autograd":
            try:
                return self._by_autograd(vector, units)
            except Exception:  # autograd can't differentiate a second time all that it can once
                self.way = "differences"
        return self._by_differences(vector, free)

    def _by_jax(self, vector: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        recipe, arrays = Recipe.of(
            self.function, signature(self.function), self.structure, (self.x,)
        )
        with precision(np.float64):
            values, columns = _derivatives(recipe)(vector, units, arrays)
        return np.asarray(values, float).ravel(), _flat(columns, len(units))

    def _by_autograd(self, vector: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        try:
            return self._recorded(vector, units, proxy=True)
        except Exception:
            return self._recorded(vector, units, proxy=False)

    def _recorded(
        self, vector: np.ndarray, units: np.ndarray, *, proxy: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        # The product with the transposed Jacobian is linear in what it is multiplied with: its own
        # derivative, pulled back along a direction, is the Jacobian's product with that.
        from autograd.core import make_vjp

        from talweg.numpy_tracing import record

        def flat(vector: Any) -> Any:
            return self.function(self.structure.unravel(vector), self.x)

        with np.errstate(all="ignore"):
            pull_back, values = make_vjp(functools.partial(record, flat, proxy), vector)
            push_forward, _ = make_vjp(pull_back, np.zeros_like(values))
            columns = np.array([push_forward(unit) for unit in units])
        return np.asarray(values, float).ravel(), _flat(columns, len(units))

    def _by_differences(
        self, vector: np.ndarray, free: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Return central differences, extrapolated (Richardson)."""
        columns = []
        for i in free:
            size = abs(vector[i]) if vector[i] != 0.0 else 1.0
            wide = float(np.exp2(np.round(np.log2(size)))) * _STEP
            slopes = []
            for step in (wide, wide / 2.0):
                ahead, behind = vector.copy(), vector.copy()
                ahead[i] += step
                behind[i] -= step
                slopes.append((self.values(ahead) - self.values(behind)) / (2.0 * step))
            columns.append((4.0 * slopes[1] - slopes[0]).ravel() / 3.0)
        return self.values(vector).ravel(), np.stack(columns, axis=1)


def _flat(columns: Any, count: int) -> np.ndarray:
    return np.asarray(columns, float).reshape(count, -1).T


@functools.lru_cache(maxsize=64)
def _derivatives(recipe: Recipe) -> Any:
    def both(vector: Any, units: Any, arrays: Any) -> Any:
        values, push_forward = jax.linearize(lambda v: recipe.value(v, arrays), vector)
        return values, jax.vmap(push_forward)(units)

    return jax.jit(both)
