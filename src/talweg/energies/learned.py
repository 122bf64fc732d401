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
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from talweg.compilation import compile_for
from talweg.energies.coarse_steps import CoarseSteps
from talweg.energies.energy import Energy
from talweg.energies.fields import SIDE, Conditions, Fields

__all__ = [
    "FEATURES",
    "Descending",
    "LearnedEnergy",
    "Parameters",
    "at_damage",
    "damage_features",
    "first_parameters",
    "lengthened",
]

FEATURES = 5
"""Numbers that describe a picture's damage."""

_COSINES = 7 * 7 - 1  # of 7 x 7 pixels, but the constant one
_MORE_MOMENTUM = 0.85  # of the steps that a schedule is lengthened by
_MOST_HELD = 0.9  # share of known pixels; beyond, less is lost than was learned from
_LOUDNESS = 2  # which of them is about half the logarithm of the noise
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
        arguments: tuple[Any, ...] = (there.fields,)
        mobility = missing.astype(seen.dtype)
        if noise > 0.0:
            weight = there.data_weight * (1.0 - mobility)
            arguments += (Conditions(seen, weight),)
            # As if what was seen pulled implicitly, so that a great weight needs no smaller steps.
            mobility = 1.0 / (1.0 + there.sizes.mean() * weight)
        preconditioner = CoarseSteps(missing.shape, there.shares, mobility)
        return arguments, LearnedSteps(there.sizes, there.momenta, preconditioner)

    def _within(self, known: float, noise: float) -> float:
        """Return the share of known pixels, or the nearest to it that was learned from.

        Where pixels are held, there was some structured loss of little at every training, but
        never none.
        """
        _, most = self.card.get("missing", (0.0, 1.0))
        return float(np.clip(known, 1.0 - most, 1.0 if noise > 0.0 else _MOST_HELD))


def first_parameters(filters: int, fields: int, scales: int, steps: int) -> Parameters:
    """Return parameters to start learning from.

    Cosines of 7 x 7 pixels laid on at all four places of a 2 x 2 block, each field adding up the
    four of one, weighted as the spectrum of photographs asks; steps small enough for all that.

    Parameters
    ----------
    filters : int
        A multiple of 4, up to 192: there are 48 cosines.
    fields, scales, steps : int
        At least 1.

    Returns
    -------
    made : Parameters
        float32.

    Raises
    ------
    ValueError
        If a number can't be had.

    Examples
    --------
    >>> first_parameters(8, 4, 2, 3).filters.shape
    (2, 8, 64)
    """
    if filters % 4 or not 4 <= filters <= 4 * _COSINES:
        raise ValueError(
            f"filters is {filters}: it must be a multiple of 4, from 4 to {4 * _COSINES}"
        )
    for name, count in (("fields", fields), ("scales", scales), ("steps", steps)):
        if count < 1:
            raise ValueError(f"{name} is {count}: it must be at least 1")
    cosines = _cosines(7, filters // 4)
    norms = np.tile(np.linalg.norm(cosines, axis=(1, 2)), 4)
    placed = np.zeros((4, filters // 4, SIDE, SIDE))
    for place in range(4):
        row, column = divmod(place, 2)
        placed[place, :, row : row + 7, column : column + 7] = cosines
    flat = placed.reshape(filters, -1)
    # Noise twice as loud is met by pictures scaled down to a half.
    loud = 4.0 * (np.arange(FEATURES) == _LOUDNESS)
    own = np.arange(fields)[:, None] % (filters // 4) == np.arange(filters) % (filters // 4)
    rng = np.random.default_rng(0)
    mixing = np.where(own, -1.4, -7.0 + 0.3 * rng.normal(size=own.shape))
    weights = np.log(norms[np.arange(fields) % (filters // 4)]) - np.arange(scales)[:, None]
    made = Parameters(
        filters=np.stack([12.0 * flat] * scales),
        mixing=np.stack([mixing] * scales),
        weights=weights,
        filter_gains=np.zeros((scales, FEATURES, filters)) - loud[:, None],
        weight_gains=np.zeros((scales, FEATURES, fields)),
        steps=np.full(steps, math.log(5e-7)),
        step_gains=np.zeros((steps, FEATURES)) + loud,
        coarse_steps=np.full((steps, 2), -4.0),
        momenta=np.full(steps, 1.0),
        data_weight=np.array(-2.0),
        data_gains=np.zeros(FEATURES),
    )
    return Parameters(*(array.astype(np.float32) for array in made))


def lengthened(parameters: Parameters, steps: int) -> Parameters:
    """Return parameters with more steps, to go on learning from.

    The last step but two is repeated, with a momentum of 0.85; the last two end the descent.

    Parameters
    ----------
    parameters : Parameters
    steps : int
        How many there shall be; at least as many as there are.

    Returns
    -------
    longer : Parameters

    Raises
    ------
    ValueError
        If there are more already.

    Examples
    --------
    >>> short = first_parameters(8, 4, 1, 3)._replace(steps=np.array([-3.0, -2.0, -1.0]))
    >>> lengthened(short, 5).steps.tolist()
    [-3.0, -3.0, -3.0, -2.0, -1.0]
    """
    count = len(parameters.steps)
    if steps < count:
        raise ValueError(f"steps is {steps}: there are {count} already, and none can be left out")
    kept, more = max(count - 2, 0), steps - count
    order = [*range(kept), *[max(kept - 1, 0)] * more, *range(kept, count)]
    momenta = parameters.momenta[order]
    momenta[kept : kept + more] = math.log(_MORE_MOMENTUM / (1.0 - _MORE_MOMENTUM))
    return parameters._replace(
        steps=parameters.steps[order],
        step_gains=parameters.step_gains[order],
        coarse_steps=parameters.coarse_steps[order],
        momenta=momenta,
    )


def _cosines(side: int, count: int) -> NDArray[np.floating]:
    """Return the first cosines of a square but the constant one, their norms their frequencies."""
    places = np.arange(side) + 0.5
    waves = np.cos(np.pi * np.outer(np.arange(side), places) / side)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    pairs = sorted(
        ((i, j) for i in range(side) for j in range(side)),
        key=lambda pair: (math.hypot(*pair), pair),
    )[1 : count + 1]
    return np.stack([math.hypot(i, j) * np.outer(waves[i], waves[j]) for i, j in pairs])
