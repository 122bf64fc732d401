"""Landscapes of one variable."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from talweg.landscapes.landscape import Landscape, known_points

__all__ = ["LANDSCAPES"]


def _parabola(point: Any) -> Any:
    (x,) = point
    return x**2 / 2


def _double_well(point: Any) -> Any:
    (x,) = point
    return x**4 / 4 - x**2 / 2


def _tilted_double_well(point: Any) -> Any:
    (x,) = point
    return x**4 / 4 - x**2 / 2 + x / 5


def _cubic_inflection(point: Any) -> Any:
    (x,) = point
    return x**3


def _quartic_flat(point: Any) -> Any:
    (x,) = point
    return x**4


def _ripples(point: Any) -> Any:
    (x,) = point
    return x**2 / 10 + jnp.sin(3 * x)


def _forrester(point: Any) -> Any:
    (x,) = point
    return (6 * x - 2) ** 2 * jnp.sin(12 * x - 4)


LANDSCAPES = (
    Landscape(
        name="parabola",
        fun=_parabola,
        formula="x**2/2",
        bounds=((-3.0,), (3.0,)),
        critical_points=known_points([(0.0, "minimum", 0.0)]),
        start=(2.5,),
        about="One minimum and constant curvature: a step of gradient descent shrinks the distance "
        "by the same factor everywhere.",
        source="J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (Springer, 2006), "
        "section 3.3",
    ),
    Landscape(
        name="double_well",
        fun=_double_well,
        formula="x**4/4 - x**2/2",
        bounds=((-2.0,), (2.0,)),
        critical_points=known_points(
            [(-1.0, "minimum", -0.25), (0.0, "maximum", 0.0), (1.0, "minimum", -0.25)]
        ),
        start=(0.05,),
        about="Two minima of the same depth: the side of the top on which a descent starts decides "
        "where it ends.",
        source="S. H. Strogatz, Nonlinear Dynamics and Chaos (Addison-Wesley, 1994), section 2.7",
    ),
    Landscape(
        name="tilted_double_well",
        fun=_tilted_double_well,
        formula="x**4/4 - x**2/2 + x/5",
        bounds=((-2.0,), (2.0,)),
        critical_points=known_points(
            [
                (-1.0880339146912894, "minimum", -0.4591595370833064),
                (0.2091488484413166, "maximum", 0.020436517065115282),
                (0.8788850662499729, "minimum", -0.06127697998180886),
            ]
        ),
        start=(1.6,),
        about="A local and a global minimum: a descent from the right stops in the shallower.",
        source="S. H. Strogatz, Nonlinear Dynamics and Chaos (Addison-Wesley, 1994), section 3.6, "
        "with r = 1 and h = -1/5",
    ),
    Landscape(
        name="cubic_inflection",
        fun=_cubic_inflection,
        formula="x**3",
        bounds=((-1.5,), (1.5,)),
        critical_points=known_points([(0.0, "degenerate", 0.0)]),
        start=(1.0,),
        about="A vanishing slope that is no minimum: descent stalls at the inflection, though the "
        "function falls on without end behind it.",
        source="J. Milnor, Morse Theory (Princeton University Press, 1963), section 2",
    ),
    Landscape(
        name="quartic_flat",
        fun=_quartic_flat,
        formula="x**4",
        bounds=((-1.5,), (1.5,)),
        # The second and third derivatives vanish too: the fourth makes it a minimum.
        critical_points=known_points([(0.0, "minimum", 0.0)]),
        start=(1.2,),
        about="A minimum without curvature: the slope dies away sooner than the distance does, and "
        "descent slows down.",
        source="J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (Springer, 2006), "
        "section 2.1",
    ),
    Landscape(
        name="ripples",
        fun=_ripples,
        formula="x**2/10 + sin(3*x)",
        bounds=((-5.2,), (5.2,)),
        critical_points=known_points(
            [
                (-4.608298882423005, "minimum", 1.1720033155244851),
                (-3.7494045139671184, "maximum", 2.3740595068749593),
                (-2.560806938073543, "minimum", -0.32954628593577723),
                (-1.6065664148622716, "maximum", 1.2523533412882748),
                (-0.5122140283561128, "minimum", -0.9731804794973067),
                (0.5355013344612186, "maximum", 1.0280387165728424),
                (1.53658988014775, "minimum", -0.7586284086132372),
                (2.6778217297366194, "maximum", 1.701008942091854),
                (3.5847518173037196, "minimum", 0.3140209196591906),
                (4.821469176745737, "maximum", 3.271589410748827),
            ]
        ),
        start=(4.5,),
        about="A bowl with ripples on it: small steps stop in the nearest dip, large ones or "
        "momentum may roll over.",
        source="a sine on a parabola, after L. A. Rastrigin, Systems of Extremal Control (Nauka, "
        "1974, in Russian)",
    ),
    Landscape(
        name="forrester",
        fun=_forrester,
        formula="(6*x - 2)**2*sin(12*x - 4)",
        # To 1 in the book; a maximum lies just beyond, at 1.008.
        bounds=((0.0,), (0.95,)),
        critical_points=known_points(
            [
                (0.14258918932471631, "minimum", -0.9863254063210815),
                (1 / 3, "degenerate", 0.0),
                (0.5240774773419503, "maximum", 0.9863254063210815),
                (0.7572487578418559, "minimum", -6.0207400557670825),
            ]
        ),
        start=(0.45,),
        about="A descent from the top in the middle first crosses a level inflection, where it may "
        "stall, and then stops in the local minimum.",
        source="A. Forrester, A. Sóbester and A. Keane, Engineering Design via Surrogate "
        "Modelling (Wiley, 2008)",
    ),
)
"""The landscapes of one variable."""
