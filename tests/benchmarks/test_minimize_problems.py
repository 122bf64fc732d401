"""The benchmark's problems against what is known of them, and against finite differences."""

import dataclasses

import jax
import numpy as np
import pytest
from benchmarks.minimize_measure import projected_gradient
from benchmarks.minimize_problems import (
    Task,
    inpainting_task,
    logistic_task,
    quadratic_task,
    rosenbrock_task,
)
from benchmarks.minimize_solvers import SOLVERS, arrange
from scipy.optimize import approx_fprime, rosen, rosen_der


def value_and_gradient(task: Task, x: np.ndarray) -> tuple[float, np.ndarray]:
    with jax.enable_x64(True):
        value, slope = jax.jit(jax.value_and_grad(task.fun))(x, *task.args)
        return float(value), np.asarray(slope)


def small_inpainting_task() -> Task:
    return inpainting_task(step=64)


def test_rosenbrock_is_scipys():
    task = rosenbrock_task(6)
    value, slope = value_and_gradient(task, task.x0)
    assert value == pytest.approx(rosen(task.x0), rel=1e-14)
    np.testing.assert_allclose(slope, rosen_der(task.x0), rtol=1e-13)
    assert value_and_gradient(task, np.ones(6)) == (0.0, pytest.approx(np.zeros(6)))


def test_quadratic_is_flat_where_its_equations_are_solved():
    task = quadratic_task(n=50)
    curvatures, linear = task.args
    assert curvatures.max() / curvatures.min() == pytest.approx(1e4)
    value, slope = value_and_gradient(task, linear / curvatures)
    np.testing.assert_allclose(slope, 0.0, atol=1e-14)
    assert value == pytest.approx(-0.5 * (linear**2 / curvatures).sum(), rel=1e-14)


def test_logistic_regression_is_the_log_likelihood():
    task = logistic_task(rows=200, columns=3)
    features, labels = task.args
    weights = np.array([0.3, -0.7, 1.1])
    chances = 1.0 / (1.0 + np.exp(-labels * (weights @ features)))
    expected = -np.log(chances).mean() + 0.5e-4 * weights @ weights
    assert value_and_gradient(task, weights)[0] == pytest.approx(expected, rel=1e-12)
    assert set(labels) == {-1.0, 1.0}


def test_total_variation_pixel_by_pixel():
    task = small_inpainting_task()
    image = np.random.default_rng(1).random((8, 8))
    expected = 0.0
    for i in range(8):
        for j in range(8):
            down = image[i + 1, j] - image[i, j] if i < 7 else 0.0
            right = image[i, j + 1] - image[i, j] if j < 7 else 0.0
            expected += (down**2 + right**2 + 0.01**2) ** 0.5
    assert value_and_gradient(task, image.ravel())[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    "task",
    [
        rosenbrock_task(4),
        quadratic_task(n=7),
        logistic_task(rows=50, columns=4),
        small_inpainting_task(),
    ],
    ids=["rosenbrock", "quadratic", "logistic", "total variation"],
)
def test_gradients_and_pytorch(task):
    x = task.x0 + 0.1 * np.random.default_rng(2).standard_normal(task.x0.size)
    value, slope = value_and_gradient(task, x)

    def fun(x):
        with jax.enable_x64(True):
            return float(jax.jit(task.fun)(x, *task.args))

    size = np.abs(slope).max()
    np.testing.assert_allclose(slope, approx_fprime(x, fun), rtol=1e-3, atol=1e-5 * size)
    torch = pytest.importorskip("torch")
    data = [torch.as_tensor(each) for each in task.torch_args or task.args]
    other = torch.tensor(x, requires_grad=True)
    their_value = task.torch_fun(other, *data)
    their_value.backward()
    assert value == pytest.approx(float(their_value.detach()), rel=1e-13)
    np.testing.assert_allclose(slope, other.grad.numpy(), rtol=1e-10, atol=1e-13 * size)


def test_held_pixels_are_written_into_the_function():
    task = small_inpainting_task()
    peer = next(solver for solver in SOLVERS if not solver.holds and solver.boxed)
    written, made_whole = arrange(task, peer)
    assert written.x0.size == (~task.fixed).sum()
    assert written.fixed is None
    x = np.random.default_rng(3).random(written.x0.size)
    whole = made_whole(x)
    np.testing.assert_array_equal(whole[task.fixed], task.x0[task.fixed])
    with jax.enable_x64(True):
        given = dataclasses.replace(written, args=tuple(jax.device_put(written.args)))
        value, slope = value_and_gradient(given, x)
    expected, whole_slope = value_and_gradient(task, whole)
    assert value == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(slope, whole_slope[~task.fixed], rtol=1e-12, atol=1e-14)


def test_projected_gradient():
    x, slope = np.array([0.0, 0.5, 1.0, 0.2]), np.array([1.0, 2.0, -3.0, 9.0])
    fixed = np.array([False, False, False, True])
    np.testing.assert_array_equal(
        projected_gradient(x, slope, np.zeros(4), np.ones(4), fixed), [0.0, 0.5, 0.0, 0.0]
    )
    np.testing.assert_array_equal(projected_gradient(x, slope, None, None, None), slope)
