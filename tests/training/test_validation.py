"""What is held out is never learned from; how validations are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio
from tests.training.tiny import striped

from talweg.energies.beginning import first_parameters
from talweg.training import validation
from talweg.training.validation import Score, Validation, held_out, hold_out

sizes = st.lists(
    st.tuples(st.integers(64, 300), st.integers(64, 300)), min_size=1, max_size=20
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(sizes, st.booleans())
def test_no_pixel_is_both_held_and_learned_from(shapes, colored):
    """Every pixel has a number of its own, that float32 can tell from others."""
    pictures, first = [], 0
    for shape in shapes:
        own = np.arange(first, first + np.prod(shape)).reshape(shape)
        first = own.max() + 1
        pictures.append([own.astype(np.float32)] * (3 if colored else 1))
    learned, held = hold_out(pictures)
    assert len(learned) == len(pictures)
    assert len(held) <= 12
    taken = [plane for planes in learned for plane in planes]
    assert all(min(plane.shape) >= 64 for plane in taken)
    assert all(len(planes) == len(before) for planes, before in zip(learned, pictures, strict=True))
    apart = np.concatenate([plane.ravel() for plane in held]) if held else np.zeros(0)
    assert not np.isin(apart, np.concatenate([plane.ravel() for plane in taken])).any()
    assert bool(held) == any(max(shape) >= 128 for shape in shapes)
    side, numbers = held_out(shapes)
    assert [plane.shape for plane in held] == [(side, side)] * len(numbers)
    for number, plane in zip(numbers, held, strict=True):
        assert np.isin(plane, pictures[number][0]).all()


@pytest.mark.parametrize(
    ("noise", "levels"), [(None, (0.4, 1 - np.sqrt(0.6 * 0.2), 0.8)), ((5.0, 45.0), (5, 15, 45))]
)
def test_the_figures_are_gains_of_psnr(monkeypatch, noise, levels):
    """What the descent leads to is put in the truth's place by half: 6.02 dB for each halving."""
    plane = (striped(0)[:, :64] / 255).astype(np.float32)
    judge = Validation([plane], (0.4, 0.8), noise)
    np.testing.assert_allclose(judge.levels, levels)
    batches = {id(batch.start): batch for batch in judge._batches}

    def halfway(_, start, *others):
        return (start + batches[id(start)].truth) / 2

    monkeypatch.setattr(validation, "_restored", halfway)
    score = judge.score(first_parameters(8, 4, 1, 2))
    for batch, gain in zip(judge._batches, score.gains, strict=True):
        start = np.clip(batch.start[0], 0, 1)
        end = np.clip((batch.start[0] + plane) / 2, 0, 1)
        expected = [peak_signal_noise_ratio(plane, each, data_range=1) for each in (end, start)]
        assert gain == pytest.approx(expected[0] - expected[1], abs=1e-3)
    assert score.gain == pytest.approx(np.mean(score.gains))
    assert (score.levels, score.noisy) == (judge.levels, noise is not None)


def test_the_same_for_every_energy():
    plane = (striped(0)[:, :64] / 255).astype(np.float32)
    one, other = (Validation([plane], (0.5, 0.5)) for _ in range(2))
    assert one.levels == (0.5,)
    for ours, theirs in zip(one._batches, other._batches, strict=True):
        np.testing.assert_array_equal(ours.missing, theirs.missing)
        np.testing.assert_array_equal(ours.start, theirs.start)
    assert one._batches[0].missing.mean() == pytest.approx(0.5, abs=0.04)
    noisy = Validation([plane], (0.5, 0.9), (20.0, 20.0))
    assert noisy.levels == (20.0,)
    (batch,) = noisy._batches
    assert not batch.missing.any()
    np.testing.assert_allclose(batch.noise, 20 / 255, rtol=1e-6)
    assert (batch.start - batch.truth).std() == pytest.approx(20 / 255, rel=0.05)


def test_how_it_is_told():
    assert str(Score((0.5, 0.95), (1.234, -0.5))) == "+1.23 dB at 50 %, -0.50 dB at 95 % missing"
    assert str(Score((0.5, 5.0, 15.81, 50.0), (1.0, 5.0, 8.0, 11.0), noisy=True)) == (
        "+1.00 dB at 0.5, +5.00 dB at 5, +8.00 dB at 16, +11.00 dB at 50 grey levels of noise"
    )
