"""Record social acts: what happened in the frame, on a host's page, or on a network's server;
make share links and open them."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from storefront.db.hot import insert_row, read_one, table_of
from storefront.db.ids import PUBLIC_ID_LENGTH, moment_of, public_id, timed_id
from storefront.domain.attribution import ARRIVALS, ENGAGEMENTS
from storefront.errors import Invalid, NotFound
from storefront.models import Interaction, Share
from storefront.services.placements import get_placement_by_id
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare
    from storefront.ports import Sessions, Signer
    from storefront.services.views import PlacementView
    from storefront.services.visitors import Visitor

STEPS = frozenset({"click", "buy"})
"""What a visitor does on the way to an order; recorded, but never a touchpoint."""

FRAME_KINDS = frozenset({"view"}) | ENGAGEMENTS | STEPS
"""Kinds that a page may report. An opening is recorded by us alone."""

NETWORK_KINDS = frozenset({"view", "click"}) | ENGAGEMENTS
"""Kinds that a merchant's own server may report."""

CONSOLE = "console"
"""The surface of what members do themselves, such as making the link that they post."""

_act, _share = table_of(Interaction), table_of(Share)
LATEST_ARRIVAL = (
    select(_act.c.id)
    .where(
        _act.c.merchant_id == bindparam("merchant_id"),
        _act.c.visitor == bindparam("visitor"),
        _act.c.kind.in_(sorted(ARRIVALS)),
    )
    .order_by(_act.c.occurred_at.desc(), _act.c.id.desc())
    .limit(1)
)
BY_NAME = select(_act.c.id).where(
    _act.c.merchant_id == bindparam("merchant_id"),
    _act.c.recorded_at == bindparam("recorded_at"),
    _act.c.public_id == bindparam("public_id"),
)
SHARE = select(_share.c.id, _share.c.placement_id, _share.c.interaction_id).where(
    _share.c.public_id == bindparam("public_id")
)
SHARE_PURPOSE = "share"
SIGNATURE_LENGTH = 10


@frozen
class Act:
    """One social act to be recorded. `referrer` is a host name only."""

    kind: str
    visitor: Visitor | None
    assurance: str
    surface: str
    parent: str | None = None
    referrer: str | None = None
    is_direct: bool = False
    occurred_at: datetime | None = None


@frozen
class Recorded:
    """What was recorded; `share_token` is there when the act was a share."""

    interaction_id: int
    public_id: str
    share_token: str | None = None


@frozen
class Opening:
    """A shared link that a person has opened."""

    placement: PlacementView
    visitor: Visitor
    interaction: str


@frozen
class ShareLink:
    """A share as its token names it; `is_genuine` says whether the signature was ours."""

    id: int
    placement: PlacementView
    parent_interaction_id: int
    is_genuine: bool


def record(
    session: Session, placement: PlacementView, act: Act, *, sign: Signer, now: datetime
) -> Recorded:
    """Record one act at a placement, and make the link when it is a share."""
    parent_id = find_parent(session, placement, act)
    row = _row(placement, act, now=now, parent_id=parent_id, share_id=None)
    interaction_id = insert_row(session, Interaction, **row)
    token = None
    if act.kind == "share":
        arrival = _arrival(session, placement, act.visitor)
        token = make_share(session, placement, interaction_id, arrival=arrival, sign=sign, now=now)
    return Recorded(interaction_id, str(row["public_id"]), token)


def record_alone(
    sessions: Sessions, placement: PlacementView, act: Act, *, parent_id: int | None, now: datetime
) -> Recorded:
    """Record an act of which no link is made, as `find_parent` has found it; it is durable when
    this returns, in a transaction that it may share with other acts."""
    row = _row(placement, act, now=now, parent_id=parent_id, share_id=None)
    return Recorded(sessions.insert(Interaction, row), str(row["public_id"]))


def find_parent(session: Session | Bare, placement: PlacementView, act: Act) -> int | None:
    """Return the act that this one grew from: the one that it names, else what brought its visitor
    here."""
    named = _find_act(session, placement.merchant.id, act.parent)
    if named is not None:
        return named
    find = _arrival if act.kind in ARRIVALS else _latest_arrival
    return find(session, placement, act.visitor)


def check_kind(kind: object, allowed: frozenset[str]) -> str:
    """Return the kind if callers may report it; raise `Invalid` unknown_kind otherwise."""
    if not isinstance(kind, str) or kind not in allowed:
        raise Invalid("unknown_kind", field="kind", allowed=", ".join(sorted(allowed)))
    return kind


def find_share(session: Session, token: str, *, sign: Signer) -> ShareLink:
    """Return the share that a token names, even when its signature is not ours.

    Raises `NotFound` only when no such share exists: a damaged link should still sell.
    """
    name, signature = token[:PUBLIC_ID_LENGTH], token[PUBLIC_ID_LENGTH:]
    share = read_one(session, SHARE, public_id=share_of_token(token))
    if share is None:
        raise NotFound
    is_genuine = hmac.compare_digest(signature.encode(), _signature(sign, name).encode())
    placement = get_placement_by_id(session, share.placement_id)
    return ShareLink(share.id, placement, share.interaction_id, is_genuine)


