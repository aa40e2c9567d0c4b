"""What a buyer asks for when they send a gift, read from a form or from JSON. Whether the shop
sells it is for asking to say."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from gifting.designs import DESIGNS
from gifting.models.gift import WAYS
from gifting.terms import MOST_RECIPIENTS
from storefront.domain.zones import zone_names
from storefront.errors import Invalid
from storefront.values import frozen
from storefront.web import forms
from storefront.web.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_NAME = 120
LONGEST_WORDS = 500
EMAIL, LINK, SELF = WAYS

NUMBERS = range(1, MOST_RECIPIENTS + 1)
PARTS = frozenset(
    {
        "variant",
        "amount_minor",
        "way",
        "recipients",
        "bound",
        "from",
        "words",
        "design",
        "at",
        "zone",
    }
)
SIMPLE = (
    *(
        "variant",
        "amount",
        "other",
        "way",
        "bound",
        "from",
        "words",
        "design",
        "when",
        "at",
        "zone",
    ),
)
FIELDS = frozenset(
    {
        "gift",
        *(f"gift_{name}" for name in SIMPLE),
        *(f"gift_{part}_{number}" for number in NUMBERS for part in ("name", "email")),
    }
)
"""`gift` holds it all in JSON; in a form each part is a field of its own."""

OTHER = "other"
"""The choice of an amount that is none of the presets."""

NO_DAY = "-"
"""Stands for a later day where none was chosen: it is refused with those that are possible."""


@frozen
class Recipient:
    """Whom a gift is for; the address is empty where the buyer hands it over."""

    name: str
    email: str = ""


@frozen
class GiftWish:
    """One variant or an amount for each recipient; `is_bound` when only they can spend
    it. An amount is in minor units, or `typed` by a person. `at` is a wall clock such as
    2026-12-24T09:00 in the zone; "" is at once."""

    recipients: tuple[Recipient, ...]
    way: str
    sender: str
    words: str
    design: str
    variant: str | None = None
    amount_minor: int | None = None
    typed: str | None = None
    at: str = ""
    zone: str = ""
    is_bound: bool = False


def parse(body: Mapping[str, Any]) -> GiftWish | None:
    """Return the wish in an order's body, or None where it asks for no gift.

    Raises `Invalid` with the field at fault, in the words of whoever sent it, and with whatever
    else a person has to mend.
    """
    if "gift" in body:
        return _from_json(body["gift"])
    if any(field.startswith("gift_") for field in body):
        return _from_form(body)
    return None


def _from_json(value: object) -> GiftWish:
    if not isinstance(value, dict):
        raise Invalid("invalid_gift", field="gift")
    forms.refuse_unknown(value, PARTS)
    given = value.get("recipients", [{}])
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Invalid("invalid_gift", field="recipients")
    amount = value.get("amount_minor")
    if amount is not None and (type(amount) is not int or amount <= 0):
        raise Invalid("invalid_gift", field="amount_minor")
    for each in given:
        forms.refuse_unknown(each, {"name", "email"})
    if type(value.get("bound", False)) is not bool:
        raise Invalid("invalid_gift", field="bound")
    pairs = [(each.get("name"), each.get("email")) for each in given]
    return _wish(
        {name: value.get(name) for name in PARTS},
        [(f"recipients.{index}", *pair) for index, pair in enumerate(pairs)],
        amount_minor=amount,
    )


def _from_form(body: Mapping[str, Any]) -> GiftWish:
    parts = {name: body.get(f"gift_{name}") for name in SIMPLE}
    signed = "gift_from" if parts["from"] else "name"
    parts["from"] = body.get(signed)
    # The box is hidden, and may still be ticked, where the gift goes to no address.
    parts["bound"] = bool(parts["bound"]) and parts["way"] != LINK
    if parts["when"] == "later":
        parts["at"] = parts["at"] or NO_DAY
    else:
        parts |= {"at": "", "zone": ""}
    filled = [
        (f"gift_{number}", body.get(f"gift_name_{number}"), body.get(f"gift_email_{number}"))
        for number in NUMBERS
        if number == 1 or body.get(f"gift_name_{number}") or body.get(f"gift_email_{number}")
    ]
    typed = parts["other"] if parts["amount"] == OTHER else None
    preset = parts["amount"] if parts["amount"] not in (None, "", OTHER) else None
    return _wish(
        parts,
        filled,
        amount_minor=None if preset is None else _preset(preset),
        typed=None if typed is None else str(typed),
        signed=signed,
    )


def _preset(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:  # noqa: PLR2004
        return int(value)
    raise Invalid("invalid_gift", field="gift_amount")


def _wish(
    parts: Mapping[str, Any],
    given: Iterable[tuple[str, object, object]],
    *,
    amount_minor: int | None,
    typed: str | None = None,
    signed: str = "gift_from",
) -> GiftWish:
    """Return the wish in these parts; its sender was read from the field `signed`."""
    way = parts["way"] or EMAIL
    if way not in WAYS:
        raise Invalid("invalid_gift", field="way")
    if parts["bound"] and way == LINK:
        raise Invalid("bound_needs_address", field="bound")
    design = parts["design"] or DESIGNS[0]
    if design not in DESIGNS:
        raise Invalid("invalid_gift", field="design")
    gathering = Gathering()
    variant = forms.line(parts["variant"], field="variant", longest=24) or None
    if (variant is None) == (amount_minor is None and typed is None):
        gathering.keep(Invalid("gift_of_what", field="gift_amount"))
    at, zone = gathering.read(("", ""), _when, parts)
    wish = GiftWish(
        recipients=_recipients(list(given), gathering, way=way),
        way=way,
        sender="" if way == SELF else gathering.read("", name_of, parts["from"], field=signed),
        words=gathering.read("", words_of, parts["words"], field="gift_words"),
        design=design,
        variant=variant,
        amount_minor=amount_minor,
        typed=typed,
        at=at,
        zone=zone,
        is_bound=bool(parts["bound"]),
    )
    gathering.end()
    return wish


def _when(parts: Mapping[str, Any]) -> tuple[str, str]:
    """Return the wall clock that was chosen, and where it hangs; both "" for at once."""
    at = forms.line(parts["at"], field="gift_at", longest=16, code="invalid_date")
    zone = forms.line(parts["zone"], field="gift_zone", longest=60) if at else ""
    if at and zone not in zone_names():
        raise Invalid("invalid_zone", field="gift_zone")
    return at, zone


def _recipients(
    given: list[tuple[str, object, object]], gathering: Gathering, *, way: str
) -> tuple[Recipient, ...]:
    if way == SELF:
        return (Recipient(""),)
    if not 1 <= len(given) <= MOST_RECIPIENTS:
        gathering.keep(Invalid("too_many_recipients", field="recipients", most=MOST_RECIPIENTS))
        return ()
    found = tuple(_recipient(each, gathering, way=way) for each in given)
    addresses = [each.email.lower() for each in found if each.email]
    if len(set(addresses)) < len(addresses):
        gathering.keep(Invalid("recipient_twice", field="recipients"))
    return found


def _recipient(given: tuple[str, object, object], gathering: Gathering, *, way: str) -> Recipient:
    field, name, address = given
    name_field, email_field = _fields_of(field)
    return Recipient(
        gathering.read("", _friend, name, field=name_field),
        gathering.read("", forms.email, address, field=email_field) if way == EMAIL else "",
    )


def _fields_of(field: str) -> tuple[str, str]:
    if field.startswith("gift_"):
        number = field.removeprefix("gift_")
        return f"gift_name_{number}", f"gift_email_{number}"
    return f"{field}.name", f"{field}.email"


def name_of(value: object, *, field: str) -> str:
    """Return a person's name; raise `Invalid` invalid_name where nothing can be read."""
    name = forms.line(value, field=field, longest=LONGEST_NAME, code="invalid_name")
    if not _is_visible(name):
        raise Invalid("invalid_name", field=field)
    return name


def _friend(value: object, *, field: str) -> str:
    name = forms.line(value, field=field, longest=LONGEST_NAME, code="invalid_friend")
    if not _is_visible(name):
        raise Invalid("invalid_friend", field=field)
    return name


def words_of(value: object, *, field: str) -> str:
    """Return what somebody wrote, "" where nothing of it can be seen; at most 500 characters."""
    words = forms.text(value, field=field, longest=10 * LONGEST_WORDS)
    if len(words) > LONGEST_WORDS:
        raise Invalid("words_too_long", field=field)
    return words if _is_visible(words) else ""


def _is_visible(text: str) -> bool:
    return any(unicodedata.category(symbol)[0] not in "ZCM" for symbol in text)
