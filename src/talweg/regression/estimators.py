"""Regression with scikit-learn's API: the estimators, each of which goes downhill."""

from __future__ import annotations

from talweg.regression.estimator_counts import PoissonRegression
from talweg.regression.estimator_elastic_net import ElasticNet
from talweg.regression.estimator_huber import HuberRegression
from talweg.regression.estimator_least_squares import LinearRegression, Ridge
from talweg.regression.estimator_logistic import LogisticRegression
from talweg.regression.estimator_quantile import QuantileRegression

__all__ = [
    "ElasticNet",
    "HuberRegression",
    "LinearRegression",
    "LogisticRegression",
    "PoissonRegression",
    "QuantileRegression",
    "Ridge",
]
