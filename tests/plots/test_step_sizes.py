"""The step-size picture: what a small, a good and a too large step do, and where 2/L is."""

import jax.numpy as jnp
import numpy as np
import pytest

import talweg
from talweg import plots

CURVATURES = np.array([1.0, 4.0, 10.0])


def quadratic(x):
    return jnp.sum(CURVATURES[: x.size] * x**2) / 2


def recursion(start, step, iterations):
    """The iterates in closed form: each coordinate is multiplied by 1 - step * curvature."""
    factors = 1.0 - step * CURVATURES[: len(start)]
    return np.asarray(start) * factors ** np.arange(iterations + 1)[:, np.newaxis]


@pytest.fixture
def bottom(point):
    return lambda n: point(np.zeros(n), highest_curvature=CURVATURES[:n].max())


def vertical_lines(ax):
    lines = {}
    for line in ax.get_lines():
        x, y = line.get_data()
        if len(x) == 2 and x[0] == x[1] and list(y) == [0, 1]:
            lines[line.get_label().split(" =")[0]] = x[0]
    return lines


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_limits_stand_where_the_curvature_says(bottom, n):
    _, right = plots.step_sizes(quadratic, np.ones(n), iterations=4, minimum=bottom(n))
    largest = CURVATURES[:n].max()
    assert vertical_lines(right) == pytest.approx({"1/L": 1.0 / largest, "2/L": 2.0 / largest})


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_second_panel_has_the_value_that_each_size_comes_to(bottom, n, line_of):
    start, iterations = np.ones(n), 6
    _, right = plots.step_sizes(quadratic, start, iterations=iterations, minimum=bottom(n))
    sizes, ends = line_of(right, "after 6 steps").get_data()
    assert sizes.min() < 0.1 / CURVATURES[n - 1]
    assert sizes.max() > 2.0 / CURVATURES[n - 1]
    for size, end in zip(sizes, ends, strict=True):
        last = recursion(start, size, iterations)[-1]
        expected = np.sum(CURVATURES[:n] * last**2) / 2
        gap = np.sum(CURVATURES[:n]) / 2
        # Cut below at rounding, above at the picture's edge.
        assert end == pytest.approx(np.clip(expected, 1e-16 * gap, 100 * gap), rel=1e-6, abs=1e-13)
    assert right.get_xscale() == right.get_yscale() == "log"


def test_paths_on_the_map_are_the_iterates_cut_at_the_edge(bottom, line_of):
    start = np.array([3.0, 1.0])
    left, _ = plots.step_sizes(quadratic, start, [0.02, 0.25, 0.6], minimum=bottom(2))
    for size in (0.02, 0.25):
        line = line_of(left, f"step {size}").get_xydata()
        expected = recursion(start, size, 20)[: len(line)]
        np.testing.assert_allclose(line, expected, atol=1e-12)
        assert len(line) > 10
    wild = line_of(left, "step 0.6, diverges").get_xydata()
    expected = recursion(start, 0.6, 20)
    np.testing.assert_allclose(wild[:-1], expected[: len(wild) - 1])
    (low_x, high_x), (low_y, high_y) = left.get_xlim(), left.get_ylim()
    x, y = wild.T
    assert np.all((low_x <= x) & (x <= high_x) & (low_y <= y) & (y <= high_y))
    last = wild[-1]
    assert np.isclose(last, [low_x, low_y]).any() or np.isclose(last, [high_x, high_y]).any()
    # The last piece points where the next iterate is.
    ahead, cut = expected[len(wild) - 1] - wild[-2], last - wild[-2]
    assert ahead[0] * cut[1] == pytest.approx(ahead[1] * cut[0])


def test_paths_on_the_curve_have_the_values_as_heights(bottom, line_of):
    left, _ = plots.step_sizes(quadratic, [2.0], [0.1, 0.7], minimum=bottom(1))
    for size in ("0.1", "0.7"):
        x, y = line_of(left, f"step {size}").get_data()
        np.testing.assert_allclose(y, x**2 / 2, atol=1e-15)


def test_with_more_variables_the_first_panel_has_the_values(bottom, line_of):
    start = np.ones(3)
    left, _ = plots.step_sizes(quadratic, start, [0.05], minimum=bottom(3), iterations=8)
    x, y = line_of(left, "step 0.05").get_data()
    np.testing.assert_array_equal(x, np.arange(9))
    np.testing.assert_allclose(y, np.sum(CURVATURES * recursion(start, 0.05, 8) ** 2, axis=1) / 2)
    assert left.get_xlabel() == "iteration"
    assert left.get_yscale() == "log"


