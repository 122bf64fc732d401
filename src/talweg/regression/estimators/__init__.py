"""Regression with scikit-learn's API: the estimators, each of which goes downhill."""

from __future__ import annotations

from talweg.regression.estimators.counts import PoissonRegression
from talweg.regression.estimators.elastic_net import ElasticNet
from talweg.regression.estimators.huber import HuberRegression
from talweg.regression.estimators.least_squares import LinearRegression, Ridge
from talweg.regression.estimators.logistic import LogisticRegression
from talweg.regression.estimators.quantile import QuantileRegression

__all__ = [
    "ElasticNet",
    "HuberRegression",
    "LinearRegression",
    "LogisticRegression",
    "PoissonRegression",
    "QuantileRegression",
    "Ridge",
]
