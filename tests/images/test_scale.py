import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from talweg.images.scale import Scale

INTEGERS = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64]


@pytest.mark.parametrize("dtype", INTEGERS)
@given(data=st.data())
def test_integers_never_leave_their_type(dtype, data):
    image = data.draw(hnp.arrays(dtype, 6))
    scale = Scale.of(image, np.ones(6, bool))
    scaled = data.draw(hnp.arrays(np.float64, 4, elements=st.floats(-1e3, 1e3)))
    restored = scale.undo(scaled)
    limits = np.iinfo(dtype)
    exact = scaled * (scale.high - scale.low) + scale.low
    for number, value in zip(restored.tolist(), exact, strict=True):
        if value <= limits.min:
            assert number == limits.min
        elif value < limits.max:
            assert abs(number - value) <= 0.5 + abs(value) * 1e-15


@given(hnp.arrays(np.uint16, 8), hnp.arrays(np.bool_, 8))
def test_the_known_values_lie_in_the_box(image, known):
    known[0] = True
    scale = Scale.of(image, known)
    scaled = scale.apply(image, ~known)[known]
    low, high = scale.bounds
    assert (scaled >= low).all()
    assert (scaled <= high).all()
    # The round trip loses nothing of a 16-bit number in float32.
    np.testing.assert_array_equal(scale.undo(scaled), image[known])


def test_eight_bits_keep_their_own_range():
    scale = Scale.of(np.array([100, 120], np.uint8), np.ones(2, bool))
    np.testing.assert_allclose(scale.apply(np.array([0, 51, 255], np.uint8), np.zeros(3, bool)),
                               [0.0, 0.2, 1.0], rtol=1e-6)  # fmt: skip
    assert scale.bounds == (0.0, 1.0)


def test_floats_in_the_unit_interval_keep_it_and_others_are_scaled_by_the_known():
    unit = Scale.of(np.array([0.25, 0.5, 7.0]), np.array([True, True, False]))
    assert (unit.low, unit.high, unit.bounds) == (0.0, 1.0, (0.0, 1.0))
    other = Scale.of(np.array([-2.0, 2.0, np.nan]), np.array([True, True, False]))
    assert other.bounds is None
    np.testing.assert_allclose(other.apply(np.array([-2.0, 0.0, 2.0]), np.zeros(3, bool)),
                               [0.0, 0.5, 1.0])  # fmt: skip
    np.testing.assert_allclose(other.undo(np.array([1.5])), [4.0])


@pytest.mark.parametrize(
    ("dtype", "computed"),
    [
        (np.uint8, np.float32), (np.uint16, np.float32), (np.float32, np.float32),
        (np.int32, np.float64), (np.float64, np.float64),
    ],
)  # fmt: skip
def test_precision_follows_the_type(dtype, computed):
    image = np.array([0, 1], dtype)
    assert Scale.of(image, np.ones(2, bool)).apply(image, np.zeros(2, bool)).dtype == computed


def test_a_constant_image_can_be_scaled():
    image = np.full(3, 1000, np.uint16)
    scale = Scale.of(image, np.ones(3, bool))
    np.testing.assert_array_equal(scale.undo(scale.apply(image, np.zeros(3, bool))), image)
