"""The tutorial's image: its own error function, minimised as it says, gives its own image."""

import autograd
import autograd.numpy
import numpy as np
import pytest

import talweg
from talweg.energies import rows

STEPS = 500
SOME = 200  # steps of what takes long: its last hundred are of the schedule's constant size


def err_func(x):
    score = 0
    for row in x:
        score += (
            np.linalg.norm(np.diff(row))
            + np.linalg.norm(np.diff(row[0 : row.size : 2]))
            + np.linalg.norm(np.diff(row[1 : row.size : 2]))
        )
    for row in x.T:
        score += (
            np.linalg.norm(np.diff(row))
            + np.linalg.norm(np.diff(row[0 : row.size : 2]))
            + np.linalg.norm(np.diff(row[1 : row.size : 2]))
        )
    print(score)
    return score


def err_func_in_autograd(x):
    np = autograd.numpy
    score = 0
    for row in x:
        score += (
            np.linalg.norm(np.diff(row))
            + np.linalg.norm(np.diff(row[0 : row.size : 2]))
            + np.linalg.norm(np.diff(row[1 : row.size : 2]))
        )
    for row in x.T:
        score += (
            np.linalg.norm(np.diff(row))
            + np.linalg.norm(np.diff(row[0 : row.size : 2]))
            + np.linalg.norm(np.diff(row[1 : row.size : 2]))
        )
    return score


def schedule(w):
    return max(1.5 / (w + 1), 0.015)


def damage(clean, seed):
    """Lose 90 % of a picture as the tutorial does; return it and where its pixels are known."""
    rng = np.random.default_rng(seed)
    known = rng.random(clean.shape) >= 0.9
    return np.where(known, clean, rng.integers(0, 2, clean.shape)), known


def tutorials_loop(gradient, normalized, known):
    images = [normalized]
    for w in range(STEPS):
        L = max(1.5 / (w + 1), 0.015)  # noqa: N806
        grad = gradient(normalized)
        grad[known] = 0
        normalized = normalized - L * grad
        normalized[normalized < 0] = 0
        normalized[normalized > 1] = 1
        images.append(normalized)
    return images


def gradient_by_hand(image):
    """Return the gradient of err_func: of each norm of differences, the differences over it."""
    slope = np.zeros_like(image)
    for lines, slopes in ((image, slope), (image.T, slope.T)):
        for part in (slice(None), slice(0, None, 2), slice(1, None, 2)):
            difference = np.diff(lines[:, part], axis=1)
            unit = difference / np.sqrt(np.sum(difference**2, axis=1, keepdims=True))
            slopes[:, part][:, 1:] += unit
            slopes[:, part][:, :-1] -= unit
    return slope


@pytest.fixture(scope="module")
def blocks():
    """Return a damaged picture with much contrast, on which the error falls to the loop's end."""
    clean = np.kron(np.random.default_rng(5).choice([0.02, 0.98], (8, 8)), np.ones((3, 3)))
    damaged, known = damage(clean, seed=2)
    images = tutorials_loop(gradient_by_hand, damaged, known)
    # The loop with autograd's gradient takes fifty times as long, and the same steps.
    for image in images[:: STEPS // 10]:
        by_autograd = autograd.grad(err_func_in_autograd)(image)
        assert np.allclose(gradient_by_hand(image), by_autograd, rtol=0.0, atol=1e-13)
    return damaged, known, images[-1], images[SOME]


def options(known, steps=STEPS):
    return {
        "fixed": known,
        "bounds": (0, 1),
        "method": "gradient",
        "step": lambda w: max(1.5 / (w + 1), 0.015),
        "max_iter": steps,
        "tol": 0.0,
    }


def restore(image, known):
    return talweg.restore(
        image,
        ~known,
        energy="rows",
        start="image",
        method="gradient",
        step=schedule,
        max_iter=STEPS,
        tol=1e-12,
    )


def test_the_tutorials_loop_restores_something(blocks):
    damaged, known, image, _ = blocks
    assert np.array_equal(image[known], damaged[known])
    assert err_func_in_autograd(image) < 0.25 * err_func_in_autograd(damaged)


def test_minimize_of_err_func_in_plain_numpy_gives_the_tutorials_image(blocks, capsys):
    damaged, known, _, image = blocks
    result = talweg.minimize(err_func, damaged, **options(known, SOME))
    assert result.nit == SOME
    assert np.abs(result.x - image).max() < 1e-9
    assert result.x.dtype == np.float64
    assert np.array_equal(result.x[known], damaged[known])
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) >= SOME + 1
    assert float(printed[-1]) == pytest.approx(result.fun, rel=1e-12)


def test_minimize_of_rows_gives_the_tutorials_image(blocks):
    damaged, known, image, _ = blocks
    result = talweg.minimize(rows, damaged, **options(known))
    assert result.nit == STEPS
    assert np.abs(result.x - image).max() < 1e-9
    assert result.fun == pytest.approx(err_func_in_autograd(image), rel=1e-12)


def test_restore_gives_the_tutorials_image(blocks):
    damaged, known, image, _ = blocks
    restored = restore(damaged, known)
    assert restored.iterations == STEPS
    assert np.abs(restored.image - image).max() < 1e-9
    assert np.array_equal(restored.image[known], damaged[known])


def test_restore_of_8_bits_gives_the_tutorials_image_to_a_grey_level(blocks):
    damaged, known, image, _ = blocks
    levels = np.rint(255.0 * damaged).astype(np.uint8)
    restored = restore(levels, known)
    # The known pixels were rounded to half a level, the result is once more.
    assert np.abs(restored.image - 255.0 * image).max() <= 1.0
    assert np.array_equal(restored.image[known], levels[known])


def test_where_the_error_goes_up_again_the_last_state_is_the_tutorials_and_the_result_the_best():
    y, x = np.mgrid[0:24, 0:24] / 23.0
    smooth = 0.2 + 0.6 * (0.5 + 0.5 * np.sin(4.0 * x + 2.0 * y**2)) * (0.4 + 0.6 * y)
    damaged, known = damage(smooth, seed=7)
    images = tutorials_loop(gradient_by_hand, damaged, known)

    stream = talweg.descend(rows, damaged, **options(known))
    states = []
    while True:
        try:
            states.append(next(stream))
        except StopIteration as end:
            ending = end.value
            break
    assert len(states) == STEPS + 1
    assert np.abs(states[-1].x - images[-1]).max() < 1e-9
    # Some rows have come to the kink of their norm: the error goes up and down at the end.
    errors = [float(err_func_in_autograd(image)) for image in images]
    best = int(np.argmin(errors))
    assert best < STEPS
    assert ending.fun == pytest.approx(errors[best], rel=1e-12)
    assert np.abs(ending.x - images[best]).max() < 1e-9
