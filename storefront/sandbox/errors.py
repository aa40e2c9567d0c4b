"""Stripe's errors: one exception that knows its status and its body, and the ways to make it."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """A refusal in Stripe's own form: `{"error": {"type", "code", "message", "param", …}}`."""

    def __init__(self, status: int, kind: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        given = {name: value for name, value in details.items() if value is not None}
        self.error: dict[str, Any] = {"message": message, "type": kind, **given}

    @property
    def body(self) -> dict[str, Any]:
        """Return what the caller is sent."""
        return {"error": self.error}


def invalid(
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    status: int = 400,
    **details: Any,
) -> StripeError:
    """Make an `invalid_request_error`."""
    return StripeError(status, "invalid_request_error", message, code=code, param=param, **details)


def no_such(noun: str, object_id: str, *, param: str = "id") -> StripeError:
    """Make the 404 for an object that this account does not have."""
    message = f"No such {noun}: '{object_id}'"
    return invalid(message, code="resource_missing", param=param, status=404)


def card_error(message: str, *, code: str, **details: Any) -> StripeError:
    """Make the 402 for a card that does not pay."""
    return StripeError(402, "card_error", message, code=code, **details)
