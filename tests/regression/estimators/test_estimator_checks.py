"""scikit-learn's own checks of an estimator's manners."""

import pytest
from sklearn.utils.estimator_checks import check_estimator

from talweg.regression import estimators

NOT_OURS = {"check_array_api_input"}  # runs only where an environment variable asks for it

VARIANTS = [
    estimators.LinearRegression(),
    estimators.LinearRegression(fit_intercept=False),
    estimators.LinearRegression(method="lbfgs"),
    estimators.Ridge(),
    estimators.ElasticNet(),
    estimators.LogisticRegression(),
    estimators.HuberRegression(),
    estimators.QuantileRegression(),
    estimators.PoissonRegression(),
]


@pytest.mark.parametrize("estimator", VARIANTS, ids=repr)
def test_passes_every_check_of_scikit_learn(estimator):
    checks = check_estimator(estimator, on_skip=None, on_fail="raise")
    assert len(checks) > 50
    assert {c["check_name"] for c in checks if c["status"] != "passed"} <= NOT_OURS


def test_every_estimator_is_checked():
    assert {type(estimator).__name__ for estimator in VARIANTS} == set(estimators.__all__)
