"""Pictures and callbacks for trainings that take next to no time."""

from __future__ import annotations

import numpy as np

from talweg.training import course, energy_training, samples

__all__ = ["ENOUGH", "LONG", "shrink", "striped", "until"]

ENOUGH = 60
"""Batches after which the tiny energy is clearly better than it was."""

LONG = 1e5
"""Minutes in which the step size doesn't go down, however slow the computer is."""


def shrink(patch):
    """Make pools and energies small; call the callback at every batch, look at the end only."""
    patch.setattr(samples, "_POOLED", 8)
    patch.setattr(energy_training, "_SCALES", 1)
    patch.setattr(energy_training, "_STEPS", 2)
    patch.setattr(course, "_TELLING", 0.0)
    patch.setattr(course, "_SHORTEST", 1e9)
    patch.setattr(course, "_WARMING", 10)
    patch.setattr(course, "_RATE", 0.03)


def striped(number, shape=(64, 128)):
    """Slanted stripes of one period, which the thin plate knows nothing of, in 8 bits."""
    rows, columns = np.indices(shape)
    rng = np.random.default_rng(number)
    waves = np.sin(2 * np.pi * (rows + 2 * columns) / 7 + number) + 0.05 * rng.normal(size=shape)
    return np.clip(128 + 80 * waves, 0, 255).astype(np.uint8)


def until(batches, seen):
    """Make a callback that keeps what it is told, and ends the training."""

    def callback(progress):
        seen.append(progress)
        if progress.batch >= batches:
            raise StopIteration

    return callback
