"""Figures of gifts: what is outstanding, what moved it in a period, and what posts brought."""

from __future__ import annotations

from flask import request

from gifting.console.blueprint import blueprint
from gifting.reporting.liability import movements, owed_now
from gifting.reporting.origins import by_origin
from storefront.domain.periods import Preset, preset_period
from storefront.web.auth import roles
from storefront.web.console.page import shop, show
from storefront.web.context import ports

CAMPAIGN = "campaign"


@blueprint.route("/figures")
@roles("owner", "manager", "reports")
def figures() -> str:
    """Show what is owed on cards, and what came of gifts; no names."""
    merchant, now, is_live = shop(), ports().clock.now(), ports().settings.is_live
    given = request.args.get("period", "")
    preset = Preset(given) if given in set(Preset) else Preset.MONTH
    period = preset_period(preset, now, merchant.zone)
    is_by_campaign = request.args.get("by") == CAMPAIGN
    with ports().reads() as session:
        owed = owed_now(session, merchant.id, is_live=is_live, now=now)
        moved = movements(
            session, merchant.id, since=period.starts_at, until=period.ends_at, is_live=is_live
        )
        origins = by_origin(
            session,
            merchant.id,
            since=period.starts_at,
            until=period.ends_at,
            currency=merchant.currency,
            is_live=is_live,
            is_by_campaign=is_by_campaign,
        )
    return show(
        "console/gift_figures.html",
        merchant,
        owed=owed,
        moved=moved,
        origins=origins,
        period=period,
        presets=list(Preset),
        chosen=preset,
        is_by_campaign=is_by_campaign,
    )
