r"""The lowest and the highest curvature of a function of many variables, by few products.

The extreme eigenvalues of a symmetric matrix :math:`A` that is known by its products
:math:`v \mapsto A v` only are looked for in a growing subspace (Rayleigh and Ritz). Davidson's
method [1]_ expands it by the residual :math:`r = A u - \theta u` of the wanted Ritz pair, divided
by a rough idea of the size of each row of A; without that division it spans what Lanczos' method
does. That size is estimated from the products with random signs :math:`z`, as the root of the mean
of :math:`(A z)_i^2` [2]_: variables in different units then cost few products more.

Every vector is kept, or as many as fit into memory, for a restart costs products. To see one
curvature of -0.001 beneath 9,999 from 0.01 to 100, in a basis turned by three reflections, SciPy's
``eigsh`` takes 600 products and more, and ``lobpcg`` 150 to 500; this takes 80 to 190, until that
curvature is known to a hundredth.

References
----------
.. [1] R. B. Morgan and D. S. Scott, "Generalizations of Davidson's method for computing eigenvalues
   of sparse symmetric matrices", SIAM J. Sci. Stat. Comput. 7 (1986), 817-825.
.. [2] Y. N. Dauphin, H. de Vries and Y. Bengio, "Equilibrated adaptive learning rates for
   non-convex optimization", Advances in Neural Information Processing Systems 28 (2015).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from talweg.subspace import Subspace, row_sizes

__all__ = ["Extremes", "extreme_curvatures"]

_MOST = 600
_MEMORY = 2**26  # bytes for the subspace, if 20 vectors fit into them
_FEWEST = 20
_PROBES = 8
_SETTLED = 0.01  # the residual of a Ritz value that counts as settled, beside it
_CONFIRMED = 0.1  # the same beside the sizes of the rows
_CHECKED = 200  # products within which that is looked for
_REFINED = 290  # products within which a negative curvature is refined; if seen later, a fifth more


@dataclasses.dataclass(frozen=True)
class Extremes:
    """The lowest and the highest eigenvalue of a symmetric matrix, as far as they are known.

    Attributes
    ----------
    lowest, highest : float
        Ritz values: the lowest eigenvalue is no higher, and the highest no lower.
    lowest_vector, highest_vector : (n,) ndarray
        Of unit length; their Rayleigh quotients are `lowest` and `highest`.
    lowest_error, highest_error : float
        Norms of the residuals: some eigenvalue is that near.
    values : ndarray
        All Ritz values in the subspace, ascending: there are at least as many negative
        eigenvalues as negative ones of these.
    products : int
    settled : bool
        Whether the error came down to a hundredth, of the lowest value, or of the highest where
        all are negative.
    """

    lowest: float
    lowest_vector: np.ndarray
    lowest_error: float
    highest: float
    highest_vector: np.ndarray
    highest_error: float
    values: np.ndarray
    products: int
    settled: bool


def extreme_curvatures(
    product: Callable[[np.ndarray], np.ndarray], size: int, dtype: str = "float64", *,
    most: int = _MOST, memory: int = _MEMORY, seed: int = 0,
) -> Extremes:  # fmt: skip
    """Find the lowest and the highest eigenvalue of a symmetric matrix.

    A negative Rayleigh quotient proves that there is a negative eigenvalue. That there is none
    can't be proved by products: it is believed where the lowest Ritz value has settled.

    Parameters
    ----------
    product : callable
        ``product(v) -> A v``.
    size : int
        Number n of rows.
    dtype : str
        What is computed in.
    most : int, default 600
        Products after which to give up settling.
    memory : int, default 64 MiB
        Bytes that the subspace may take; 20 vectors and their products at the least.
    seed : int, default 0
        Of the random vectors to start from.

    Raises
    ------
    FloatingPointError
        If a product isn't finite.

    Examples
    --------
    >>> import numpy as np
    >>> diagonal = np.linspace(1.0, 2.0, 500)
    >>> diagonal[7] = -0.1
    >>> found = extreme_curvatures(lambda v: diagonal * v, 500)
    >>> round(found.lowest, 3), round(found.highest, 2), int(np.argmax(abs(found.lowest_vector)))
    (-0.1, 2.0, 7)
    """
    pair = 2 * size * np.dtype(dtype).itemsize
    room = min(max(memory // pair, _FEWEST), most, size)
    search = _Search(product, Subspace(size, room, dtype), most, seed)
    search.probe(min(_PROBES, room // 2))
    while not search.done():
        search.step()
    return search.extremes()


class _Search:
    """The state of a search for both ends of a spectrum."""

    def __init__(
        self, product: Callable[[np.ndarray], np.ndarray], space: Subspace,
        most: int, seed: int,
    ) -> None:  # fmt: skip
        self.product, self.space, self.most = product, space, most
        self.random = np.random.default_rng(seed)
        self.products = 0
        self.seen: int | None = None  # the products that a negative curvature took
        self.scale = np.ones(space.vectors.shape[1], space.vectors.dtype)
        self.values, self.coefficients = np.zeros(0), np.zeros((0, 0))
        self.before: np.ndarray | None = None  # the lowest Ritz vector of the last step
        nothing = np.zeros(0)
        self.ends = {0: (nothing, nothing), -1: (nothing, nothing)}
        self.errors = {0: np.inf, -1: np.inf}
        self.measured = {0: np.inf, -1: np.inf}  # the Ritz values that those are of

    def probe(self, count: int) -> None:
        """Start with random signs, and estimate the sizes of the rows by the products."""
        size, dtype = self.space.vectors.shape[1], self.space.vectors.dtype
        images = np.empty((count, size), dtype)
        for k in range(count):
            signs = self.random.integers(0, 2, size).astype(dtype) * 2 - 1
            vector = self.space.orthonormal(signs)
            assert vector is not None
            images[k] = self._multiply(vector)
            self.space.add(vector, images[k])
        self.scale = row_sizes(images)
        self.scaled = bool(np.any(self.scale != 1.0))
        self.relative_settled = not self.scaled
        self.space.measure(self.scale)
        self._solve()

    def _multiply(self, vector: np.ndarray) -> np.ndarray:
        image = self.product(vector)
        self.products += 1
        if not np.isfinite(image).all():
            raise FloatingPointError("a product with the Hessian is not finite")
        return image

    def _solve(self, ends: tuple[int, ...] = (0, -1)) -> None:
        """Solve the small eigenproblem, and form the wanted ends' Ritz vectors and residuals."""
        self.values, self.coefficients = self.space.ritz()
        for end in ends:
            self.ends[end] = self.space.pair(self.values[end], self.coefficients[:, end])
            self.errors[end] = float(np.linalg.norm(self.ends[end][1]))
            self.measured[end] = float(self.values[end])

    @property
    def size_of_values(self) -> float:
        """The largest Ritz value, in size."""
        return float(np.abs(self.values[[0, -1]]).max())

    def _settled(self, end: int) -> bool:
        least = np.sqrt(np.finfo(self.space.vectors.dtype).eps) * self.size_of_values
        enough, moved = max(_SETTLED * abs(self.values[end]), least), self.values[end]
        moved = abs(moved - self.measured[end])
        return bool(self.errors[end] <= enough and moved <= enough)

    def done(self) -> bool:
        """Return whether both ends are known, or no more products are to be spent."""
        if self.space.count == self.space.vectors.shape[1]:
            return True
        rounding = 100.0 * np.finfo(self.space.vectors.dtype).eps * self.size_of_values
        if self.seen is None and self.values[0] < -rounding and self.values[-1] > rounding:
            self.seen = self.products  # a saddle, whatever the other curvatures are
            late = self.products >= _REFINED
            self.most = min(self.most, int(1.2 * self.products) if late else _REFINED)
        confirmed = self.relative_settled or self.seen or self.products >= _CHECKED
        settled = confirmed and self._settled(0) and self._settled(-1)
        return self.products >= self.most or bool(settled)

    def step(self) -> None:
        """Expand the space, after a restart where it is full."""
        if self.space.count == self.space.room:
            self._restart()
        self.before = self.coefficients[:, 0]
        if self.scaled:
            self._step_by_scaled_rows()
        else:
            self._step_in_krylov_space()

    def _step_in_krylov_space(self) -> None:
        """Expand by the lowest Ritz pair's residual, and by what the last vector becomes.

        The last vector's image leads into the same space as the next residual, which costs more to
        form; and the highest settles on the way to the lowest.
        """
        self._expand(self.ends[-1 if self._settled(0) else 0][1])
        room = min(self.space.room - self.space.count, self.most - self.products)
        for _ in range(min(max(self.space.count // 32, 3), room)):
            self._expand(self.space.images[self.space.count - 1])
        self._solve((0,) if self._settled(-1) else (0, -1))

    def _step_by_scaled_rows(self) -> None:
        """Expand towards what isn't settled, in turns."""
        turn, highest = self.products % 4, not self._settled(-1)
        if (turn % 2 or self._settled(0)) and self._step_relative():
            return self._solve(())
        end = -1 if highest and (turn == 0 or self._settled(0)) else 0
        self._solve((end,))
        if not self._settled(end):
            residual = self.ends[end][1]
            self._expand(residual if end else residual / self.scale)
            self.space.measure(self.scale, self.space.count - 1)
            self._solve(())
        return None

    def _step_relative(self) -> bool:
        r"""Expand towards the lowest eigenvalue beside the sizes of the rows, if not settled.

        :math:`A u = \theta M u` with the diagonal M has as many negative eigenvalues as A
        (Sylvester), and no small ones that are small only because their rows are, which would be
        found first.
        """
        if self.relative_settled or self.products >= _CHECKED:
            return False
        value, coefficients = self.space.relative_ritz()
        weights = coefficients.astype(self.space.vectors.dtype)
        vector = weights @ self.space.vectors[: self.space.count]
        image = weights @ self.space.images[: self.space.count]
        step = image / self.scale - vector.dtype.type(value) * vector
        error = float(np.sqrt(np.sum(self.scale * step**2)))
        largest = float(np.abs(self.values[[0, -1]]).max() / self.scale.min())
        least = np.sqrt(np.finfo(step.dtype).eps) * largest
        self.relative_settled = error <= max(_CONFIRMED * abs(value), least)
        if self.relative_settled:
            return False
        self._expand(step)
        self.space.measure(self.scale, self.space.count - 1)
        return True

    def _expand(self, direction: np.ndarray) -> None:
        vector = self.space.orthonormal(direction)
        while vector is None:  # an invariant subspace
            anywhere = self.random.standard_normal(direction.size).astype(direction.dtype)
            vector = self.space.orthonormal(anywhere)
        self.space.add(vector, self._multiply(vector))

    def _restart(self) -> None:
        """Keep the lower half of the Ritz vectors, the highest, and the last step's lowest."""
        keep = self.space.room // 2
        kept = self.coefficients[:, [*range(keep), -2, -1]]
        if self.before is not None:
            last = np.zeros(self.space.count)
            last[: self.before.size] = self.before
            for _ in range(2):
                last -= kept @ (kept.T @ last)
            if (length := np.linalg.norm(last)) > 1e-8:
                kept = np.column_stack([kept, last / length])
        self.space.shrink(kept)
        self._solve()

    def extremes(self) -> Extremes:
        """Return what was found."""
        self._solve()
        lowest, highest = self.ends[0][0], self.ends[-1][0]
        return Extremes(
            float(self.values[0]), lowest / np.linalg.norm(lowest), self.errors[0],
            float(self.values[-1]), highest / np.linalg.norm(highest), self.errors[-1],
            self.values, self.products, self._settled(0 if self.values[-1] > 0.0 else -1),
        )  # fmt: skip
