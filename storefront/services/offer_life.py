"""Put offers in force and out of it: publish, pause, resume, end; and note the moments at which
they start and end by themselves. Nothing here moves the end of a published offer to later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from storefront.domain.offers import Kind, Scope, State, state
from storefront.errors import Conflict, Invalid
from storefront.models import Offer, OfferEvent
from storefront.models.offer import BENEFIT
from storefront.services import codes, jobs, offers, price_history
from storefront.signals import announce

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.ports import Ports


def publish(session: Session, offer: Offer, *, now: datetime) -> None:
    """Put an offer in force; from now on its terms and its window stay as they are.

    Raises `Conflict` offer_published, or `Invalid` for an offer that nobody could ever use.
    """
    offers.lock_draft(session, offer)
    if offer.ends_at is not None and offer.ends_at <= now:
        raise Invalid("offer_over_already", field="ends")
    if offer.scope == Scope.CHOSEN.value and not any(
        target.role == BENEFIT for target in offer.targets
    ):
        raise Invalid("offer_needs_things", field="products")
    if offer.kind == Kind.CODE.value and not codes.has_any(session, offer.id):
        raise Invalid("offer_needs_code", field="code")
    # What its things cost before is known from here on, if it was not known yet.
    price_history.note_offer(session, offer, since=now)
    offer.starts_at = max(offer.starts_at or now, now)
    offer.published_at = now
    _note(session, offer, "published", now=now)
    jobs.add(
        session,
        "start_offer",
        {"offer_id": offer.id},
        merchant_id=offer.merchant_id,
        now=now,
        run_at=offer.starts_at,
        unique_key=str(offer.id),
    )
    if offer.ends_at is not None:
        jobs.add(
            session,
            "end_offer",
            {"offer_id": offer.id},
            merchant_id=offer.merchant_id,
            now=now,
            run_at=offer.ends_at,
            unique_key=str(offer.id),
        )
    session.flush()


def pause(session: Session, offer: Offer, *, now: datetime) -> None:
    """Let nobody begin to use the offer for now; open orders keep it. Its window goes on."""
    _must_be_live(offer, now=now)
    if _change(session, offer, Offer.paused_at.is_(None), paused_at=now):
        _note(session, offer, "paused", now=now)
        price_history.note_offer(session, offer, since=now)


def resume(session: Session, offer: Offer, *, now: datetime) -> None:
    """Let people use the offer again, until the same end as before."""
    _must_be_live(offer, now=now)
    if _change(session, offer, Offer.paused_at.is_not(None), paused_at=None):
        _note(session, offer, "resumed", now=now)
        price_history.note_offer(session, offer, since=now)


def end(session: Session, offer: Offer, *, now: datetime) -> None:
    """End the offer for good; open orders keep their price while they are held."""
    if state(offer.terms, now) is State.ENDED:
        raise Conflict("offer_over")
    was_published = offer.published_at is not None
    if _change(session, offer, Offer.ended_at.is_(None), ended_at=now) and was_published:
        _note_end(session, offer, at=now)
        price_history.note_offer(session, offer, since=now)


def _must_be_live(offer: Offer, *, now: datetime) -> None:
    if state(offer.terms, now) in {State.DRAFT, State.ENDED}:
        raise Conflict("offer_over")


def _change(
    session: Session, offer: Offer, *conditions: ColumnElement[bool], **values: Any
) -> bool:
    changed = session.execute(
        update(Offer)
        .where(Offer.id == offer.id, *conditions)
        .values(**values)
        .returning(Offer.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.refresh(offer)
    return changed is not None


def start_offer(ports: Ports, offer_id: int) -> None:
    """Note that an offer has started, and the prices that it makes."""
    with ports.sessions.begin() as session:
        offer = session.get_one(Offer, offer_id)
        at = offer.starts_at or ports.clock.now()
        if offer.ended_at is None and _note_once(session, offer_id, kind="started", at=at):
            announce(session, "offer_started", offer=offer.public_id)
            price_history.note_offer(session, offer, since=at)


def end_offer(ports: Ports, offer_id: int) -> None:
    """Note that an offer has ended by itself, and the prices that return."""
    with ports.sessions.begin() as session:
        offer = session.get_one(Offer, offer_id)
        at = offer.ends_at or ports.clock.now()
        if _note_end(session, offer, at=at):
            price_history.note_offer(session, offer, since=at)


def _note_end(session: Session, offer: Offer, *, at: datetime) -> bool:
    is_first = _note_once(session, offer.id, kind="ended", at=at)
    if is_first:
        announce(session, "offer_ended", offer=offer.public_id)
    return is_first


def _note_once(session: Session, offer_id: int, *, kind: str, at: datetime) -> bool:
    """Of several workers that come at once, the one whose update finds the row may write."""
    column = Offer.start_noted_at if kind == "started" else Offer.end_noted_at
    noted = session.execute(
        update(Offer)
        .where(Offer.id == offer_id, column.is_(None))
        .values({column: at})
        .returning(Offer.merchant_id)
        .execution_options(synchronize_session=False)
    ).first()
    if noted is None:
        return False
    session.execute(
        insert(OfferEvent).values(
            merchant_id=noted.merchant_id, offer_id=offer_id, kind=kind, occurred_at=at
        )
    )
    return True


def _note(session: Session, offer: Offer, kind: str, *, now: datetime) -> None:
    session.execute(
        insert(OfferEvent).values(
            merchant_id=offer.merchant_id, offer_id=offer.id, kind=kind, occurred_at=now
        )
    )
