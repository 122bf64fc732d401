import functools
import itertools

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from skimage.metrics import peak_signal_noise_ratio
from skimage.restoration import inpaint_biharmonic
from tests.images.pictures import QUARTER, SHAPE, picture

import talweg
from talweg.energies import tv


def difference_matrices(shape, order):
    """Return sparse matrices of the differences of that order along each axis."""
    matrices = []
    for axis, size in enumerate(shape):
        stencil = {1: [-1.0, 1.0], 2: [1.0, -2.0, 1.0]}[order]
        rows = max(size - order, 0)
        along = sparse.diags(stencil, range(order + 1), shape=(rows, size))
        parts = [along if i == axis else sparse.identity(n) for i, n in enumerate(shape)]
        matrices.append(functools.reduce(sparse.kron, parts))
    return matrices


def solved(image, mask, name):
    """Minimise a quadratic energy exactly, by a sparse linear solver."""
    first = difference_matrices(image.shape, 1)
    hessian = sum(d.T @ d for d in first)
    if name == "thin_plate":
        hessian = sum(d.T @ d for d in difference_matrices(image.shape, 2))
        for axes in itertools.combinations(range(image.ndim), 2):
            parts = [sparse.identity(n) for n in image.shape]
            for axis in axes:
                n = image.shape[axis]
                parts[axis] = sparse.diags([-1.0, 1.0], [0, 1], shape=(n - 1, n))
            mixed = functools.reduce(sparse.kron, parts)
            hessian = hessian + 2 * mixed.T @ mixed
    hessian, missing = hessian.tocsr(), mask.ravel()
    known = image.ravel()[~missing]
    result = image.astype(float).ravel().copy()
    result[missing] = sparse.linalg.spsolve(
        hessian[missing][:, missing].tocsc(), -hessian[missing][:, ~missing] @ known
    )
    return result.reshape(image.shape)


@pytest.mark.parametrize("energy", ["thin_plate", "membrane"])
@pytest.mark.parametrize("shape", [(40,), SHAPE, (6, 7, 5)])
def test_quadratic_energies_agree_with_a_sparse_solver(energy, shape):
    image = picture(shape=shape)
    mask = np.random.default_rng(1).random(shape) < 0.6
    restored = talweg.restore(image, mask, energy=energy, tol=1e-7)
    assert restored.converged
    np.testing.assert_allclose(restored.image, solved(image, mask, energy), atol=1e-7)


def test_total_variation_reaches_the_energy_that_scipy_reaches():
    image, mask = picture(), QUARTER
    restored = talweg.restore(image, mask, energy="tv", tol=1e-5)

    def value_and_gradient(unknown):
        whole = image.copy()
        whole[mask] = unknown
        smooth = 0.01
        padded = [np.diff(whole, axis=a, append=np.take(whole, [-1], a)) for a in (0, 1)]
        length = np.sqrt(padded[0] ** 2 + padded[1] ** 2 + smooth**2)
        gradient = np.zeros_like(whole)
        for axis, d in enumerate(padded):
            flux = d / length
            gradient += np.diff(-flux, axis=axis, prepend=0.0)
        return (length - smooth).sum(), gradient[mask]

    best = scipy.optimize.minimize(
        value_and_gradient, np.full(mask.sum(), 0.5), jac=True, method="L-BFGS-B",
        bounds=[(0, 1)] * int(mask.sum()), options={"maxiter": 5000, "ftol": 0, "gtol": 1e-9},
    )  # fmt: skip
    assert restored.converged
    assert float(tv(jnp.asarray(restored.image))) == pytest.approx(best.fun, rel=1e-5)
    assert restored.fun == pytest.approx(best.fun, rel=1e-5)


def test_a_thin_plate_restores_a_ramp_exactly():
    ramp = np.add.outer(np.arange(16.0), 2 * np.arange(16.0))
    mask = np.random.default_rng(0).random(ramp.shape) < 0.8
    restored = talweg.restore(ramp, mask, energy="thin_plate", tol=1e-9)
    np.testing.assert_allclose(restored.image, ramp, atol=1e-6)


