"""Hedgehold keeps a bag of coins hedged with a short in coin-margined perpetual futures."""

__version__ = "0.1.0"
