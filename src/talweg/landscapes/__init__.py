"""Landscapes: functions of one and two variables whose critical points are all known.

The critical points were not found by talweg. Some have a closed form. The others were isolated by
interval arithmetic: the box was cut up until in every piece the gradient was proved either not to
vanish, or to vanish exactly once, by Krawczyk's test [1]_. So none is missing. They were then
refined to fifty digits, of which a double keeps sixteen.

.. [1] R. Krawczyk, "Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken",
   Computing 4 (1969), 187-201.
"""

from __future__ import annotations

import difflib

from talweg.landscapes import one_variable, polynomials, surfaces, waves, wells
from talweg.landscapes.landscape import KnownPoint, Landscape
from talweg.landscapes.sampling import sample

__all__ = ["LANDSCAPES", "KnownPoint", "Landscape", "get", "sample"]

LANDSCAPES: dict[str, Landscape] = {
    landscape.name: landscape
    for family in (one_variable, surfaces, polynomials, waves, wells)
    for landscape in family.LANDSCAPES
}
"""The landscapes, by name."""


def get(name: str) -> Landscape:
    """Return the landscape of a name.

    Parameters
    ----------
    name : str
        One of `LANDSCAPES`.

    Returns
    -------
    Landscape

    Raises
    ------
    ValueError
        If there is none of that name; the message says which come close.
    TypeError
        If `name` isn't a string.

    Examples
    --------
    >>> from talweg import landscapes
    >>> himmelblau = landscapes.get("himmelblau")
    >>> len(himmelblau.critical_points)
    9
    >>> landscapes.get("himelblau")
    Traceback (most recent call last):
    ...
    ValueError: there is no landscape 'himelblau'; did you mean himmelblau? The landscapes are ...
    """
    if not isinstance(name, str):
        raise TypeError(f"a landscape is asked for by its name, not by a {type(name).__name__}")
    if name in LANDSCAPES:
        return LANDSCAPES[name]
    written = name.strip().lower().replace("-", "_").replace(" ", "_")
    close = difflib.get_close_matches(written, LANDSCAPES, n=3)
    meant = f"; did you mean {' or '.join(close)}?" if close else "."
    raise ValueError(
        f"there is no landscape {name!r}{meant} The landscapes are {', '.join(LANDSCAPES)}"
    )
