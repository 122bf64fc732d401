"""The learned energy's formula against correlations by SciPy, and its derivatives."""

import jax
import numpy as np
import pytest
import scipy.ndimage
import skimage.measure
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import talweg
from talweg.compilation import compile_for
from talweg.energies import fields as module
from talweg.energies import shipped_fields
from talweg.energies.fields import SIDE, Conditions, Fields, fields_energy

SHAPES = [(12, 10), (9, 7), (1, 2)]
SMALL = (9, 7)
PICTURES = hnp.arrays(float, SMALL, elements=st.floats(-2.0, 2.0, width=16))


def compiled(function):
    """Compile quickly, for a fast program isn't needed."""
    return compile_for(1, function)


COMPILED = compiled(jax.value_and_grad(fields_energy))


def make_fields(scales=2, filters=3, count=2, seed=0):
    """Filters whose sums aren't zero, all weights positive."""
    rng = np.random.default_rng(seed)
    return Fields(
        filters=rng.normal(size=(scales, filters, SIDE * SIDE)) + 0.3,
        mixing=rng.uniform(0.1, 2.0, (scales, count, filters)),
        weights=rng.uniform(0.1, 2.0, (scales, count)),
        gains=rng.uniform(0.1, 2.0, (scales, filters)),
    )


def make_conditions(shape):
    rng = np.random.default_rng(1)
    return Conditions(rng.random(shape), 100.0 * rng.random(shape) * (rng.random(shape) < 0.5))


def picture(shape, seed=2):
    return np.random.default_rng(seed).random(shape)


FIELDS = make_fields()


def value_and_gradient(x, fields=FIELDS, conditions=None):
    with jax.enable_x64(True):
        value, gradient = COMPILED(x, fields, conditions)
        return float(value), np.asarray(gradient)


def value_of(x, fields=FIELDS, conditions=None):
    return value_and_gradient(x, fields, conditions)[0]


def energy_by_correlation(x, fields, conditions=None):
    total, level = 0.0, x
    for scale, filters in enumerate(fields.filters):
        if scale:
            even = np.pad(level, [(0, size % 2) for size in level.shape], mode="edge")
            level = skimage.measure.block_reduce(even, (2, 2), np.mean)
        answers = [
            scipy.ndimage.correlate(level, one - one.mean(), mode="nearest", origin=-1)[::2, ::2]
            for one in filters.reshape(-1, SIDE, SIDE)
        ]
        for weight, mixing in zip(fields.weights[scale], fields.mixing[scale], strict=True):
            pooled = sum(
                share * gain * answer**2
                for share, gain, answer in zip(mixing, fields.gains[scale], answers, strict=True)
            )
            total += 4**scale * weight * np.log1p(pooled).sum()
    if conditions is not None:
        total += np.sum(conditions.weight * (x - conditions.seen) ** 2) / 2.0
    return total


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_value_is_that_of_correlations_at_every_second_place(shape):
    x = picture(shape)
    assert value_of(x) == pytest.approx(energy_by_correlation(x, FIELDS), rel=1e-12)


def test_what_was_seen_pulls_by_half_its_weighted_square():
    x, conditions = picture(SMALL), make_conditions(SMALL)
    expected = energy_by_correlation(x, FIELDS, conditions)
    found, gradient = value_and_gradient(x, conditions=conditions)
    assert found == pytest.approx(expected, rel=1e-12)
    free = value_and_gradient(x)[1]
    pull = conditions.weight * (x - conditions.seen)
    assert np.allclose(gradient - free, pull, rtol=0.0, atol=1e-9)


@given(PICTURES, st.floats(-4.0, 4.0))
@settings(max_examples=40, deadline=None)
def test_it_is_never_negative_and_blind_to_brightness_and_to_negatives(x, brightness):
    value = value_of(x)
    assert value >= 0.0
    assert value_of(x + brightness) == pytest.approx(value, rel=1e-9, abs=1e-20)
    assert value_of(-x) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, 1e3])
def test_a_constant_picture_costs_nothing(level):
    value, gradient = value_and_gradient(np.full(SMALL, level))
    # The filters' sums are zero but for rounding.
    assert 0.0 <= value <= (1e-13 * level) ** 2 * 1e6
    assert np.abs(gradient).max() <= 1e-9 * level


def test_it_sees_contrast_place_and_orientation():
    x = picture(SMALL)
    here = value_of(x)
    assert value_of(1.5 * x) > 1.01 * here
    assert value_of(0.5 * x) < 0.99 * here
    others = [np.roll(x, 1, 0), np.roll(x, 1, 1), x[::-1], x[:, ::-1]]
    assert all(abs(value_of(np.ascontiguousarray(other)) / here - 1) > 1e-4 for other in others)


