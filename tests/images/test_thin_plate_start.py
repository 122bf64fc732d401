"""The thin plate as a start, against a dense solution of its normal equations."""

import jax
import numpy as np
import pytest

from talweg.compilation import compile_for
from talweg.energies import thin_plate
from talweg.images.pyramid import pull_push
from talweg.images.thin_plate_start import settled_thin_plate, thin_plate_start

SHAPE = (9, 8)
GREY_LEVEL = 1.0 / 255.0


def picture(dtype=float):
    rows, columns = np.indices(SHAPE)
    return (0.5 + 0.4 * np.sin(0.7 * rows) * np.cos(0.5 * columns)).astype(dtype)


MISSING = np.random.default_rng(0).random(SHAPE) < 0.7


def second_differences():
    """Return the matrix whose rows are the plate's differences: its energy is their squares."""
    rows = []

    def add(*terms):
        row = np.zeros(SHAPE)
        for i, j, weight in terms:
            row[i, j] += weight
        rows.append(row.ravel())

    height, width = SHAPE
    for i, j in np.ndindex(*SHAPE):
        if i + 2 < height:
            add((i, j, 1.0), (i + 1, j, -2.0), (i + 2, j, 1.0))
        if j + 2 < width:
            add((i, j, 1.0), (i, j + 1, -2.0), (i, j + 2, 1.0))
        if i + 1 < height and j + 1 < width:
            root = np.sqrt(2.0)
            add((i, j, root), (i + 1, j, -root), (i, j + 1, -root), (i + 1, j + 1, root))
    return np.array(rows)


def dense_plate(image, missing):
    matrix, free = second_differences(), missing.ravel()
    filled = np.where(missing, 0.0, image).ravel()
    filled[free] = np.linalg.lstsq(matrix[:, free], -matrix @ filled, rcond=None)[0]
    return filled.reshape(SHAPE)


@pytest.fixture(scope="module")
def started():
    return thin_plate_start(np.where(MISSING, np.nan, picture()), MISSING)


def test_it_is_near_the_plate_and_nearer_than_the_pyramid(started):
    expected = dense_plate(picture(), MISSING)
    first = pull_push(picture(), ~MISSING)
    apart = np.sqrt(np.mean((started - expected)[MISSING] ** 2))
    # It stops at steps of a tenth of a grey level; what is left is of that order.
    assert apart < GREY_LEVEL
    assert apart < 0.1 * np.sqrt(np.mean((first - expected)[MISSING] ** 2))


def test_its_energy_is_nearly_the_lowest(started):
    matrix = second_differences()

    def energy(image):
        return np.sum((matrix @ image.ravel()) ** 2)

    with jax.enable_x64(True):
        assert float(compile_for(1, thin_plate)(started)) == pytest.approx(
            energy(started), rel=1e-10
        )
    lowest = energy(dense_plate(picture(), MISSING))
    assert (
        lowest
        <= energy(started)
        < lowest + 0.02 * (energy(pull_push(picture(), ~MISSING)) - lowest)
    )


def test_the_known_pixels_stay_bit_for_bit(started):
    assert started[~MISSING].tobytes() == picture()[~MISSING].tobytes()
    assert np.isfinite(started).all()
    assert started.flags.writeable


def test_the_missing_pixels_are_not_looked_at(started):
    other = np.where(MISSING, 1e6, picture())
    assert thin_plate_start(other, MISSING).tobytes() == started.tobytes()


def test_the_start_is_left_as_it_was():
    first = pull_push(picture(), ~MISSING)
    kept = first.copy()
    settled_thin_plate(first, MISSING)
    assert np.array_equal(first, kept)


def test_with_nothing_missing_it_is_the_picture():
    assert np.array_equal(thin_plate_start(picture(), np.zeros(SHAPE, bool)), picture())


def test_single_precision_stays_so(started):
    found = thin_plate_start(picture(np.float32), MISSING)
    assert found.dtype == np.float32
    assert np.allclose(found, started, rtol=0.0, atol=GREY_LEVEL)
