"""Dataclasses whose numbers are arguments of compiled functions, and not constants of them."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, dataclass_transform

import jax

__all__ = ["tree_dataclass"]

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def tree_dataclass(cls: type[Class]) -> type[Class]:
    """Make a class a frozen dataclass that JAX sees as a nest of its fields.

    Fields with ``metadata={"static": True}`` are constants of what is compiled. The class is part
    of the nest's structure: `jax.tree_util.register_dataclass` leaves it out of the comparison
    (jax 0.10), so that two classes with as many fields may be taken for each other.
    """
    made = dataclasses.dataclass(frozen=True)(cls)
    fields = dataclasses.fields(made)  # type: ignore[arg-type]
    static = [field.name for field in fields if field.metadata.get("static")]
    varying = [field.name for field in fields if not field.metadata.get("static")]

    def flatten(instance: Class) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        leaves = tuple(getattr(instance, name) for name in varying)
        return leaves, (made, *(getattr(instance, name) for name in static))

    def unflatten(structure: tuple[Any, ...], leaves: Any) -> Class:
        values = dict(zip(varying, leaves, strict=True))
        return made(**values, **dict(zip(static, structure[1:], strict=True)))

    jax.tree_util.register_pytree_node(made, flatten, unflatten)
    return made
