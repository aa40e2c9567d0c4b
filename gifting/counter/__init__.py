"""The counter's web: enrolling devices, beginning to work on one, redeeming, closing the day."""

from gifting.counter import enrolling, screen, signing

__all__ = ["enrolling", "screen", "signing"]
