"""One tiny training that the tests share: 8 filters at one scale, two steps."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.training.tiny import ENOUGH, LONG, shrink, striped, until

from talweg.training.energy_training import train_energy


@pytest.fixture(scope="session")
def pictures():
    colored = np.stack([striped(1), striped(1) // 2, 255 - striped(1)], -1)
    return [striped(0), colored]


@pytest.fixture
def tiny(monkeypatch):
    """Small pools, small energies, and a callback after every batch."""
    shrink(monkeypatch)


@pytest.fixture(scope="session")
def trained(pictures, tmp_path_factory):
    """A training that was ended from its callback: its energy, what it told, its checkpoint."""
    checkpoint, seen = tmp_path_factory.mktemp("training") / "a.checkpoint", []
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        energy = train_energy(
            pictures, minutes=LONG, filters=8, missing=(0.3, 0.5), rng=3, checkpoint=checkpoint,
            callback=until(ENOUGH, seen),
        )  # fmt: skip
    return SimpleNamespace(energy=energy, seen=seen, checkpoint=checkpoint)
