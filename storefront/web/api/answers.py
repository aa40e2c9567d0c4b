"""What the description of the API says of every answer but the good one: problem+json (RFC 9457),
with the reasons for each status; and of the header that marks a repeated answer. The answers
themselves are `web/errors.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marshmallow import INCLUDE, Schema, fields, validate

from storefront.services.idempotency import LONGEST_KEY

if TYPE_CHECKING:
    from flask_smorest import Api

PROBLEM = "application/problem+json"

REASONS = {
    400: "Cannot be read: no JSON object, no Idempotency-Key where one is needed, a foreign host.",
    401: "No good token: `Authorization: Bearer sft_…`.",
    403: "The token is of one store, and this is not that store's.",
    404: "Not one of the merchant's own.",
    406: "Only JSON is answered.",
    409: "Not possible as things stand, or the first request under this key is still on its way.",
    413: "More than 64 KB.",
    415: "The body is no JSON.",
    422: "A field cannot be used: `field` names it.",
    429: "Too many wrong codes: `retry_after` says how many seconds to wait.",
    503: "Busy: repeat it under the same key after `retry_after` seconds.",
}
ALWAYS = (400, 401, 403, 406, 413, 503)
WITH_BODY = (404, 409, 415, 422)

PUBLIC_ID = validate.Regexp(r"[!-~]{1,24}\Z")
PUBLIC_ID_PATTERN = {"pattern": "^[!-~]{1,24}$"}
"""The same as JSON Schema writes it, where patterns are JavaScript's."""

KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "A random text; the same when a request is repeated.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[ -~]*[!-~][ -~]*$",
    },
}
REPLAY_HEADER = {
    "Idempotent-Replayed": {
        "description": "Present where this is the answer to an earlier request under the key.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


class Problem(Schema):
    """Why a request was refused. Some codes bring members of their own, such as `balance_minor`."""

    class Meta:
        """Some codes say more."""

        unknown = INCLUDE

    type = fields.String(required=True, metadata={"format": "uri"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(
        required=True, metadata={"description": "Stable: decide by this.", "example": "not_found"}
    )
    detail = fields.String(
        required=True, metadata={"description": "What happened and what to do, for a person."}
    )
    field = fields.String(required=True, allow_none=True)
    request_id = fields.String(required=True)
    retry_after = fields.Integer(
        required=True, allow_none=True, metadata={"description": "In seconds."}
    )


def describe_refusals(api: Api) -> None:
    """Write the refusals into a description of the API, for operations to refer to."""
    for status, reason in REASONS.items():
        content = {PROBLEM: {"schema": Problem}}
        api.spec.components.response(_name(status), {"description": reason, "content": content})


def refusals(*statuses: int) -> dict[int, str]:
    """Return what an operation's description says of these statuses, and of what any may answer."""
    return {status: _name(status) for status in sorted({*ALWAYS, *statuses})}


def _name(status: int) -> str:
    return f"Refused{status}"
