"""What a request carries: a JSON object or the fields of a form, or a clear refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from storefront.errors import Invalid

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage, MultiDict


def json_body() -> dict[str, Any]:
    """Return the JSON object that was sent; raise `Invalid` bad_request for anything else."""
    try:
        value = request.get_json(silent=True)
    except RecursionError:  # brackets within brackets, thousands deep
        value = None
    if not isinstance(value, dict):
        raise Invalid("bad_request")
    return value


def form_body(*, but: str | None = None) -> dict[str, str]:
    """Return the form's fields; raise `Invalid` duplicate_key where one is given twice, and
    invalid_text at one with a NUL, which no browser sends and no database takes; `but` names one
    that is read with care."""
    refuse_twice(request.form)
    fields = request.form.to_dict()
    for key, value in fields.items():
        if key != but and ("\0" in key or "\0" in value):
            raise Invalid("invalid_text", field=key.replace("\0", "")[:60])
    return fields


PICTURE_LIMIT = 10 * 1024 * 1024
IMPORT_LIMIT = 200 * 1024 * 1024
ROOM_FOR_FIELDS = 64 * 1024


def upload_body(name: str, *, most: int) -> tuple[dict[str, str], FileStorage | None]:
    """Return a form's fields and the file called `name`, None where none was chosen.

    The file lies on disk once it is large. Raises `Invalid` file_too_large beyond `most` bytes.
    """
    request.max_content_length = most + ROOM_FOR_FIELDS
    try:
        file = request.files.get(name)
    except RequestEntityTooLarge as error:
        raise Invalid("file_too_large", field=name, most=most // 1024 // 1024) from error
    return form_body(), file if file and file.filename else None


def refuse_twice(fields: MultiDict[str, str]) -> None:
    """Refuse a key given twice: which of the two is meant must not depend on who reads it."""
    for key, values in fields.lists():
        if len(values) > 1:
            raise Invalid("duplicate_key", field=key[:60], key=key[:60])
