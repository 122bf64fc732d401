"""Least squares: products of columns, triangular factors, polynomials."""
