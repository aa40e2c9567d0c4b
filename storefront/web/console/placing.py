"""Make a placement and change it: one form, filled from the address, from the placement or from
what was sent. What it may say is decided in services/placing.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import make_response, redirect, url_for

from storefront.errors import Invalid
from storefront.services import placing, shelf
from storefront.services.placement_offers import list_showable
from storefront.services.reporting.labels import list_campaigns, list_channels
from storefront.services.reporting.placements import get_placement_report
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.channels import PROFILES, can_frame
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.frame import picture_origins
from storefront.web.languages import asked_fields
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.services.reporting.placements import PlacementReport
    from storefront.services.views import MerchantView, ProductView

CHOSEN = "product-"
"""Each product has a box of its own, for a field given twice is refused."""

MORE = "+"
"""What the lists of channels and campaigns call something new."""

FIELDS = frozenset(
    {
        "name", "channel", "new_channel", "campaign", "new_campaign", "post_url", "frames",
        "offer", "q",
    }
)  # fmt: skip
MOST_SHOWN = 60
LONGEST_LABEL, LONGEST_ID = 120, 24
LONGEST_ADDRESS = 2000


@blueprint.route("/placements/new")
@roles("owner", "manager")
def new_placement() -> AnyResponse:
    """Show the form, with what the address says filled in."""
    return _form(asked_fields())


@blueprint.route("/placements", methods=["POST"])
@roles("owner", "manager")
def make_placement() -> AnyResponse:
    """Put a placement up and show what there is to copy."""
    form = form_body()
    try:
        with ports().sessions.begin() as session:
            made = placing.make(
                session, member(), read_wish(form), sign=ports().sign, now=ports().clock.now()
            )
    except Invalid as error:
        return _form(form, error)
    return redirect(url_for("console.placement", public_id=made, news="made"), 303)


@blueprint.route("/placements/<public_id>/edit")
@roles("owner", "manager")
def edit_placement(public_id: str) -> AnyResponse:
    """Show the form of a placement."""
    merchant = shop()
    with ports().reads() as session:
        report = get_placement_report(session, merchant, named(public_id))
    given = asked_fields()
    return _form(given or _values_of(report, merchant), placement=public_id)


@blueprint.route("/placements/<public_id>", methods=["POST"])
@roles("owner", "manager")
def change_placement(public_id: str) -> AnyResponse:
    """Change a placement; its address stays."""
    form, name, now = form_body(), named(public_id), ports().clock.now()
    try:
        with ports().sessions.begin() as session:
            placing.change(session, member(), read_wish(form), public_id=name, now=now)
    except Invalid as error:
        return _form(form, error, placement=name)
    return redirect(url_for("console.placement", public_id=name, news="changed"), 303)


@blueprint.route("/placements/<public_id>/retirement", methods=["POST"])
@roles("owner", "manager")
def retire_placement(public_id: str) -> AnyResponse:
    """Take a placement down."""
    name, now = named(public_id), ports().clock.now()
    with ports().sessions.begin() as session:
        placing.retire(session, member(), name, now=now)
    return redirect(url_for("console.placement", public_id=name), 303)


@blueprint.route("/placements/<public_id>/return", methods=["POST"])
@roles("owner", "manager")
def use_placement_again(public_id: str) -> AnyResponse:
    """Put a placement up again."""
    name, now = named(public_id), ports().clock.now()
    with ports().sessions.begin() as session:
        placing.use_again(session, member(), name, now=now)
    return redirect(url_for("console.placement", public_id=name), 303)


def read_wish(form: Mapping[str, str]) -> placing.PlacementWish:
    """Return the placement that a form describes; raise `Invalid` that names the field."""
    forms.refuse_unknown((name for name in form if not name.startswith(CHOSEN)), FIELDS)
    slug, name = _channel(form)
    campaign = form.get("campaign", "")
    is_new = campaign == MORE
    return placing.PlacementWish(
        name=_label(form, "name"),
        products=chosen_products(form),
        channel_slug=slug,
        channel_name=name,
        campaign="" if is_new else campaign,
        new_campaign=_label(form, "new_campaign") if is_new else "",
        post_url=forms.line(
            form.get("post_url", ""), field="post_url", longest=LONGEST_ADDRESS,
            code="invalid_address_of_page",
        ),
        is_framed=bool(form.get("frames")) and can_frame(slug),
        offer=forms.line(form.get("offer", ""), field="offer", longest=LONGEST_ID),
    )  # fmt: skip


def chosen_products(given: Mapping[str, str]) -> tuple[str, ...]:
    """Return the products whose boxes are ticked, in the form's order."""
    return tuple(
        name.removeprefix(CHOSEN)
        for name, value in given.items()
        if name.startswith(CHOSEN) and value
    )


