"""A user's function as JAX's value and gradient, found again where it would be the same."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Hashable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from talweg.captured import signature
from talweg.structure import Structure

__all__ = [
    "NUMERIC",
    "NotScalar",
    "Recipe",
    "check_number",
    "differentiated",
    "forget_differentiated",
]

NUMERIC = (float, np.ndarray, np.generic, jax.Array)
"""What among the arguments may change without a new compilation."""


class NotScalar(ValueError):  # noqa: N818
    """The objective's value is not a single real number."""


def check_number(value: Any) -> None:
    """Raise unless a value is a single real number."""
    if value is None or isinstance(value, (str, bytes, tuple, list, dict)):
        raise NotScalar(
            f"the objective returned a {type(value).__name__}; it must return one number"
        )
    shape = getattr(value, "shape", None)
    if shape is None:
        shape = np.shape(value)
    if shape != ():
        raise NotScalar(
            f"the objective returned an array of shape {tuple(shape)}; it must return one number, "
            "as the sum or the mean of that array"
        )
    if np.iscomplexobj(value):
        raise NotScalar("the objective returned a complex number; it must return a real one")


def differentiated(
    fun: Callable[..., Any],
    known_by: Hashable,
    structure: Structure,
    args: tuple[Any, ...],
    vary: bool,
) -> tuple[Any, tuple[Any, ...]]:
    """Return a differentiated function of (vector, numbers and arrays among args), and those.

    What is neither number nor array (a string, a flag, a whole number) stays a constant of it;
    so does everything where `vary` is False.
    """
    recipe, arguments = Recipe.of(fun, known_by, structure, args, vary)
    return _differentiate(recipe), arguments


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a compiled function is made of, equal where the function would be the same."""

    signatures: Hashable
    structure: Structure
    tree: Any
    varies: tuple[bool, ...]
    fun: Callable[..., Any] = dataclasses.field(compare=False)
    constants: tuple[Any, ...] = dataclasses.field(compare=False)

    @classmethod
    def of(
        cls, fun: Callable[..., Any], known_by: Hashable, structure: Structure,
        args: tuple[Any, ...], vary: bool = True,
    ) -> tuple[Recipe, tuple[Any, ...]]:  # fmt: skip
        """Return that of ``fun(x, *args)``, and those of the arguments that may change."""
        leaves, tree = jax.tree_util.tree_flatten(args)
        varies = tuple(vary and isinstance(leaf, NUMERIC) for leaf in leaves)
        constants = tuple(None if v else leaf for leaf, v in zip(leaves, varies, strict=True))
        arguments = tuple(leaf for leaf, v in zip(leaves, varies, strict=True) if v)
        signatures = (known_by, signature(constants))
        return cls(signatures, structure, tree, varies, fun, constants), arguments

    def value(self, vector: Any, arguments: tuple[Any, ...]) -> Any:
        """Call the function at a flat vector, with other values of what may change."""
        given = iter(arguments)
        leaves = [next(given) if v else c for v, c in zip(self.varies, self.constants, strict=True)]
        args = jax.tree_util.tree_unflatten(self.tree, leaves)
        return self.fun(self.structure.unravel(vector), *args)


@functools.lru_cache(maxsize=128)
def _differentiate(recipe: Recipe) -> Any:
    def flat(vector: Any, arguments: tuple[Any, ...]) -> Any:
        value = recipe.value(vector, arguments)
        check_number(value)
        return jnp.asarray(value).astype(vector.dtype)

    return jax.jit(jax.value_and_grad(flat))


def forget_differentiated() -> None:
    """Let every function be traced anew."""
    _differentiate.cache_clear()
