"""Put placements up, change them and take them down, with the channels and campaigns that they
name. How they are looked up is in services/placements.py."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update

from storefront.db.ids import random_symbols
from storefront.domain.addresses import read_web_address
from storefront.errors import Invalid, NotFound
from storefront.models import (
    Campaign,
    Channel,
    Placement,
    PlacementProduct,
    Product,
    Share,
)
from storefront.services import actions, catalog, hosts, interactions, placement_offers
from storefront.services.placements import get_placement
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports, Signer
    from storefront.services.members import SignedIn
    from storefront.services.placement_offers import ShownOffer

MOST_PRODUCTS = 200
LONGEST_SLUG = 40


@frozen
class PlacementWish:
    """A placement as a form describes it. `products` are public ids in their order; with
    `is_framed` the post's site may hold the shop in a frame. The things of the `offer` that it
    shows, if it does, come first."""

    name: str
    products: tuple[str, ...]
    channel_slug: str
    channel_name: str
    campaign: str
    new_campaign: str
    post_url: str
    is_framed: bool
    offer: str = ""

    @property
    def kind(self) -> str:
        """One product is a card; several are a collection."""
        return "product" if len(self.products) == 1 else "collection"


def make(
    session: Session, who: SignedIn, wish: PlacementWish, *, sign: Signer, now: datetime
) -> str:
    """Put a placement up, with the link to post, and return its public id.

    Raises `Invalid` that names the field.
    """
    offer = _offer(session, who.merchant_id, wish, now=now)
    wish = _checked(wish, offer)
    products = _products(session, who.merchant_id, wish.products)
    channel = _channel(session, who.merchant_id, wish)
    placement = catalog.add_placement(
        session,
        channel,
        products,
        name=wish.name,
        post_url=wish.post_url,
        now=now,
        kind=wish.kind,
        campaign=_campaign(session, who.merchant_id, wish),
    )
    placement_offers.show_offer(session, placement, offer)
    _allow(session, who, wish, now=now)
    make_link(session, placement, sign=sign, now=now)
    thing = ("placement", placement.public_id)
    actions.note(session, who, "placement_made", of=thing, now=now, products=len(products))
    return placement.public_id


def change(
    session: Session, who: SignedIn, wish: PlacementWish, *, public_id: str, now: datetime
) -> None:
    """Change what a placement shows and says; its address and all that it brought stay.

    Raises `NotFound`, or `Invalid` that names the field.
    """
    offer = _offer(session, who.merchant_id, wish, now=now)
    wish, placement = _checked(wish, offer), _get(session, who.merchant_id, public_id)
    products = _products(session, who.merchant_id, wish.products)
    placement.channel_id = _channel(session, who.merchant_id, wish).id
    campaign = _campaign(session, who.merchant_id, wish)
    placement.campaign_id = campaign.id if campaign else None
    placement.name, placement.post_url, placement.kind = wish.name, wish.post_url, wish.kind
    session.execute(
        delete(PlacementProduct).where(
            PlacementProduct.merchant_id == who.merchant_id,
            PlacementProduct.placement_id == placement.id,
        )
    )
    catalog.fill_placement(session, placement, products)
    placement_offers.show_offer(session, placement, offer)
    _allow(session, who, wish, now=now)
    thing = ("placement", public_id)
    actions.note(session, who, "placement_changed", of=thing, now=now, products=len(products))


def retire(session: Session, who: SignedIn, public_id: str, *, now: datetime) -> None:
    """Take a placement down: its frame and page say that it is not on sale. Twice is as good."""
    placement = _get(session, who.merchant_id, public_id)
    if placement.retired_at is None:
        placement.retired_at = now
        actions.note(session, who, "placement_retired", of=("placement", public_id), now=now)


def use_again(session: Session, who: SignedIn, public_id: str, *, now: datetime) -> None:
    """Put a placement up again at its old address."""
    placement = _get(session, who.merchant_id, public_id)
    if placement.retired_at is not None:
        placement.retired_at = None
        actions.note(session, who, "placement_used_again", of=("placement", public_id), now=now)


def make_link(session: Session, placement: Placement, *, sign: Signer, now: datetime) -> None:
    """Make the link that the merchant posts. It is a share, so that whoever opens it is counted
    here, even from networks that hide where people come from."""
    if placement.link_share is not None:
        return
    act = interactions.Act(
        kind="share", visitor=None, assurance="signed", surface=interactions.CONSOLE
    )
    view = get_placement(session, placement.public_id)
    recorded = interactions.record(session, view, act, sign=sign, now=now)
    placement.link_share = session.scalar(
        select(Share.public_id).where(Share.interaction_id == recorded.interaction_id)
    )


def link_all(ports: Ports) -> None:
    """Give every placement in use its link: those that programs made have none yet."""
    with ports.reads() as session:
        unlinked = session.execute(
            select(Placement.merchant_id, Placement.public_id).where(
                Placement.link_share.is_(None), Placement.retired_at.is_(None)
            )
        ).all()
    for merchant_id, public_id in unlinked:
        with ports.sessions.begin() as session:
            placement = _get(session, merchant_id, public_id)
            if placement.retired_at is None:
                make_link(session, placement, sign=ports.sign, now=ports.clock.now())


def rename_campaign(
    session: Session, who: SignedIn, public_id: str, *, name: str, now: datetime
) -> None:
    """Give a campaign another name; raise `NotFound`, or `Invalid` invalid_label."""
    renamed = session.execute(
        update(Campaign)
        .where(Campaign.merchant_id == who.merchant_id, Campaign.public_id == public_id)
        .values(name=_label(name, "name"))
        .returning(Campaign.id)
    ).first()
    if renamed is None:
        raise NotFound
    actions.note(session, who, "campaign_renamed", of=("campaign", public_id), now=now)


def rename_channel(session: Session, who: SignedIn, slug: str, *, name: str, now: datetime) -> None:
    """Give a channel another name; raise `NotFound`, or `Invalid` invalid_label."""
    renamed = session.execute(
        update(Channel)
        .where(Channel.merchant_id == who.merchant_id, Channel.slug == slug)
        .values(name=_label(name, "name"))
        .returning(Channel.id)
    ).first()
    if renamed is None:
        raise NotFound
    actions.note(session, who, "channel_renamed", of=("channel", slug), now=now)


def _offer(
    session: Session, merchant_id: int, wish: PlacementWish, *, now: datetime
) -> ShownOffer | None:
    if not wish.offer:
        return None
    return placement_offers.get_showable(session, merchant_id, wish.offer, now=now)


def _checked(wish: PlacementWish, offer: ShownOffer | None) -> PlacementWish:
    if offer:
        things = dict.fromkeys((*offer.products, *wish.products))
        wish = replace(wish, products=tuple(things))
    if not 1 <= len(wish.products) <= MOST_PRODUCTS:
        raise Invalid("invalid_products", field="products")
    address = wish.post_url and read_web_address(wish.post_url, field="post_url")
    return replace(wish, name=_label(wish.name, "name"), post_url=address)


def _label(given: str, field: str) -> str:
    if not given:
        raise Invalid("invalid_label", field=field)
    return given


def _get(session: Session, merchant_id: int, public_id: str) -> Placement:
    placement = session.scalars(
        select(Placement)
        .where(Placement.merchant_id == merchant_id, Placement.public_id == public_id)
        .with_for_update()
    ).first()
    if placement is None:
        raise NotFound
    return placement


def _products(session: Session, merchant_id: int, names: Sequence[str]) -> list[Product]:
    """Return the products in the order asked for; any that is not on sale here is refused."""
    found = {
        product.public_id: product
        for product in session.scalars(
            select(Product).where(
                Product.merchant_id == merchant_id,
                Product.public_id.in_(names),
                Product.withdrawn_at.is_(None),
            )
        )
    }
    if set(names) - set(found):
        raise Invalid("invalid_products", field="products")
    return [found[name] for name in dict.fromkeys(names)]


def _channel(session: Session, merchant_id: int, wish: PlacementWish) -> Channel:
    """Return the channel that the wish names: one of the merchant's, or a new one."""
    name = _label(wish.channel_name, "channel")
    slug = wish.channel_slug or slug_of(name)
    return catalog.get_or_add_channel(session, merchant_id, slug, name=name)


def slug_of(name: str) -> str:
    """Return a short name for addresses; a name in other letters than ours gets a random one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-")
    return slug or f"channel-{random_symbols(6)}"


def _campaign(session: Session, merchant_id: int, wish: PlacementWish) -> Campaign | None:
    if wish.new_campaign:
        same = select(Campaign).where(
            Campaign.merchant_id == merchant_id, Campaign.name == wish.new_campaign
        )
        return session.scalars(same).first() or catalog.add_campaign(
            session, merchant_id, wish.new_campaign
        )
    if not wish.campaign:
        return None
    found = session.scalars(
        select(Campaign).where(
            Campaign.merchant_id == merchant_id, Campaign.public_id == wish.campaign
        )
    ).first()
    if found is None:
        raise Invalid("invalid", field="campaign")
    return found


def _allow(session: Session, who: SignedIn, wish: PlacementWish, *, now: datetime) -> None:
    if wish.is_framed and wish.post_url:
        parts = urlsplit(wish.post_url)
        hosts.allow(session, who, f"{parts.scheme}://{parts.netloc}", now=now)
