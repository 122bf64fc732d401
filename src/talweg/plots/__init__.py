"""Pictures of functions, of their critical points, and of ways downhill.

The names below are imported when they are first used, so that matplotlib is loaded only then.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from talweg.plots.animation import animate as animate
    from talweg.plots.animation import movie as movie
    from talweg.plots.basin_map import basins as basins
    from talweg.plots.contour_map import contours as contours
    from talweg.plots.curve import function as function
    from talweg.plots.grid import grid_starts as grid_starts
    from talweg.plots.plane_slice import landscape_slice as landscape_slice
    from talweg.plots.relief import surface as surface
    from talweg.plots.stepping import step_sizes as step_sizes

# No module is named as a function in it: importing it would put it in the function's place.
_HOME = {
    "animate": "talweg.plots.animation",
    "basins": "talweg.plots.basin_map",
    "contours": "talweg.plots.contour_map",
    "function": "talweg.plots.curve",
    "grid_starts": "talweg.plots.grid",
    "landscape_slice": "talweg.plots.plane_slice",
    "movie": "talweg.plots.animation",
    "step_sizes": "talweg.plots.stepping",
    "surface": "talweg.plots.relief",
}

__all__ = [
    "animate",
    "basins",
    "contours",
    "function",
    "grid_starts",
    "landscape_slice",
    "movie",
    "step_sizes",
    "surface",
]


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives."""
    if name not in _HOME:
        raise AttributeError(f"module 'talweg.plots' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
