"""The ends of a spectrum, from few products, against spectra that are known."""

import numpy as np
import pytest
import scipy.fft
from hypothesis import example, given, settings
from hypothesis import strategies as st

from talweg.extreme_curvatures import extreme_curvatures
from talweg.subspace import Subspace, row_sizes


class Turned:
    """A matrix of given eigenvalues, its basis turned by reflections or by a cosine transform."""

    def __init__(self, values, reflections=None, seed=0):
        random = np.random.default_rng(seed)
        self.values, self.size, self.products = random.permutation(values), len(values), 0
        self.signs = random.choice([-1.0, 1.0], self.size)
        self.mirrors = None
        if reflections is not None:
            mirrors = random.standard_normal((reflections, self.size))
            self.mirrors = mirrors / np.linalg.norm(mirrors, axis=1, keepdims=True)

    def turn(self, x, back=False):
        if self.mirrors is None:
            if back:
                return self.signs * scipy.fft.idct(x, norm="ortho")
            return scipy.fft.dct(self.signs * x, norm="ortho")
        for mirror in self.mirrors[::-1] if back else self.mirrors:
            x = x - 2.0 * mirror * (mirror @ x)
        return x

    def __call__(self, x):
        self.products += 1
        return self.turn(self.values * self.turn(x), back=True).astype(x.dtype)

    def curvature(self, vector):
        vector = np.asarray(vector, float)
        return vector @ self(vector) / (vector @ vector)


def hidden(spacing, size=10_000):
    return np.append(spacing(1e-2, 1e2, size - 1), -1e-3)


@pytest.mark.parametrize("spacing", [np.geomspace, np.linspace])
@pytest.mark.parametrize(("reflections", "seed"), [(1, 106), (3, 0), (None, 0)])
def test_one_negative_curvature_among_ten_thousand(spacing, reflections, seed):
    matrix = Turned(hidden(spacing), reflections, seed)
    found = extreme_curvatures(matrix, matrix.size)
    assert found.products == matrix.products
    assert -1e-3 <= found.lowest < -1e-5
    assert found.lowest == pytest.approx(matrix.curvature(found.lowest_vector), abs=1e-10)
    assert (found.values < 0.0).sum() == 1
    assert found.highest == pytest.approx(100.0, rel=0.02)
    if reflections is not None or spacing is np.linspace:
        # No way by products is known to need fewer than 300 for the other one, in all bases.
        assert found.products < 300
    if reflections is not None:
        assert found.settled
        assert found.lowest == pytest.approx(-1e-3, rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(301, 500), st.floats(-1.0, 1.0), st.floats(1.1, 1e3), st.floats(-8.0, 8.0),
    st.integers(0, 10),
)  # fmt: skip
@example(301, 0.0, 24.0, 0.0, 0)
def test_both_ends_settle_whatever_the_scale(size, lowest, width, height, seed):
    inner = np.random.default_rng(seed).uniform(lowest + 0.2, lowest + width - 0.2, size - 2)
    values = np.array([lowest, *inner, lowest + width]) * 10.0**height
    matrix = Turned(values, 2, seed)
    found = extreme_curvatures(matrix, size)
    ends = np.sort(values)[[0, -1]]
    room = 1e-9 * np.abs(ends).max()
    near = 0.02 * np.abs(ends).max()
    assert ends[0] - room <= found.lowest <= ends[0] + near
    assert ends[1] - near <= found.highest <= ends[1] + room
    # Some eigenvalue is as near as the residual is long; not always the outermost one.
    for value, error in ((found.lowest, found.lowest_error), (found.highest, found.highest_error)):
        assert np.abs(values - value).min() <= error + room
    assert np.linalg.norm(found.lowest_vector) == pytest.approx(1.0)
    # As many negative eigenvalues as Ritz values at the least (Cauchy).
    assert (found.values < -room).sum() <= (values < 0.0).sum()
    residual = matrix(found.lowest_vector) - found.lowest * found.lowest_vector
    assert np.linalg.norm(residual) == pytest.approx(found.lowest_error, abs=room)


@pytest.mark.parametrize("reflections", [None, 2], ids=["mixed", "scaled"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_twenty_vectors_suffice(reflections, dtype):
    values = np.append(np.geomspace(1.0, 100.0, 1999), 0.2)
    matrix = Turned(values, reflections)
    roomy = extreme_curvatures(matrix, 2000, dtype)
    tight = extreme_curvatures(matrix, 2000, dtype, memory=1)
    for found in (roomy, tight):
        assert found.settled
        assert found.lowest_vector.dtype == dtype
        assert found.lowest == pytest.approx(0.2, rel=0.01)
        assert found.highest == pytest.approx(100.0, rel=0.02)
    assert roomy.products <= tight.products < 300
    assert len(tight.values) <= 20


def test_what_does_not_settle_is_given_up():
    difficult = np.linspace(0.0, 1.0, 3000) ** 4 + 1e-9
    matrix = Turned(difficult)
    found = extreme_curvatures(matrix, 3000, most=60)
    assert 60 <= found.products <= 64
    assert not found.settled
    assert found.lowest > difficult[0]


def test_negative_matrices_settle_at_the_end_that_matters():
    matrix = Turned(np.append(-np.geomspace(1.0, 100.0, 999), -0.1), 2)
    found = extreme_curvatures(matrix, 1000)
    assert found.settled
    assert found.highest == pytest.approx(-0.1, rel=1e-3)
    assert found.lowest == pytest.approx(-100.0, rel=0.02)


@pytest.mark.parametrize("value", [0.0, 2.0, -3.0])
def test_multiples_of_the_identity(value):
    found = extreme_curvatures(lambda x: value * x, 400)
    assert found.lowest == pytest.approx(value, abs=1e-12)
    assert found.highest == pytest.approx(value, abs=1e-12)
    assert found.products < 20


def test_a_matrix_of_low_rank():
    columns = np.linalg.qr(np.random.default_rng(0).standard_normal((500, 3)))[0]
    found = extreme_curvatures(
        lambda x: columns @ (np.array([-2.0, 1.0, 5.0]) * (columns.T @ x)), 500
    )
    assert found.lowest == pytest.approx(-2.0, rel=1e-3)
    assert found.highest == pytest.approx(5.0, rel=1e-3)


def test_what_is_not_finite_is_an_error():
    with pytest.raises(FloatingPointError, match="not finite"):
        extreme_curvatures(lambda x: x * np.nan, 400)


def test_rows_of_different_sizes_are_told_apart_and_equal_ones_are_not():
    random = np.random.default_rng(0)
    signs = random.choice([-1.0, 1.0], (8, 5000))
    sizes = 10.0 ** random.uniform(-3.0, 3.0, 5000)
    found = row_sizes(signs * sizes)
    ratio = np.log(found) - np.log(sizes)
    assert np.std(ratio) < 0.2 * np.std(np.log(sizes))
    assert np.mean(np.log(found)) == pytest.approx(0.0, abs=1e-9)
    assert np.array_equal(row_sizes(random.standard_normal((8, 5000))), np.ones(5000))
    assert np.array_equal(row_sizes(np.zeros((8, 50))), np.ones(50))


def test_a_subspace_knows_what_lies_in_it():
    space = Subspace(50, 4, "float64")
    vectors = np.random.default_rng(0).standard_normal((3, 50))
    for vector in vectors:
        direction = space.orthonormal(vector)
        space.add(direction, direction)
    basis = space.vectors[:3]
    assert np.allclose(basis @ basis.T, np.eye(3), atol=1e-15)
    assert space.orthonormal(vectors.sum(axis=0)) is None
    assert space.orthonormal(np.zeros(50)) is None