@given(hnp.arrays(np.float64, (5, 6), elements=st.floats(0, 1)), hnp.arrays(np.bool_, (5, 6)))
@settings(max_examples=30, deadline=None)
def test_a_membrane_stays_between_the_known_values(image, mask):
    mask[0, 0], mask[-1, -1] = True, False
    restored = talweg.restore(image, mask, energy="membrane", tol=1e-4).image
    assert restored.min() >= image[~mask].min() - 1e-6
    assert restored.max() <= image[~mask].max() + 1e-6


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("energy", ["thin_plate", "tv"])
def test_known_pixels_come_back_bit_for_bit_in_their_type(dtype, energy):
    image = picture(dtype)
    before = image.copy()
    restored = talweg.restore(image, QUARTER, energy=energy)
    assert restored.image.dtype == dtype
    np.testing.assert_array_equal(restored.image[~QUARTER], before[~QUARTER])
    np.testing.assert_array_equal(image, before)  # what was given is not written to
    span = float(image.max()) - float(image.min())
    error = restored.image.astype(float) - image.astype(float)
    assert np.sqrt(np.mean(error**2)) < {"thin_plate": 0.02, "tv": 0.1}[energy] * span


def test_twelve_bits_in_sixteen_are_as_precise_as_eight():
    truth = picture()
    error = {}
    for dtype, top in ((np.uint8, 255), (np.uint16, 4095)):
        restored = talweg.restore((truth * top).astype(dtype), QUARTER, tol=0.01)
        exact = solved((truth * top).astype(dtype), QUARTER, "thin_plate")
        error[top] = np.abs(restored.image - exact).max() / top
    assert error[255] < 2.1 / 255
    assert error[4095] < 2.1 / 255


def test_channels_are_restored_one_by_one_with_masks_of_their_own():
    rng = np.random.default_rng(5)
    image = np.stack([picture(), picture()[::-1], picture()[:, ::-1]], axis=-1)
    mask = rng.random(image.shape) < 0.6
    mask[..., 2] = False  # one channel is whole
    restored = talweg.restore(image, mask, channel_axis=-1)
    for channel in range(2):
        alone = talweg.restore(image[..., channel], mask[..., channel])
        np.testing.assert_array_equal(restored.image[..., channel], alone.image)
    np.testing.assert_array_equal(restored.image[..., 2], image[..., 2])
    assert len(restored.traces) == 2
    first = talweg.restore(np.moveaxis(image, -1, 0), np.moveaxis(mask, -1, 0), channel_axis=0)
    np.testing.assert_array_equal(np.moveaxis(first.image, 0, -1), restored.image)


def test_a_mask_without_channels_holds_for_all_of_them():
    image = np.stack([picture(), 1 - picture()], axis=-1)
    both = np.repeat(QUARTER[..., None], 2, axis=-1)
    np.testing.assert_array_equal(
        talweg.restore(image, QUARTER, channel_axis=2).image,
        talweg.restore(image, both, channel_axis=2).image,
    )


def test_missing_pixels_are_found_where_no_mask_is_given():
    image = (picture() * 200 + 20).astype(np.uint8)
    damaged, mask = talweg.damage(image, missing=0.7, rng=0)
    restored = talweg.restore(damaged)
    np.testing.assert_array_equal(restored.mask, mask)
    assert "auto" in restored.found
    with_nan = np.where(mask, np.nan, image.astype(float))
    restored = talweg.restore(with_nan)
    np.testing.assert_array_equal(restored.mask, mask)
    assert "NaN" in restored.found
    assert np.isfinite(restored.image).all()
    marked = np.where(mask, 7, image).astype(np.uint8)
    marked[marked == 7] = 7
    assert talweg.restore(marked, "7").mask[mask].all()


def test_missing_pixels_may_hold_anything():
    image = picture()
    spoiled = np.where(QUARTER, np.inf, image)
    np.testing.assert_array_equal(
        talweg.restore(spoiled, QUARTER).image, talweg.restore(image, QUARTER).image
    )