def test_a_filters_mean_is_taken_out():
    centred = FIELDS.filters - FIELDS.filters.mean(-1, keepdims=True)
    x = picture(SMALL)
    assert np.abs(FIELDS.filters.mean(-1)).min() > 0.01
    expected = value_and_gradient(x, FIELDS._replace(filters=centred))
    for other in (FIELDS, FIELDS._replace(filters=centred - 7.0)):
        value, gradient = value_and_gradient(x, other)
        assert value == pytest.approx(expected[0], rel=1e-11)
        assert np.allclose(gradient, expected[1], rtol=0.0, atol=1e-10)


def by_differences(x, *arguments, t=1e-5):
    slopes = np.empty_like(x)
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = t
        ahead, behind = (value_of(x + sign * step, *arguments) for sign in (1, -1))
        slopes[place] = (ahead - behind) / (2.0 * t)
    return slopes


def test_the_gradient_is_that_of_differences():
    x, conditions = picture(SMALL), make_conditions(SMALL)
    gradient = value_and_gradient(x, FIELDS, conditions)[1]
    expected = by_differences(x, FIELDS, conditions)
    assert np.allclose(gradient, expected, rtol=0.0, atol=1e-7 * np.abs(gradient).max())


def test_in_single_precision_nothing_is_promoted():
    x = picture(SMALL)
    narrow = jax.tree.map(np.float32, (x, FIELDS, make_conditions(SMALL)))
    with jax.enable_x64(True):
        value, gradient = COMPILED(*narrow)
    assert value.dtype == gradient.dtype == np.float32
    wide = value_and_gradient(x, FIELDS, make_conditions(SMALL))
    assert float(value) == pytest.approx(wide[0], rel=1e-5)
    assert np.allclose(gradient, wide[1], rtol=0.0, atol=1e-4 * np.abs(wide[1]).max())


@pytest.mark.parametrize(
    ("shape", "at_once", "rows"), [((12, 10), 10, 2), (SMALL, 8, 2), (SMALL, 1, 1), (SMALL, 12, 3)]
)
def test_strip_by_strip_is_as_in_one_piece(shape, at_once, rows, monkeypatch):
    heights = []
    by_strips = module._by_strips

    def spy(blocks, part, rows):
        heights.append(rows)
        return by_strips(blocks, part, rows)

    monkeypatch.setattr(module, "_PATCHES_AT_ONCE", at_once)
    monkeypatch.setattr(module, "_by_strips", spy)
    x = picture(shape)
    with jax.enable_x64(True):
        one_scale = Fields(*(array[:1] for array in FIELDS))
        strips = compiled(jax.value_and_grad(lambda x: 3.0 * fields_energy(x, one_scale)))(x)
    assert heights == [rows]
    whole = value_and_gradient(x, one_scale)
    assert float(strips[0]) == pytest.approx(3.0 * whole[0], rel=1e-12)
    assert np.allclose(strips[1], 3.0 * whole[1], rtol=0.0, atol=1e-11 * np.abs(whole[1]).max())


def test_strip_by_strip_has_no_gradient_by_the_parameters(monkeypatch):
    x = picture(SMALL)
    one_scale = Fields(*(array[:1] for array in FIELDS))

    def gradient():
        with jax.enable_x64(True):
            return compiled(lambda fields: jax.grad(fields_energy, argnums=1)(x, fields))(one_scale)

    whole = gradient()
    monkeypatch.setattr(module, "_PATCHES_AT_ONCE", 8)
    strips = gradient()
    assert all(np.isfinite(array).all() for array in whole)
    assert all(np.isnan(array).all() for array in strips)  # never zeros that look right


@pytest.mark.parametrize("at_once", [2**15, 8], ids=["whole", "strips"])
def test_the_second_derivative_is_that_of_differences(at_once, monkeypatch):
    monkeypatch.setattr(module, "_PATCHES_AT_ONCE", at_once)
    x, along = picture(SMALL), np.random.default_rng(4).normal(size=SMALL)
    product = talweg.hessian_vector_product(lambda x: fields_energy(x, FIELDS), x, along)
    t = 1e-5
    ahead, behind = (value_and_gradient(x + sign * t * along)[1] for sign in (1, -1))
    expected = (ahead - behind) / (2.0 * t)
    assert np.allclose(product, expected, rtol=0.0, atol=1e-6 * np.abs(expected).max())


@pytest.fixture(scope="module")
def shipped():
    missing = picture((12, 10), 7) < 0.8
    arguments, _ = shipped_fields(noisy=False).at(missing, picture((12, 10), 6), noise=0.1)
    return picture((12, 10)), *arguments


def test_the_shipped_energys_value_is_its_formulas(shipped):
    assert value_of(*shipped) == pytest.approx(energy_by_correlation(*shipped), rel=1e-11)


def test_the_shipped_energys_gradient_is_that_of_differences(shipped):
    gradient = value_and_gradient(*shipped)[1]
    # Its third derivatives are large, and so the step is small.
    expected = by_differences(*shipped, t=1e-6)
    assert np.allclose(gradient, expected, rtol=0.0, atol=1e-6 * np.abs(gradient).max())
