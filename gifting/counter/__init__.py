"""The counter's web: enrolling devices, beginning to work on one, redeeming, closing the day."""

from gifting.counter import closing, enrolling, scanning, screen, signing, undoing

__all__ = ["closing", "enrolling", "scanning", "screen", "signing", "undoing"]
