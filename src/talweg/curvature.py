"""How a function changes along a direction, and how its gradient does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from talweg.differentiation import check_number
from talweg.hessian import Hessian
from talweg.objective import precision, read_objective
from talweg.structure import Structure, read_start

__all__ = ["directional_derivative", "hessian_vector_product"]


def directional_derivative(
    fun: Callable[..., Any], x: Any, direction: Any, *args: Any, normalize: bool = True
) -> float:
    r"""Return the derivative of a function at a point along a direction.

    .. math:: D_u f(x) = \lim_{t \to 0} \frac{f(x + t u) - f(x)}{t} = \nabla f(x) \cdot u

    By Cauchy and Schwarz, :math:`\nabla f \cdot u \ge -\lVert \nabla f \rVert` for every
    :math:`u` of length 1, with equality for :math:`u = -\nabla f / \lVert \nabla f \rVert`: there
    is no steeper way down than against the gradient.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, written with ``jax.numpy``, ``numpy`` or ``autograd.numpy``.
    x : array_like or nest of dicts, lists and tuples of array_like
        Real floating-point numbers.
    direction : array_like or nest, as x
    *args
        Passed on to `fun`.
    normalize : bool, default True
        Whether `direction` is scaled to the length 1, over all of a nest, first. If not, twice the
        direction has twice the derivative.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If `x` or `direction` isn't made of real numbers, or `fun` can't be differentiated.
    ValueError
        If `x`, `direction` or the value there isn't finite, `direction` has not the structure and
        the shapes of `x`, or is zero where it is to be normalised.

    See Also
    --------
    gradient : The derivatives along all coordinates.
    hessian_vector_product : How the gradient changes along a direction.

    Notes
    -----
    A function that JAX can trace is differentiated forward, at about the cost of two values: no
    gradient is computed. For others it is the gradient's product with the direction.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> def fun(x):
    ...     return x[0] ** 2 + 3.0 * x[1]
    >>> talweg.directional_derivative(fun, [1.0, 0.0], [0.0, 5.0])
    3.0

    Of 360 directions around, the steepest is the one against the gradient:

    >>> x, angles = np.array([2.0, 1.0]), np.radians(np.arange(360))
    >>> slopes = [
    ...     talweg.directional_derivative(fun, x, [np.cos(a), np.sin(a)]) for a in angles
    ... ]
    >>> gradient = talweg.gradient(fun, x)
    >>> round(min(slopes), 3), round(-float(np.linalg.norm(gradient)), 3)
    (-5.0, -5.0)
    >>> talweg.directional_derivative(fun, x, -gradient)
    -5.0
    """
    structure, start = read_start(x)
    along = _read_direction(direction, structure)
    if normalize:
        length = _length(along)
        if length == 0.0:
            raise ValueError(
                "direction is zero: it points nowhere; with normalize=False its derivative is 0"
            )
        along = along / along.dtype.type(length)
    value, slope = _forward(fun, structure, start, along, args)
    if not np.isfinite(value):
        raise ValueError(f"the objective is {value} at x: its value must be finite there")
    return slope


def hessian_vector_product(fun: Callable[..., Any], x: Any, direction: Any, *args: Any) -> Any:
    r"""Return the product :math:`\nabla^2 f(x) \, v` of a function's Hessian with a vector.

    It says how the gradient changes along :math:`v`, and costs about as much as two or three
    gradients, however many coordinates there are: the Hessian itself isn't computed [1]_.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> float``, written with ``jax.numpy``, ``numpy`` or ``autograd.numpy``.
    x : array_like or nest of dicts, lists and tuples of array_like
        Real floating-point numbers.
    direction : array_like or nest, as x
        The vector :math:`v`, of any length.
    *args
        Passed on to `fun`.

    Returns
    -------
    array or nest of arrays
        In the structure of `x`; float32 where all of `x` is, else float64.

    Raises
    ------
    TypeError
        If `x` or `direction` isn't made of real numbers, or `fun` can't be differentiated.
    ValueError
        If `x` or `direction` isn't finite, or `direction` has not the structure and the shapes of
        `x`.

    See Also
    --------
    directional_derivative : The slope along a direction.
    critical_point : The lowest and the highest curvature, where the gradient vanishes.

    Notes
    -----
    The gradient is differentiated forward by JAX, or a second time backward by autograd. Where
    autograd can't, it is the gradient's central difference, extrapolated.

    References
    ----------
    .. [1] B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6
       (1994), 147-160.

    Examples
    --------
    >>> import numpy as np
    >>> import talweg
    >>> def fun(x):
    ...     return x[0] ** 2 * x[1]
    >>> talweg.hessian_vector_product(fun, [1.0, 3.0], [1.0, 0.0])
    array([6., 2.])
    """
    structure, start = read_start(x)
    along = _read_direction(direction, structure)
    objective = read_objective(fun, structure, start, args)
    return structure.to_user(np.array(Hessian(objective, start).product(along)))


def _read_direction(direction: Any, structure: Structure) -> np.ndarray:
    """Flatten a direction of exactly the structure and the shapes of x."""
    try:
        leaves = structure.tree.flatten_up_to(direction)
    except ValueError as error:
        raise ValueError(f"direction has not the structure of x: {error}") from error
    pieces = []
    for name, leaf, shape in zip(structure.names, leaves, structure.shapes, strict=True):
        try:
            array = np.asarray(leaf)
        except ValueError:
            raise ValueError(
                f"direction{name} is not an array: its rows differ in length"
            ) from None
        if array.dtype.kind not in "fiu":
            raise TypeError(
                f"direction{name} has the type {array.dtype}; it must hold real numbers"
            )
        if array.shape != shape:
            raise ValueError(
                f"direction{name} has the shape {array.shape}, where x{name} has {shape}"
            )
        pieces.append(array.ravel())
    with np.errstate(over="ignore"):  # it is named
        along = np.concatenate(pieces).astype(structure.dtype)
    finite = np.isfinite(along)
    if not finite.all():
        where = structure.locate(int(np.argmin(finite))).replace("x0", "x", 1)
        raise ValueError(
            f"direction is {along[np.argmin(finite)]} at {where}: it must be finite, also in "
            f"{structure.dtype}"
        )
    return along


def _length(vector: np.ndarray) -> float:
    """Return the length, of tiny and of huge vectors too."""
    largest = float(np.abs(vector).max())
    return largest * float(np.linalg.norm(vector / largest)) if largest > 0.0 else 0.0


def _forward(
    fun: Callable[..., Any], structure: Structure, x: np.ndarray, along: np.ndarray,
    args: tuple[Any, ...],
) -> tuple[float, float]:  # fmt: skip
    """Return the value and the derivative along a direction."""

    def flat(vector: Any) -> Any:
        return fun(structure.unravel(vector), *args)

    with precision(structure.dtype):
        try:
            # Not compiled: a function that is compiled already stays so, and others may decide by
            # values, which they have here.
            value, slope = jax.jvp(flat, (x,), (along,))
        except Exception:  # it calls NumPy, or has a mistake that is named below
            pass
        else:
            check_number(value)
            return float(value), float(slope)
    objective = read_objective(fun, structure, x, args)
    value, gradient = objective.evaluate(x)
    return float(value), float(np.asarray(gradient, along.dtype) @ along)
