"""Dataclasses whose numbers are arguments of compiled functions, and not constants of them."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import jax

__all__ = ["tree_dataclass"]

Class = TypeVar("Class", bound=type)


def tree_dataclass(cls: Class) -> Class:
    """Make a class a frozen dataclass that JAX sees as a nest of its fields.

    Fields with ``metadata={"static": True}`` are constants of what is compiled. The class is part
    of the nest's structure: `jax.tree_util.register_dataclass` leaves it out of the comparison
    (jax 0.10), so that two classes with as many fields may be taken for each other.
    """
    cls = dataclasses.dataclass(frozen=True)(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    static = [field.name for field in fields if field.metadata.get("static")]
    varying = [field.name for field in fields if not field.metadata.get("static")]

    def flatten(instance: object) -> tuple[tuple[object, ...], object]:
        leaves = tuple(getattr(instance, name) for name in varying)
        return leaves, (cls, *(getattr(instance, name) for name in static))

    def unflatten(structure: tuple[object, ...], leaves: tuple[object, ...]) -> object:
        named = dict(zip(varying, leaves, strict=True)) | dict(
            zip(static, structure[1:], strict=True)
        )
        return cls(**named)

    jax.tree_util.register_pytree_node(cls, flatten, unflatten)  # type: ignore[arg-type]
    return cls