def squared_neighbour_differences(image):
    return np.sum(np.diff(image, axis=0) ** 2) + np.sum(np.diff(image, axis=1) ** 2)


def test_an_energy_in_plain_numpy_does_what_the_built_in_one_does():
    own = talweg.restore(picture(), QUARTER, energy=squared_neighbour_differences, tol=1e-4)
    assert own.energy == "squared_neighbour_differences"
    assert own.converged
    np.testing.assert_allclose(own.image, solved(picture(), QUARTER, "membrane"), atol=1e-4)


def test_the_start_may_be_the_image_or_given():
    exact = solved(picture(), QUARTER, "thin_plate")
    for start in ("image", "pyramid", np.full(SHAPE, 0.5)):
        restored = talweg.restore(picture(), QUARTER, start=start, tol=1e-6)
        np.testing.assert_allclose(restored.image, exact, atol=1e-5)
    at_once = talweg.restore(picture(), QUARTER, start=exact, max_iter=0)
    np.testing.assert_allclose(at_once.image, exact, atol=1e-12)


def test_a_tighter_tolerance_comes_closer():
    exact = solved(picture(), QUARTER, "thin_plate")
    error = [
        np.abs(talweg.restore(picture(), QUARTER, tol=tol).image - exact).max()
        for tol in (10.0, 0.01)
    ]
    assert error[1] < 0.1 * error[0]


def test_running_out_of_iterations_is_said():
    restored = talweg.restore(picture(), QUARTER, max_iter=2)
    assert not restored.converged
    assert "max_iter=2" in restored.message
    assert restored.iterations == 2


def test_methods_and_their_options_pass_through():
    exact = solved(picture(), QUARTER, "membrane")
    for method in ("gradient", "lbfgs", "conjugate_gradient"):
        restored = talweg.restore(picture(), QUARTER, energy="membrane", method=method, tol=1e-4)
        np.testing.assert_allclose(restored.image, exact, atol=1e-3)
    with pytest.raises(TypeError, match="memory"):
        talweg.restore(picture(), QUARTER, method="lbfgs", momentum=0.5)


def test_the_callback_sees_the_picture_as_it_is_and_can_stop_it():
    seen = []

    def callback(progress):
        seen.append(progress)
        assert progress.image.shape == SHAPE
        np.testing.assert_array_equal(progress.image[~QUARTER], picture()[~QUARTER])
        raise StopIteration

    stopped = talweg.restore(picture(), QUARTER, tol=1e-9, callback=callback)
    assert len(seen) == 1
    assert stopped.stopped
    assert not stopped.converged
    np.testing.assert_array_equal(stopped.image, seen[0].image)
    whole = []
    done = talweg.restore(picture(), QUARTER, callback=whole.append)
    assert done.converged
    assert whole[-1].iteration == done.iterations
    np.testing.assert_array_equal(whole[-1].image, done.image)


def test_a_photograph_is_restored_at_least_as_well_as_by_the_biharmonic_equation():
    photograph = skimage.data.camera()[100:228, 180:308]
    for missing in (0.5, 0.8):
        damaged, mask = talweg.damage(photograph, missing=missing, rng=0)
        peer = np.rint(255 * inpaint_biharmonic(damaged / 255.0, mask)).astype(np.uint8)
        restored = talweg.restore(damaged, mask)
        ours = peak_signal_noise_ratio(photograph, restored.image)
        assert ours >= peak_signal_noise_ratio(photograph, peer) - 0.1


@pytest.mark.parametrize("shape", [(1, 5), (2, 2), (1, 1, 4)])
@pytest.mark.parametrize("energy", ["thin_plate", "membrane", "tv", "rows"])
def test_tiny_images_can_be_restored(shape, energy):
    image = np.full(shape, 0.25)
    mask = np.ones(shape, bool)
    mask.flat[0] = False
    np.testing.assert_allclose(talweg.restore(image, mask, energy=energy).image, image, atol=1e-6)
