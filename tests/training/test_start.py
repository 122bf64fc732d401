"""What a training begins with: the shipped energies, one's own, nothing; more steps than it had."""

from __future__ import annotations

import numpy as np
import pytest

import talweg
from talweg.energies.beginning import first_parameters, lengthened
from talweg.energies.fields import fields_energy
from talweg.energies.learned import LearnedEnergy, Parameters
from talweg.training import energy_training

OURS = {"filters": None, "steps": None, "missing": [0.5, 0.95], "noise": None, "seed": 0}
NOISY = OURS | {"noise": [5.0, 50.0]}
PER_STEP = ("steps", "step_gains", "coarse_steps", "momenta")


def energy(name, noise, steps=5):
    """An energy whose steps all differ."""
    first = first_parameters(8, 4, 1, steps)
    count = np.arange(steps, dtype=np.float32)
    differing = {
        each: getattr(first, each) + count.reshape(-1, *[1] * (getattr(first, each).ndim - 1))
        for each in PER_STEP
    }
    card = {"noise": noise}
    return LearnedEnergy(name, fields_energy, parameters=first._replace(**differing), card=card)


HELD, QUIET = energy("held", None), energy("quiet", [5, 50])


def begun(settings, start="fields"):
    return energy_training._begun(settings, start, None, False)


def test_the_shipped_energy_of_the_kind(monkeypatch):
    monkeypatch.setattr(
        talweg.energies, "shipped_fields", lambda *, noisy: QUIET if noisy else HELD
    )
    for settings, shipped in ((OURS, HELD), (NOISY, QUIET)):
        standing = begun(settings)
        assert standing.settings == settings | {"started from": "fields"}
        assert standing.start is standing.best is shipped.parameters
        assert standing.mean is None


def test_nothing_at_all(tmp_path):
    for settings, steps in ((OURS, 10), (NOISY, 10), (OURS | {"steps": 4}, 4)):
        standing = begun(settings | {"filters": 16}, HELD)
        assert standing.settings["started from"] == "cosines"
        assert standing.start.filters.shape == (3, 16, 64)
        assert standing.start.steps.shape == (steps,)


def test_an_energy_of_the_other_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"start: held was trained on known pixels .* leave noise"):
        begun(NOISY, HELD)
    with pytest.raises(ValueError, match=r"quiet was trained on noise of 5 to 50 .* give noise"):
        begun(OURS, QUIET)
    talweg.save_energy(tmp_path / "mine.energy", QUIET)
    assert begun(NOISY, str(tmp_path / "mine.energy")).settings["started from"] == "mine"


def test_a_start_is_lengthened_never_shortened():
    assert len(begun(OURS | {"steps": 8}, HELD).start.steps) == 8
    same = begun(OURS | {"steps": 5}, HELD).start
    for ours, theirs in zip(same, HELD.parameters, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(ValueError, match=r"steps: held has 5 already.* give 5 or more than 4"):
        begun(OURS | {"steps": 4}, HELD)


@pytest.mark.parametrize(
    ("steps", "order", "repeated"),
    [(5, [0, 1, 2, 2, 2, 3, 4], [3, 4]), (2, [0, 0, 0, 1], [0, 1]), (1, [0, 0, 0], [0, 1])],
)
def test_lengthening_repeats_the_last_but_two(steps, order, repeated):
    before = energy("held", None, steps).parameters
    after = lengthened(before, steps + 2)
    for name in Parameters._fields:
        ours, theirs = getattr(after, name), getattr(before, name)
        assert ours.dtype == np.float32
        if name == "momenta":
            shares = 1.0 / (1.0 + np.exp(-ours))
            np.testing.assert_allclose(shares[repeated], 0.85, rtol=1e-6)
            np.testing.assert_array_equal(
                np.delete(ours, repeated), np.delete(theirs[order], repeated)
            )
        else:
            np.testing.assert_array_equal(ours, theirs[order] if name in PER_STEP else theirs)
    with pytest.raises(ValueError, match=f"steps is 0: there are {steps} already"):
        lengthened(before, 0)
