"""What a good picture is: functions of one channel that are low where it looks right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from talweg.energies.smoothness import membrane, rows, thin_plate, tv

__all__ = ["ENERGIES", "Energy", "membrane", "read_energy", "rows", "thin_plate", "tv"]


@dataclasses.dataclass(frozen=True)
class Energy:
    """A function of a picture, and how to go down it.

    Parameters
    ----------
    name : str
    function : callable
        ``function(channel) -> float``, of an (M[, N[, ..., P]]) array with values scaled to
        [0, 1]; written with ``jax.numpy``, ``numpy`` or ``autograd.numpy``.
    quadratic : bool, default False
        Whether its gradient is linear, so that conjugate gradients need no line search.

    Examples
    --------
    >>> ENERGIES["membrane"].quadratic
    True
    """

    name: str
    function: Callable[[Any], Any]
    quadratic: bool = False


ENERGIES: dict[str, Energy] = {
    energy.name: energy
    for energy in (
        Energy("thin_plate", thin_plate, quadratic=True),
        Energy("membrane", membrane, quadratic=True),
        Energy("tv", tv),
        Energy("rows", rows),
    )
}
"""The built-in energies, by name."""


def read_energy(energy: Any) -> Energy:
    """Turn a name, a function or an `Energy` into an `Energy`.

    Raises
    ------
    ValueError
        If no built-in energy has the name.
    TypeError
        If it is neither.
    """
    if isinstance(energy, Energy):
        return energy
    if isinstance(energy, str):
        if energy not in ENERGIES:
            raise ValueError(f"energy={energy!r} is unknown; choose from {', '.join(ENERGIES)}")
        return ENERGIES[energy]
    if callable(energy):
        return Energy(getattr(energy, "__name__", "energy"), energy)
    raise TypeError(
        f"energy must be a name ({', '.join(ENERGIES)}) or a function of an array, "
        f"not {type(energy).__name__}"
    )
