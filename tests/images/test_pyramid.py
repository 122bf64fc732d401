import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from talweg.images.pyramid import pull_push

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=9)


@st.composite
def images_with_known(draw):
    shape = draw(SHAPES)
    image = draw(hnp.arrays(np.float64, shape, elements=st.floats(-10, 10)))
    known = draw(hnp.arrays(np.bool_, shape))
    known.flat[draw(st.integers(0, known.size - 1))] = True
    return image, known


@given(images_with_known())
def test_known_pixels_stay_and_the_others_lie_between_them(case):
    image, known = case
    filled = pull_push(image, known)
    assert filled.shape == image.shape
    np.testing.assert_array_equal(filled[known], image[known])
    assert filled.min() >= image[known].min() - 1e-9
    assert filled.max() <= image[known].max() + 1e-9


@given(images_with_known(), st.floats(-5, 5), st.floats(-5, 5))
def test_it_is_linear_in_the_values(case, scale, shift):
    image, known = case
    moved = pull_push(scale * image + shift, known)
    np.testing.assert_allclose(moved, scale * pull_push(image, known) + shift, atol=1e-9)


@given(images_with_known())
def test_missing_pixels_are_not_looked_at(case):
    image, known = case
    spoiled = np.where(known, image, np.nan)
    np.testing.assert_array_equal(pull_push(spoiled, known), pull_push(image, known))


def test_a_missing_pixel_in_a_block_is_interpolated_between_block_averages():
    # Blocks of two: averages 3 and 7; a quarter and three quarters of the way between them.
    image = np.array([2.0, 4.0, 7.0, 0.0])
    known = np.array([True, True, True, False])
    assert pull_push(image, known)[3] == pytest.approx(7.0)
    known = np.array([True, True, False, True])
    image = np.array([2.0, 4.0, 0.0, 7.0])
    assert pull_push(image, known)[2] == pytest.approx(0.25 * 3.0 + 0.75 * 7.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_keeps_the_precision(dtype):
    image = np.linspace(0, 1, 30, dtype=dtype).reshape(5, 6)
    assert pull_push(image, image < 0.5).dtype == dtype