def share_of_token(token: str) -> str:
    """Return the public id of the share that a token names, genuine or not."""
    return f"shr_{token[:PUBLIC_ID_LENGTH]}"


def open_share(
    sessions: Sessions, link: ShareLink, visitor: Visitor, *, referrer: str | None, now: datetime
) -> Opening:
    """Record that a person opened a shared link; they carry the opening from now on. It is durable
    when this returns, unless the shop is set to let openings wait."""
    if not link.is_genuine:
        visitor = replace(visitor, evidence="unverified")
    act = Act(
        kind="open",
        visitor=visitor,
        assurance="signed" if link.is_genuine else "bare",
        surface="link",
        referrer=referrer,
    )
    row = _row(link.placement, act, now=now, parent_id=link.parent_interaction_id, share_id=link.id)
    name = str(row["public_id"])
    arrival = sessions.insert_soon(Interaction, row) or name
    return Opening(link.placement, replace(visitor, arrival=arrival), name)


def record_act(session: Session, *, now: datetime, **facts: Any) -> tuple[int, str]:
    """Record what we know somebody to have done beyond a placement's pages, such as opening a gift;
    return its id and its public id. `facts` are those of `row_of_act`."""
    row = row_of_act(**facts, now=now)
    return insert_row(session, Interaction, **row), str(row["public_id"])


def row_of_act(
    *,
    merchant_id: int,
    placement_id: int | None,
    kind: str,
    visitor: str,
    parent_id: int | None,
    surface: str,
    now: datetime,
) -> dict[str, object]:
    """Return the row of such an act, with a fresh public id."""
    return {
        "merchant_id": merchant_id,
        "placement_id": placement_id,
        "visitor": visitor,
        "parent_id": parent_id,
        "occurred_at": now,
        **way_of_act(kind, surface=surface, now=now),
    }


def way_of_act(kind: str, *, surface: str, now: datetime) -> dict[str, object]:
    """Return what such a row says besides whose act it was, where and when."""
    return {
        "public_id": timed_id("int", now),
        "kind": kind,
        "assurance": "signed",
        "surface": surface,
        "is_direct": False,
        "recorded_at": now,
    }


def _row(
    placement: PlacementView,
    act: Act,
    *,
    now: datetime,
    parent_id: int | None,
    share_id: int | None,
) -> dict[str, object]:
    """Return the row of an act, with a fresh public id."""
    return {
        "merchant_id": placement.merchant.id,
        "public_id": timed_id("int", now),
        "placement_id": placement.id,
        "share_id": share_id,
        "visitor": act.visitor.key if act.visitor else None,
        "parent_id": parent_id,
        "kind": act.kind,
        "assurance": act.assurance,
        "surface": act.surface,
        "referrer": act.referrer,
        "is_direct": act.is_direct,
        "occurred_at": act.occurred_at or now,
        "recorded_at": now,
    }


def _find_act(session: Session | Bare, merchant_id: int, name: str | None) -> int | None:
    """Return the act of this public id, which also says when it was recorded; None for no act."""
    recorded_at = moment_of(name) if name else None
    if recorded_at is None:
        return None
    told = {"merchant_id": merchant_id, "recorded_at": recorded_at, "public_id": name}
    row = read_one(session, BY_NAME, **told)
    return row.id if row else None


def _arrival(
    session: Session | Bare, placement: PlacementView, visitor: Visitor | None
) -> int | None:
    """Return the opening that a visitor carries."""
    found = visitor.arrival if visitor else None
    return _find_act(session, placement.merchant.id, found) if isinstance(found, str) else found


def _latest_arrival(
    session: Session | Bare, placement: PlacementView, visitor: Visitor | None
) -> int | None:
    """Return what brought the visitor here: the act that a like, share or click grew from."""
    if visitor is None:
        return None
    row = read_one(session, LATEST_ARRIVAL, merchant_id=placement.merchant.id, visitor=visitor.key)
    return row.id if row else None


def make_share(
    session: Session,
    placement: PlacementView,
    interaction_id: int,
    *,
    arrival: int | None,
    sign: Signer,
    now: datetime,
) -> str:
    """Make the link of an act of sharing, and return its token; `arrival` is what brought whoever
    shares, and with it the share that theirs continues."""
    parent = _share_opened_by(session, arrival)
    name = public_id("shr")
    insert_row(
        session,
        Share,
        merchant_id=placement.merchant.id,
        public_id=name,
        placement_id=placement.id,
        interaction_id=interaction_id,
        parent_id=parent.id if parent else None,
        depth=parent.depth + 1 if parent else 1,
        created_at=now,
    )
    return share_token(sign, name)


def share_token(sign: Signer, public_id: str) -> str:
    """Return what a share's link carries: its name and our signature."""
    symbols = public_id.removeprefix("shr_")
    return symbols + _signature(sign, symbols)


def _share_opened_by(session: Session, arrival: int | None) -> Share | None:
    if arrival is None:
        return None
    return session.scalars(
        select(Share)
        .join(Interaction, Interaction.share_id == Share.id)
        .where(Interaction.id == arrival)
    ).first()


def _signature(sign: Signer, symbols: str) -> str:
    return sign.digest(SHARE_PURPOSE, symbols)[:SIGNATURE_LENGTH]
