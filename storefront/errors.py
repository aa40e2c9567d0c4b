"""What can go wrong, as classes with stable codes and data. No HTTP and no sentences here:
`web/errors.py` turns a code into a status, `web/sentences.py` into words."""

from __future__ import annotations


class StorefrontError(Exception):
    """A refusal or fault that a caller is told about by its stable `code`.

    `data` fills the sentence's blanks (plain values only, never secrets); `field` names the
    input at fault; `retry_after` is in whole seconds.
    """

    code = "fault"

    def __init__(
        self,
        code: str | None = None,
        *,
        field: str | None = None,
        retry_after: int | None = None,
        **data: object,
    ) -> None:
        self.code = code or type(self).code
        self.field = field
        self.retry_after = retry_after
        self.data = data
        super().__init__(self.code if field is None else f"{self.code} ({field})")


class Invalid(StorefrontError):
    """The input cannot be used; `field` says which part. `others` are what else is wrong with it,
    where it was read to its end."""

    code = "invalid"
    others: tuple[Invalid, ...] = ()


class NotSignedIn(StorefrontError):
    """Nobody is signed in, and somebody must be."""

    code = "sign_in"


class NotAllowed(StorefrontError):
    """Somebody is known, but may not do this."""

    code = "not_allowed"


class NotFound(StorefrontError):
    """It does not exist, or it belongs to another merchant: the answer is the same."""

    code = "not_found"


class Declined(StorefrontError):
    """The bank or the gateway said no; nothing was charged."""

    code = "declined"


class Conflict(StorefrontError):
    """The world has moved on: sold out, already done, in progress."""

    code = "conflict"


class Ended(StorefrontError):
    """It was there and is over."""

    code = "ended"


class TooMany(StorefrontError):
    """Too many tries; `retry_after` says when the next one counts."""

    code = "too_many_tries"


class Unreadable(StorefrontError):
    """A message whose signature or shape cannot be trusted."""

    code = "payload_invalid"


class TryAgain(StorefrontError):
    """A passing fault; the same request may succeed after `retry_after` seconds."""

    code = "busy"
