"""What a good picture is: functions of one channel that are low where it looks right."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from talweg.energies.energy import Energy
from talweg.energies.smoothness import membrane, rows, thin_plate, tv

__all__ = [
    "ENERGIES",
    "ENERGY_NAMES",
    "Energy",
    "membrane",
    "read_energy",
    "rows",
    "shipped_fields",
    "thin_plate",
    "tv",
]

ENERGIES: dict[str, Energy] = {
    energy.name: energy
    for energy in (
        Energy("thin_plate", thin_plate, quadratic=True),
        Energy("membrane", membrane, quadratic=True),
        Energy("tv", tv),
        Energy("rows", rows),
    )
}
"""The built-in energies that are written down, by name."""

ENERGY_NAMES = ("fields", *ENERGIES)
"""All built-in energies, the learned one first."""


@functools.cache
def shipped_fields(*, noisy: bool) -> Any:
    """Return a learned energy that comes with talweg, a `LearnedEnergy`.

    Parameters
    ----------
    noisy : bool
        Whether it is for known pixels that are noisy, and not for those that are held.
    """
    from talweg.energies.energy_file import load_energy

    name = "noisy_fields.energy" if noisy else "fields.energy"
    with resources.as_file(resources.files(__name__) / name) as path:
        return load_energy(path)


def read_energy(energy: Any, *, noisy: bool = False) -> Energy:
    """Turn a name, a file of a learned energy, a function or an `Energy` into an `Energy`.

    Parameters
    ----------
    energy : str, Energy or callable
    noisy : bool, default False
        Which of the two that come with talweg ``"fields"`` is.

    Raises
    ------
    ValueError
        If no built-in energy has the name.
    TypeError
        If it is none of these.
    ImageError
        If the file can't be read.
    """
    if isinstance(energy, Energy):
        return energy
    if isinstance(energy, str):
        if energy == "fields":
            fields: Energy = shipped_fields(noisy=noisy)
            return fields
        if energy in ENERGIES:
            return ENERGIES[energy]
        if energy.endswith(".energy"):
            from talweg.energies.energy_file import load_energy

            return load_energy(energy)
        raise ValueError(
            f"energy={energy!r} is unknown; choose from {', '.join(ENERGY_NAMES)}, or give the "
            "file of a learned one, as 'my.energy'"
        )
    if callable(energy):
        return Energy(getattr(energy, "__name__", "energy"), energy)
    raise TypeError(
        f"energy must be a name ({', '.join(ENERGY_NAMES)}), a file or a function of an array, "
        f"not {type(energy).__name__}"
    )
