"""The counter's screen: find a card, see what it is, take from it. The answer to a form is an
address of its own, so that neither reload nor the back button takes anything twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from gifting import presenting, receipts, redemption, searching
from gifting.counter import access, signing
from gifting.counter.blueprint import screen
from gifting.counter.desk import KEY, Problem, new_key, till_of
from gifting.redemption import Redeem
from storefront.domain.prices import read_price
from storefront.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from storefront.web import forms
from storefront.web.bodies import form_body
from storefront.web.console.page import named
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from gifting.shifts import Shift
    from storefront.errors import StorefrontError

LONGEST_CODE, LONGEST_SEARCH = 1000, 120


@screen.route("")
def counter() -> AnyResponse:
    """Ask for a code; where nobody is at work, for a PIN."""
    shift = access.find_shift()
    return signing.sign_in_sheet() if shift is None else _start(shift)


@screen.route("/cards", methods=["POST"])
def look_up() -> AnyResponse:
    """Find the card of a code that was typed or scanned, and lead to it."""
    shift = access.at_work()
    typed = form_body(but="code").get("code", "")[:LONGEST_CODE]
    try:
        card_id = presenting.find_card(ports(), till_of(shift), typed)
    except (Conflict, Invalid, NotFound, TooMany) as error:
        return _start(shift, error)
    with ports().reads() as session:
        found = searching.public_id_of(session, card_id)
    return redirect(url_for("counter.card", public_id=found, k=new_key()), 303)


@screen.route("/searches", methods=["POST"])
def search() -> AnyResponse:
    """Find cards by the name or address of who got or gave them. What is sought is somebody's
    name, and so stands in no address."""
    shift, form = access.at_work(), form_body()
    try:
        sought = forms.line(form.get("q", ""), field="q", longest=LONGEST_SEARCH)
        with ports().reads() as session:
            found = searching.search_cards(
                session, shift.merchant_id, sought, now=ports().clock.now()
            )
    except Invalid as error:
        return _start(shift, error, sought=form.get("q", "")[:LONGEST_SEARCH])
    return access.show("counter/search.html", shift.device, shift=shift, sought=sought, cards=found)


@screen.route("/cards/<public_id>")
def card(public_id: str) -> AnyResponse:
    """Show what a card is and for whom, and ask what to take. The request's key is in the address:
    it outlives a reload, and where it was used already, its receipt is shown."""
    shift, wanted = access.at_work(), named(public_id)
    key = request.args.get("k", "")
    if not KEY.fullmatch(key):
        return redirect(url_for("counter.card", public_id=wanted, k=new_key()), 303)
    with ports().reads() as session:
        used = _used(session, shift, key)
    if used is not None:
        return redirect(url_for("counter.receipt", public_id=used, again=1), 303)
    return _card(shift, wanted, key=key)


@screen.route("/redemptions", methods=["POST"])
def redeem() -> AnyResponse:
    """Take from a card, once for each key, and lead to the receipt."""
    shift, form = access.at_work(), form_body()
    wanted, key = named(form.get("card", "")), form.get("k", "")
    try:
        with ports().reads() as session:
            presented = _present(session, shift, wanted)
        taken = redemption.redeem_card(
            ports(), till_of(shift), _wish(form, presented), card_id=presented.id
        )
    except (Conflict, Invalid, NotAllowed, TooMany) as error:
        return _refused(shift, error, wanted=wanted, key=key)
    again = 1 if taken.is_replayed else None
    return redirect(url_for("counter.receipt", public_id=taken.public_id, again=again), 303)


def _refused(shift: Shift, error: StorefrontError, *, wanted: str, key: str) -> AnyResponse:
    """Say why nothing was taken; where this key has taken something before, show that."""
    if error.code == "idempotency_mismatch":
        with ports().reads() as session:
            used = _used(session, shift, key)
        if used is not None:
            return redirect(url_for("counter.receipt", public_id=used, again=1), 303)
    safe = key if KEY.fullmatch(key) else new_key()
    return _card(shift, wanted, key=safe, error=error)


def _wish(form: dict[str, str], presented: searching.Presented) -> Redeem:
    """Return what the form asks for. Raises `Invalid` that names the field."""
    view, key = presented.view, form.get("k", "")
    if not KEY.fullmatch(key):
        raise Invalid("idempotency_key_required", field="k")
    amount = None if view.is_product else view.balance.minor
    if not view.is_product and form.get("how") == "part":
        amount = _amount(form, "amount", view.balance.currency)
    typed = form.get("basket", "").strip()
    basket = _amount(form, "basket", view.balance.currency) if typed else None
    said = form.get("holder", "").strip() if view.is_bound else ""
    holder = forms.email(said, field="holder") if said else ""
    return Redeem("", amount, key, basket, holder)


def _amount(form: dict[str, str], field: str, currency: str) -> int:
    try:
        return read_price(form.get(field, ""), currency).minor
    except Invalid as error:
        error.field = field
        raise


def _start(shift: Shift, error: StorefrontError | None = None, *, sought: str = "") -> Response:
    """Show the place where everything begins, with what was refused."""
    if error and wants_json():
        raise error
    with ports().reads() as session:
        last = receipts.list_of_shift(session, shift)
    response = access.show(
        "counter/counter.html",
        shift.device,
        status=status_of(error) if error else 200,
        shift=shift,
        last=last,
        sought=sought,
        problem=Problem(error) if error else None,
    )
    if error and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _card(shift: Shift, wanted: str, *, key: str, error: StorefrontError | None = None) -> Response:
    if error and wants_json():
        raise error
    with ports().reads() as session:
        presented = _present(session, shift, wanted)
    told = error or presented.refusal
    return access.show(
        "counter/card.html",
        shift.device,
        status=status_of(error) if error else 200,
        shift=shift,
        presented=presented,
        card=presented.view,
        key=key,
        problem=Problem(told) if told else None,
        given=request.form,
        wrong=error.field if error else None,
    )


def _present(session: Session, shift: Shift, wanted: str) -> searching.Presented:
    is_live, now = ports().settings.is_live, ports().clock.now()
    return searching.present(session, till_of(shift), wanted, is_live=is_live, now=now)


def _used(session: Session, shift: Shift, key: str) -> str | None:
    return receipts.find_by_key(session, shift, key)
