"""Read an order's line back: from the post to the share, its opening, and the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.errors import NotFound
from storefront.models import (
    Attribution,
    Channel,
    Interaction,
    Order,
    OrderOrigin,
    OrderTouchpoint,
    Placement,
)
from storefront.services.visitors import short
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import After, LineKind

LONGEST_CHAIN = 50


@frozen
class Step:
    """One act on the way to an order. `visitor` is a short pseudonym, to tell people apart."""

    id: int
    interaction: str
    kind: str
    assurance: str
    surface: str
    visitor: str | None
    referrer: str | None
    occurred_at: datetime
    placement: str
    placement_public_id: str
    post_url: str
    channel: str
    is_origin: bool = False


@frozen
class Credit:
    """A share of the order, of 10,000; without an interaction the sale was direct."""

    model: str
    interaction: str | None
    kind: str | None
    share: int


@frozen
class Chain:
    """What led to an order. `steps` run from the first act that can be known to the last before
    the order; `path` are the buyer's own touchpoints; `evidence` is verified, unverified, none."""

    evidence: str
    steps: tuple[Step, ...]
    path: tuple[Step, ...]
    credits: tuple[Credit, ...]

    @property
    def is_direct(self) -> bool:
        """Whether nothing social led to the order."""
        return not self.path


def chain_of(session: Session, merchant_id: int, order_public_id: str) -> Chain:
    """Return the line of an order of this merchant; raise `NotFound` otherwise."""
    order = session.execute(
        select(
            Order.id,
            Order.visitor,
            Order.placed_at,
            OrderOrigin.interaction_id,
            OrderOrigin.evidence,
        )
        .join(OrderOrigin, OrderOrigin.order_id == Order.id)
        .where(Order.merchant_id == merchant_id, Order.public_id == order_public_id)
    ).first()
    if order is None:
        raise NotFound
    path_ids = session.scalars(
        select(OrderTouchpoint.interaction_id)
        .where(OrderTouchpoint.merchant_id == merchant_id, OrderTouchpoint.order_id == order.id)
        .order_by(OrderTouchpoint.position)
    ).all()
    ancestors = _ancestors(session, merchant_id, order.interaction_id)
    clicks = _clicks(session, merchant_id, order.visitor, placed_at=order.placed_at)
    found = _steps(
        session, merchant_id, {*path_ids, *ancestors, *clicks}, origin_id=order.interaction_id
    )
    line = [found[key] for key in (*ancestors, *clicks) if key in found]
    return Chain(
        evidence=order.evidence,
        steps=tuple(sorted(line, key=lambda step: (step.occurred_at, step.id))),
        path=tuple(found[key] for key in path_ids if key in found),
        credits=_credits(session, merchant_id, order.id),
    )


def follow_order(
    session: Session, merchant_id: int, order_public_id: str, *, kinds: Iterable[LineKind]
) -> tuple[After, ...]:
    """Return what came of an order of this merchant, the first thing first."""
    order = session.scalars(
        select(Order).where(Order.merchant_id == merchant_id, Order.public_id == order_public_id)
    ).one()
    found = [each for kind in kinds for each in kind.follow(session, order)]
    return tuple(sorted(found, key=lambda each: each.at))


def _ancestors(session: Session, merchant_id: int, interaction_id: int | None) -> list[int]:
    """Return the origin and whatever it answers, the latest first."""
    line: list[int] = []
    while interaction_id is not None and interaction_id not in line and len(line) < LONGEST_CHAIN:
        line.append(interaction_id)
        interaction_id = session.scalar(
            select(Interaction.parent_id).where(
                Interaction.merchant_id == merchant_id, Interaction.id == interaction_id
            )
        )
    return line


def _clicks(
    session: Session, merchant_id: int, visitor: str, *, placed_at: datetime
) -> Sequence[int]:
    """Return the buyer's last click before the order: the step from looking to buying."""
    return session.scalars(
        select(Interaction.id)
        .where(
            Interaction.merchant_id == merchant_id,
            Interaction.visitor == visitor,
            Interaction.kind.in_(("click", "buy")),
            Interaction.occurred_at <= placed_at,
        )
        .order_by(Interaction.occurred_at.desc())
        .limit(1)
    ).all()


def _steps(
    session: Session, merchant_id: int, ids: set[int], *, origin_id: int | None
) -> dict[int, Step]:
    rows = session.execute(
        select(
            Interaction,
            Placement.name,
            Placement.public_id.label("placement_public_id"),
            Placement.post_url,
            Channel.name.label("channel"),
        )
        .join(Placement, Placement.id == Interaction.placement_id)
        .join(Channel, Channel.id == Placement.channel_id)
        .where(Interaction.merchant_id == merchant_id, Interaction.id.in_(ids))
    )
    return {
        interaction.id: Step(
            id=interaction.id,
            interaction=interaction.public_id,
            kind=interaction.kind,
            assurance=interaction.assurance,
            surface=interaction.surface,
            visitor=short(interaction.visitor) if interaction.visitor else None,
            referrer=interaction.referrer,
            occurred_at=interaction.occurred_at,
            placement=name,
            placement_public_id=placement_public_id,
            post_url=post_url,
            channel=channel,
            is_origin=interaction.id == origin_id,
        )
        for interaction, name, placement_public_id, post_url, channel in rows
    }


def _credits(session: Session, merchant_id: int, order_id: int) -> tuple[Credit, ...]:
    rows = session.execute(
        select(Attribution.model, Interaction.public_id, Interaction.kind, Attribution.share)
        .outerjoin(Interaction, Interaction.id == Attribution.interaction_id)
        .where(Attribution.merchant_id == merchant_id, Attribution.order_id == order_id)
        .order_by(Attribution.model, Attribution.position)
    )
    return tuple(Credit(*row) for row in rows)
