"""Orders over HTTP: place one, show it, keep it a little longer. The page and the program use
the same addresses; what they accept decides what they get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, make_response, redirect, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from storefront.domain.orders import HoldTerms, OrderStatus
from storefront.errors import Conflict, Invalid, StorefrontError
from storefront.kinds import Form, kind_of_fields
from storefront.services import cancelling, hold_extending, orders, own_holds, settling, visitors
from storefront.services.order_tokens import read_order_token
from storefront.services.placements import get_placement
from storefront.values import frozen
from storefront.web import forms
from storefront.web.bodies import form_body, json_body
from storefront.web.checkout_form import checkout_form
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of, title_of
from storefront.web.formats import money, sums_as_json
from storefront.web.frame import FrameState, read_surface, render_frame, use_frame_policy
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.domain.money import Money
    from storefront.kinds import Panel
    from storefront.services.order_requests import PlacedOrder, PlaceOrder
    from storefront.services.views import OrderView, PlacementView

blueprint = Blueprint("checkout", __name__)

SEEN_TOTAL = "seen_total"
"""The total that the form showed; empty where it could not know it yet."""

_STRIPE_LOCALES = {"zh_Hans": "zh", "zh_Hant": "zh-TW"}
"""What Stripe calls the languages that it has other names for."""

PAGES = {
    OrderStatus.AWAITING_PAYMENT: "payment",
    OrderStatus.PROCESSING: "payment",
    OrderStatus.PAID: "paid",
    OrderStatus.PARTIALLY_REFUNDED: "paid",
    OrderStatus.REFUNDED: "refunded",
    OrderStatus.EXPIRED: "expired",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.NEEDS_REVIEW: "needs_review",
}


@blueprint.post("/orders")
def create_order() -> AnyResponse:
    """Place an order from the checkout form or from JSON."""
    body = _body()
    with ports().reads() as session:
        placement = get_placement(session, _placement_id(body))
    # Whatever the answer will be, the host's page must be able to show it.
    use_frame_policy(FrameState(read_surface(body.get("in")), placement))
    try:
        command = _command(body, placement)
        if body.get(SEEN_TOTAL) == "" and not wants_json():
            return _form_again(placement, body, None)
        placed = own_holds.place_order(ports(), command, placement=placement)
    except StorefrontError as error:
        if wants_json() or not _belongs_to_the_form(error):
            raise
        return _form_again(placement, body, error)
    if wants_json():
        return _placed_as_json(placed)
    kept: dict[str, Any] = {"t": placed.token, "in": read_surface(body.get("in"))}
    kept |= {name: body[name] for name in ("v", "c") if body.get(name)}
    return redirect(url_for("checkout.order", public_id=placed.public_id, **kept), 303)


def _body() -> dict[str, Any]:
    return json_body() if request.is_json else form_body()


def _placement_id(body: dict[str, Any]) -> str:
    forms.refuse_unknown(body, forms.order_fields(ports().kinds))
    return forms.line(body.get("placement"), field="placement", longest=24)


def _command(body: dict[str, Any], placement: PlacementView) -> PlaceOrder:
    key = request.headers.get("Idempotency-Key")
    if wants_json() and key is None:
        raise Invalid("idempotency_key_required", field="Idempotency-Key")
    merchant = placement.merchant
    return forms.place_order(
        body,
        sign=ports().sign,
        merchant_public_id=merchant.public_id,
        visitor=visitors.read_mark(
            ports().sign,
            forms.token(body.get("v"), field="v"),
            merchant.public_id,
            now=ports().clock.now(),
        ),
        locale=str(get_locale() or merchant.locale),
        request_key=key,
        kinds=ports().kinds,
    )


def _belongs_to_the_form(error: StorefrontError) -> bool:
    """Whether a person can go on in the form: mend something there, or send it once more.

    A missing page is no such, nor a shop whose own database cannot be asked for the form.
    """
    return status_of(error) in {402, 409, 410, 422, 429} or error.code == "payments_unavailable"


def _form_again(
    placement: PlacementView, body: dict[str, Any], error: StorefrontError | None
) -> Response:
    """Show the form again with what was typed: the sentence at its field, or the total that
    delivery and tax have made."""
    state = FrameState(
        read_surface(body.get("in")), placement, body.get("v") or "", body.get("c") or ""
    )
    with ports().reads() as session:
        form = _form(session, state, body)
    error, more = (error, form.fault) if error else (form.fault, None)
    is_news = error is None or error.field == SEEN_TOTAL
    errors = {} if error is None or is_news else _sentences(error, more)
    page = render_frame(
        form.template,
        state,
        ports().settings,
        holds_ours=form.holds_ours,
        **form.values,
        request_key=body.get("request_key"),
        values=body,
        errors=errors,
        faults_title=title_of(error) if errors and error else None,
        news=_news(form.total) if is_news else None,
    )
    response = make_response(page, status_of(error) if error else 200)
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _sentences(*faults: StorefrontError | None) -> dict[str, str]:
    """Return by field what is wrong with a form, for each the first that was found."""
    told: dict[str, str] = {}
    for fault in filter(None, faults):
        others = fault.others if isinstance(fault, Invalid) else ()
        for each in (fault, *others):
            told.setdefault(each.field or "form", sentence_of(each))
    return told


def _form(session: Session, state: FrameState, body: dict[str, Any]) -> Form:
    """Return the form that the body came from: the shop's own, or that of a kind of line."""
    kind = kind_of_fields(body, ports().kinds)
    if kind is not None:
        return kind.form(session, state, body)
    form = checkout_form(session, state, body)
    return Form("checkout/checkout.html", form.values, form.cart.total)


