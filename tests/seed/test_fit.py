"""The second tutorial's job through `talweg.fit`: its seven points, its lines, its two numbers."""

import numpy as np
import pytest

from talweg.regression.models.model_fit import fit

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])
Y = np.array([5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0])

# initial weights, and of the lines printed: epoch, loss before its update, w0 and w1 after it
PRINTED = [
    (
        {"w0": 0.34099454173956956, "w1": -0.5196184029053978},
        [
            (0, 42.04352367497908, 0.4120596524733747, -0.18458753348838164),
            (500, 0.36745533693908383, 3.19570108985647, 0.8409227220614995),
            (2500, 0.00034992371816885867, 4.944320811467737, 0.5105205963434764),
            (4999, 5.8741498619485146e-08, 4.999278595714187, 0.500136309516923),
        ],
    ),
    (
        {"w0": -0.63444883580393, "w1": -0.5934978392833998},
        [
            (0, 54.63723960560799, -0.5531316024441059, -0.2130507749094102),
            (500, 0.5426904763697837, 2.8072843959994933, 0.9143141517294999),
            (2500, 0.0005167982342781185, 4.93233459000256, 0.512785395832168),
            (4999, 8.67546301950183e-08, 4.9991232969074995, 0.5001656532645753),
        ],
    ),
]


def line(weights, x):
    return weights["w1"] * x + weights["w0"]


def test_the_tutorials_epochs():
    start, lines = PRINTED[0]
    seen = {}

    def note(intermediate_result):
        seen[intermediate_result.nit] = dict(intermediate_result.x)

    found = fit(
        line, start, X, Y, method="gradient", step=0.008, max_iter=5000, tol=0.0, callback=note
    )
    assert found.nit == 5000
    for epoch, loss, w0, w1 in lines:
        # The printed digits of a loss this small are rounding in the residuals.
        assert found.trace.fun[epoch] == pytest.approx(loss, rel=1e-9)
        assert seen[epoch + 1]["w0"] == pytest.approx(w0, rel=1e-12)
        assert seen[epoch + 1]["w1"] == pytest.approx(w1, rel=1e-12)


def test_the_tutorials_epochs_from_its_other_start():
    start, lines = PRINTED[1]
    found = fit(line, start, X, Y, method="gradient", step=0.008, max_iter=5000, tol=0.0)
    for epoch, loss, _, _ in lines:
        assert found.trace.fun[epoch] == pytest.approx(loss, rel=1e-9)
    assert found.params["w0"] == pytest.approx(lines[-1][2], rel=1e-12)
    assert found.params["w1"] == pytest.approx(lines[-1][3], rel=1e-12)


@pytest.mark.parametrize("start", [start for start, _ in PRINTED], ids=["first", "second"])
def test_the_default_finds_the_line_itself(start):
    found = fit(line, start, X, Y)
    assert found.success
    assert found.params["w0"] == pytest.approx(5.0, abs=1e-10)
    assert found.params["w1"] == pytest.approx(0.5, abs=1e-10)
    assert found.r2 == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(found.residuals, 0.0, atol=1e-10)
