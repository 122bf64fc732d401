"""Checkpoints of a training: read as they were written, and damaged ones named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from talweg.errors import ImageError
from talweg.training.standing import Standing, load_standing, save_standing
from talweg.training.validation import Score


def same(one, other):
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(theirs, ours)


def test_it_is_read_as_it_was_written(trained, tmp_path):
    once = load_standing(trained.checkpoint)
    save_standing(tmp_path / "again", once)
    again = load_standing(tmp_path / "again")
    same(once.start, again.start)
    same(once.best, again.best)
    same(once.best, trained.energy.parameters)
    same(once.mean, again.mean)
    same(once.checkpoint.leaves, again.checkpoint.leaves)
    np.testing.assert_array_equal(once.checkpoint.rows, again.checkpoint.rows)
    assert again.looks[1:] == once.looks[1:]
    assert np.isnan(again.looks[0].loss)  # nothing was learned from then
    assert (again.settings, again.seconds) == (once.settings, once.seconds)
    assert (again.best_look, again.batch) == (once.best_look, once.batch)


def test_before_the_first_batch(trained, tmp_path):
    once = load_standing(trained.checkpoint)
    save_standing(tmp_path / "begun", Standing(once.settings, once.start, once.start, once.looks))
    assert load_standing(tmp_path / "begun").checkpoint is None
    assert load_standing(tmp_path / "begun").batch == 0


def test_the_best_is_never_one_that_is_not_a_number(trained):
    standing = load_standing(trained.checkpoint)
    first, best = standing.looks[0], standing.best_look
    lost = best.score.__class__(best.score.levels, (np.nan,) * len(best.score.levels))
    for looks in ([first._replace(score=lost), best], [best, first._replace(score=lost)]):
        standing.looks = looks
        assert standing.best_look is best


def test_damaged_ones_are_named(trained, tmp_path):
    whole = trained.checkpoint.read_bytes()
    middle = len(whole) // 2
    flipped = bytearray(whole)
    flipped[middle] ^= 255
    kinds = {
        "empty": b"",
        "text": b"not a checkpoint",
        "cut": whole[:middle],
        "flipped": bytes(flipped),
    }
    np.save(tmp_path / "array.npy", np.zeros(3))
    kinds["array"] = (tmp_path / "array.npy").read_bytes()
    for name, content in kinds.items():
        path = tmp_path / f"{name}.checkpoint"
        path.write_bytes(content)
        with pytest.raises(ImageError, match=rf"{name}\.checkpoint: not the checkpoint"):
            load_standing(path)


def rewritten(checkpoint, path, change):
    """Write a checkpoint anew with other words."""
    with np.load(checkpoint) as archive:
        arrays = dict(archive.items())
    words = json.loads(arrays["words"].tobytes())
    arrays["words"] = np.frombuffer(json.dumps(words | change(words)).encode(), np.uint8)
    np.savez(path, **arrays)
    return load_standing(path)


def test_scores_of_noise_are_read(trained, tmp_path):
    standing = load_standing(trained.checkpoint)
    standing.looks = [standing.looks[1]._replace(score=Score((5.0, 50.0), (1.0, 2.0), True))]
    save_standing(tmp_path / "a", standing)
    assert load_standing(tmp_path / "a").looks == standing.looks


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 3}, "version 3, not 1"),
        ({"settings": {"seed": 0}}, "lacks filters, missing, noise, started from, steps"),
        ({"looks": []}, "lacks its validations"),
        ({"looks": [[1, 2]]}, "not the checkpoint"),
        ({"settings": 3}, "not the checkpoint"),
    ],
)
def test_words_that_do_not_fit(trained, tmp_path, change, says):
    with pytest.raises(ImageError, match=says):
        rewritten(trained.checkpoint, tmp_path / "a.npz", lambda _: change)
