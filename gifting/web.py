"""The recipient's page: a gift in its wrapping, its code after a tap, thanks, and what to do when
it is lost. A GET opens nothing, and answers that hold a code are kept by their reader alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, make_response, render_template

from gifting import finding, links, opening, reminders, wishes
from gifting.art import art_of
from gifting.card import qr_code
from gifting.presents import list_spent, present_of
from gifting.shop_window import shop_window
from storefront.errors import NotFound, TooMany
from storefront.services import strangers
from storefront.web import forms
from storefront.web.bodies import form_body
from storefront.web.callers import caller
from storefront.web.context import note_merchant, ports, wants_json
from storefront.web.errors import answer, status_of
from storefront.web.formats import use_zone
from storefront.web.frame import picture_origins
from storefront.web.headers import Policy, use_policy
from storefront.web.theme import DEFAULT_ACCENT, theme_css

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from gifting.models import Gift
    from gifting.presents import Present
    from storefront.errors import StorefrontError
    from storefront.web.assets import Assets

blueprint = Blueprint("gift", __name__)

SHEET = "css/gift.css"


@blueprint.get("/g/<token>")
def page(token: str) -> Response:
    """Show a gift in its wrapping: from whom it is, and the words; not what makes it spendable."""
    with ports().reads() as session:
        _, present = _find(session, token)
    return make_response(_render("gift/wrapped.html", present, token=token))


@blueprint.get("/g/<token>/card")
def print_card(token: str) -> Response:
    """Show a gift as a card to be printed and handed over. It opens nothing: its QR code does."""
    with ports().reads() as session:
        gift, present = _find(session, token)
    return _kept_by_nobody(make_response(_render("gift/card.html", present, qr=_qr(gift))))


@blueprint.post("/g/<token>/code")
def show_code(token: str) -> Response:
    """Open the gift: show what it is worth, its code, and where it can be used."""
    with ports().sessions.begin() as session:
        gift, present = _find(session, token)
        opening.open_gift(session, gift, present, now=ports().clock.now())
    return _opened(token)


@blueprint.post("/g/<token>/thanks")
def say_thanks(token: str) -> Response:
    """Thank the giver, with words or without."""
    words = wishes.words_of(form_body().get("words"), field="words")
    with ports().sessions.begin() as session:
        gift, present = _find(session, token)
        opening.thank(
            session, gift, present, words=words, sign=ports().sign, now=ports().clock.now()
        )
    return _opened(token)


@blueprint.post("/g/<token>/file")
def save_file(token: str) -> Response:
    """Hand out the opened gift as one file that needs no network to be shown."""
    with ports().sessions.begin() as session:
        gift, present = _find(session, token)
        opening.open_gift(session, gift, present, now=ports().clock.now())
    assets: Assets = current_app.extensions["storefront_assets"]
    sheet = assets.by_name[SHEET].body.decode()
    response = make_response(
        _render("gift/file.html", present, sheet_css=sheet, qr=_qr(gift), spent=())
    )
    name = f"gift-{present.merchant.slug}.html"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return _kept_by_nobody(response)


def _opened(token: str) -> Response:
    now = ports().clock.now()
    with ports().reads() as session:
        gift, present = _find(session, token)
        window = shop_window(session, gift, present, ports=ports(), now=now)
        body = _render(
            "gift/opened.html",
            present,
            token=token,
            qr=_qr(gift),
            spent=list_spent(session, gift),
            thanks_url=opening.find_thanks_link(session, gift, ports()),
            window=window,
            images=picture_origins(
                [window.instead] if window else [], but=ports().settings.base_url
            ),
        )
    return _kept_by_nobody(make_response(body))


def _find(session: Session, token: str) -> tuple[Gift, Present]:
    gift = links.read_gift_token(session, ports().sign, token)
    present = present_of(session, gift, ports(), now=ports().clock.now())
    if present is None:
        raise NotFound
    return gift, present


def _qr(gift: Gift) -> object:
    return qr_code(ports().settings, ports().sign, gift)


def _kept_by_nobody(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _render(template: str, present: Present, *, images: tuple[str, ...] = (), **values: Any) -> str:
    theme = theme_css(present.merchant.accent)
    use_policy(Policy(style=theme, images=images))
    use_zone(present.merchant.zone)
    note_merchant(present.merchant.slug)
    return render_template(
        template,
        present=present,
        merchant=present.merchant,
        art=art_of(present.design),
        map_url=links.map_url,
        theme_css=theme,
        is_demo=ports().settings.demo,
        **values,
    )


@blueprint.errorhandler(NotFound)
def _opens_nothing(error: StorefrontError) -> AnyResponse:
    """Count a link that opens nothing, and say so. A good link is shown whoever else has tried
    others from the same address."""
    try:
        strangers.count_try(ports(), caller())
    except TooMany as refusal:
        return answer(refusal)
    if wants_json():
        return answer(error)
    response = make_response(_render_plain("gift/unknown.html"), status_of(error))
    response.headers["Cache-Control"] = "no-store"
    return response


def _render_plain(template: str, **values: Any) -> str:
    """Render a page that belongs to no merchant."""
    theme = theme_css(DEFAULT_ACCENT)
    use_policy(Policy(style=theme))
    return render_template(
        template, theme_css=theme, merchant=None, is_demo=ports().settings.demo, **values
    )


@blueprint.get("/gifts/lost")
def lost() -> Response:
    """Ask for the address that a lost gift went to."""
    return make_response(_render_plain("gift/lost.html", is_sent=False))


@blueprint.post("/gifts/lost")
def send_again() -> Response:
    """Send the gifts of an address once more; the answer is the same whatever it is."""
    email = forms.email(form_body().get("email"), field="email")
    with ports().sessions.begin() as session:
        refusal = finding.send_lost(
            session, email, caller=caller(), sign=ports().sign, now=ports().clock.now()
        )
    if refusal is not None:
        raise refusal
    return make_response(_render_plain("gift/lost.html", is_sent=True))


@blueprint.get("/gift-reminders/<token>")
def ask_about_reminders(token: str) -> Response:
    """Ask whether reminders shall stop; nothing changes by looking."""
    with ports().reads() as session:
        links.read_reminders_token(session, ports().sign, token)
    return make_response(_render_plain("gift/reminders.html", is_stopped=False))


@blueprint.post("/gift-reminders/<token>")
def stop_reminders(token: str) -> Response:
    """Stop reminders to the address of a gift: a person's press, or a mail program's (RFC 8058)."""
    with ports().sessions.begin() as session:
        gift = links.read_reminders_token(session, ports().sign, token)
        reminders.stop(session, gift, now=ports().clock.now())
    return make_response(_render_plain("gift/reminders.html", is_stopped=True))