def _news(total: Money | None) -> str:
    return str(_("The total is %(total)s", total=money(total))) if total else ""


def _placed_as_json(placed: PlacedOrder) -> Response:
    response = jsonify(
        public_id=placed.public_id,
        token=placed.token,
        client_secret=placed.client_secret,
        payment_reference=placed.payment_reference,
        amount_minor=placed.amount.minor,
        needs_payment=bool(placed.client_secret),
        currency=placed.amount.currency,
        expires_at=placed.expires_at.isoformat(),
        url=url_for("checkout.order", public_id=placed.public_id),
    )
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    if placed.is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return response


@blueprint.get("/orders/<public_id>")
def order(public_id: str) -> AnyResponse:
    """Show an order to whoever holds its token: pay, wait, or see what came of it."""
    shown = _find(public_id)
    if wants_json():
        return _order_as_json(shown)
    response = make_response(_order_page(shown))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def refused_page(public_id: str, error: StorefrontError, **faults: object) -> Response:
    """Show an order's page once more with why something that was asked there is refused.

    `faults` go to the panels: which of their forms is meant, and what was typed.
    """
    sentence = "" if faults else sentence_of(error)
    page = _order_page(_find(public_id), sentence, faults=faults)
    return make_response(page, status_of(error))


def _order_page(
    shown: _Shown, refused: str = "", *, faults: Mapping[str, object] | None = None
) -> str:
    settings, view = ports().settings, shown.view
    # Nothing may be said of money that the bank may be sending at this moment.
    name = "payment" if view.is_settling else PAGES[view.status]
    is_payment = name == "payment"
    return render_frame(
        f"checkout/{name}.html",
        _state(view),
        settings,
        payment_hosts=settings.stripe_hosts if is_payment else None,
        order=view,
        panels=shown.panels,
        order_token=request.args["t"],
        cancel_url=_cancel_url(view),
        refused=refused,
        faults=faults or {},
        **(_payment_values(view) if is_payment else {}),
    )


def _cancel_url(view: OrderView) -> str | None:
    if view.cancel_until is None:
        return None
    return url_for("checkout.cancel", public_id=view.public_id, **kept_tokens())


def _state(view: OrderView) -> FrameState:
    """Return where the buyer is. The cart goes on only where the order came to nothing."""
    args = request.args
    is_open = view.status in {OrderStatus.AWAITING_PAYMENT, OrderStatus.EXPIRED}
    return FrameState(
        read_surface(args.get("in")),
        view.placement,
        args.get("v", ""),
        args.get("c", "") if is_open else "",
    )


@frozen
class _Shown:
    """An order as its buyer may see it, and what kinds of lines add to it."""

    view: OrderView
    panels: tuple[Panel, ...]


