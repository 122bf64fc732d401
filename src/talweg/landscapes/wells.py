"""Landscapes of two variables: sums of bumps and wells that die away."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from talweg.landscapes.landscape import Landscape, known_points

__all__ = ["LANDSCAPES"]

_MULLER_BROWN = (  # depth; the curvatures a, b, c; the centre
    (-200.0, -1.0, 0.0, -10.0, 1.0, 0.0),
    (-100.0, -1.0, 0.0, -10.0, 0.0, 0.5),
    (-170.0, -6.5, 11.0, -6.5, -0.5, 1.5),
    (15.0, 0.7, 0.6, 0.7, -1.0, 1.0),
)


def _muller_brown(point: Any) -> Any:
    x, y = point
    return sum(
        depth * jnp.exp(a * (x - p) ** 2 + b * (x - p) * (y - q) + c * (y - q) ** 2)
        for depth, a, b, c, p, q in _MULLER_BROWN
    )


def _peaks(point: Any) -> Any:
    x, y = point
    return (
        3 * (1 - x) ** 2 * jnp.exp(-(x**2) - (y + 1) ** 2)
        - 10 * (x / 5 - x**3 - y**5) * jnp.exp(-(x**2) - y**2)
        - jnp.exp(-((x + 1) ** 2) - y**2) / 3
    )


def _easom(point: Any) -> Any:
    x, y = point
    return -jnp.cos(x) * jnp.cos(y) * jnp.exp(-((x - math.pi) ** 2) - (y - math.pi) ** 2)


# The factor cos(t) exp(-(t - pi)^2) is level at pi, and where tan(t) = 2 (pi - t); it vanishes
# where the cosine does. Its product with itself is level where both are level or both vanish.
_EASOM_SIDES = (1.3049954504376675, 4.978189856741919)
_EASOM_ZEROS = (math.pi / 2, 3 * math.pi / 2)
_EASOM_TOP, _EASOM_DIP = 0.009005678148573858, -8.110223891570066e-05

LANDSCAPES = (
    Landscape(
        name="muller_brown",
        fun=_muller_brown,
        formula="-200*exp(-(x - 1)**2 - 10*y**2)"
        " - 100*exp(-x**2 - 10*(y - 0.5)**2)"
        " - 170*exp(-6.5*(x + 0.5)**2 + 11*(x + 0.5)*(y - 1.5) - 6.5*(y - 1.5)**2)"
        " + 15*exp(0.7*(x + 1)**2 + 0.6*(x + 1)*(y - 1) + 0.7*(y - 1)**2)",
        bounds=((-1.5, -0.4), (1.2, 2.0)),
        critical_points=known_points(
            [
                (-0.5582236346330243, 1.4417258418046686, "minimum", -146.69951720995402),
                (0.6234994049308765, 0.028037758528685664, "minimum", -108.16672411685235),
                (-0.050010822998206056, 0.4666941048719721, "minimum", -80.76781812965903),
                (0.212486582000662, 0.2929883251073678, "saddle", -72.24894011232522),
                (-0.8220015587327321, 0.6243128028148713, "saddle", -40.664843508657405),
            ]
        ),
        start=(-0.75, 0.6),
        about="A model of the energy of a reacting molecule: three minima, and saddles as the "
        "passes between them.",
        source="K. Müller and L. D. Brown, Location of saddle points and minimum energy paths by a "
        "constrained simplex optimization procedure, Theoretica Chimica Acta 53 (1979), 75-93",
    ),
    Landscape(
        name="peaks",
        fun=_peaks,
        formula="3*(1 - x)**2*exp(-x**2 - (y + 1)**2) - 10*(x/5 - x**3 - y**5)*exp(-x**2 - y**2)"
        " - exp(-(x + 1)**2 - y**2)/3",
        bounds=((-3.0, -3.0), (3.0, 3.0)),
        critical_points=known_points(
            [
                (0.22827892055636909, -1.6255349574999964, "minimum", -6.551133332835837),
                (-1.3473962443682108, 0.20451886609700518, "minimum", -3.04984940280026),
                (0.2964455538468321, 0.32019624766683435, "minimum", -0.06493586825552689),
                (0.4163233216785082, -0.3941450984024246, "saddle", 0.4085479245941372),
                (-0.2659375568372457, 0.4667399937262694, "saddle", 0.7882934626789642),
                (1.0982728343350927, 0.8544609795247524, "saddle", 2.2491916615269307),
                (1.285684697241304, -0.004847559075593672, "maximum", 3.592489918002754),
                (-0.46002451803438665, -0.6291965087168009, "maximum", 3.7765809985322067),
                (-0.009317581959954116, 1.5813679629389998, "maximum", 8.106213589442337),
            ]
        ),
        start=(0.0, 1.4),
        about="Three hills and three hollows on a plain that is level far out: a descent that "
        "starts too far out goes nowhere.",
        source="MATLAB's function peaks (The MathWorks)",
    ),
    Landscape(
        name="easom",
        fun=_easom,
        formula="-cos(x)*cos(y)*exp(-(x - pi)**2 - (y - pi)**2)",
        bounds=((0.5, 0.5), (5.75, 5.75)),
        critical_points=known_points(
            [
                (math.pi, math.pi, "minimum", -1.0),
                *((s, t, "minimum", _EASOM_DIP) for s in _EASOM_SIDES for t in _EASOM_SIDES),
                *((s, t, "saddle", 0.0) for s in _EASOM_ZEROS for t in _EASOM_ZEROS),
                *((s, math.pi, "maximum", _EASOM_TOP) for s in _EASOM_SIDES),
                *((math.pi, t, "maximum", _EASOM_TOP) for t in _EASOM_SIDES),
            ]
        ),
        start=(1.5, 4.0),
        about="One deep well in a plain that is level almost everywhere, with four shallow dips "
        "around it.",
        source="E. E. Easom, A Survey of Global Optimization Techniques (M.Eng. thesis, University "
        "of Louisville, 1990)",
    ),
)
"""Landscapes of two variables made of exponentials."""
