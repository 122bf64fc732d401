"""Landscapes of two variables: sines and cosines, and many minima."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from talweg.landscapes.landscape import Landscape, known_points, reflected, sums

__all__ = ["LANDSCAPES"]


def _rastrigin(point: Any) -> Any:
    x, y = point
    return 20 + x**2 - 10 * jnp.cos(2 * math.pi * x) + y**2 - 10 * jnp.cos(2 * math.pi * y)


def _ackley(point: Any) -> Any:
    x, y = point
    cone = -20 * jnp.exp(-0.2 * jnp.sqrt((x**2 + y**2) / 2))
    waves = -jnp.exp((jnp.cos(2 * math.pi * x) + jnp.cos(2 * math.pi * y)) / 2)
    return cone + waves + 20 + math.e


def _griewank(point: Any) -> Any:
    x, y = point
    return 1 + (x**2 + y**2) / 4000 - jnp.cos(x) * jnp.cos(y / math.sqrt(2))


def _levy(point: Any) -> Any:
    x, y = point
    v, w = (x + 3) / 4, (y + 3) / 4
    first = jnp.sin(math.pi * v) ** 2 + (v - 1) ** 2 * (1 + 10 * jnp.sin(math.pi * v + 1) ** 2)
    return first + (w - 1) ** 2 * (1 + jnp.sin(2 * math.pi * w) ** 2)


def _branin(point: Any) -> Any:
    x, y = point
    parabola = y - 5.1 * x**2 / (4 * math.pi**2) + 5 * x / math.pi - 6
    return parabola**2 + 10 * (1 - 1 / (8 * math.pi)) * jnp.cos(x) + 10


def _mccormick(point: Any) -> Any:
    x, y = point
    return jnp.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1


_RASTRIGIN_RIGHT = [  # 10 + x^2 - 10 cos(2 pi x) for x > 0
    (0.5025460365546747, "maximum", 20.251272990990113),
    (0.9949586376523348, "minimum", 0.9949590570932914),
    (1.5076407318703584, "maximum", 22.26145888480592),
    (1.9899122337085495, "minimum", 3.9798311905540875),
]
_RASTRIGIN = [
    (0.0, "minimum", 0.0),
    *_RASTRIGIN_RIGHT,
    *((-x, kind, value) for x, kind, value in _RASTRIGIN_RIGHT),
]

_ACKLEY = [  # where x >= y >= 0
    # The root has a kink there, and is stronger than the waves, which are flat.
    (0.0, 0.0, "kink", 0.0),
    (0.6257806168564638, 0.0, "saddle", 3.2524692451131805),
    (0.6730965201107377, 0.6730965201107377, "maximum", 4.608932401890219),
    (0.8747620388753442, 0.5774125352782147, "saddle", 4.5587771352999855),
    (0.9521665459501717, 0.0, "minimum", 2.579927557029872),
    (0.9684776587077244, 0.9684776587077244, "minimum", 3.57445187725768),
    (1.5950289240728648, 0.9458984927015271, "saddle", 6.2723512660495455),
    (1.6102960205537256, 0.0, "saddle", 5.669249530986375),
    (1.6518481462014178, 1.6518481462014178, "maximum", 7.784298667124397),
    (1.773445148708471, 0.5495858144229183, "maximum", 6.668212691534108),
    (1.855976708974908, 0.5364972381119946, "saddle", 6.662875642159826),
    (1.916166848997128, 1.5674502528624066, "saddle", 7.649233213192807),
    (1.9589197181217173, 0.0, "minimum", 4.884065258091154),
    (1.9646166628629864, 0.9824160350791393, "minimum", 5.381864187490192),
    (1.9744519864841166, 1.9744519864841166, "minimum", 6.559645375627878),
]

_GRIEWANK = [  # where x, y >= 0
    (0.0, 0.0, "minimum", 0.0),
    (0.0, 4.447330275764381, "maximum", 2.004939741946562),
    (1.5723679104393218, 2.2225533025787545, "saddle", 1.001851785452283),
    (3.1400226338955397, 4.438444480920714, "minimum", 0.007396040334115082),
    (3.1431642363549055, 0.0, "maximum", 2.0024686354182357),
    (4.710820534479318, 2.2181104087569534, "saddle", 1.0067816553099955),
]

_LEVY_IN_X = [
    (-4.205434985718203, "minimum", 2.4000794081802463),
    (-2.7053160403868706, "maximum", 8.540741589860838),
    (1.0, "minimum", 0.0),
    (2.7688604518537936, "maximum", 2.076116755809091),
    (3.79108219045051, "minimum", 1.1604532106739116),
]
_LEVY_IN_Y = [
    (-4.930286250610244, "minimum", 2.224270977408809),
    (-4.158843090997565, "maximum", 3.2252862820731996),
    (-2.8906496084617133, "minimum", 0.9737115955768498),
    (-2.256662218677807, "maximum", 1.2237006012831848),
    (1.0, "minimum", 0.0),
    (4.256662218677807, "maximum", 1.2237006012831848),
    (4.890649608461714, "minimum", 0.9737115955768498),
]

# Its derivative in y vanishes on the parabola, and there the one in x where sin(x) does.
_BRANIN_LOW, _BRANIN_HIGH = 1.25 / math.pi, 20 - 1.25 / math.pi

# In u = x + y and v = x - y it is sin(u) + u / 2 + v^2 - 2 v + 1, so cos(u) = -1/2 and v = 1.
_MCCORMICK_U = 2 * math.pi / 3


def _mccormick_row(u: float, kind: str) -> tuple[float, float, str, float]:
    return (u + 1) / 2, (u - 1) / 2, kind, math.sin(u) + u / 2


LANDSCAPES = (
    Landscape(
        name="rastrigin",
        fun=_rastrigin,
        formula="20 + x**2 - 10*cos(2*pi*x) + y**2 - 10*cos(2*pi*y)",
        bounds=((-2.25, -2.25), (2.25, 2.25)),
        critical_points=known_points(sums(_RASTRIGIN, _RASTRIGIN)),
        start=(1.7, -1.4),
        about="A bowl full of dips, one at about every whole number: a descent from one start "
        "finds the nearest.",
        source="L. A. Rastrigin, Systems of Extremal Control (Nauka, 1974, in Russian)",
    ),
    Landscape(
        name="ackley",
        fun=_ackley,
        formula="-20*exp(-0.2*sqrt((x**2 + y**2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2) + 20 + e",
        bounds=((-2.25, -2.25), (2.25, 2.25)),
        critical_points=known_points(reflected(_ACKLEY, exchange=True)),
        start=(1.75, 1.2),
        about="Dips on a cone, and a lowest point at its tip, where there is no gradient.",
        source="D. H. Ackley, A Connectionist Machine for Genetic Hillclimbing (Kluwer, 1987)",
    ),
    Landscape(
        name="griewank",
        fun=_griewank,
        formula="1 + (x**2 + y**2)/4000 - cos(x)*cos(y/sqrt(2))",
        bounds=((-5.5, -5.5), (5.5, 5.5)),
        critical_points=known_points(reflected(_GRIEWANK)),
        start=(4.0, 3.0),
        about="Minima of nearly the same depth: only a small bowl underneath tells them apart.",
        source="A. O. Griewank, Generalized descent for global optimization, Journal of "
        "Optimization Theory and Applications 34 (1981), 11-39; with 4000 for its 200, as is usual "
        "since",
    ),
    Landscape(
        name="levy",
        fun=_levy,
        formula="sin(pi*(x + 3)/4)**2 + ((x - 1)/4)**2*(1 + 10*sin(pi*(x + 3)/4 + 1)**2)"
        " + ((y - 1)/4)**2*(1 + sin(pi*(y + 3)/2)**2)",
        bounds=((-5.5, -5.5), (5.5, 5.5)),
        critical_points=known_points(sums(_LEVY_IN_X, _LEVY_IN_Y)),
        start=(-3.5, 4.5),
        about="Ripples that grow with the distance: wide valleys near the lowest point, steep "
        "walls far from it.",
        source="after A. V. Levy and A. Montalvo, The tunneling algorithm for the global "
        "minimization of functions, SIAM Journal on Scientific and Statistical Computing 6 (1985), "
        "15-29",
    ),
    Landscape(
        name="branin",
        fun=_branin,
        formula="(y - 5.1*x**2/(4*pi**2) + 5*x/pi - 6)**2 + 10*(1 - 1/(8*pi))*cos(x) + 10",
        bounds=((-5.0, 0.0), (10.0, 15.0)),
        critical_points=known_points(
            [
                (-math.pi, 12.275, "minimum", _BRANIN_LOW),
                (math.pi, 2.275, "minimum", _BRANIN_LOW),
                (3 * math.pi, 2.475, "minimum", _BRANIN_LOW),
                (0.0, 6.0, "saddle", _BRANIN_HIGH),
                (2 * math.pi, 1.1, "saddle", _BRANIN_HIGH),
            ]
        ),
        start=(6.0, 12.0),
        about="Three minima of the same value along one bent valley.",
        source="F. H. Branin, Widely convergent method for finding multiple solutions of "
        "simultaneous nonlinear equations, IBM Journal of Research and Development 16 (1972), "
        "504-522",
    ),
    Landscape(
        name="mccormick",
        fun=_mccormick,
        formula="sin(x + y) + (x - y)**2 - 1.5*x + 2.5*y + 1",
        bounds=((-1.5, -3.0), (4.0, 4.0)),
        critical_points=known_points(
            [
                _mccormick_row(-_MCCORMICK_U, "minimum"),
                _mccormick_row(_MCCORMICK_U, "saddle"),
                _mccormick_row(2 * _MCCORMICK_U, "minimum"),
            ]
        ),
        start=(3.5, 0.0),
        about="A wave along a valley that slopes: every minimum is lower than the one before.",
        source="E. P. Adorio, MVF: Multivariate Test Functions Library in C for Unconstrained "
        "Global Optimization (University of the Philippines Diliman, 2005); credited there and "
        "elsewhere to G. P. McCormick",
    ),
)
"""Landscapes of two variables made of waves."""
