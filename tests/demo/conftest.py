"""The running demo, for programs that drive it without a browser."""

from tests.browser.conftest import demo

__all__ = ["demo"]
