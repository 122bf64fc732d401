"""A growing space of vectors, and what a symmetric matrix is within it."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from scipy.special import polygamma

__all__ = ["Subspace", "row_sizes"]


class Subspace:
    """An orthonormal basis, the products with its vectors, and the matrix restricted to it.

    Parameters
    ----------
    size : int
        Length of the vectors.
    room : int
        Number of vectors that there is memory for.
    dtype : str

    Attributes
    ----------
    vectors, images : (room, size) ndarray
        The basis, and the products with it, one a row, of which `count` are there.
    matrix, metric : (room, room) ndarray
        The matrix, and the diagonal one of its rows' sizes, restricted to the space.

    Examples
    --------
    >>> import numpy as np
    >>> space, matrix = Subspace(3, 2, "float64"), np.diag([1.0, 2.0, 5.0])
    >>> for vector in ([1.0, 0.0, 0.0], [1.0, 0.0, 1.0]):
    ...     direction = space.orthonormal(np.array(vector))
    ...     space.add(direction, matrix @ direction)
    >>> space.ritz()[0]
    array([1., 5.])
    """

    def __init__(self, size: int, room: int, dtype: str) -> None:
        self.vectors, self.images = np.empty((2, room, size), dtype)
        self.matrix = np.zeros((room, room))
        self.metric = np.zeros((room, room))  # the sizes of the rows, restricted likewise
        self.count, self.room = 0, room

    def orthonormal(self, vector: np.ndarray) -> np.ndarray | None:
        """Return what a vector adds to the space, of unit length; None where it is in it."""
        basis = self.vectors[: self.count]
        rounding = 10.0 * float(np.finfo(basis.dtype).eps)
        length, left = float(np.linalg.norm(vector)), 1.0
        for _ in range(3):  # twice is enough, but for a vector that is nearly in it
            if not (length > 0.0 and left > rounding):
                return None
            vector = vector / length
            vector = vector - (basis @ vector) @ basis
            length = float(np.linalg.norm(vector))
            left *= length
            if length > 0.5:
                return vector / length
        return None

    def add(self, vector: np.ndarray, image: np.ndarray) -> None:
        """Add a vector that `orthonormal` returned, and the product with it."""
        k = self.count
        self.vectors[k], self.images[k] = vector, image
        self.matrix[k, : k + 1] = self.matrix[: k + 1, k] = self.vectors[: k + 1] @ image
        self.count = k + 1

    def measure(self, sizes: np.ndarray, first: int = 0) -> None:
        """Restrict the sizes of the rows to the space, from one of its vectors on."""
        for k in range(first, self.count):
            row = self.vectors[: k + 1] @ (sizes * self.vectors[k])
            self.metric[k, : k + 1] = self.metric[: k + 1, k] = row

    def ritz(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the Ritz values, ascending, and their vectors' coefficients, one a column."""
        values, coefficients = np.linalg.eigh(self.matrix[: self.count, : self.count])
        return values, coefficients

    def relative_ritz(self) -> tuple[float, np.ndarray]:
        """Return the lowest Ritz value beside the sizes of the rows, and its coefficients."""
        part = slice(self.count)
        values, coefficients = scipy.linalg.eigh(
            self.matrix[part, part], self.metric[part, part], subset_by_index=[0, 0]
        )
        return float(values[0]), coefficients[:, 0]

    def pair(self, value: float, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a Ritz vector and its residual."""
        weights = coefficients.astype(self.vectors.dtype)
        vector = weights @ self.vectors[: self.count]
        residual = weights @ self.images[: self.count]
        residual -= residual.dtype.type(value) * vector
        return vector, residual

    def shrink(self, coefficients: np.ndarray) -> None:
        """Keep the space that is spanned by some combinations, orthonormal columns."""
        k, kept = self.count, coefficients.shape[1]
        weights = coefficients.T.astype(self.vectors.dtype)
        step = 2**16  # numbers of each vector at a time: no second copy of the space
        for start in range(0, self.vectors.shape[1], step):
            piece = slice(start, start + step)
            for rows in (self.vectors, self.images):
                rows[:kept, piece] = weights @ rows[:k, piece]
        for matrix in (self.matrix, self.metric):
            matrix[:kept, :kept] = coefficients.T @ matrix[:k, :k] @ coefficients
        self.count = kept


def row_sizes(images: np.ndarray) -> np.ndarray:
    """Estimate the norms of a matrix' rows, their mean logarithm 0, from some of its products.

    The logarithm of a mean of `count` squares scatters by itself; what spread there is beyond that
    is the rows'. Where there is hardly any, all rows count alike.
    """
    count, size = images.shape
    dtype = images.dtype
    largest = float(np.abs(images).max(initial=0.0))
    if largest == 0.0:
        return np.ones(size, dtype)
    squares = np.zeros(size)
    for image in images:
        squares += np.square(image / largest, dtype=np.float64)
    logarithms = np.log(np.maximum(squares / count, float(np.finfo(dtype).eps) ** 2))
    logarithms -= logarithms.mean()
    spread = float(np.mean(logarithms**2))
    share = 1.0 - float(polygamma(1, count / 2.0)) / max(spread, 1e-300)
    if share < 0.3:
        return np.ones(size, dtype)
    sizes: np.ndarray = np.exp(0.5 * share * logarithms).astype(dtype)
    return sizes
