"""What a learned energy becomes at a given damage, against closed forms."""

import math

import jax
import numpy as np
import pytest

import talweg
from talweg.compilation import compile_for
from talweg.energies import shipped_fields
from talweg.energies.beginning import first_parameters
from talweg.energies.fields import Conditions, Fields, fields_energy
from talweg.energies.learned import FEATURES, LearnedEnergy, Parameters, at_damage, damage_features
from talweg.state import Status
from talweg.training.loss import restored

SHAPE = (12, 10)
PARAMETERS = first_parameters(8, 4, 2, 2)
ENERGY = LearnedEnergy("small", fields_energy, parameters=PARAMETERS, card={})
LEAST = 4.0 / 255.0  # noise is never taken for less
RNG = np.random.default_rng(0)
MISSING = RNG.random(SHAPE) < 0.75
PICTURE = RNG.random(SHAPE)
AT_DAMAGE = compile_for(1, at_damage)


@pytest.fixture(scope="module")
def trained():
    """Parameters that depend on the damage, as those that were learned."""
    rng = np.random.default_rng(1)
    return Parameters(*(array + 0.2 * rng.normal(size=array.shape) for array in PARAMETERS))


def at(parameters, known, noise):
    with jax.enable_x64(True):
        return AT_DAMAGE(parameters, np.float64(known), np.float64(noise))


@pytest.mark.parametrize(
    ("known", "noise", "expected"),
    [
        (1.0, 0.0, [0.75, 1.125, 0.0, 0.0, 0.0]),
        (math.exp(-1.5), 0.0, [0.0] * 5),
        (math.exp(-1.5), (26.0 * math.e - 1.0) / 255.0, [0.0, 0.0, 0.5, 0.15, 0.0]),
        (math.exp(-2.5), (26.0 * math.e**2 - 1.0) / 255.0, [-0.5, 0.5, 1.0, 0.6, -1.0]),
    ],
    ids=["whole", "a fifth", "a fifth, noisy", "a twelfth, noisier"],
)
def test_the_features_are_their_closed_forms(known, noise, expected):
    with jax.enable_x64(True):
        found = damage_features(np.float64(known), np.float64(noise))
    assert found.shape == (FEATURES,)
    assert np.allclose(found, expected, rtol=0.0, atol=1e-14)


def test_features_of_many_damages_lie_in_the_last_axis():
    with jax.enable_x64(True):
        found = damage_features(np.array([0.1, 1.0]), np.array([0.0, 0.1]))
        assert found.shape == (2, FEATURES)
        assert np.array_equal(found[1], damage_features(np.array(1.0), np.array(0.1)))


def test_where_all_features_are_zero_it_is_the_parameters_exponentials(trained):
    there = at(trained, math.exp(-1.5), 0.0)
    assert np.array_equal(there.fields.filters, trained.filters)
    expected = [trained.mixing, trained.weights, trained.steps, trained.coarse_steps]
    found = [there.fields.mixing, there.fields.weights, there.sizes, there.shares]
    for number, logarithm in zip(found, expected, strict=True):
        assert np.allclose(number, np.exp(logarithm), rtol=1e-13)
    assert np.allclose(there.fields.gains, 1.0, rtol=1e-13)
    assert np.allclose(there.momenta, 1.0 / (1.0 + np.exp(-trained.momenta)), rtol=1e-13)


def test_damage_multiplies_by_exponentials(trained):
    bare, there = at(trained, math.exp(-1.5), 0.0), at(trained, 1.0, 0.0)
    share, square = 0.75, 1.125  # the features of a whole picture that aren't zero

    def factor(gains):
        return np.exp(share * gains[..., 0, :] + square * gains[..., 1, :])

    assert np.allclose(there.fields.weights / bare.fields.weights, factor(trained.weight_gains))
    assert np.allclose(there.fields.gains / bare.fields.gains, factor(trained.filter_gains))
    assert np.allclose(there.sizes / bare.sizes, factor(trained.step_gains.T))
    for same in ("momenta", "shares"):
        assert np.array_equal(getattr(there, same), getattr(bare, same))
    assert np.array_equal(there.fields.mixing, bare.fields.mixing)


@pytest.mark.parametrize("noise", [LEAST / 100.0, LEAST, 3.0 * LEAST])
def test_noisy_pixels_weigh_by_their_variance(noise, trained):
    without = trained._replace(data_gains=np.zeros(FEATURES))
    expected = math.exp(without.data_weight) / (noise**2 + LEAST**2)
    assert float(at(without, 0.3, noise).data_weight) == pytest.approx(expected, rel=1e-13)
    loudness = math.log((255.0 * noise + 1.0) / 26.0)
    louder = trained._replace(data_gains=np.array([0.0, 0.0, 0.7, 0.0, 0.0]))
    found = float(at(louder, 0.3, noise).data_weight)
    assert found == pytest.approx(expected * math.exp(0.35 * loudness), rel=1e-13)


def test_without_noise_nothing_pulls(trained):
    assert float(at(trained, 0.3, 0.0).data_weight) == 0.0


