"""A placement as it is shown: asked about in one statement, drawn, and kept as long as the database
says the same about it, word for word. The addresses are in embed.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import make_response, request

from storefront import links
from storefront.services import carts, foresight, shelf
from storefront.services.placements import get_placement
from storefront.values import frozen
from storefront.web import forms
from storefront.web.context import KEY as PORTS
from storefront.web.context import ports
from storefront.web.frame import (
    FAMILIES,
    FrameState,
    frame_policy,
    picture_origins,
    read_token,
    render_frame,
    surface_of,
    use_frame,
    use_frame_policy,
)
from storefront.web.keeping import find_kept, kept, tell_clocks
from storefront.web.languages import browser_language
from storefront.web.occasions import occasion_of
from storefront.web.previews import preview_of_shelf
from storefront.web.shortcuts import Answer, Shortcut

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask, Response
    from sqlalchemy.orm import Session

    from storefront.kinds import Door
    from storefront.ports import Ports
    from storefront.services.foresight import Foresight
    from storefront.services.offering import Occasion
    from storefront.services.views import CartView, ShelfView
    from storefront.web.headers import Policy

TOKENS = ("v", "c")
"""What addresses of pages carry that are drawn for one shopper."""

LONGEST_PAGE = 10_000

TOLD = "storefront.told"
"""Where a request that a shortcut gives up has what the database was asked for it, and when."""


@frozen
class Asked:
    """What is to be drawn: a placement at `now`, below an address's first letter, with what was
    told about it."""

    placement: str
    family: str
    now: datetime
    told: Foresight


@frozen
class Drawn:
    """A page as it was drawn at a moment, and what its answer is given beside it. It is good until
    another moment, or until something else is true of it than was."""

    page: str
    status: int
    state: FrameState
    policy: Policy
    since: datetime
    until: datetime | None

    def is_good(self, now: datetime) -> bool:
        """Return whether it shows what is true at `now`, of the same facts."""
        return self.since <= now and (self.until is None or now < self.until)


def show(placement: str, family: str) -> Response:
    """Answer with a placement's card or collection."""
    now, told = request.environ.get(TOLD) or _ask(ports(), placement)
    asked = Asked(placement, family, now, told)
    if _is_for_one():
        drawn = _draw(asked)
        return make_response(drawn.page, drawn.status)
    drawn = kept(told.words, lambda: _draw(asked), now=now)
    use_frame(drawn.state, drawn.policy)
    return make_response(tell_clocks(drawn.page, now), drawn.status)


def _ask(ports: Ports, placement: str) -> tuple[datetime, Foresight]:
    now = ports.clock.now()
    with ports.sessions.glance() as session:
        return now, foresight.of_placement(session, placement, kinds=ports.kinds, now=now)


def show_kept(app: Flask, environ: dict[str, Any], placement: str) -> Answer | None:
    """Answer with a page that is kept. The database is asked as ever: nothing else may be true
    than was."""
    ports: Ports = app.extensions[PORTS]
    if ports.settings.templates:
        return None
    now, told = environ[TOLD] = _ask(ports, placement)
    language = browser_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    drawn: Drawn | None = find_kept(app, environ, told.words, language=language, now=now)
    if drawn is None:
        return None
    page = tell_clocks(drawn.page, now).encode()
    return Answer(drawn.status, page, drawn.state.placement.merchant.slug, policy=drawn.policy)


SHORTCUTS = {family: Shortcut(f"/{family}/<placement>", show_kept) for family in FAMILIES}


def _is_for_one() -> bool:
    """Return whether a page is drawn for this request alone. A host's own templates may show
    anything, such as the time of day."""
    if ports().settings.templates:
        return True
    return bool(request.query_string) and any(name in request.args for name in TOKENS)


def _draw(asked: Asked) -> Drawn:
    """Draw a page. It may be kept if the database was asked for nothing but what it has told."""
    settings = ports().settings
    with ports().reads() as session:
        asked.told.answer_in(session)
        state = state_at(session, asked.placement, asked.family)
        occasion = occasion_of(state, now=asked.now)
        view = _shelf(session, state, occasion)
        cart = cart_at(session, state, occasion)
        doors = doors_at(session, state, _only_product(view))
        is_whole = not session.in_transaction()
    if not view.products and not view.query:
        page, status = render_frame("embed/unavailable.html", state, settings), 404
    else:
        own = links.placement_page(settings, asked.placement)
        page, status = (
            render_frame(
                "embed/card.html" if _is_card(view) else "embed/collection.html",
                state,
                settings,
                shelf=view,
                cart=cart,
                doors=doors,
                preview=None if state.surface == "frame" else preview_of_shelf(view, own),
            ),
            200,
        )
    images = picture_origins((view, cart), but=settings.base_url)
    until = view.good_until if is_whole and _is_card(view) else asked.now
    return Drawn(page, status, state, frame_policy(state, images=images), asked.now, until)


def _is_card(view: ShelfView) -> bool:
    return view.placement.kind == "product"


def _only_product(view: ShelfView) -> str | None:
    return view.products[0].public_id if _is_card(view) and view.products else None


def _shelf(session: Session, state: FrameState, occasion: Occasion) -> ShelfView:
    return shelf.shelf(
        session,
        state.placement,
        ports().settings,
        now=occasion.now,
        followed=occasion.entered.links,
        visitor=occasion.visitor,
        query="" if state.placement.kind == "product" else request.args.get("q", ""),
        page=_page(),
    )


def _page() -> int:
    return min(forms.count(request.args.get("page")), LONGEST_PAGE) or 1


def state_at(session: Session, placement: str, family: str) -> FrameState:
    """Return where a shopper is who asked for a page below a placement, with their tokens; raise
    `NotFound` where there is none."""
    view = get_placement(session, placement)
    state = FrameState(
        surface_of(family),
        view,
        read_token(request.args.get("v")),
        read_token(request.args.get("c")),
    )
    use_frame_policy(state)
    return state


def doors_at(session: Session, state: FrameState, product: str | None) -> tuple[Door, ...]:
    """Return the ways from here into pages that kinds of lines bring along."""
    merchant_id = state.placement.merchant.id
    found = [kind.door(session, merchant_id, product) for kind in ports().kinds]
    return tuple(door for door in found if door)


def cart_at(session: Session, state: FrameState, occasion: Occasion) -> CartView:
    """Return the cart in the address, priced now. One that cannot be read starts empty, and says
    so."""
    merchant = state.placement.merchant
    lines = carts.read_cart(ports().sign, state.cart_token, merchant.public_id)
    view = carts.price_cart(
        session, merchant, lines or {}, settings=ports().settings, occasion=occasion
    )
    return view if lines is not None else replace(view, notices=("cart_unreadable",))
