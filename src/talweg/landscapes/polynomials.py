"""Landscapes of two variables: polynomials that optimisers are tested on."""

from __future__ import annotations

from typing import Any

from talweg.landscapes.landscape import Landscape, known_points, sums

__all__ = ["LANDSCAPES"]


def _rosenbrock(point: Any) -> Any:
    x, y = point
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _himmelblau(point: Any) -> Any:
    x, y = point
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _beale(point: Any) -> Any:
    x, y = point
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _three_hump_camel(point: Any) -> Any:
    x, y = point
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


def _six_hump_camel(point: Any) -> Any:
    x, y = point
    return 4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4


def _styblinski_tang(point: Any) -> Any:
    x, y = point
    return (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2


def _goldstein_price(point: Any) -> Any:
    x, y = point
    first = (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    second = (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return (1 + first) * (30 + second)


def _freudenstein_roth(point: Any) -> Any:
    x, y = point
    return (x - 13 + ((5 - y) * y - 2) * y) ** 2 + (x - 29 + ((y + 1) * y - 14) * y) ** 2


_HALF_OF_STYBLINSKI_TANG = [  # (x^4 - 16 x^2 + 5 x) / 2
    (-2.903534027771177, "minimum", -39.16616570377141),
    (0.1567312567803401, "maximum", 0.19561235905535806),
    (2.746802770990837, "minimum", -25.02944665528394),
]

LANDSCAPES = (
    Landscape(
        name="rosenbrock",
        fun=_rosenbrock,
        formula="(1 - x)**2 + 100*(y - x**2)**2",
        bounds=((-2.0, -1.0), (2.0, 3.0)),
        critical_points=known_points([(1.0, 1.0, "minimum", 0.0)]),
        start=(-1.2, 1.0),
        about="A narrow, bent valley: it is found at once, and then followed slowly.",
        source="H. H. Rosenbrock, An automatic method for finding the greatest or least value of a "
        "function, The Computer Journal 3 (1960), 175-184",
    ),
    Landscape(
        name="himmelblau",
        fun=_himmelblau,
        formula="(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
        bounds=((-5.0, -5.0), (5.0, 5.0)),
        critical_points=known_points(
            [
                (3.0, 2.0, "minimum", 0.0),
                (-2.805118086952745, 3.131312518250573, "minimum", 0.0),
                (3.5844283403304917, -1.8481265269644036, "minimum", 0.0),
                (-3.779310253377747, -3.2831859912861696, "minimum", 0.0),
                (3.385154183607021, 0.07385187983774928, "saddle", 13.31192627040559),
                (0.08667750455539636, 2.884254701174776, "saddle", 67.71915008752615),
                (-3.0730257507643897, -0.08135304428796751, "saddle", 104.0151629175581),
                (-0.12796134673068008, -1.9537149802445763, "saddle", 178.33723920192747),
                (-0.2708445906673476, -0.9230385564799815, "maximum", 181.6165215225827),
            ]
        ),
        start=(-0.2, -1.0),
        about="Four minima of the same value: which one a descent reaches hangs on its first step.",
        source="D. M. Himmelblau, Applied Nonlinear Programming (McGraw-Hill, 1972)",
    ),
    Landscape(
        name="beale",
        fun=_beale,
        formula="(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2",
        bounds=((-4.5, -4.5), (4.5, 4.5)),
        critical_points=known_points(
            [
                (3.0, 0.5, "minimum", 0.0),
                (0.10053793732415836, -2.644513585023125, "saddle", 9.86451228475556),
                (0.0, 1.0, "saddle", 14.203125),
            ]
        ),
        start=(1.0, 1.0),
        about="One minimum in a flat valley, and on the far side a valley that sinks towards y = 1 "
        "without ever reaching a bottom.",
        source="E. M. L. Beale, On an iterative method for finding a local minimum of a function "
        "of more than one variable, Technical Report 25, Statistical Techniques Research Group, "
        "Princeton University (1958)",
    ),
    Landscape(
        name="three_hump_camel",
        fun=_three_hump_camel,
        formula="2*x**2 - 1.05*x**4 + x**6/6 + x*y + y**2",
        bounds=((-5.0, -5.0), (5.0, 5.0)),
        critical_points=known_points(
            [
                (0.0, 0.0, "minimum", 0.0),
                (-1.7475523458302888, 0.8737761729151444, "minimum", 0.2986384422368598),
                (1.7475523458302888, -0.8737761729151444, "minimum", 0.2986384422368598),
                (-1.07054229182366, 0.53527114591183, "saddle", 0.8773615577631402),
                (1.07054229182366, -0.53527114591183, "saddle", 0.8773615577631402),
            ]
        ),
        start=(3.0, 3.0),
        about="Three minima in a row, the lowest in the middle, with a saddle on either side.",
        source="F. H. Branin, Widely convergent method for finding multiple solutions of "
        "simultaneous nonlinear equations, IBM Journal of Research and Development 16 (1972), "
        "504-522",
    ),
    Landscape(
        name="six_hump_camel",
        fun=_six_hump_camel,
        formula="4*x**2 - 2.1*x**4 + x**6/3 + x*y - 4*y**2 + 4*y**4",
        bounds=((-3.0, -2.0), (3.0, 2.0)),
        critical_points=known_points(
            [
                (0.08984201310031806, -0.7126564030207396, "minimum", -1.0316284534898774),
                (-0.08984201310031806, 0.7126564030207396, "minimum", -1.0316284534898774),
                (1.703606714969981, -0.7960835686726251, "minimum", -0.21546382438371764),
                (-1.703606714969981, 0.7960835686726251, "minimum", -0.21546382438371764),
                (0.0, 0.0, "saddle", 0.0),
                (1.1092053368047865, -0.7682680925095399, "saddle", 0.5437186009781851),
                (-1.1092053368047865, 0.7682680925095399, "saddle", 0.5437186009781851),
                (1.6071047529201972, 0.5686514548841314, "minimum", 2.1042503103112584),
                (-1.6071047529201972, -0.5686514548841314, "minimum", 2.1042503103112584),
                (1.6380679841897785, 0.22867406904439408, "saddle", 2.2293571975307147),
                (-1.6380679841897785, -0.22867406904439408, "saddle", 2.2293571975307147),
                (1.2960702671671092, 0.6050843880386585, "saddle", 2.22947081802986),
                (-1.2960702671671092, -0.6050843880386585, "saddle", 2.22947081802986),
                (1.2302298765166526, 0.16233458445899496, "maximum", 2.496295351023577),
                (-1.2302298765166526, -0.16233458445899496, "maximum", 2.496295351023577),
            ]
        ),
        start=(1.4, 0.35),
        about="Six minima at three heights, seven saddles and two maxima, close together.",
        source="L. C. W. Dixon and G. P. Szegő, The global optimization problem: an introduction, "
        "in Towards Global Optimisation 2 (North-Holland, 1978), 1-15",
    ),
    Landscape(
        name="styblinski_tang",
        fun=_styblinski_tang,
        formula="(x**4 - 16*x**2 + 5*x + y**4 - 16*y**2 + 5*y)/2",
        bounds=((-5.0, -5.0), (5.0, 5.0)),
        critical_points=known_points(sums(_HALF_OF_STYBLINSKI_TANG, _HALF_OF_STYBLINSKI_TANG)),
        start=(0.4, 0.3),
        about="Four minima at three heights, one in each quadrant.",
        source="M. A. Styblinski and T.-S. Tang, Experiments in nonconvex optimization: stochastic "
        "approximation with function smoothing and simulated annealing, Neural Networks 3 (1990), "
        "467-483",
    ),
    Landscape(
        name="goldstein_price",
        fun=_goldstein_price,
        formula="(1 + (x + y + 1)**2*(19 - 14*x + 3*x**2 - 14*y + 6*x*y + 3*y**2))"
        "*(30 + (2*x - 3*y)**2*(18 - 32*x + 12*x**2 + 48*y - 36*x*y + 27*y**2))",
        bounds=((-2.0, -2.0), (2.0, 2.0)),
        critical_points=known_points(
            [
                (0.0, -1.0, "minimum", 3.0),
                (-0.6, -0.4, "minimum", 30.0),
                (-0.4, -0.6, "saddle", 35.0),
                (1.8, 0.2, "minimum", 84.0),
                (1.2, -0.2, "saddle", 99.0),
                (1.2, 0.8, "minimum", 840.0),
                (1.4, 0.6, "saddle", 980.0),
                (0.6, 0.4, "saddle", 990.0),
                (0.8, 0.2, "maximum", 1155.0),
            ]
        ),
        start=(0.5, 0.5),
        about="Values from 3 to a million in one box: the same step is far too long here and far "
        "too short there.",
        source="A. A. Goldstein and J. F. Price, On descent from local minima, Mathematics of "
        "Computation 25 (1971), 569-574",
    ),
    Landscape(
        name="freudenstein_roth",
        fun=_freudenstein_roth,
        formula="(x - 13 + ((5 - y)*y - 2)*y)**2 + (x - 29 + ((y + 1)*y - 14)*y)**2",
        bounds=((-10.0, -4.0), (30.0, 7.0)),
        critical_points=known_points(
            [
                (5.0, 4.0, "minimum", 0.0),
                (11.412778986902094, -0.8968052532744765, "minimum", 48.98425367924002),
                (23.92055434643124, 2.23013858660781, "saddle", 819.0102593523101),
            ]
        ),
        start=(0.5, -2.0),
        about="Two equations as a least-squares problem: from the usual start a descent ends at "
        "a minimum that solves neither.",
        source="F. Freudenstein and B. Roth, Numerical solution of systems of nonlinear equations, "
        "Journal of the ACM 10 (1963), 550-556",
    ),
)
"""Landscapes of two variables that are polynomials."""
