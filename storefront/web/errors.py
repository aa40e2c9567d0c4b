"""From errors to answers: a status by class; `sentences.py` has the words. Programs get
application/problem+json (RFC 9457), people a page in their language."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from storefront import errors
from storefront.domain.money import Money
from storefront.services.ailments import Ailment, ailment
from storefront.web.context import request_id, surface, wants_json
from storefront.web.frame import use_open_policy
from storefront.web.sentences import sentence_of
from storefront.web.ways_on import way_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.web.ways_on import WayOn

log = logging.getLogger("storefront.web")

DOCS = "https://social-storefront.readthedocs.io/errors"
PROBLEM = "application/problem+json"
BUSY_SECONDS = 2
FULL_SECONDS = 60
UPDATE_SECONDS = 60

STATUS: tuple[tuple[type[errors.StorefrontError], int], ...] = (
    (errors.Invalid, 422),
    (errors.NotSignedIn, 401),
    (errors.NotAllowed, 403),
    (errors.NotFound, 404),
    (errors.Declined, 402),
    (errors.Conflict, 409),
    (errors.Ended, 410),
    (errors.TooMany, 429),
    (errors.Unreadable, 400),
    (errors.TryAgain, 503),
)

STATUS_BY_CODE = {"file_too_large": 413, "frame_too_large": 413} | dict.fromkeys(
    ("bad_host", "bad_request", "duplicate_key", "idempotency_key_required"), 400
)
"""Where a finer code has a status of its own."""

HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
}

TITLES = {
    400: _("That cannot be read"),
    401: _("Please sign in"),
    402: _("The payment was declined"),
    403: _("That is not allowed"),
    404: _("That is not here"),
    405: _("That is not possible here"),
    406: _("Not in that form"),
    409: _("Something has changed"),
    410: _("That is over"),
    413: _("That is too large"),
    415: _("Not in that form"),
    422: _("Please look at this once more"),
    429: _("That was too often"),
    500: _("Something went wrong on our side"),
    503: _("One moment, please"),
}


def status_of(error: errors.StorefrontError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, _HttpError):
        return error.status
    if error.code in STATUS_BY_CODE:
        return STATUS_BY_CODE[error.code]
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def title_of(error: errors.StorefrontError) -> str:
    """Return the heading over an error's sentence."""
    return str(TITLES[status_of(error)])


def problem(error: errors.StorefrontError) -> dict[str, Any]:
    """Return the error as RFC 9457 wants it, with our code beside."""
    status = status_of(error)
    return {
        "type": f"{DOCS}#{error.code}",
        "title": str(TITLES.get(status, TITLES[500])),
        "status": status,
        "code": error.code,
        "detail": sentence_of(error),
        "field": error.field,
        "request_id": request_id(),
        "retry_after": error.retry_after,
        **_told_to_programs(error),
    }


TOLD_TO_PROGRAMS = {
    "already_redeemed": ("at", "store", "who", "receipt"),
    "code_expired": ("day",),
    "code_mistyped": ("place",),
    "insufficient_balance": ("balance",),
    "not_our_code": ("host",),
}
"""What of an error's data goes into a problem beside its sentence, as extension members."""


def _told_to_programs(error: errors.StorefrontError) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in TOLD_TO_PROGRAMS.get(error.code, ()):
        value = error.data.get(name)
        if isinstance(value, Money):
            told |= {f"{name}_minor": value.minor, "currency": value.currency}
        elif isinstance(value, date):
            told[name] = value.isoformat()
        elif value is not None:
            told[name] = value
    return told


PASSING = frozenset({429, 503})
"""After a while the same address answers."""


FORESEEN = (errors.StorefrontError, HTTPException, DBAPIError)
"""What has an answer of its own; all else is a fault of ours."""


def init_errors(app: Flask) -> None:
    """Answer every error of our private application; a host's errors stay the host's."""
    app.register_error_handler(errors.StorefrontError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _fault)


def answer(error: errors.StorefrontError) -> AnyResponse:
    """Return the answer for an error, as a program or a person needs it."""
    if isinstance(error, errors.NotSignedIn) and not wants_json():
        return redirect(url_for("console.sign_in", next=_here()))
    response = _as_json(error) if wants_json() else _as_page(error)
    response.status_code = status_of(error)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response


def _here() -> str:
    """Return the address that was asked for, with the path below which we are mounted."""
    return request.script_root + request.full_path.rstrip("?")


def _as_json(error: errors.StorefrontError) -> Response:
    response = jsonify(problem(error))
    response.mimetype = PROBLEM
    return response


def _as_page(error: errors.StorefrontError) -> Response:
    status = status_of(error)
    if status in PASSING or status >= 500:  # noqa: PLR2004
        use_open_policy()
    values: Mapping[str, Any] = {
        "title": str(TITLES.get(status, TITLES[500])),
        "sentence": sentence_of(error),
        "status": status,
        "request_id": request_id() if status >= 500 else None,  # noqa: PLR2004
        "retry_url": _here() if request.method == "GET" and status in PASSING else None,
        "surface": surface(),
        "way": _way_on(is_lost=status == 404),  # noqa: PLR2004
    }
    template = "errors/frame.html" if surface() == "frame" else "errors/page.html"
    return make_response(render_template(template, **values))


def _way_on(*, is_lost: bool) -> WayOn | None:
    """Return the way on; a page that says what is wrong does without where the database fails."""
    try:
        return way_on(is_lost=is_lost)
    except DBAPIError:
        return None


def _http(error: HTTPException) -> AnyResponse:
    """Give Flask's own refusals our form; redirects and ready answers pass."""
    if error.code is None or error.code < 400 or error.response is not None:  # noqa: PLR2004
        return error.get_response()
    code = HTTP_CODES.get(error.code, "bad_request" if error.code < 500 else "fault")  # noqa: PLR2004
    response = answer(_HttpError(code, error.code))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


class _HttpError(errors.StorefrontError):
    """A refusal of Flask's own, with the status that it chose."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.status = status


def _database(error: DBAPIError) -> AnyResponse:
    """Say "try again" where the database is locked, full, behind or away; else it is a fault."""
    found = ailment(error)
    if found is Ailment.FULL:
        log.error("storage is full: %s", error.orig)
        return answer(errors.TryAgain("storage_full", retry_after=FULL_SECONDS))
    if found is Ailment.BEHIND:
        log.error("a migration has not run (`storefront db upgrade`): %s", error.orig)
        return answer(errors.TryAgain("being_updated", retry_after=UPDATE_SECONDS))
    if found is Ailment.BUSY:
        log.warning("the database is busy: %s", error.orig)
        return answer(errors.TryAgain("busy", retry_after=BUSY_SECONDS))
    return _fault(error)


def _fault(error: Exception) -> AnyResponse:
    log.error("fault", extra={"request_id": request_id()}, exc_info=error)
    return answer(errors.StorefrontError("fault"))