def _find(public_id: str) -> _Shown:
    merchant_id = read_order_token(ports().sign, request.args.get("t"), public_id)
    settings, now = ports().settings, ports().clock.now()
    with ports().reads() as session:
        view = orders.get_order(session, merchant_id, public_id, settings=settings, now=now)
        return _Shown(view, orders.panels_of(session, view, kinds=ports().kinds, now=now))


def _payment_values(view: OrderView) -> dict[str, Any]:
    settings = ports().settings
    left = (view.expires_at - ports().clock.now()).total_seconds()
    return {
        "seconds_left": max(0, int(left)),
        "payment": {
            "publishable_key": settings.stripe_publishable_key,
            "client_secret": view.client_secret or "",
            "account": view.account,
            "stripe_js": settings.stripe_js_url,
            "locale": _STRIPE_LOCALES.get(str(get_locale()), "en"),
            "order_url": url_for("checkout.order", public_id=view.public_id, t=request.args["t"]),
            "hold_url": url_for(
                "checkout.extend_hold", public_id=view.public_id, t=request.args["t"]
            ),
            "question_url": url_for(
                "checkout.ask_about_payment", public_id=view.public_id, t=request.args["t"]
            ),
        },
    }


def _order_as_json(shown: _Shown) -> Response:
    view = shown.view
    response = jsonify(
        public_id=view.public_id,
        number=view.number,
        status=view.status.value,
        stage=view.stage.value,
        is_settling=view.is_settling,
        amount_minor=view.total.minor,
        **sums_as_json(view.sums),
        currency=view.total.currency,
        placed_at=view.placed_at.isoformat(),
        expires_at=view.expires_at.isoformat(),
        paid_at=view.paid_at.isoformat() if view.paid_at else None,
        failure=view.failure,
        lines=[
            {
                "title": line.title,
                "variant": line.variant,
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_minor": line.unit.minor,
                "discount_minor": line.discount.minor,
                "tax_minor": line.tax.minor,
                "total_minor": line.total.minor,
            }
            for line in view.lines
        ],
        **{panel.name: panel.as_json for panel in shown.panels},
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("/orders/<public_id>/cancellation")
def cancel(public_id: str) -> AnyResponse:
    """Cancel a paid order for whoever holds its token, while that is possible."""
    merchant_id = read_order_token(ports().sign, request.args.get("t"), public_id)
    try:
        with ports().sessions.begin() as session:
            cancelling.cancel_for_buyer(
                session,
                merchant_id,
                public_id,
                kinds=ports().kinds,
                now=ports().clock.now(),
            )
    except Conflict as error:
        if wants_json():
            raise
        return refused_page(public_id, error)
    if wants_json():
        return _order_as_json(_find(public_id))
    return redirect(url_for("checkout.order", public_id=public_id, **kept_tokens()), 303)


def kept_tokens() -> dict[str, Any]:
    """Return what the address of an order's page carries, for the next one."""
    return {name: request.args[name] for name in ("t", "in", "v") if request.args.get(name)}


@blueprint.post("/orders/<public_id>/hold")
def extend_hold(public_id: str) -> AnyResponse:
    """Keep an order's things a little longer while its buyer is paying."""
    merchant_id = read_order_token(ports().sign, request.args.get("t"), public_id)
    settings, now = ports().settings, ports().clock.now()
    with ports().sessions.begin() as session:
        end = hold_extending.extend_hold(
            session,
            merchant_id,
            public_id,
            terms=HoldTerms(settings.hold_time, settings.hold_longest),
            now=now,
        )
    return make_response(
        jsonify(expires_at=end.isoformat(), seconds_left=int((end - now).total_seconds()))
    )


@blueprint.post("/orders/<public_id>/question")
def ask_about_payment(public_id: str) -> AnyResponse:
    """Let the worker ask the payment provider soon: a buyer waits for news that may be lost."""
    merchant_id = read_order_token(ports().sign, request.args.get("t"), public_id)
    with ports().sessions.begin() as session:
        settling.promise_question(session, merchant_id, public_id, now=ports().clock.now())
    return make_response(jsonify(asked=True), 202)
