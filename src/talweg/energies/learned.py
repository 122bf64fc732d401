"""A learned energy as a whole: its parameters, what they become at a given damage, its steps.

Energy and steps are learned together, by the error of the picture where the steps end, as in
trainable reaction and diffusion [1]_; but there is one energy for all steps, and so they can go on.

References
----------
.. [1] Y. Chen and T. Pock, "Trainable nonlinear reaction diffusion: a flexible framework for fast
   and effective image restoration", IEEE Transactions on Pattern Analysis and Machine Intelligence
   39 (2017), 1256-1272.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from talweg.compilation import compile_for
from talweg.energies.coarse_steps import CoarseSteps
from talweg.energies.energy import Energy
from talweg.energies.fields import Conditions, Fields

__all__ = [
    "FEATURES",
    "LOUDNESS",
    "Descending",
    "LearnedEnergy",
    "Parameters",
    "at_damage",
    "damage_features",
]

FEATURES = 5
"""Numbers that describe a picture's damage."""

LOUDNESS = 2
"""Which of them is about half the logarithm of the noise."""

_MOST_HELD = 0.9  # share of known pixels; beyond, less is lost than was learned from
_LEAST_NOISE = 4.0 / 255.0  # below it, noisy pixels weigh no more: the steps would be too small


class Parameters(NamedTuple):
    """What is learned; logarithms where a number must be positive.

    S scales, J fields, K filters, N steps, F features of the damage. "How the damage changes" is
    what a number grows by as each of `damage_features` grows by one.
    """

    filters: Any
    """(S, K, 64): row by row, finest scale first."""
    mixing: Any
    """(S, J, K): logarithms of the squares' weights in the fields."""
    weights: Any
    """(S, J): logarithms of the fields' weights."""
    filter_gains: Any
    """(S, F, K): how the damage changes the logarithms of the squares' weights."""
    weight_gains: Any
    """(S, F, J): how it changes those of the fields' weights."""
    steps: Any
    """(N,): logarithms of the step sizes."""
    step_gains: Any
    """(N, F): how the damage changes them."""
    coarse_steps: Any
    """(N, 2): logarithms of the preconditioner's shares."""
    momenta: Any
    """(N,): logits of the momenta."""
    data_weight: Any
    """(): logarithm of the noisy pixels' weight, beside that of their variance."""
    data_gains: Any
    """(F,): how the damage changes it."""


class Descending(NamedTuple):
    """The energy at a given damage, and the way down that was learned with it."""

    fields: Fields
    sizes: Any  # (N,), positive
    momenta: Any  # (N,), between 0 and 1
    shares: Any  # (N, 2), of the preconditioner; positive
    data_weight: Any  # of a noisy pixel; zero where there is no noise

    def pull(self, missing: Any, noise: Any) -> tuple[Any, Any]:
        """Return how much every pixel weighs that was seen, and how freely it moves.

        Held ones do not move. Noisy ones do as if what was seen pulled implicitly, so that a great
        weight needs no smaller steps.

        Parameters
        ----------
        missing : (M, N) array of float
            1 where a pixel is missing, and 0 elsewhere.
        noise : float

        Returns
        -------
        weight, mobility : (M, N) array
            For `Conditions` and for `CoarseSteps`.
        """
        seen = 1.0 - missing
        pulled = (noise > 0.0) / (1.0 + self.sizes.mean() * self.data_weight)
        return self.data_weight * seen, missing + seen * pulled


def damage_features(known: Any, noise: Any) -> Any:
    r"""Return what the energy is told of the damage.

    Parameters
    ----------
    known : float
        Share of the pixels that are known, above 0 and up to 1.
    noise : float
        Standard deviation of their noise, with values scaled to [0, 1].

    Returns
    -------
    (5,) array
        With :math:`s = \log(known) + 1.5` and :math:`l = \log((255\,noise + 1) / 26)`, or 0
        without noise, half of :math:`(s, s^2, l, 0.3 l^2, s l)`: numbers of about one over all
        damages.

    Examples
    --------
    >>> damage_features(1.0, 0.0).tolist()
    [0.75, 1.125, 0.0, 0.0, 0.0]
    """
    share = jnp.log(known) + 1.5  # zero at 22 % known
    loudness = jnp.where(noise > 0.0, jnp.log((255.0 * noise + 1.0) / 26.0), 0.0)
    return 0.5 * jnp.stack(
        [share, share**2, loudness, 0.3 * loudness**2, share * loudness], axis=-1
    )


