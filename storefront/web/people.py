"""Who is asking: a person, or a machine that reads links before people do. No secrets here:
the answer decides what is counted, never what is allowed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

CRAWLERS = re.compile(
    r"spider|externalhit|line-poker|kakaotalk-scrap|url preview|\+https?://", re.IGNORECASE
)
"""Machines that name an app beside themselves: TikTok's spider, Snapchat's and Line's previews."""

MACHINES = re.compile(
    # Not the telephones called Cubot.
    r"(?<!cu)bot\b|bot/|crawl|slurp|facebookcatalog|meta-external|googleother|mediapartners|"
    r"whatsapp|telegrambot|twitterbot|linkedinbot|slackbot|slack-imgproxy|discordbot|"
    r"skypeuripreview|vkshare|redditbot|pinterest/|pinterestbot|embedly|iframely|outbrain|"
    r"applebot|bingpreview|googleimageproxy|google-inspectiontool|mastodon|pleroma|misskey|"
    r"akkoma|lemmy|bluesky|cardyb|mattermost|synapse|matrix|nuzzel|qwantify|lighthouse|"
    r"preview|scanner|proofpoint|mimecast|barracuda|safelinks|urlscan|virustotal|monitor|"
    r"pingdom|uptimerobot",
    re.IGNORECASE,
)
"""Whatever names itself a crawler, a preview, a mail scanner or a monitor. A program that names
only its HTTP library is let through: people's apps do that too, and one opening counted too many
is better than a buyer's credit lost."""

PEOPLE_ALL_THE_SAME = re.compile(
    r"\[(FBAN|FB_IAB|FBIOS|Pinterest)|FBAN/|FBAV/|Instagram|MetaIAB|musical_ly|TikTok|BytedanceWebview|"
    r"Snapchat|MicroMessenger|Weibo|Line/|\bLine\b|\[Pinterest/|Twitter for|LinkedInApp|GSA/",
    re.IGNORECASE,
)
"""The browsers inside social apps: people, whatever else their names contain."""

IN_APP = re.compile(
    r"FBAN|FBAV|FB_IAB|Instagram|MetaIAB|musical_ly|TikTok|BytedanceWebview|Snapchat|"
    r"MicroMessenger|Weibo|\bLine/|\[Pinterest/|LinkedInApp|Twitter for",
    re.IGNORECASE,
)


PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
PURPOSES_TOLD = frozenset(f"HTTP_{name.upper().replace('-', '_')}" for name in PURPOSES)
"""The same headers, as WSGI names them."""


def is_person(request: Request) -> bool:
    """Return whether this GET is a person opening a link, as far as its headers tell."""
    if request.method != "GET" or is_ahead_of_time(request):
        return False
    return _is_persons(request.headers.get("User-Agent", ""))


@lru_cache(maxsize=1000)
def _is_persons(agent: str) -> bool:
    if CRAWLERS.search(agent):
        return False
    if PEOPLE_ALL_THE_SAME.search(agent):
        return True
    return bool(agent) and not MACHINES.search(agent)


def is_ahead_of_time(request: Request) -> bool:
    """Return whether a browser fetches this before anybody asked for it."""
    purposes = [request.headers.get(name, "") for name in PURPOSES]
    return any(word in purpose.lower() for purpose in purposes for word in ("prefetch", "preview"))


def is_plainly_person(environ: Mapping[str, Any]) -> bool:
    """Return whether a WSGI server's GET is a person's, who says nothing of what it is for."""
    if not PURPOSES_TOLD.isdisjoint(environ):
        return False
    return _is_persons(environ.get("HTTP_USER_AGENT", ""))


@lru_cache(maxsize=1000)
def is_in_app_browser(agent: str) -> bool:
    """Return whether a browser of this name is one inside a social app."""
    return bool(IN_APP.search(agent))
