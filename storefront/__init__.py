"""Sell inside a social post."""

__version__ = "0.1.0"
