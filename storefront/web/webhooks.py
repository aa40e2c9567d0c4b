"""Webhooks: verify, record and apply in one transaction; the gateway is never asked here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, request

from storefront.errors import Unreadable
from storefront.services import alarms, connections, payments
from storefront.web.context import ports

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("webhooks", __name__)


@blueprint.post("/webhooks/stripe")
def stripe() -> Response:
    """Take one message of the gateway in; a repeat is answered like the first, and does nothing.

    Messages about nothing of ours are kept and answered with 200: anything else would be sent
    again for three days.
    """
    body = request.get_data()
    event = ports().payments.read_event(body, request.headers.get("Stripe-Signature"))
    now = ports().clock.now()
    if event.is_live != ports().settings.is_live:
        with ports().sessions.begin() as session:
            alarms.raise_alarm(session, alarms.INSTALLATION, "mode_mismatch", now=now)
        raise Unreadable("mode_mismatch")
    with ports().sessions.begin() as session:
        applied = payments.apply_event(session, event, body.decode(), kinds=ports().kinds, now=now)
        if event.type in connections.NEWS and not applied.is_duplicate:
            connections.take_news(session, event.account, now=now)
    if applied.is_duplicate:
        return jsonify(received=True, duplicate=True)
    return jsonify(received=True)
