"""The shipped energies on photographs that they weren't trained on."""

import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio
from skimage.restoration import denoise_tv_chambolle

import talweg

PICTURE = data.camera()[100:196, 180:276].copy()  # the head and the camera


def psnr(restored):
    return peak_signal_noise_ratio(PICTURE, restored, data_range=255)


@pytest.mark.parametrize(("missing", "gain"), [(0.5, 1.0), (0.8, 0.9), (0.9, 0.5)])
def test_fields_is_the_default_and_better_than_the_thin_plate(missing, gain):
    damaged, mask = talweg.damage(PICTURE, missing=missing, rng=0)
    restored = talweg.restore(damaged, mask)
    plate = talweg.restore(damaged, mask, energy="thin_plate")
    assert restored.energy == "fields"
    assert np.array_equal(restored.image[~mask], damaged[~mask])
    assert psnr(restored.image) > psnr(plate.image) + gain
    energies = restored.traces[0].fun
    assert energies[-1] < energies[0]


def test_noise_is_lessened_more_than_by_total_variation():
    noisy = PICTURE + np.random.default_rng(0).normal(0, 25, PICTURE.shape)
    noisy = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    restored = talweg.restore(noisy, noise=25)
    rivals = [denoise_tv_chambolle(noisy / 255, weight=w) for w in np.arange(0.05, 0.16, 0.01)]
    assert psnr(restored.image) > max(psnr(np.uint8(255 * rival + 0.5)) for rival in rivals) + 0.3
    assert restored.traces[0].fun[-1] < restored.traces[0].fun[0]
