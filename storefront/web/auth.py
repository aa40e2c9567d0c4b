"""Who is signed in to the console: Flask-Login on our private application only."""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from storefront.errors import NotAllowed, NotSignedIn
from storefront.services import members
from storefront.web.context import ports
from storefront.web.languages import named_language, remember_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

    from storefront.services.members import SignedIn

EPOCH = "epoch"
MERCHANT = "merchant"
"""Where the cookie keeps for which merchant somebody is at work, if they chose."""

HALF = "half"
"""Where the cookie keeps who has given their password and is still to give a code."""

HALF_TIME = timedelta(minutes=5)


class ConsoleUser(UserMixin):  # type: ignore[misc]
    """A signed-in member as Flask-Login wants to see them."""

    def __init__(self, member: SignedIn) -> None:
        self.id = member.member_public_id
        self.member = member


class Manager(LoginManager):  # type: ignore[misc]
    """Flask-Login without its second cookie, which lets people be remembered beyond their session:
    nobody is here, and looking for it would make every page depend on cookies."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def init_auth(app: Flask) -> None:
    """Load the member of each request from our own cookie, or from the host's identity."""
    manager = Manager()
    manager.session_protection = None  # the epoch ends sessions; addresses of phones change
    # Pages are given the member where they show one; looking for it is not for a shopper's page.
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(_load)
    manager.request_loader(_load_from_host)


def _load(public_id: str) -> ConsoleUser | None:
    epoch = cookie.get(EPOCH)
    if not isinstance(epoch, int):
        return None
    with ports().reads() as session:
        member = members.find_signed_in(
            session, public_id, epoch=epoch, merchant_id=cookie.get(MERCHANT)
        )
    return ConsoleUser(member) if member else None


def _load_from_host(_request: object) -> ConsoleUser | None:
    """Ask the host who is there: it answers with a member's public id, or None."""
    load = ports().settings.load_member
    public_id = load() if load else None
    if public_id is None:
        return None
    with ports().reads() as session:
        member = members.find_signed_in(session, public_id)
    return ConsoleUser(member) if member else None


def sign_in(member: SignedIn) -> None:
    """Start a session that lasts as long as the setting says and ends with the epoch."""
    language = named_language()
    cookie.clear()
    remember_language(language)
    cookie.permanent = True
    cookie[EPOCH] = member.epoch
    login_user(ConsoleUser(member))


def work_for(merchant_id: int) -> None:
    """Be at work for this merchant from now on, on this device."""
    cookie[MERCHANT] = merchant_id


def sign_in_half(member: SignedIn) -> None:
    """Remember for a few minutes whose password was right; this opens nothing but the next step."""
    cookie.clear()
    ends_at = ports().clock.now() + HALF_TIME
    cookie[HALF] = [member.member_public_id, member.epoch, ends_at.timestamp()]


def half_signed_in() -> SignedIn | None:
    """Return who is still to give a code, or None when nobody is or the time is over."""
    public_id, epoch, ends_at = cookie.get(HALF) or ("", 0, 0)
    if ports().clock.now().timestamp() >= ends_at:
        return None
    with ports().reads() as session:
        return members.find_signed_in(session, public_id, epoch=epoch)


def sign_out() -> None:
    """End this session on this device."""
    logout_user()
    cookie.clear()


def member() -> SignedIn:
    """Return who is signed in; raise `NotSignedIn` otherwise."""
    if not current_user.is_authenticated:
        raise NotSignedIn
    return cast("ConsoleUser", current_user).member


def roles(*allowed: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a view be used by these roles only. The route and role table is made from this mark."""

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            if member().role not in allowed:
                raise NotAllowed
            return view(*args, **values)

        guarded.allowed_roles = allowed  # type: ignore[attr-defined]
        return guarded

    return guard


def safe_next(target: str | None, home: str) -> str:
    """Return a path of ours to go on to; anything that could lead elsewhere becomes home."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return home
    if "\\" in target or any(ord(symbol) <= 32 for symbol in target):  # noqa: PLR2004
        return home
    parts = urlsplit(target)
    return home if parts.scheme or parts.netloc else target