@pytest.mark.parametrize("energy", [ENERGY, shipped_fields(noisy=False)], ids=["first", "shipped"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("noise", [0.0, 25.0 / 255.0], ids=["held", "noisy"])
def test_everything_has_the_pictures_precision(energy, dtype, noise):
    arguments, method = energy.at(MISSING, PICTURE.astype(dtype), noise)
    leaves = jax.tree.leaves((arguments, method))
    assert all(isinstance(leaf, np.ndarray) and leaf.dtype == dtype for leaf in leaves)
    assert all(np.isfinite(leaf).all() for leaf in leaves)
    assert [type(each) for each in arguments] == [Fields, Conditions][: 1 + (noise > 0.0)]
    assert len(method.sizes) == len(method.momenta) == energy.steps
    assert method.preconditioner.shares.shape == (energy.steps, 2)


def test_both_precisions_say_the_same():
    narrow, wide = (
        jax.tree.leaves(shipped_fields(noisy=False).at(MISSING, PICTURE.astype(dtype), 0.1))
        for dtype in (np.float32, np.float64)
    )
    for one, other in zip(narrow, wide, strict=True):
        assert np.allclose(one, other, rtol=1e-4, atol=0.0)


def test_known_pixels_are_held_or_weigh_the_less_the_noisier_they_are():
    arguments, method = ENERGY.at(MISSING, PICTURE, 0.0)
    assert len(arguments) == 1
    assert np.array_equal(method.preconditioner.mobility, MISSING)
    weights = []
    for noise in (LEAST, 0.1, 1.0):
        (_, conditions), method = ENERGY.at(MISSING, PICTURE, noise)
        assert conditions.seen is PICTURE
        mobility = method.preconditioner.mobility
        assert (mobility[MISSING] == 1.0).all()
        assert (conditions.weight[MISSING] == 0.0).all()
        weight = conditions.weight[~MISSING]
        assert (weight == weight[0]).all()
        assert np.allclose(1.0 / mobility[~MISSING] - 1.0, method.sizes.mean() * weight[0])
        weights.append(weight[0])
    assert weights[0] > weights[1] > weights[2] > 0.0


@pytest.mark.parametrize("known", [1, SHAPE[0] * SHAPE[1]], ids=["one", "all"])
def test_it_is_finite_at_both_ends_of_the_share(known):
    missing = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE) >= known
    for noise in (0.0, 1e-6, 1.0):
        leaves = jax.tree.leaves(
            shipped_fields(noisy=False).at(missing, PICTURE.astype(np.float32), noise)
        )
        assert all(np.isfinite(leaf).all() for leaf in leaves)


@pytest.mark.parametrize("noise", [0.0, 0.1], ids=["held", "noisy"])
def test_descending_goes_where_training_has_seen_it_go(noise, trained):
    trained = trained._replace(steps=trained.steps + 7.0)  # the first steps are tiny
    energy = LearnedEnergy("trained", fields_energy, parameters=trained, card={})
    arguments, method = energy.at(MISSING, PICTURE, noise)
    fixed = ~MISSING if noise == 0.0 else None
    *_, last = talweg.descend(
        energy.function, PICTURE, args=arguments, method=method, fixed=fixed, tol=0.0
    )
    assert last.status is Status.COMPLETED
    assert np.abs(last.x - PICTURE).max() > 0.01
    with jax.enable_x64(True):
        known = np.float64(1.0 - MISSING.mean())
        expected = RESTORED(trained, PICTURE, MISSING, known, np.float64(noise))
    assert np.allclose(last.x, expected, rtol=0.0, atol=1e-12)


RESTORED = compile_for(1, restored)


def test_the_first_parameters_have_the_shapes_that_are_told():
    shapes = [array.shape for array in first_parameters(8, 3, 2, 6)]
    assert shapes == [
        (2, 8, 64), (2, 3, 8), (2, 3), (2, 5, 8), (2, 5, 3), (6,), (6, 5), (6, 2), (6,), (), (5,)
    ]  # fmt: skip
    assert all(array.dtype == np.float32 for array in PARAMETERS)
    assert ENERGY.steps == 2


def test_the_first_filters_are_cosines_at_four_places():
    filters = first_parameters(16, 4, 1, 1).filters[0].reshape(4, 4, 8, 8)
    assert np.abs(filters.sum((2, 3))).max() < 1e-4
    for place, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        moved = np.roll(filters[0], (row, column), (1, 2))
        assert np.array_equal(filters[place], moved)
    waves = filters[0, :, :7, :7].reshape(4, -1)
    gram = waves @ waves.T
    assert np.allclose(gram, np.diag(np.diag(gram)), rtol=0.0, atol=1e-3)
    # Frequencies (0, 1), (1, 0), (1, 1), (0, 2), their norms 12 times those.
    assert np.allclose(np.diag(gram), 144.0 * np.array([1.0, 1.0, 2.0, 4.0]), rtol=1e-5)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((6, 4, 2, 2), "filters is 6: it must be a multiple of 4, from 4 to 192"),
        ((0, 4, 2, 2), "filters is 0"),
        ((196, 4, 2, 2), "filters is 196"),
        ((8, 0, 2, 2), "fields is 0: it must be at least 1"),
        ((8, 4, 0, 2), "scales is 0"),
        ((8, 4, 2, -1), "steps is -1"),
    ],
)
def test_parameters_that_cannot_be_made_are_refused(numbers, words):
    with pytest.raises(ValueError, match=words):
        first_parameters(*numbers)
