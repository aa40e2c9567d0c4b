"""Larkyard, the demo's social network: a foreign site that embeds the shop by its public snippet.

It knows the shop's address and the placements' public ids, and nothing else of it.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from storefront.demo import guestbook
from storefront.demo.guestbook import Likes, Written
from storefront.demo.posts import POSTS, PostView, post_view
from storefront.demo.site import create_site
from storefront.demo.values import DemoMember
from storefront.demo.world import FEED, MERCHANTS, PICTURES

COOKIE = "larkyard"
LONGEST_NAME = 40
LONGEST_COMMENT = 500
_YEAR = 365 * 24 * 60 * 60


def create_host(
    shop_url: str, placements: Mapping[str, str], database_path: Path, *, gift_url: str = ""
) -> Flask:
    """Build the feed; `placements` maps a post's slug to the public id of what it embeds, and
    `gift_url` is a gift to be opened by whoever wants to see one."""
    guestbook.prepare(database_path)
    shop = shop_url.rstrip("/")
    host = create_site(
        "larkyard",
        policy=_policy(shop),
        SHOP=shop,
        PLACEMENTS=dict(placements),
        GUESTBOOK=database_path,
    )
    host.context_processor(
        lambda: {"shop": shop, "merchants": MERCHANTS, "gift_url": gift_url, "clerk": _clerk()}
    )
    host.add_url_rule("/", view_func=feed)
    host.add_url_rule("/posts/<slug>", view_func=post)
    host.add_url_rule("/posts/<slug>/share", view_func=share)
    host.add_url_rule("/posts/<slug>/likes", view_func=like, methods=["POST"])
    host.add_url_rule("/posts/<slug>/comments", view_func=comment, methods=["POST"])
    host.add_url_rule("/pictures/<name>.jpg", view_func=picture)
    host.register_error_handler(HTTPStatus.NOT_FOUND, _not_found)
    return host


def _policy(shop: str) -> str:
    """Write the policy a careful site would have: of the shop, its script and its frames only."""
    parts = urlsplit(shop)
    origin = f"{parts.scheme}://{parts.netloc}"
    return (
        f"default-src 'none'; script-src 'self' {origin}; frame-src {origin}; style-src 'self'; "
        "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def feed() -> str:
    """Show every post, newest first."""
    return render_template("host/feed.html", posts=_views())


def post(slug: str) -> str:
    """Show one post at its permalink, where a shared link leads."""
    return render_template("host/post.html", view=_view(slug), is_shared="sf" in request.args)


def share(slug: str) -> str:
    """Show a link to copy, to those whose browser runs no script."""
    return render_template("host/share.html", view=_view(slug))


def like(slug: str) -> AnyResponse:
    """Count a visitor's like once, or take it back."""
    visitor = request.cookies.get(COOKIE) or secrets.token_urlsafe(16)
    _known(slug)
    with guestbook.opened(_book()) as book:
        is_liked = request.form.get("liked") != "0"
        guestbook.set_like(book, slug, visitor, is_liked=is_liked)
    view = _view(slug, visitor)
    answer = _answer(view, {"likes": view.likes, "is_liked": view.is_liked})
    answer.set_cookie(COOKIE, visitor, max_age=_YEAR, httponly=True, samesite="Lax")
    return answer


def comment(slug: str) -> AnyResponse:
    """Add a comment, or say why not and keep what was typed."""
    _known(slug)
    name = " ".join(request.form.get("name", "").split())
    words = request.form.get("words", "").strip()
    if fault := _comment_fault(name, words):
        return _comment_again(slug, fault)
    with guestbook.opened(_book()) as book:
        written = Written(name=name, words=words, written_at=int(_now().timestamp()))
        guestbook.add_comment(book, slug, written)
    view = _view(slug)
    return _answer(view, {"name": name, "words": words, "comments": len(view.comments)})


def picture(name: str) -> Response:
    """Send one of the demo's pictures."""
    return send_from_directory(PICTURES, f"{name}.jpg", max_age=3600)


def _comment_fault(name: str, words: str) -> str | None:
    fault: str | None = None
    if not name or not words:
        fault = gettext("Please give a name and a few words.")
    elif len(name) > LONGEST_NAME or len(words) > LONGEST_COMMENT:
        fault = gettext("That is a little too long.")
    return fault


def _comment_again(slug: str, fault: str) -> Response:
    if _wants_json():
        answer = jsonify(fault=fault)
    else:
        page = render_template("host/post.html", view=_view(slug), fault=fault, typed=request.form)
        answer = current_app.make_response(page)
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


def _answer(view: PostView, facts: dict[str, Any]) -> AnyResponse:
    if _wants_json():
        return jsonify(facts)
    slug = view.post.slug
    is_feed = request.form.get("from") == "feed"
    page = url_for("feed", _anchor=slug) if is_feed else url_for("post", slug=slug)
    return redirect(page, HTTPStatus.SEE_OTHER)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _view(slug: str, visitor: str | None = None) -> PostView:
    _known(slug)
    return next(view for view in _views(visitor) if view.post.slug == slug)


def _views(visitor: str | None = None) -> list[PostView]:
    with guestbook.opened(_book()) as book:
        likes = guestbook.list_likes(book, visitor or request.cookies.get(COOKIE, ""))
        comments = guestbook.list_comments(book)
    now = _now()
    return [
        post_view(
            post,
            current_app.config["PLACEMENTS"].get(post.slug),
            likes=likes.get(post.slug, Likes()),
            written=comments.get(post.slug, ()),
            now=now,
        )
        for post in FEED
    ]


def _known(slug: str) -> None:
    if slug not in POSTS:
        abort(HTTPStatus.NOT_FOUND)


def _book() -> Path:
    path: Path = current_app.config["GUESTBOOK"]
    return path


def _now() -> datetime:
    return datetime.now(UTC)


def _clerk() -> DemoMember:
    """Return who stands at the first merchant's counters."""
    return next(member for member in MERCHANTS[0].members if member.role == "clerk")


def _not_found(_: Exception) -> tuple[str, HTTPStatus]:
    return render_template("host/missing.html"), HTTPStatus.NOT_FOUND
