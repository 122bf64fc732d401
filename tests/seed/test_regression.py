"""The tutorial's linear regression: every line that it printed, from both initial weights."""

import jax.numpy as jnp
import numpy as np
import pytest

import talweg

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0])
Y = np.array([5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0])

# (initial w0, w1), and the lines: epoch, loss before its update, w0 and w1 after it
FIRST_RUN = (
    (0.34099454173956956, -0.5196184029053978),
    [
        (0, 42.04352367497908, 0.4120596524733747, -0.18458753348838164),
        (500, 0.36745533693908383, 3.19570108985647, 0.8409227220614995),
        (1000, 0.06455007700615974, 4.243768803088826, 0.6428900703255838),
        (1500, 0.01133937113612232, 4.683042748645115, 0.5598891504625705),
        (2000, 0.0019919625773713056, 4.867154516242159, 0.5251011867721503),
        (2500, 0.00034992371816885867, 4.944320811467737, 0.5105205963434764),
        (3000, 6.147033580254241e-05, 4.9766633238261795, 0.5044094706926437),
        (3500, 1.079835972094126e-05, 4.990218958479861, 0.501848130196663),
        (4000, 1.8969242829203655e-06, 4.9959004970328165, 0.5007746020921556),
        (4500, 3.3322854841771933e-07, 4.998281785784952, 0.5003246569977878),
        (4999, 5.8741498619485146e-08, 4.999278595714187, 0.500136309516923),
    ],
)
SECOND_RUN = (
    (-0.63444883580393, -0.5934978392833998),
    [
        (0, 54.63723960560799, -0.5531316024441059, -0.2130507749094102),
        (500, 0.5426904763697837, 2.8072843959994933, 0.9143141517294999),
        (1000, 0.09533325146937867, 4.080972705588344, 0.6736504329178544),
        (1500, 0.01674698420454846, 4.614810435820929, 0.572781662723038),
        (2000, 0.0029419061620646315, 4.838556481124477, 0.5305047925290008),
        (2500, 0.0005167982342781185, 4.93233459000256, 0.512785395832168),
        (3000, 9.078481781538824e-05, 4.971639569417142, 0.505358710321659),
        (3500, 1.5947970792282975e-05, 4.988113365117044, 0.5022459825795308),
        (4000, 2.8015452199158463e-06, 4.995017985060984, 0.5009413529459072),
        (4500, 4.921413339333638e-07, 4.997911900794716, 0.5003945468575067),
        (4999, 8.67546301950183e-08, 4.9991232969074995, 0.5001656532645753),
    ],
)


def loss_in_numpy(weights):
    pred = weights["w1"] * X + weights["w0"]
    m = len(pred)
    return (1.0 / (2.0 * m)) * np.sum((pred - Y) ** 2)


def loss_in_jax(weights):
    pred = weights["w1"] * X + weights["w0"]
    m = len(pred)
    return (1.0 / (2.0 * m)) * jnp.sum((pred - Y) ** 2)


def loss_autograd_only(weights):
    # JAX can't trace np.linalg.norm: this one is evaluated in Python.
    m = len(X)
    return (1.0 / (2.0 * m)) * np.linalg.norm(weights["w1"] * X + weights["w0"] - Y) ** 2


def tutorials_gradient(weights):
    m = len(X)
    pred = weights["w1"] * X + weights["w0"]
    return {"w0": (1.0 / m) * np.sum(pred - Y), "w1": (1.0 / m) * np.sum((pred - Y) * X)}


@pytest.mark.parametrize("run", [FIRST_RUN, SECOND_RUN], ids=["first", "second"])
@pytest.mark.parametrize("loss", [loss_in_numpy, loss_in_jax])
def test_descent_reproduces_every_printed_line_to_12_digits(loss, run):
    (w0, w1), lines = run
    start = {"w0": w0, "w1": w1}
    options = {"method": "gradient", "step": 0.008, "max_iter": 5000, "tol": 0.0}
    states = list(talweg.descend(loss, start, **options))
    assert len(states) == 5001
    for epoch, printed_loss, printed_w0, printed_w1 in lines:
        after = states[epoch + 1].x
        # Compiled code fuses multiplications with additions, which leaves a rounding out: the
        # predictions, up to 9, may differ by half a unit in their last place, 2**-50. The last
        # losses are so small that this is more than 1e-12 of them.
        rounding = 2.0**-50 * np.sqrt(2.0 * printed_loss)
        assert abs(states[epoch].fun - printed_loss) <= 1e-12 * printed_loss + rounding
        assert after["w0"] == pytest.approx(printed_w0, rel=1e-12, abs=0.0)
        assert after["w1"] == pytest.approx(printed_w1, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("run", [FIRST_RUN, SECOND_RUN], ids=["first", "second"])
def test_a_loss_that_python_evaluates_reproduces_every_printed_line_to_12_digits(run):
    (w0, w1), lines = run
    start = {"w0": w0, "w1": w1}
    options = {"method": "gradient", "step": 0.008, "max_iter": 5000, "tol": 0.0}
    states = list(talweg.descend(loss_autograd_only, start, **options))
    for epoch, printed_loss, printed_w0, printed_w1 in lines:
        after = states[epoch + 1].x
        assert states[epoch].fun == pytest.approx(printed_loss, rel=1e-12, abs=0.0)
        assert after["w0"] == pytest.approx(printed_w0, rel=1e-12, abs=0.0)
        assert after["w1"] == pytest.approx(printed_w1, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("loss", [loss_in_numpy, loss_in_jax, loss_autograd_only])
@pytest.mark.parametrize("start", [FIRST_RUN[0], SECOND_RUN[0]], ids=["first", "second"])
def test_gradient_is_the_one_derived_by_hand(loss, start):
    weights = {"w0": start[0], "w1": start[1]}
    found, expected = talweg.gradient(loss, weights), tutorials_gradient(weights)
    assert found.keys() == expected.keys()
    for name in expected:
        assert found[name] == pytest.approx(expected[name], rel=1e-13)


def test_the_default_method_finds_the_line_itself():
    result = talweg.minimize(loss_in_numpy, {"w0": 0.0, "w1": 0.0})
    assert result.success
    assert result.x["w0"] == pytest.approx(5.0, abs=1e-4)
    assert result.x["w1"] == pytest.approx(0.5, abs=1e-4)
