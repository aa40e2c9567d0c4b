"""Time zones by their IANA names: those that mean the same on every machine."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

OF_THE_MACHINE = {"Factory", "localtime", "posixrules"}
"""What these mean is for whoever has set the machine up to say."""


@cache
def zone_names() -> frozenset[str]:
    """Return every name of a zone. They lie in hundreds of files, and looking takes as long as to
    answer ten requests."""
    return frozenset(available_timezones() - OF_THE_MACHINE)
