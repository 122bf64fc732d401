"""Restoring by a learned energy: which one is taken, colours, noise, and going on downhill."""

import dataclasses

import numpy as np
import pytest
from skimage import data

import talweg
from talweg.energies.beginning import first_parameters
from talweg.energies.fields import fields_energy
from talweg.energies.learned import LearnedEnergy
from talweg.images.thin_plate_start import thin_plate_start

TINY = first_parameters(8, 4, 2, 3)
HELD = LearnedEnergy("tiny", fields_energy, parameters=TINY, card={})
NOISY = LearnedEnergy(
    "tiny_noisy",
    fields_energy,
    parameters=TINY._replace(steps=TINY.steps + 5.0),
    card={"noise": [5, 50]},
)
PICTURE = data.camera()[100:148, 200:248].copy()  # 48 x 48, the least that fields is taken for
MASK = np.random.default_rng(0).random(PICTURE.shape) < 0.7


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    """Take small energies for the shipped ones: they compile in a tenth of the time."""
    monkeypatch.setattr(talweg.energies, "shipped_fields", lambda noisy: NOISY if noisy else HELD)


@pytest.mark.parametrize(
    ("image", "options", "name", "why"),
    [
        (PICTURE, {}, "tiny", "the best for photographs"),
        (PICTURE[:47], {}, "thin_plate", "47 x 48 pixels are too few"),
        (PICTURE, {"method": "conjugate_gradient"}, "thin_plate", "a method, a step size or a"),
        (PICTURE, {"start": "image"}, "thin_plate", "a method, a step size or a start is given"),
        (PICTURE[None], {}, "thin_plate", "tiny is for rows and columns, and this has 3 axes"),
        (PICTURE[None], {"energy": HELD}, "thin_plate", "tiny is for rows and columns"),
        (PICTURE[0], {}, "thin_plate", "this has one axis"),
        (PICTURE, {"energy": "fields"}, "tiny", ""),
        (PICTURE, {"energy": "tv", "max_iter": 1}, "tv", ""),
    ],
)
def test_the_choice_and_its_words(image, options, name, why):
    mask = np.broadcast_to(MASK, (1, *MASK.shape)) if image.ndim == 3 else MASK[: len(image)]
    restored = talweg.restore(image, mask[0] if image.ndim == 1 else mask, **options)
    assert restored.energy == name
    assert restored.choice.startswith(why) if why == "" else why in restored.choice
    assert bool(restored.choice) == bool(why)


def test_the_learned_steps_are_taken_from_the_thin_plate_and_known_pixels_are_held():
    restored = talweg.restore(PICTURE, MASK)
    assert restored.iterations == HELD.steps
    assert restored.converged
    assert np.array_equal(restored.image[~MASK], PICTURE[~MASK])
    start = thin_plate_start((PICTURE / 255.0).astype(np.float32), MASK)
    arguments, _ = HELD.at(MASK, start, 0.0)
    assert restored.traces[0].fun[0] == pytest.approx(
        float(fields_energy(start, *arguments)), rel=1e-4
    )
    # These steps were never trained: they are small, and lead a little downhill.
    assert (np.diff(restored.traces[0].fun) < 0).all()


def test_more_iterations_go_on_downhill():
    longer = talweg.restore(PICTURE, MASK, max_iter=12, tol=1e-6)
    trace = longer.traces[0]
    assert longer.iterations > HELD.steps
    assert np.array_equal(trace.iteration, np.arange(longer.iterations + 1))
    assert (np.diff(trace.fun[HELD.steps :]) <= 0).all()
    assert (np.diff(trace.evaluations) > 0).all()
    assert trace.fun[-1] == pytest.approx(longer.fun, rel=1e-5)
    fewer = talweg.restore(PICTURE, MASK, max_iter=2)
    assert fewer.iterations == 2
    assert not fewer.converged


def test_gray_in_three_channels_is_restored_as_gray():
    colors = np.repeat(PICTURE[..., None], 3, axis=-1)
    restored = talweg.restore(colors, MASK, channel_axis=-1).image.astype(int)
    gray = talweg.restore(PICTURE, MASK).image
    assert np.abs(restored - gray[..., None]).max() <= 1


def test_channels_with_masks_of_their_own_are_restored_one_by_one():
    colors = np.repeat(PICTURE[..., None], 3, axis=-1)
    masks = np.stack([MASK, np.roll(MASK, 1, 0), np.roll(MASK, 2, 1)], axis=-1)
    restored = talweg.restore(colors, masks, channel_axis=-1)
    assert np.array_equal(restored.image[~masks], colors[~masks])
    assert np.array_equal(restored.image[..., 0], talweg.restore(PICTURE, MASK).image)


def test_noise_weighs_all_pixels_and_needs_none_to_be_missing():
    noisy = PICTURE + np.random.default_rng(1).normal(0, 25, PICTURE.shape)
    noisy = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    restored = talweg.restore(noisy, noise=25)
    assert restored.energy == "tiny_noisy"
    assert restored.noise == 25
    assert not restored.mask.any()
    assert np.mean(restored.image != noisy) > 0.5
    both = talweg.restore(noisy, MASK, noise=25)
    assert np.mean(both.image[~MASK] != noisy[~MASK]) > 0.2


def test_a_little_noise_changes_less_than_much():
    changes = [
        np.abs(talweg.restore(PICTURE, noise=noise).image.astype(int) - PICTURE).mean()
        for noise in (1.0, 60.0)
    ]
    assert changes[0] < changes[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise": 5, "energy": "tv"}, "noise can't be given with energy='tv'"),
        ({"noise": 5, "energy": HELD}, "it was trained on known pixels that are held"),
        ({"energy": NOISY}, "'tiny_noisy' was trained on noise of 5 to 50 grey levels: give noise"),
        ({"noise": 0}, "noise is 0: it must be a number of grey levels above 0, up to 255"),
        ({"noise": np.nan}, "noise is nan"),
        ({"noise": 256.0}, "noise is 256.0"),
    ],
)
def test_what_does_not_go_together_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        talweg.restore(PICTURE, MASK, **options)


@pytest.mark.parametrize("noise", ["5", True, [5.0]])
def test_noise_must_be_a_number(noise):
    with pytest.raises(TypeError, match=r"noise is .*: it must be a number of grey levels"):
        talweg.restore(PICTURE, MASK, noise=noise)


@pytest.mark.parametrize(
    ("count", "error"), [("5", TypeError), (True, TypeError), (-1, ValueError)]
)
def test_iterations_are_counted(count, error):
    with pytest.raises(error, match=r"max_iter is .*: it must be"):
        talweg.restore(PICTURE, MASK, max_iter=count)


def test_noise_in_a_volume_is_refused():
    with pytest.raises(ValueError, match="noise: the image has 3 axes"):
        talweg.restore(PICTURE[None], noise=5)


def test_steps_that_end_higher_than_they_began_are_not_kept():
    wild = TINY._replace(steps=TINY.steps + 16.0)
    energy = dataclasses.replace(HELD, parameters=wild)
    restored = talweg.restore(PICTURE, MASK, energy=energy)
    assert "they end no lower than they began" in restored.message
    assert restored.fun <= restored.traces[0].fun[0]


def test_the_callback_knows_how_many_iterations_there_will_be():
    told = []
    talweg.restore(PICTURE, MASK, callback=told.append, every=1)
    assert [progress.iteration for progress in told] == [0, 1, 2, 3]
    assert {progress.iterations for progress in told} == {HELD.steps}
