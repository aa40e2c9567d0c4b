"""Sell inside a social post: a Flask extension, and an application that runs as it is."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storefront.app import Storefront, create_app

__all__ = ["Storefront", "__version__", "create_app"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the application only when it is asked for: the sandbox and the rules need none of it."""
    if name in {"Storefront", "create_app"}:
        from storefront import app  # noqa: PLC0415 - see the docstring

        return getattr(app, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
