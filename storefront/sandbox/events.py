"""Events: every change is told as one, stored with the change itself, and promised to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.ids import new_id
from storefront.sandbox.lists import list_objects

if TYPE_CHECKING:
    from storefront.sandbox.params import Params
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

API_VERSION = "2026-10-28.endive"


def emit(work: Work, topic: str, subject: Object, *, previous: Object | None = None) -> None:
    """Write an event about an object; `previous` holds what changed, as it was before."""
    data = {"object": subject}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": work.second,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1 if work.config.webhook_url else 0,
        "request": {"id": work.request_id, "idempotency_key": work.idempotency_key},
        "type": topic,
    }
    if work.account:
        event["account"] = work.account
    work.tx.insert(work.account, event, topic=topic)
    if work.config.webhook_url:
        work.deliveries.promise(work.tx, event, now=work.now)


def retrieve(work: Work, _params: Params, event_id: str) -> Object:
    """Return an event with the count of its deliveries that have not arrived."""
    return _counted(work, work.get("event", event_id))


def list_all(work: Work, params: Params) -> Object:
    """List events, newest first, by `type` (`charge.*` for a group) or `types`."""
    page = list_objects(work, "event", params, topics=_topics(params), url="/v1/events")
    page["data"] = [_counted(work, event) for event in page["data"]]
    return page


def _topics(params: Params) -> list[str]:
    return [params["type"]] if params.get("type") else params.get("types") or []


def _counted(work: Work, event: Object) -> Object:
    row = work.tx.execute(
        "SELECT count(*) FROM deliveries WHERE event = ? AND delivered_at IS NULL", (event["id"],)
    ).fetchone()
    return {**event, "pending_webhooks": row[0]}
