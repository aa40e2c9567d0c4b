"""How shoppers see an offer before, while and after it is on: the frame itself, without effect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import make_response, request

from storefront.errors import Conflict, Invalid
from storefront.services import offers
from storefront.services.offer_preview import Stage, preview_offer
from storefront.services.views import PlacementView, ShelfView
from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.offer_fields import read_draft
from storefront.web.console.offers import find_offer
from storefront.web.console.page import shop
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.frame import FrameState, render_frame
from storefront.web.languages import asked_fields

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

    from storefront.models import Offer
    from storefront.services.offer_preview import Previewed
    from storefront.services.views import MerchantView

NOWHERE = "plc_draft"


@blueprint.route("/offers/preview")
@roles("owner", "manager")
def preview_offer_draft() -> Response:
    """Show the frame with an offer that is not written down yet."""
    merchant, now = shop(), ports().clock.now()
    reading = Reading(asked_fields())
    draft = read_draft(reading, merchant)
    if reading.errors:
        return _frame(merchant, None)
    try:
        with ports().reads() as session:
            offer = offers.sketch_for(session, merchant.id, draft, now=now)
            seen = _look(session, merchant, offer, code=draft.code)
    except (Conflict, Invalid):
        return _frame(merchant, None)
    return _frame(merchant, seen)


@blueprint.route("/offers/<public_id>/preview")
@roles("owner", "manager")
def preview_offer_page(public_id: str) -> Response:
    """Show the frame with an offer that is written down."""
    found = find_offer(public_id)
    merchant = shop()
    with ports().reads() as session:
        own = offers.get_offer(session, member().merchant_id, found.offer.public_id)
        seen = _look(session, merchant, own, code=found.code)
    return _frame(merchant, seen)


def _look(session: Session, merchant: MerchantView, offer: Offer, *, code: str) -> Previewed:
    given = request.args.get("stage")
    return preview_offer(
        session,
        merchant,
        offer,
        code=code,
        stage=Stage(given) if given in set(Stage) else Stage.DURING,
        now=ports().clock.now(),
        settings=ports().settings,
    )


def _frame(merchant: MerchantView, seen: Previewed | None) -> Response:
    settings = ports().settings
    products = seen.products[:1] if seen else ()
    placement = PlacementView(
        id=0,
        public_id=NOWHERE,
        kind="product",
        name=merchant.name,
        post_url="",
        channel="",
        is_loaded=True,
        merchant=replace(merchant, allowed_origins=(settings.base_url,)),
    )
    view = ShelfView(placement, products, query="", page=1, pages=1, total=len(products))
    page = render_frame(
        f"embed/{_template(seen)}.html",
        FrameState("frame", placement),
        settings,
        shelf=view,
        cart=seen.cart if seen else None,
        preview=None,
        is_still=True,
        at=seen.at if seen else None,
    )
    return make_response(page)


def _template(seen: Previewed | None) -> str:
    if seen is None or not seen.products:
        return "unfinished"
    return "cart" if seen.cart else "card"
