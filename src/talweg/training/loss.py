"""What training goes down: how far the energy's descents end from the true pictures."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from talweg.energies.coarse_steps import coarsened
from talweg.energies.fields import Conditions, fields_energy
from talweg.energies.learned import Parameters, at_damage

__all__ = ["SCALES", "Batch", "restored", "scaled", "training_loss", "unscaled"]

SCALES = Parameters(
    filters=5.0, mixing=1.0, weights=1.0, filter_gains=1.0, weight_gains=1.0, steps=0.3,
    step_gains=0.15, coarse_steps=1.0, momenta=0.5, data_weight=1.0, data_gains=0.3,
)  # fmt: skip
"""How far each of the parameters goes in a step, beside the others."""

_LARGEST = 0.4  # norm of a sample's gradient between two steps; a few times the usual one
_LEAST = 1e-6  # mean square error, about a quarter of a grey level: smaller ones don't count


class Batch(NamedTuple):
    """Damaged crops of pictures, all of one size."""

    truth: Any  # (B, M, N)
    start: Any  # (B, M, N): restored by the thin plate; noisy where seen
    missing: Any  # (B, M, N), of bool
    known: Any  # (B,): share of the whole picture
    noise: Any  # (B,)


def scaled(parameters: Parameters) -> dict[str, Any]:
    """Return the parameters in units in which one step size suits them all."""
    return {
        name: array / scale
        for name, array, scale in zip(Parameters._fields, parameters, SCALES, strict=True)
    }


def unscaled(point: dict[str, Any]) -> Parameters:
    """Return the parameters from their scaled values."""
    return Parameters(*(point[name] * getattr(SCALES, name) for name in Parameters._fields))


def training_loss(point: dict[str, Any], batch: Batch) -> Any:
    """Return the mean logarithm of the mean square error over that of the start.

    So every damage counts alike. That of the start doesn't depend on the parameters: without it the
    gradient would be the same, but the loss would tell mostly how bad the damages were.

    Parameters
    ----------
    point : dict
        The scaled parameters.
    batch : Batch
    """
    parameters = unscaled(point)

    def one(truth: Any, start: Any, missing: Any, known: Any, noise: Any) -> Any:
        end = restored(parameters, start, missing, known, noise)
        free = jnp.maximum(missing, noise > 0.0)
        errors = jnp.stack([jnp.sum(jnp.square(each - truth) * free) for each in (end, start)])
        after, before = jnp.log(errors / jnp.sum(free) + _LEAST)
        return after - before

    return jnp.mean(jax.vmap(one)(*batch))


def restored(parameters: Parameters, start: Any, missing: Any, known: Any, noise: Any) -> Any:
    """Return one crop after the learned steps, as `LearnedSteps` takes them."""
    there = at_damage(parameters, known, noise)
    weight, mobility = there.pull(missing.astype(start.dtype), noise)
    slope = jax.grad(fields_energy)

    @jax.checkpoint
    def step(carry: Any, schedule: Any) -> tuple[Any, None]:
        x, velocity = map(_limited, carry)
        size, momentum, shares = schedule
        uphill = slope(x, there.fields, Conditions(start, weight))
        velocity = momentum * velocity - size * coarsened(uphill, shares, mobility)
        return (x + velocity, velocity), None

    schedule = (there.sizes, there.momenta, there.shares)
    (end, _), _ = jax.lax.scan(step, (start, jnp.zeros_like(start)), schedule)
    return end


@jax.custom_vjp
def _limited(x: Any) -> Any:
    """Return `x`; its gradient is no longer than a limit.

    Steps that are too large for a picture make it grow, and the gradient far more.
    """
    return x


def _limited_forward(x: Any) -> tuple[Any, None]:
    return x, None


def _limited_backward(_: None, gradient: Any) -> tuple[Any]:
    length = jnp.sqrt(jnp.vdot(gradient, gradient))
    shorter = jnp.minimum(1.0, _LARGEST / jnp.maximum(length, 1e-9))
    finite = jnp.isfinite(length)
    return (jnp.where(finite, gradient * jnp.where(finite, shorter, 0.0), 0.0),)


_limited.defvjp(_limited_forward, _limited_backward)
