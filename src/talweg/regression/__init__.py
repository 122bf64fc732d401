"""Regression by going downhill: losses, least squares, tables, estimators."""