def at_damage(parameters: Parameters, known: Any, noise: Any) -> Descending:
    r"""Return the energy and the steps for a share of known pixels and a level of noise.

    A noisy pixel weighs :math:`e^{b + B \cdot features} / (\sigma^2 + (4 / 255)^2)`, learned
    `b` and `B`, and nothing without noise, when known pixels are held.

    Parameters
    ----------
    parameters : Parameters
    known, noise : float
        As for `damage_features`.

    Returns
    -------
    Descending
        In the precision of the parameters, if `known` and `noise` have it too.
    """
    features = damage_features(known, noise)
    fields = Fields(
        filters=parameters.filters,
        mixing=jnp.exp(parameters.mixing),
        weights=jnp.exp(parameters.weights + features @ parameters.weight_gains),
        gains=jnp.exp(features @ parameters.filter_gains),
    )
    variance = jnp.square(noise) + _LEAST_NOISE**2
    weight = jnp.exp(parameters.data_weight + features @ parameters.data_gains) / variance
    return Descending(
        fields,
        sizes=jnp.exp(parameters.steps + parameters.step_gains @ features),
        momenta=jax.nn.sigmoid(parameters.momenta),
        shares=jnp.exp(parameters.coarse_steps),
        data_weight=jnp.where(noise > 0.0, weight, 0.0),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class LearnedEnergy(Energy):
    """An energy learned from pictures, with the steps of descent that were learned with it.

    Its function is `talweg.energies.fields.fields_energy`, where the formula stands. Made by
    `talweg.train_energy`, read from a file by `talweg.load_energy`; the one that comes with talweg
    is ``"fields"``. `talweg.restore` takes it as any energy.

    Attributes
    ----------
    name : str
    parameters : Parameters
        float32.
    card : dict
        What it was trained on, how, and how well it did.

    Examples
    --------
    >>> from talweg.energies import read_energy
    >>> fields = read_energy("fields")
    >>> fields.parameters.filters.shape[-1], fields.steps >= 5
    (64, True)
    """

    parameters: Parameters = dataclasses.field(kw_only=True, repr=False)
    card: dict[str, Any] = dataclasses.field(kw_only=True, repr=False)

    @property
    def steps(self) -> int:
        """How many steps were learned."""
        return len(self.parameters.steps)

    @property
    def noise(self) -> tuple[float, float] | None:
        """Range of noise that it was trained on, in grey levels; None where pixels were held."""
        given = self.card.get("noise")
        return None if given is None else (given[0], given[1])

    def at(
        self, missing: NDArray[np.bool_], seen: NDArray[Any], noise: float
    ) -> tuple[tuple[Any, ...], Any]:
        """Return the energy's arguments and the method for one damaged channel.

        Parameters
        ----------
        missing : (M, N) ndarray of bool
        seen : (M, N) ndarray of float
            The channel, scaled; read where it isn't missing, if there is noise.
        noise : float
            Standard deviation of the known pixels, scaled; 0 where they are held.

        Returns
        -------
        arguments : tuple
            For `function`, after the picture: a `Fields`, and a `Conditions` if there is noise.
        method : LearnedSteps
            All arrays in the precision of `seen`.

        Examples
        --------
        >>> import numpy as np
        >>> from talweg.energies import read_energy
        >>> fields, picture = read_energy("fields"), np.full((8, 8), 0.5)
        >>> arguments, method = fields.at(np.eye(8, dtype=bool), picture, noise=0.0)
        >>> [type(each).__name__ for each in arguments], len(method.sizes) == fields.steps
        (['Fields'], True)
        """
        from talweg.methods.learned_steps import LearnedSteps

        with jax.enable_x64(seen.dtype == np.float64):
            known = np.asarray(self._within(1.0 - missing.mean(), noise), seen.dtype)
            parameters = Parameters(*(np.asarray(each, seen.dtype) for each in self.parameters))
            # In one program: one by one, its operations take longer to compile.
            there = compile_for(1, at_damage)(parameters, known, seen.dtype.type(noise))
            there = jax.tree.map(np.array, there)
        weight, mobility = there.pull(missing.astype(seen.dtype), noise)
        arguments: tuple[Any, ...] = (there.fields,)
        if noise > 0.0:
            arguments += (Conditions(seen, weight),)
        preconditioner = CoarseSteps(missing.shape, there.shares, mobility)
        return arguments, LearnedSteps(there.sizes, there.momenta, preconditioner)

    def _within(self, known: float, noise: float) -> float:
        """Return the share of known pixels, or the nearest to it that was learned from.

        Where pixels are held, there was some structured loss of little at every training, but
        never none.
        """
        _, most = self.card.get("missing", (0.0, 1.0))
        return float(np.clip(known, 1.0 - most, 1.0 if noise > 0.0 else _MOST_HELD))
