"""Solve problems by going downhill.

Write down what "good" means as an ordinary Python function; talweg finds its gradient and goes
downhill, inside bounds, with the coordinates that you know held fixed, and shows the way.

The names below are imported when they are first used, so that ``import talweg`` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from talweg import formula as formula
    from talweg import landscapes as landscapes
    from talweg import plots as plots
    from talweg.classification import CriticalPoint as CriticalPoint
    from talweg.classification import critical_point as critical_point
    from talweg.critical_point_search import find_critical_points as find_critical_points
    from talweg.curvature import directional_derivative as directional_derivative
    from talweg.curvature import hessian_vector_product as hessian_vector_product
    from talweg.descent import descend as descend
    from talweg.energies.energy import Energy as Energy
    from talweg.energies.energy_file import load_energy as load_energy
    from talweg.energies.energy_file import save_energy as save_energy
    from talweg.energies.learned import LearnedEnergy as LearnedEnergy
    from talweg.errors import ImageError as ImageError
    from talweg.errors import TableError as TableError
    from talweg.gradient_check import check_gradient as check_gradient
    from talweg.gradient_report import GradientCheck as GradientCheck
    from talweg.images.damage import damage as damage
    from talweg.images.restoration import Progress as Progress
    from talweg.images.restoration import Restoration as Restoration
    from talweg.images.restore import restore as restore
    from talweg.minima import Minima as Minima
    from talweg.minima import minimize_many as minimize_many
    from talweg.minimization import minimize as minimize
    from talweg.nonmonotone import Nonmonotone as Nonmonotone
    from talweg.objective import gradient as gradient
    from talweg.regression.estimators import ElasticNet as ElasticNet
    from talweg.regression.estimators import HuberRegression as HuberRegression
    from talweg.regression.estimators import LinearRegression as LinearRegression
    from talweg.regression.estimators import LogisticRegression as LogisticRegression
    from talweg.regression.estimators import PoissonRegression as PoissonRegression
    from talweg.regression.estimators import QuantileRegression as QuantileRegression
    from talweg.regression.estimators import Ridge as Ridge
    from talweg.regression.linear.linear_fit import fit_linear as fit_linear
    from talweg.regression.linear.linear_result import LinearFit as LinearFit
    from talweg.regression.models.fit_report import Fit as Fit
    from talweg.regression.models.model_fit import fit as fit
    from talweg.regression.squares.polynomials import PolynomialFit as PolynomialFit
    from talweg.regression.squares.polynomials import fit_polynomial as fit_polynomial
    from talweg.regression.tables import open_table as open_table
    from talweg.result import Result as Result
    from talweg.saved_result import load_result as load_result
    from talweg.scipy_method import as_scipy_method as as_scipy_method
    from talweg.state import State as State
    from talweg.state import Status as Status
    from talweg.state import Trace as Trace
    from talweg.steps import Backtracking as Backtracking
    from talweg.steps import StrongWolfe as StrongWolfe
    from talweg.training.energy_training import TrainingProgress as TrainingProgress
    from talweg.training.energy_training import train_energy as train_energy

__version__ = "0.1.0"

_HOME = {
    "Backtracking": "talweg.steps",
    "CriticalPoint": "talweg.classification",
    "ElasticNet": "talweg.regression.estimators",
    "Energy": "talweg.energies.energy",
    "Fit": "talweg.regression.models.fit_report",
    "GradientCheck": "talweg.gradient_report",
    "HuberRegression": "talweg.regression.estimators",
    "ImageError": "talweg.errors",
    "LearnedEnergy": "talweg.energies.learned",
    "LinearFit": "talweg.regression.linear.linear_result",
    "LinearRegression": "talweg.regression.estimators",
    "LogisticRegression": "talweg.regression.estimators",
    "Minima": "talweg.minima",
    "Nonmonotone": "talweg.nonmonotone",
    "PoissonRegression": "talweg.regression.estimators",
    "PolynomialFit": "talweg.regression.squares.polynomials",
    "Progress": "talweg.images.restoration",
    "QuantileRegression": "talweg.regression.estimators",
    "Restoration": "talweg.images.restoration",
    "Result": "talweg.result",
    "Ridge": "talweg.regression.estimators",
    "State": "talweg.state",
    "Status": "talweg.state",
    "StrongWolfe": "talweg.steps",
    "TableError": "talweg.errors",
    "Trace": "talweg.state",
    "TrainingProgress": "talweg.training.energy_training",
    "as_scipy_method": "talweg.scipy_method",
    "check_gradient": "talweg.gradient_check",
    "critical_point": "talweg.classification",
    "damage": "talweg.images.damage",
    "descend": "talweg.descent",
    "directional_derivative": "talweg.curvature",
    "find_critical_points": "talweg.critical_point_search",
    "fit": "talweg.regression.models.model_fit",
    "fit_linear": "talweg.regression.linear.linear_fit",
    "fit_polynomial": "talweg.regression.squares.polynomials",
    "gradient": "talweg.objective",
    "hessian_vector_product": "talweg.curvature",
    "load_energy": "talweg.energies.energy_file",
    "load_result": "talweg.saved_result",
    "minimize": "talweg.minimization",
    "minimize_many": "talweg.minima",
    "open_table": "talweg.regression.tables",
    "restore": "talweg.images.restore",
    "save_energy": "talweg.energies.energy_file",
    "train_energy": "talweg.training.energy_training",
}

_MODULES = frozenset(("formula", "landscapes", "plots"))
"""Parts that are used as ``talweg.plots.contours``."""

__all__ = [
    "Backtracking",
    "CriticalPoint",
    "ElasticNet",
    "Energy",
    "Fit",
    "GradientCheck",
    "HuberRegression",
    "ImageError",
    "LearnedEnergy",
    "LinearFit",
    "LinearRegression",
    "LogisticRegression",
    "Minima",
    "Nonmonotone",
    "PoissonRegression",
    "PolynomialFit",
    "Progress",
    "QuantileRegression",
    "Restoration",
    "Result",
    "Ridge",
    "State",
    "Status",
    "StrongWolfe",
    "TableError",
    "Trace",
    "TrainingProgress",
    "__version__",
    "as_scipy_method",
    "check_gradient",
    "critical_point",
    "damage",
    "descend",
    "directional_derivative",
    "find_critical_points",
    "fit",
    "fit_linear",
    "fit_polynomial",
    "formula",
    "gradient",
    "hessian_vector_product",
    "landscapes",
    "load_energy",
    "load_result",
    "minimize",
    "minimize_many",
    "open_table",
    "plots",
    "restore",
    "save_energy",
    "train_energy",
]


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives."""
    if name in _MODULES:
        return importlib.import_module(f"talweg.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'talweg' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
