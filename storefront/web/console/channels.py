"""What each network can carry, in a word for who makes a placement there. A channel that we do
not know is told nothing."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

from storefront.values import frozen


@frozen
class Profile:
    """A channel by its usual name, and what suits it: "frame", "link" or "poster"."""

    name: Any
    suits: str
    note: Any


FRAME, LINK, POSTER = "frame", "link", "poster"

PROFILES = {
    "blog": Profile(
        _("Blog or own site"), FRAME, _("The shop itself can stand in the page: take the snippet.")
    ),
    "store": Profile(
        _("In a store"), POSTER, _("A poster with a code for telephones: take the poster.")
    ),
    "instagram": Profile(
        "Instagram",
        LINK,
        _("Links work in the profile, in stories and in messages, not in captions: take the link."),
    ),
    "facebook": Profile(
        "Facebook", LINK, _("A post shows the link with its picture and title: take the link.")
    ),
    "tiktok": Profile("TikTok", LINK, _("Links work in the profile: take the link.")),
    "x": Profile("X", LINK, _("A post shows the link as a card: take the link.")),
    "youtube": Profile(
        "YouTube", LINK, _("Links work in the description and in pinned comments: take the link.")
    ),
    "pinterest": Profile("Pinterest", LINK, _("A pin leads to one address: take the link.")),
    "whatsapp": Profile(
        "WhatsApp", LINK, _("A message shows the link with its picture: take the link.")
    ),
    "wechat": Profile("WeChat", LINK, _("Messages and articles carry links: take the link.")),
    "weibo": Profile("Weibo", LINK, _("A post carries the link: take the link.")),
    "newsletter": Profile(
        _("Newsletter"), LINK, _("Mail programs show no frames: take the link, under a picture.")
    ),
}


def can_frame(slug: str) -> bool:
    """Return whether a page of this channel may hold a frame; we do not know of new channels."""
    return slug not in PROFILES or PROFILES[slug].suits == FRAME


def profile_of(slug: str) -> Profile | None:
    """Return what we know of a channel."""
    return PROFILES.get(slug)