def _channel(form: Mapping[str, str]) -> tuple[str, str]:
    """Return the slug and name of the channel; a new one has no slug yet."""
    slug = form.get("channel", "")
    if slug == MORE or not slug:
        return "", _label(form, "new_channel")
    profile = PROFILES.get(slug)
    if profile is not None:
        return slug, str(profile.name)
    with ports().reads() as session:
        names = {each.key: each.name for each in list_channels(session, member().merchant_id)}
    if slug not in names:
        raise Invalid("invalid", field="channel")
    return slug, names[slug]


def _label(form: Mapping[str, str], field: str) -> str:
    return forms.line(form.get(field, ""), field=field, longest=LONGEST_LABEL, code="invalid_label")


def _values_of(report: PlacementReport, merchant: MerchantView) -> dict[str, str]:
    row = report.row
    is_framed = any(
        row.post_url == origin or row.post_url.startswith(f"{origin}/")
        for origin in merchant.allowed_origins
    )
    return {
        "name": row.name,
        "channel": report.channel_slug,
        "campaign": report.campaign_public_id,
        "post_url": row.post_url,
        "offer": report.offer[0] if report.offer else "",
        "frames": "1" if is_framed else "",
        **{f"{CHOSEN}{public_id}": "1" for public_id, _ in report.products},
    }


def _form(
    given: Mapping[str, str], error: Invalid | None = None, *, placement: str | None = None
) -> Response:
    if error and wants_json():
        raise error
    merchant = shop()
    chosen = chosen_products(given)
    ticked: dict[str, Any] = {f"{CHOSEN}{name}": "1" for name in chosen}
    ticked["offer"] = given.get("offer") or None
    with ports().reads() as session:
        products = _products(session, merchant.id, chosen, query=given.get("q", ""))
        channels = list_channels(session, merchant.id)
        campaigns = list_campaigns(session, merchant.id)
        offers = list_showable(session, merchant.id, now=ports().clock.now())
    own = {each.key for each in channels}
    page = show(
        "console/placement_form.html",
        merchant,
        holds_ours=True,
        images=picture_origins(products, but=ports().settings.base_url),
        placement=placement,
        given={"channel": "blog", "frames": "" if given else "1", **given},
        chosen=chosen,
        products=products,
        channels=[(each.key, each.name) for each in channels]
        + [(slug, known.name) for slug, known in PROFILES.items() if slug not in own],
        campaigns=campaigns,
        offers=[(each.public_id, each.name) for each in offers],
        profiles=PROFILES,
        more=MORE,
        preview_url=url_for("console.preview_draft", name=given.get("name"), **ticked),
        errors={error.field or "name": sentence_of(error)} if error else {},
    )
    return make_response(page, status_of(error) if error else 200)


def _products(
    session: Any, merchant_id: int, chosen: tuple[str, ...], *, query: str
) -> tuple[ProductView, ...]:
    """Return what is chosen first, then what else there is to choose."""
    settings = ports().settings
    first = shelf.list_named(session, merchant_id, chosen, settings=settings)
    others = shelf.list_for_sale(session, merchant_id, settings, query=query, most=MOST_SHOWN)
    return first + tuple(each for each in others if each.public_id not in chosen)