def test_default_steps_are_slow_good_and_too_large(bottom):
    left, right = plots.step_sizes(quadratic, [2.0, 1.0], minimum=bottom(2))
    assert labels(left)[:3] == ["step 0.025", "step 0.25", "step 0.525, diverges"]
    assert "diverges, beyond the picture" in labels(right)


def test_the_start_may_be_a_number_or_a_nest(point):
    low = point(0.5, highest_curvature=2.0)
    left, _ = plots.step_sizes(lambda x: (x - 0.5) ** 2, 2.0, minimum=low)
    assert left.get_ylabel() == "f(x)"
    nest = point({"a": 0.0, "b": 0.0}, highest_curvature=2.0)
    left, _ = plots.step_sizes(
        lambda w: w["a"] ** 2 + w["b"] ** 2, {"a": 1.0, "b": 2.0}, minimum=nest
    )
    assert left.get_ylabel() == "y"


def test_a_descent_that_leaves_the_domain_says_so(point):
    low = point(1.0, highest_curvature=1.0)  # of x - log x
    left, _ = plots.step_sizes(lambda x: x - jnp.log(x), 3.0, [0.5, 20.0], minimum=low)
    assert "step 20, leaves where f is finite" in labels(left)


def test_overflow_is_drawn_without_a_warning(point):
    low = point(1.0, highest_curvature=8.0)
    axes = plots.step_sizes(lambda x: (x**2 - 1) ** 2, 2.0, [0.01, 0.1, 50.0], minimum=low)
    axes[0].figure.canvas.draw()
    assert "step 50, diverges" in labels(axes[0])


def test_shown_up_to_a_step(bottom, line_of):
    left, _ = plots.step_sizes(quadratic, [2.0, 1.0], [0.1], minimum=bottom(2), upto=3)
    np.testing.assert_allclose(
        line_of(left, "step 0.1").get_xydata(), recursion([2.0, 1.0], 0.1, 3)
    )


def test_the_minimum_is_found_where_it_is_not_given(monkeypatch, bottom):
    def stand_in(fun, x):
        np.testing.assert_allclose(x, 0.0, atol=1e-5)
        return bottom(2)

    monkeypatch.setattr(talweg, "critical_point", stand_in, raising=False)
    _, right = plots.step_sizes(quadratic, [2.0, 1.0], iterations=3)
    assert vertical_lines(right)["2/L"] == pytest.approx(0.5)


def test_without_a_curvature_steps_are_to_be_given(point):
    flat = point(0.0, highest_curvature=0.0)
    with pytest.raises(ValueError, match=r"the largest curvature at the minimum is 0.*give steps"):
        plots.step_sizes(lambda x: x**4, 1.0, minimum=flat)
    _, right = plots.step_sizes(lambda x: x**4, 1.0, [0.01, 0.1], minimum=flat)
    assert vertical_lines(right) == {}
    assert right.get_title() == "After 20 steps"


@pytest.mark.parametrize(
    ("more", "error", "match"),
    [
        ({"steps": []}, ValueError, "a sequence of step sizes"),
        ({"steps": 0.1}, ValueError, "a sequence of step sizes"),
        ({"steps": [0.1, -1.0]}, ValueError, "must be positive and finite"),
        ({"steps": [np.inf]}, ValueError, "must be positive and finite"),
        ({"iterations": 0}, ValueError, "iterations=0"),
        ({"iterations": 2.5}, TypeError, "iterations must be a whole number"),
        ({"minimum": 3.0}, TypeError, "must have an x and a highest_curvature"),
        ({"ax": [1]}, TypeError, "ax must be two axes"),
    ],
)
def test_bad_arguments_are_refused(bottom, more, error, match):
    with pytest.raises(error, match=match):
        plots.step_sizes(quadratic, np.ones(2), **{"minimum": bottom(2), **more})


def test_the_start_must_be_above_the_minimum(bottom):
    with pytest.raises(ValueError, match="not above the minimum's"):
        plots.step_sizes(quadratic, np.zeros(2), minimum=bottom(2))


def test_the_minimum_must_fit_the_start(bottom):
    with pytest.raises(ValueError, match=r"minimum.x has 3 coordinates, start has 2"):
        plots.step_sizes(quadratic, np.ones(2), minimum=bottom(3))
