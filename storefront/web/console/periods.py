"""Which stretch of days an address asks for: a preset, or days of one's own."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from flask import request

from storefront.domain.periods import Period, Preset, preset_period
from storefront.errors import Invalid
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

FIELDS = ("period", "since", "until")
"""What of an address says the stretch."""

PRESETS = tuple(Preset)


@frozen
class AskedPeriod:
    """A stretch of days; `preset` is None for days of one's own."""

    preset: Preset | None
    days: Period


def asked_period(zone: str, now: datetime) -> AskedPeriod:
    """Return the stretch that the address asks for, thirty days where it asks for none.

    Raises `Invalid` invalid_period for days that make none.
    """
    preset = _preset()
    if preset is None:
        return AskedPeriod(None, Period(_day("since"), _day("until"), zone))
    return AskedPeriod(preset, preset_period(preset, now, zone))


def _preset() -> Preset | None:
    given = request.args.get("period", "")
    if given in PRESETS:
        return Preset(given)
    return None if request.args.get("since") or request.args.get("until") else Preset.MONTH


def _day(field: str) -> date:
    given = request.args.get(field, "")
    try:
        day = date.fromisoformat(given) if re.fullmatch(r"20[0-9]{2}-[0-9-]{5}", given) else None
    except ValueError:
        day = None
    if day is None:
        raise Invalid("invalid_period", field=field)
    return day
