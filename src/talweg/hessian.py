"""The Hessian of an objective at a point, known by its products with vectors."""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from talweg.compilation import compile_for
from talweg.objective import Objective, precision

__all__ = ["Hessian"]

_BLOCK = 2**22  # numbers in the largest array of a block of products
_STEPS = (2.0**-10, 2.0**-14, 2.0**-18, 2.0**-23)  # of differences in double precision
_WIDE_STEPS = (2.0**-4, 2.0**-6, 2.0**-9, 2.0**-12)  # in single precision
_AGREE = 0.1  # how near the differences at two of those come, beside their size


class Hessian:
    """The Hessian of an objective at a point, known by its products with vectors.

    Parameters
    ----------
    objective : Objective
    x : (n,) ndarray
    free : (m,) ndarray of int, optional
        The coordinates that vectors are about; the others are held. By default all.

    Attributes
    ----------
    products : int
        How many products were computed so far.
    by_differences : bool
        Whether they are central differences of the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from talweg.objective import read_objective
    >>> from talweg.structure import read_start
    >>> structure, x = read_start([1.0, 2.0, 3.0])
    >>> objective = read_objective(lambda x: x[0] * x[2] ** 2, structure, x, ())
    >>> Hessian(objective, x, free=np.array([0, 2])).dense()
    array([[0., 6.],
           [6., 2.]])
    """

    def __init__(
        self, objective: Objective, x: np.ndarray, free: np.ndarray | None = None
    ) -> None:  # fmt: skip
        self.objective, self.x = objective, x
        self.free = np.arange(x.size) if free is None else free
        self.products = 0
        self.by_differences = objective.compiled is None and _recorded(objective) is None
        self._step: float | None = None

    @property
    def size(self) -> int:
        """Number of free coordinates."""
        return self.free.size

    def embed(self, vector: np.ndarray) -> np.ndarray:
        """Return a vector of all coordinates, zero at those that are held."""
        if self.size == self.x.size:
            return np.asarray(vector, self.x.dtype)
        full = np.zeros_like(self.x)
        full[self.free] = vector
        return full

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """Return the gradient along the free coordinates."""
        gradient = np.asarray(self.objective.evaluate(x)[1], self.x.dtype)
        return gradient[self.free]

    def product(self, vector: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        """Return the Hessian's product with a vector, at another point if there is one."""
        x = self.x if x is None else x
        self.products += 1
        full = self.embed(vector)
        if not self.by_differences and self.objective.compiled is None:
            try:
                return self._recorded_product(x, full)[self.free]
            except Exception:  # autograd can't differentiate a second time all that it can once
                self.by_differences = True
        if self.by_differences:
            return self._difference(x, full)[self.free]
        multiply = compile_for(max(self.objective.largest, x.size), _product, "compiled")
        with precision(x.dtype):
            image = multiply(self.objective.compiled, x, full, self.objective.arguments)
            along: np.ndarray = np.asarray(image)[self.free]
            return along

    def dense(self, x: np.ndarray | None = None) -> np.ndarray:
        """Return the Hessian as a matrix, symmetric, in double precision."""
        x = self.x if x is None else x
        rows = None if self.objective.compiled is None or self.by_differences else self._rows(x)
        if rows is None:
            units = np.eye(self.size, dtype=x.dtype)
            rows = np.array([self.product(unit, x) for unit in units])
        matrix = rows.astype(np.float64)
        return np.asarray((matrix + matrix.T) / 2.0)

    def _rows(self, x: np.ndarray) -> np.ndarray:
        """Return all rows, many in one call."""
        largest = max(self.objective.largest, x.size)
        block = min(self.size, max(_BLOCK // largest, 1))
        multiply = compile_for(largest * block, _products, "compiled")
        rows = np.empty((self.size, self.size), x.dtype)
        for start in range(0, self.size, block):
            units = np.zeros((block, x.size), x.dtype)  # always as many, to be compiled once
            these = self.free[start : start + block]
            units[np.arange(these.size), these] = 1.0
            with precision(x.dtype):
                images = multiply(self.objective.compiled, x, units, self.objective.arguments)
            rows[start : start + block] = np.asarray(images)[: these.size, self.free]
        self.products += self.size
        return rows

    def _recorded_product(self, x: np.ndarray, vector: np.ndarray) -> np.ndarray:
        recorded = _recorded(self.objective)
        assert recorded is not None
        return np.asarray(_twice(*recorded, x, vector), x.dtype)

    def _difference(self, x: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """Return the gradient's central difference, extrapolated (Richardson)."""
        length = float(np.abs(vector).max())
        if length == 0.0:
            return np.zeros_like(x)
        if self._step is None:
            steps = _STEPS if x.dtype == np.float64 else _WIDE_STEPS
            found = [self._two_steps(x, vector / length, step) for step in steps]
            with np.errstate(all="ignore"):
                apart = [np.linalg.norm(a - b) for a, b in itertools.pairwise(found)]
            best = int(np.argmin(np.where(np.isfinite(apart), apart, np.inf)))
            if not apart[best] <= _AGREE * np.linalg.norm(found[best]):
                return np.full_like(x, np.nan)  # the gradient has no derivative
            self._step = steps[best]
        slope = self._two_steps(x, vector / length, self._step)
        return np.asarray(slope * x.dtype.type(length))

    def _two_steps(self, x: np.ndarray, vector: np.ndarray, step: float) -> np.ndarray:
        # A power of two: the step is hardly rounded as it is added.
        step *= float(np.exp2(np.round(np.log2(max(float(np.abs(x).max()), 1.0)))))
        with np.errstate(all="ignore"):
            wide, narrow = (
                (self._gradient(x + h * vector) - self._gradient(x - h * vector)) / (2.0 * h)
                for h in (x.dtype.type(step), x.dtype.type(step / 2.0))
            )
            return np.asarray((4.0 * narrow - wide) / 3.0)

    def _gradient(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.objective.evaluate(x)[1], x.dtype)


def _product(compiled: Any, x: Any, vector: Any, arguments: Any) -> Any:
    return jax.jvp(lambda y: compiled(y, arguments)[1], (x,), (vector,))[1]


def _products(compiled: Any, x: Any, vectors: Any, arguments: Any) -> Any:
    return jax.vmap(functools.partial(_product, compiled, x, arguments=arguments))(vectors)


def _recorded(objective: Objective) -> tuple[Callable[[Any], Any], bool] | None:
    """Return the function of a flat vector that autograd records, and whether by proxy."""
    evaluate = objective.evaluate
    if objective.compiled is not None or not isinstance(evaluate, functools.partial):
        return None
    from talweg import numpy_tracing  # loads autograd

    if evaluate.func is not numpy_tracing.value_and_gradient:
        return None  # a gradient of the user's own
    return evaluate.args[0], evaluate.keywords["proxy"]


def _twice(fun: Callable[[Any], Any], proxy: bool, x: np.ndarray, vector: np.ndarray) -> Any:
    """Differentiate the gradient's product with a vector by autograd."""
    import autograd.numpy
    from autograd.core import make_vjp

    from talweg.numpy_tracing import record

    def slope(y: Any) -> Any:
        pull_back, _ = make_vjp(functools.partial(record, fun, proxy), y)
        return autograd.numpy.dot(pull_back(np.ones((), x.dtype)[()]), vector)

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # A gradient that doesn't depend on the point is the one of a linear function.
        warnings.filterwarnings("ignore", "Output seems independent", UserWarning)
        pull_back, _ = make_vjp(slope, x)
        return pull_back(np.ones((), x.dtype)[()])
