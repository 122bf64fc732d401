"""Which energy an image is restored by, and why."""

from __future__ import annotations

from typing import Any

from talweg.energies import ENERGIES, read_energy
from talweg.energies.energy import Energy
from talweg.energies.learned import LearnedEnergy
from talweg.images.channels import Channels

__all__ = ["EnergyError", "choose_energy"]

_LEAST_SIDE = 48  # fewer hold too little of what was learned
_THIN_PLATE = ENERGIES["thin_plate"]


class EnergyError(ValueError):
    """The energy and the damage don't go together."""


def choose_energy(asked: Any, channels: Channels, *, own_way: bool) -> tuple[Energy, str]:
    """Return the energy, and why it isn't the one asked for, or was chosen.

    Parameters
    ----------
    asked : str, Energy or callable
        As `talweg.restore` takes it.
    channels : Channels
    own_way : bool
        Whether the caller leaves it to the energy how to descend, and from where.

    Raises
    ------
    ValueError, TypeError, ImageError
        As `read_energy`; if the known pixels are noisy, and the energy isn't a learned one.
    """
    axes = channels.missing(0).ndim
    automatic = isinstance(asked, str) and asked == "auto"
    energy = read_energy("fields" if automatic else asked, noisy=channels.noisy)
    _check_noise(energy, channels.noisy)
    if channels.noisy:
        if axes != 2:
            raise EnergyError(
                f"noise: the image has {_axes(axes)}; with noise it must have two, rows and columns"
            )
    elif isinstance(energy, LearnedEnergy) and axes != 2:
        return _THIN_PLATE, f"{energy.name} is for rows and columns, and this has {_axes(axes)}"
    if not automatic:
        return energy, ""
    shape = channels.missing(0).shape
    if channels.noisy:
        return energy, "the known pixels are noisy"
    if not own_way:
        return _THIN_PLATE, "a method, a step size or a start is given"
    if min(shape) < _LEAST_SIDE:
        sides = " x ".join(map(str, shape))
        return _THIN_PLATE, f"{sides} pixels are too few for {energy.name}"
    return energy, "the best for photographs"


def _check_noise(energy: Energy, noisy: bool) -> None:
    """Refuse an energy that was learned for the other kind of damage."""
    if not isinstance(energy, LearnedEnergy):
        if noisy:
            raise EnergyError(
                f"noise can't be given with energy={energy.name!r}, which doesn't know how much it "
                "weighs beside noise; take 'fields', or one that you have trained for noise"
            )
    elif noisy and energy.noise is None:
        raise EnergyError(
            f"noise can't be given with energy={energy.name!r}: it was trained on known pixels "
            "that are held; take 'fields', or train one for noise (--noise)"
        )
    elif energy.noise is not None and not noisy:
        low, high = energy.noise
        raise EnergyError(
            f"energy={energy.name!r} was trained on noise of {low:g} to {high:g} grey levels: give "
            "noise, or another energy"
        )


def _axes(count: int) -> str:
    return "one axis" if count == 1 else f"{count} axes"
