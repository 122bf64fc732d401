"""Landscapes of two variables: the surfaces of textbooks, one phenomenon each."""

from __future__ import annotations

from typing import Any

from talweg.landscapes.landscape import Landscape, known_points

__all__ = ["LANDSCAPES"]


def _bowl(point: Any) -> Any:
    x, y = point
    return (x**2 + 10 * y**2) / 2


def _booth(point: Any) -> Any:
    x, y = point
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def _matyas(point: Any) -> Any:
    x, y = point
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def _saddle(point: Any) -> Any:
    x, y = point
    return x**2 - y**2


def _two_wells(point: Any) -> Any:
    x, y = point
    return x**2 / 2 + y**4 / 4 - y**2 / 2


def _monkey_saddle(point: Any) -> Any:
    x, y = point
    return x**3 - 3 * x * y**2


def _peano(point: Any) -> Any:
    x, y = point
    return (y - x**2) * (y - 2 * x**2)


_SURVEY = (
    "M. Jamil and X.-S. Yang, A literature survey of benchmark functions for global optimisation "
    "problems, Int. J. Mathematical Modelling and Numerical Optimisation 4 (2013), 150-194"
)

LANDSCAPES = (
    Landscape(
        name="bowl",
        fun=_bowl,
        formula="(x**2 + 10*y**2)/2",
        bounds=((-12.0, -4.0), (12.0, 4.0)),
        critical_points=known_points([(0.0, 0.0, "minimum", 0.0)]),
        start=(10.0, 1.0),
        about="An elongated bowl: from this start, steepest descent with the best step each time "
        "zigzags, and shrinks the distance by 9/11 a step.",
        source="S. Boyd and L. Vandenberghe, Convex Optimization (Cambridge University Press, "
        "2004), section 9.3.2, with gamma = 10",
    ),
    Landscape(
        name="booth",
        fun=_booth,
        formula="(x + 2*y - 7)**2 + (2*x + y - 5)**2",
        bounds=((-10.0, -10.0), (10.0, 10.0)),
        critical_points=known_points([(1.0, 3.0, "minimum", 0.0)]),
        start=(-8.0, -5.0),
        about="Two linear equations as a least-squares problem: a bowl whose axes lie askew.",
        source=f"{_SURVEY}; where it first stood is not established",
    ),
    Landscape(
        name="matyas",
        fun=_matyas,
        formula="0.26*(x**2 + y**2) - 0.48*x*y",
        bounds=((-10.0, -10.0), (10.0, 10.0)),
        critical_points=known_points([(0.0, 0.0, "minimum", 0.0)]),
        start=(9.0, 2.0),
        about="A valley along the diagonal, 25 times flatter along than across.",
        source=f"{_SURVEY}; where it first stood is not established",
    ),
    Landscape(
        name="saddle",
        fun=_saddle,
        formula="x**2 - y**2",
        bounds=((-2.0, -2.0), (2.0, 2.0)),
        critical_points=known_points([(0.0, 0.0, "saddle", 0.0)]),
        start=(1.5, 0.001),
        about="The plain saddle, without a minimum: a descent comes close to it, seems to have "
        "arrived, and leaves.",
        source="J. Milnor, Morse Theory (Princeton University Press, 1963), section 2",
    ),
    Landscape(
        name="two_wells",
        fun=_two_wells,
        formula="x**2/2 + y**4/4 - y**2/2",
        bounds=((-2.0, -2.0), (2.0, 2.0)),
        critical_points=known_points(
            [
                (0.0, -1.0, "minimum", -0.25),
                (0.0, 0.0, "saddle", 0.0),
                (0.0, 1.0, "minimum", -0.25),
            ]
        ),
        start=(1.0, 0.0),
        about="From a start on the ridge, gradient descent never leaves it, and ends at the saddle "
        "between two minima.",
        source="Y. Nesterov, Introductory Lectures on Convex Optimization (Kluwer, 2004), "
        "section 1.2.3",
    ),
    Landscape(
        name="monkey_saddle",
        fun=_monkey_saddle,
        formula="x**3 - 3*x*y**2",
        bounds=((-1.5, -1.5), (1.5, 1.5)),
        critical_points=known_points([(0.0, 0.0, "degenerate", 0.0)]),
        start=(1.2, 0.01),
        about="Three ways down and three up, and all curvatures zero at the centre: the second "
        "derivatives say nothing.",
        source="D. Hilbert and S. Cohn-Vossen, Anschauliche Geometrie (Springer, 1932)",
    ),
    Landscape(
        name="peano",
        fun=_peano,
        formula="(y - x**2)*(y - 2*x**2)",
        bounds=((-1.5, -1.0), (1.5, 2.0)),
        # f_y = 2 y - 3 x^2 and, where that vanishes, f_x = -x^3: nothing but the origin.
        critical_points=known_points([(0.0, 0.0, "degenerate", 0.0)]),
        start=(0.0, 1.5),
        about="A minimum along every straight line through the origin, and yet none: between the "
        "two parabolas the way leads down.",
        source="G. Peano's surface of 1899, upside down; named by G. Scheffers, Lehrbuch der "
        "darstellenden Geometrie (Springer, 1920)",
    ),
)
"""Landscapes of two variables, quadratic or close to it."""
