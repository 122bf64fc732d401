"""``talweg.train_energy``: learning, its card, its callback, going on, and what it refuses."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest
from tests.training.tiny import ENOUGH, LONG, striped, until

import talweg
from talweg.training import course
from talweg.training.energy_training import train_energy
from talweg.training.standing import load_standing

SAME = {"minutes": LONG, "filters": 8, "missing": (0.3, 0.5), "rng": 3}


def test_what_was_not_learned_from_is_restored_better(trained):
    first, last = trained.seen[0], trained.seen[-1]
    assert all(abs(gain) < 0.05 for gain in first.best.score.gains)  # small steps: the thin plate
    assert last.best.score.gain > first.best.score.gain + 0.1


def test_the_loss_falls(trained):
    means = [each.loss for each in trained.seen if math.isfinite(each.loss)][:ENOUGH]
    losses = np.diff(np.arange(1, ENOUGH + 1) * means)  # each a mean over all so far
    # Over that of the start, which the first steps leave as it is.
    np.testing.assert_allclose(losses[:5], 0.0, atol=0.01)
    assert np.median(losses[-15:]) < np.median(losses[:15]) - 0.01


def test_what_the_callback_is_told(trained):
    batches = [progress.batch for progress in trained.seen]
    assert batches == sorted(batches)
    assert (batches[0], trained.seen[0].seconds) == (0, 0.0)
    assert math.isnan(trained.seen[0].loss)
    assert len(set(batches)) == ENOUGH + 1  # one after every batch, the start's included
    for progress in trained.seen:
        assert progress.total_seconds == 60.0 * LONG
        assert progress.best in progress.looks
        assert progress.looks[0].batch == 0


def test_the_best_is_returned_with_its_card(trained):
    energy, last = trained.energy, trained.seen[-1]
    assert energy.parameters.filters.shape == (1, 8, 64)
    assert energy.steps == 2
    assert all(np.isfinite(array).all() for array in energy.parameters)
    assert energy.card["trained on"] == "2 pictures"
    assert energy.card["batches"] == last.batch
    assert (energy.card["filters"], energy.card["seed"]) == (8, 3)
    assert energy.card["missing"] == [0.3, 0.5]
    assert energy.card["steps"] == 2
    assert energy.card["noise"] is energy.noise is None
    assert energy.card["started from"] == "cosines"
    assert energy.card["over the thin plate, held out"] == str(last.best.score)
    json.dumps(energy.card, allow_nan=False)


def test_noise_is_learned_for(tiny, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "_RATE", 0.1)
    seen = []
    energy = train_energy(
        pictures, **(SAME | {"noise": (10, 40)}), checkpoint=tmp_path / "a.checkpoint",
        callback=until(ENOUGH // 2, seen),
    )  # fmt: skip
    first, last = seen[0].best.score, seen[-1].best.score
    assert first.noisy
    np.testing.assert_allclose(first.levels, (10.0, 20.0, 40.0))
    assert last.gain > first.gain + 0.1, last.gain
    assert energy.noise == (10.0, 40.0)
    assert energy.card["over the noisy picture, held out"] == str(last)
    assert "over the thin plate, held out" not in energy.card
    assert load_standing(tmp_path / "a.checkpoint").settings["noise"] == [10.0, 40.0]
    with pytest.raises(ValueError, match="noise of 10 to 40"):
        talweg.restore(pictures[0] / 255.0, np.eye(64, 128, dtype=bool), energy=energy)


def test_it_is_saved_and_loaded(trained, tmp_path):
    talweg.save_energy(tmp_path / "mine.energy", trained.energy)
    again = talweg.load_energy(tmp_path / "mine.energy")
    assert again.name == "mine"
    assert again.card["batches"] == trained.energy.card["batches"]
    for ours, theirs in zip(trained.energy.parameters, again.parameters, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-6)  # half precision


def test_it_goes_on(tiny, trained, pictures, tmp_path):
    checkpoint, seen = tmp_path / "b.checkpoint", []
    shutil.copy(trained.checkpoint, checkpoint)
    before = load_standing(checkpoint)
    energy = train_energy(
        pictures, **SAME, checkpoint=checkpoint, resume=True, callback=until(ENOUGH + 10, seen)
    )
    assert seen[0].batch == before.batch == trained.seen[-1].batch
    assert seen[0].seconds >= before.seconds
    assert len(seen[0].looks) == len(before.looks)
    assert seen[-1].batch >= ENOUGH + 10
    assert seen[-1].best.score.gain >= trained.seen[-1].best.score.gain
    assert energy.card["batches"] == seen[-1].batch
    after = load_standing(checkpoint)
    assert after.batch == seen[-1].batch
    assert after.seconds > before.seconds
    assert after.settings == before.settings


def test_the_best_outlives_worse_batches(tiny, trained, pictures, tmp_path, monkeypatch):
    checkpoint = tmp_path / "b.checkpoint"
    shutil.copy(trained.checkpoint, checkpoint)
    monkeypatch.setattr(course, "_RATE", 50.0)  # a step size that ruins it
    energy = train_energy(
        pictures, **SAME, checkpoint=checkpoint, resume=True, callback=until(ENOUGH + 5, [])
    )
    for ours, theirs in zip(trained.energy.parameters, energy.parameters, strict=True):
        np.testing.assert_array_equal(theirs, ours)


def test_time_that_is_over_teaches_nothing(trained, pictures):
    energy = train_energy(
        pictures, **(SAME | {"minutes": 1e-9}), checkpoint=trained.checkpoint, resume=True
    )
    assert energy.card["batches"] == trained.energy.card["batches"]


def test_a_loss_that_is_not_finite_ends_it(tiny, trained, pictures, tmp_path, monkeypatch):
    checkpoint, seen = tmp_path / "b.checkpoint", []
    shutil.copy(trained.checkpoint, checkpoint)
    honest = course._batches

    def spoiled(pool):
        for number, batch in enumerate(honest(pool)):
            yield batch._replace(truth=batch.truth * np.float32(np.nan if number > 2 else 1.0))

    monkeypatch.setattr(course, "_batches", spoiled)
    energy = train_energy(
        pictures, **SAME, checkpoint=checkpoint, resume=True, callback=seen.append
    )
    assert energy.card["ended early"] == "the loss was no longer finite"
    assert all(np.isfinite(array).all() for array in energy.parameters)
    assert load_standing(checkpoint).batch == trained.energy.card["batches"]  # from there, anew


def test_it_goes_on_only_with_the_same(trained, pictures, tmp_path):
    for other, says in (
        ({"filters": 16}, "has filters=8, this one 16"),
        ({"missing": (0.3, 0.6)}, r"has missing=\[0.3, 0.5\], this one \[0.3, 0.6\]"),
        ({"rng": 4}, "has seed=3, this one 4"),
        ({"noise": (5, 50)}, r"has noise=None, this one \[5.0, 50.0\]"),
        ({"steps": 3}, "has steps=None, this one 3"),
    ):
        with pytest.raises(ValueError, match=says):
            train_energy(pictures, **(SAME | other), checkpoint=trained.checkpoint, resume=True)
    with pytest.raises(ValueError, match="on other pictures"):
        train_energy([pictures[1], pictures[0]], **SAME, checkpoint=trained.checkpoint, resume=True)
    with pytest.raises(ValueError, match="give checkpoint"):
        train_energy(pictures, resume=True)
    with pytest.raises(FileNotFoundError):
        train_energy(pictures, checkpoint=tmp_path / "none", resume=True)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"minutes": 0}, ValueError, "minutes is 0; give a positive number"),
        ({"minutes": math.inf}, ValueError, "minutes is inf"),
        ({"minutes": math.nan}, ValueError, "minutes is nan"),
        ({"minutes": "ten"}, TypeError, "minutes is 'ten'"),
        ({"minutes": True}, TypeError, "minutes is True"),
        ({"filters": 12}, ValueError, "filters is 12; give a multiple of 8 from 8 to 192"),
        ({"filters": 200}, ValueError, "filters is 200"),
        ({"filters": 8.0}, TypeError, "filters is 8.0"),
        ({"missing": (0.9, 0.5)}, ValueError, "missing is"),
        ({"missing": (0.0, 0.5)}, ValueError, "between 0 and 1"),
        ({"missing": (0.5, math.nan)}, ValueError, "between 0 and 1"),
        ({"missing": 0.5}, TypeError, "give two shares"),
        ({"noise": (0.0, 50)}, ValueError, "noise is .* above 0 and up to 255"),
        ({"noise": (5, 256)}, ValueError, "up to 255"),
        ({"noise": (50, 5)}, ValueError, "the least and the largest"),
        ({"noise": (5, math.nan)}, ValueError, "noise is"),
        ({"noise": 25}, TypeError, "give two grey levels"),
        ({"steps": 1}, ValueError, "steps is 1; give from 2 to 64"),
        ({"steps": 65}, ValueError, "steps is 65"),
        ({"steps": 3.0}, TypeError, "steps is 3.0"),
        ({"rng": -1}, ValueError, "rng is -1"),
        ({"rng": 1.5}, TypeError, "rng is 1.5"),
        ({"start": "thin_plate"}, TypeError, "not a learned energy"),
        ({"start": "nothing"}, ValueError, "'nothing' is unknown"),
        ({"start": "none.energy"}, FileNotFoundError, "none.energy"),
    ],
)
def test_what_it_refuses(pictures, options, error, says):
    with pytest.raises(error, match=says):
        train_energy(pictures, **options)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ([], talweg.ImageError, "no picture"),
        ("photos", TypeError, "give a list"),
        ([np.zeros((63, 200))], talweg.ImageError, "picture 1 has 63 x 200 pixels"),
        ([striped(0), np.zeros((64, 64, 4))], talweg.ImageError, r"picture 2 .*\(64, 64, 4\)"),
        ([np.full((64, 128), 1.5)], talweg.ImageError, "scale them to 0 to 1"),
        ([np.full((64, 128), np.nan)], talweg.ImageError, "nan"),
        ([np.zeros((64, 128), complex)], talweg.ImageError, "complex"),
        ([np.zeros((64, 128), bool)], talweg.ImageError, "bool"),
        ([np.zeros((127, 127))], talweg.ImageError, "at least 128 pixels along one side"),
    ],
)
def test_pictures_it_refuses(given, error, says):
    with pytest.raises(error, match=says):
        train_energy(given)
