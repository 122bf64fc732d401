"""The problems of ``benchmarks.minimize``, each written once for JAX and once for PyTorch.

A function is called as ``fun(x, *args)``. Nothing of JAX or PyTorch is imported before it is
called, so that the time of an import is nobody's first call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PROBLEMS", "Array", "Problem", "Task"]

Array = NDArray[np.float64]

SMOOTHING = 0.01  # of the total variation: differences below it count as slopes, not as edges


@dataclass(frozen=True)
class Task:
    """What a solver is asked for.

    Attributes
    ----------
    fun : callable
        ``fun(x, *args)``, for JAX.
    x0 : ndarray
        Where to start, inside the box, the held coordinates at their values.
    args : tuple of ndarray
        The data.
    tol : float
        Stop when the largest absolute component of the projected gradient is at most this.
    max_evaluations : int
        Stop after as many evaluations of the function.
    lower, upper : ndarray or None
        The box.
    fixed : ndarray of bool or None
        True where a coordinate is held.
    torch_fun : callable or None
        The same as `fun`, for PyTorch.
    torch_args : tuple of ndarray or None
        The same as `args`, laid out as PyTorch is fastest with; None where that is no matter.
    """

    fun: Callable[..., Any]
    x0: Array
    args: tuple[Any, ...] = ()
    tol: float = 1e-6
    max_evaluations: int = 20_000
    lower: Array | None = None
    upper: Array | None = None
    fixed: NDArray[np.bool_] | None = None
    torch_fun: Callable[..., Any] | None = None
    torch_args: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Problem:
    """A named task; `build` makes its data, the same every time."""

    name: str
    title: str
    build: Callable[[], Task]


def rosenbrock(x: Any) -> Any:
    """Return the chained Rosenbrock function, SciPy's `rosen`."""
    # Written with operators and methods alone, it serves JAX and PyTorch alike.
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def quadratic(x: Any, curvatures: Any, linear: Any) -> Any:
    return (0.5 * curvatures * x**2 - linear * x).sum()


def total_variation(x: Any) -> Any:
    """Return the smoothed total variation of a square image given row after row."""
    import jax.numpy as jnp

    side = round(x.size**0.5)
    image = x.reshape(side, side)
    down = jnp.pad(image[1:] - image[:-1], ((0, 1), (0, 0)))
    right = jnp.pad(image[:, 1:] - image[:, :-1], ((0, 0), (0, 1)))
    return jnp.sqrt(down**2 + right**2 + SMOOTHING**2).sum()


def total_variation_torch(x: Any) -> Any:
    import torch

    side = round(x.numel() ** 0.5)
    image = x.reshape(side, side)
    down = torch.nn.functional.pad(image[1:] - image[:-1], (0, 0, 0, 1))
    right = torch.nn.functional.pad(image[:, 1:] - image[:, :-1], (0, 1))
    return torch.sqrt(down**2 + right**2 + SMOOTHING**2).sum()


def logistic(weights: Any, features: Any, labels: Any) -> Any:
    """Return the mean logistic loss with labels of -1 and 1, and a penalty on the weights.

    There is one row of `features` for every weight: XLA is a third faster with a table that is
    stored column by column, as data frames are, than row by row.
    """
    import jax.numpy as jnp

    margins = labels * (weights @ features)
    return jnp.logaddexp(0.0, -margins).mean() + 0.5e-4 * (weights**2).sum()


def logistic_torch(weights: Any, features: Any, labels: Any) -> Any:
    """Return the same, for one column of `features` a weight: PyTorch is faster by rows."""
    import torch

    margins = labels * (features @ weights)
    loss = torch.nn.functional.softplus(-margins, threshold=700).mean()
    return loss + 0.5e-4 * (weights**2).sum()


def rosenbrock_task(n: int) -> Task:
    return Task(rosenbrock, np.tile([-1.2, 1.0], n // 2), torch_fun=rosenbrock)


def quadratic_task(n: int = 10_000, condition: float = 1e4) -> Task:
    curvatures = np.geomspace(1.0, condition, n)
    linear = np.random.default_rng(0).standard_normal(n)
    return Task(quadratic, np.zeros(n), (curvatures, linear), tol=1e-5, torch_fun=quadratic)


def inpainting_task(step: int = 2) -> Task:
    """Take four pixels of five from the camera man, and start them at the mean of the others."""
    from skimage import data

    import talweg

    image = data.camera()[::step, ::step] / 255.0
    missing = talweg.damage(image, missing=0.8, rng=0)[1].ravel()
    known = image.ravel()
    start = np.where(missing, known[~missing].mean(), known)
    return Task(
        total_variation,
        start,
        tol=3e-3,
        lower=np.zeros(start.size),
        upper=np.ones(start.size),
        fixed=~missing,
        torch_fun=total_variation_torch,
    )


def logistic_task(rows: int = 100_000, columns: int = 100) -> Task:
    """Draw features of standard deviations from 1 to 0.1, and labels from the model itself."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((rows, columns)) * np.geomspace(1.0, 0.1, columns)
    weights = rng.standard_normal(columns)
    chances = 1.0 / (1.0 + np.exp(-features @ weights))
    labels = np.where(rng.random(rows) < chances, 1.0, -1.0)
    return Task(
        logistic, np.zeros(columns), (np.ascontiguousarray(features.T), labels), tol=1e-6,
        torch_fun=logistic_torch, torch_args=(features, labels),
    )  # fmt: skip


PROBLEMS: tuple[Problem, ...] = (
    *(
        Problem(f"rosenbrock{n}", f"Rosenbrock, n = {n:,}", lambda n=n: rosenbrock_task(n))
        for n in (2, 10, 100, 1000)
    ),
    Problem("quadratic", "Quadratic, n = 10,000, condition 1e4", quadratic_task),
    Problem("tv", "Inpainting by total variation, 52,000 of 65,536 pixels free", inpainting_task),
    Problem("logistic", "Logistic regression, 100,000 x 100", logistic_task),
)
