"""What every page a shopper sees has in common: its surface, the tokens it carries in place of
cookies, its theme and its policy. No routes and no queries here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from flask import current_app, g, render_template, request, url_for

from storefront import links
from storefront.domain.addresses import picture_origin
from storefront.errors import NotFound
from storefront.services.views import CartView, ImageView, OrderView, ProductView, ShelfView
from storefront.values import frozen
from storefront.web.context import note_merchant, note_surface
from storefront.web.countries import (
    country_choices,
    country_list,
    country_name,
    preferred_country,
)
from storefront.web.formats import use_zone
from storefront.web.headers import Policy, use_policy
from storefront.web.keeping import init_keeping
from storefront.web.refusals import FRAMES, report_address
from storefront.web.theme import theme_css

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Flask

    from storefront.services.views import PlacementView
    from storefront.settings import Settings
    from storefront.web.assets import Assets

Surface = Literal["frame", "page"]

FAMILIES: Mapping[str, Surface] = {"e": "frame", "p": "page"}
LETTERS: Mapping[Surface, str] = {surface: letter for letter, surface in FAMILIES.items()}

FRAMED, MAYBE_FRAMED = "/e/", ("/carts", "/orders")
"""What the addresses begin with that are shown in frames alone, or in frames too."""

ANYBODY = ("*",)

LONGEST_TOKEN = 4000

HOME = "embed.home"
"""Stands for the placement's card or page, whichever the surface is."""

BELOW = "family"
"""What the address of every page below a placement begins with, whoever's page it is."""


@frozen
class FrameState:
    """Where the shopper is, and the signed tokens that say who they are and what they carry."""

    surface: Surface
    placement: PlacementView
    mark: str = ""
    cart_token: str = ""

    def url(self, endpoint: str, **values: Any) -> str:
        """Return the address of a page of the shop, with the visitor's mark and cart."""
        place: dict[str, str] = {}
        if endpoint == HOME:
            endpoint = "embed.card" if self.surface == "frame" else "embed.page"
            place = {"placement": self.placement.public_id}
        elif current_app.url_map.is_endpoint_expecting(endpoint, BELOW):
            place = {BELOW: LETTERS[self.surface], "placement": self.placement.public_id}
        tokens = {"v": self.mark or None, "c": self.cart_token or None}
        return url_for(endpoint, **{**place, **tokens, **values})

    @property
    def theme(self) -> str:
        """The style block with the merchant's colour."""
        return theme_css(self.placement.merchant.accent)


def read_surface(given: str | None) -> Surface:
    """Return the surface that a form or an address names; anything unknown is a page."""
    return "frame" if given == "frame" else "page"


def read_token(given: str | None) -> str:
    """Return a token as it came; one that is too long to be ours counts as none."""
    return given if given and len(given) <= LONGEST_TOKEN else ""


def surface_of(family: str) -> Surface:
    """Return the surface of an address's first letter; raise `NotFound` for any other."""
    if family not in FAMILIES:
        raise NotFound
    return FAMILIES[family]


def render_frame(
    template: str,
    state: FrameState,
    settings: Settings,
    *,
    payment_hosts: Mapping[str, tuple[str, ...]] | None = None,
    holds_ours: bool = False,
    **values: object,
) -> str:
    """Render a page of the frame family, and give the answer the policy that fits it.

    `payment_hosts` are the payment provider's, by directive: for the payment view only.
    `holds_ours` lets the page hold a frame of our own.
    """
    use_frame_policy(
        state,
        payment_hosts=payment_hosts,
        holds_ours=holds_ours,
        images=picture_origins(values.values(), but=settings.base_url),
    )
    use_zone(state.placement.merchant.zone)
    return render_template(template, **frame_values(state, settings), **values)


def use_frame_policy(
    state: FrameState,
    *,
    payment_hosts: Mapping[str, tuple[str, ...]] | None = None,
    holds_ours: bool = False,
    images: tuple[str, ...] = (),
) -> None:
    """Let the merchant's hosts frame the answer to this request, be it a page or an error, and
    let it show pictures of these origins beside ours."""
    payment = tuple((payment_hosts or {}).items())
    policy = frame_policy(state, images=images)
    use_frame(state, replace(policy, payment=payment, holds_ours=holds_ours))


def use_frame(state: FrameState, policy: Policy) -> None:
    """Give the answer to the present request this policy, and note where in a shop it is."""
    note_merchant(state.placement.merchant.slug)
    note_surface(state.surface)
    g.storefront_frame = state
    use_policy(policy)


def frame_policy(state: FrameState, *, images: tuple[str, ...] = ()) -> Policy:
    """Return what a page at this place may do that shows pictures of these origins beside ours."""
    is_framed = state.surface == "frame"
    return Policy(
        ancestors=state.placement.merchant.allowed_origins if is_framed else (),
        style=state.theme,
        images=images,
        report=report_address(state.placement) if is_framed else "",
    )


def use_open_policy() -> None:
    """Let the present request's frame show that we cannot answer now, where nobody can say whose
    frame it is: a sentence and a link to try again are for everybody to see, and a browser's own
    words for a frame that it may not show would be all that a shopper gets."""
    if noted_frame() is None and _is_for_a_frame():
        note_surface("frame")
        use_policy(Policy(ancestors=ANYBODY))


def _is_for_a_frame() -> bool:
    if request.path.startswith(FRAMED):
        return True
    is_framed = request.headers.get("Sec-Fetch-Dest") in FRAMES
    return is_framed and request.path.startswith(MAYBE_FRAMED)


def noted_frame() -> FrameState | None:
    """Return where in a shop the present request is, as far as that is known by now."""
    state: FrameState | None = g.get("storefront_frame")
    return state


def picture_origins(views: Iterable[object], *, but: str) -> tuple[str, ...]:
    """Return the origins of all pictures that a page of these views shows, but for our own."""
    found = {picture_origin(image.url) for view in views for image in _pictures(view)}
    return tuple(sorted(origin for origin in found if origin and origin != but))


def _pictures(view: object) -> Iterable[ImageView]:
    match view:
        case ImageView():
            yield view
        case ProductView():
            yield from view.images
        case ShelfView():
            yield from (image for product in view.products for image in product.images)
        case CartView():
            yield from (image for line in view.lines for image in line.product.images)
        case OrderView():
            yield from (line.image for line in view.lines if line.image)


def frame_values(state: FrameState, settings: Settings) -> dict[str, object]:
    """Return what the frame's layout and parts are given on every page."""
    placement = state.placement
    return {
        "surface": state.surface,
        "placement": placement,
        "merchant": placement.merchant,
        "mark": state.mark,
        "cart_token": state.cart_token,
        "frame_url": state.url,
        "page_url": links.placement_page(settings, placement.public_id),
        "theme_css": state.theme,
        "is_demo": settings.demo,
    }


def init_frame(app: Flask, assets: Assets) -> None:
    """Give the templates of `app` what they need beside the values of a page."""
    init_keeping(app)
    app.jinja_env.globals.update(
        asset=lambda name: url_for("embed.asset", path=assets.path(name)),
        country_choices=country_choices,
        country_list=country_list,
        country_name=country_name,
        preferred_country=preferred_country,
    )
