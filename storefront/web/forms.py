"""What people and programs send, turned into commands. Anything that we did not ask for is
refused by name, and prices are never taken from anybody."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from storefront.domain.lookalikes import is_lookalike
from storefront.domain.orders import MAX_LINES, MAX_QUANTITY
from storefront.errors import Invalid
from storefront.kinds import kind_of_fields
from storefront.services import carts, idempotency
from storefront.services.codes import LONGEST, MOST_ENTERED
from storefront.services.fulfilment import Tracking
from storefront.services.order_requests import Buyer, PlaceOrder
from storefront.web import injections
from storefront.web.countries import is_country
from storefront.web.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from storefront.kinds import LineKind
    from storefront.ports import Signer
    from storefront.services.visitors import Visitor

ADDRESS = {
    "address_line1": (200, True),
    "address_line2": (200, False),
    "address_postcode": (20, True),
    "address_city": (120, True),
    "address_region": (120, False),
    "address_country": (2, True),
}
ORDER_FIELDS = frozenset(
    {
        "request_key",
        "placement",
        "v",
        "c",
        "lines",
        "in",
        "email",
        "name",
        "phone",
        "fulfilment",
        "store",
        "note",
        "locale",
        "seen_total",
        "seen_offers",
        "codes",
        *ADDRESS,
    }
)
LONGEST_EMAIL = 254
LONGEST_TOKEN = 4000
MOST_MARKS = 4
"""No living script piles more marks on one letter; Zalgo text piles dozens."""


def refuse_unknown(fields: Iterable[str], known: Iterable[str]) -> None:
    """Raise `Invalid` unknown_field for the first field that we do not know."""
    stray = sorted(set(fields) - set(known))
    if stray:
        raise Invalid("unknown_field", field=stray[0][:60], name=stray[0][:60])


def quantity(value: object) -> int:
    """Return a whole number from 1 to 99; raise `Invalid` invalid_quantity for all else."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}", value, re.ASCII):
        value = int(value)
    if type(value) is not int or not 1 <= value <= MAX_QUANTITY:
        raise Invalid("invalid_quantity", field="quantity", least=1, most=MAX_QUANTITY)
    return value


def count(value: str | None) -> int:
    """Return a small number that an address carries, 0 where it makes no sense."""
    return int(value) if value and re.fullmatch(r"[0-9]{1,6}", value, re.ASCII) else 0


def text(value: object, *, field: str, longest: int, code: str = "invalid_text") -> str:
    """Return trimmed text without control characters; raise `Invalid` otherwise.

    Of marks that are piled up on one letter a few are kept, so that no text leaves its line.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(code, field=field)
    # Browsers send the lines of a textarea with CR LF.
    clean = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if len(clean) > longest or (not clean.isprintable() and any(map(_is_control, clean))):
        raise Invalid(code, field=field)
    return clean if clean.isascii() else _without_piles(clean)


def _is_control(symbol: str) -> bool:
    if symbol == "\n":
        return False
    return (
        unicodedata.category(symbol) in {"Cc", "Cs", "Co", "Cn"}
        or symbol in "\u202a\u202b\u202d\u202e"
    )


def _without_piles(text: str) -> str:
    kept, piled = [], 0
    for symbol in text:
        piled = piled + 1 if unicodedata.category(symbol) in {"Mn", "Me"} else 0
        if piled <= MOST_MARKS:
            kept.append(symbol)
    return "".join(kept)


def line(value: object, *, field: str, longest: int, code: str = "invalid_text") -> str:
    """Return text of one line."""
    clean = text(value, field=field, longest=longest, code=code)
    if "\n" in clean:
        raise Invalid(code, field=field)
    return clean


def email(value: object, *, field: str = "email") -> str:
    """Return an address that mail can be sent to; raise `Invalid` invalid_email otherwise, also for
    a domain that is drawn like another. Lines that somebody smuggles into it call a person.

    A domain in other letters is returned as xn--…, which every mail server knows.
    """
    # Only now: its patterns take longer to compile than most of what a server loads at its start.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    injections.look_at(value)
    given = line(value, field=field, longest=LONGEST_EMAIL, code="invalid_email")
    try:
        found = validate_email(given, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid("invalid_email", field=field) from None
    if "." not in found.domain or is_lookalike(found.domain):
        raise Invalid("invalid_email", field=field)
    return found.ascii_email or found.normalized


def order_lines(
    body: Mapping[str, Any], sign: Signer, merchant_public_id: str
) -> tuple[tuple[str, int], ...]:
    """Return (variant, quantity) from the JSON lines or the cart token."""
    if "lines" in body:
        return _json_lines(body["lines"])
    lines = carts.read_cart(sign, token(body.get("c"), field="c"), merchant_public_id)
    return tuple((lines or {}).items())


def _json_lines(value: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LINES:
        raise Invalid("invalid_lines", field="lines")
    lines: dict[str, int] = {}
    for each in value:
        if not isinstance(each, dict):
            raise Invalid("invalid_lines", field="lines")
        refuse_unknown(each, {"variant", "quantity"})
        variant = line(each.get("variant"), field="variant", longest=24, code="invalid_lines")
        lines[variant] = quantity(lines.get(variant, 0) + quantity(each.get("quantity")))
    return tuple(lines.items())


def token(value: object, *, field: str) -> str:
    """Return a token as it came; whether it is good is for its reader to say."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TOKEN:
        raise Invalid("invalid_text", field=field)
    return value


def place_order(
    body: Mapping[str, Any],
    *,
    sign: Signer,
    merchant_public_id: str,
    visitor: Visitor,
    locale: str,
    request_key: str | None,
    kinds: Iterable[LineKind],
) -> PlaceOrder:
    """Return the command that a checkout form or its JSON twin asks for.

    Raises `Invalid` with the field at fault, and with whatever else a person has to mend.
    """
    refuse_unknown(body, order_fields(kinds))
    gathering, kind = Gathering(), kind_of_fields(body, kinds)
    asked = gathering.read(None, _asked, body, kinds)
    way = kind.fulfilment if kind else gathering.read("", fulfilment, body)
    lines = () if kind else gathering.read((), order_lines, body, sign, merchant_public_id)
    buyer = _buyer(body, gathering)
    gathering.end()
    key = request_key or line(body.get("request_key"), field="request_key", longest=300)
    hashed = {name: value for name, value in body.items() if name not in {"request_key", "v"}}
    return PlaceOrder(
        placement=line(body.get("placement"), field="placement", longest=24),
        lines=lines,
        visitor=visitor,
        buyer=buyer,
        fulfilment=way,
        store=line(body.get("store"), field="store", longest=24) or None,
        locale=locale,
        request_key=idempotency.check_key(key, is_anonymous=True),
        body_hash=idempotency.hash_body(hashed),
        seen_total=seen_total(body.get("seen_total")),
        codes=short_list(body.get("codes"), field="codes", most=MOST_ENTERED),
        entered=replace(
            carts.read_entered(sign, token(body.get("c"), field="c"), merchant_public_id),
            seen=short_list(body.get("seen_offers"), field="seen_offers", most=MAX_LINES),
        ),
        asked=(asked[0].name, asked[1]) if asked else None,
    )


def order_fields(kinds: Iterable[LineKind]) -> frozenset[str]:
    """Return every field that an order may have: the shop's own, and those of kinds of lines."""
    return ORDER_FIELDS.union(*(kind.fields for kind in kinds))


def _asked(body: Mapping[str, Any], kinds: Iterable[LineKind]) -> tuple[LineKind, object] | None:
    """Return the kind whose line is asked for, with its wish; goods are asked for by `lines`."""
    for kind in kinds:
        wish = kind.parse(body)
        if wish is not None:
            if "lines" in body:
                raise Invalid("one_kind_only", field="lines")
            return kind, wish
    return None


def short_list(value: object, *, field: str, most: int) -> tuple[str, ...]:
    """Return a few short texts: a list in JSON, parted by commas in a form."""
    parts = value.split(",") if isinstance(value, str) else value or []
    if not isinstance(parts, list) or len(parts) > most:
        raise Invalid("invalid_text", field=field)
    found = [line(part, field=field, longest=LONGEST) for part in parts]
    return tuple(each for each in found if each)


def seen_total(value: object) -> int | None:
    """Return the total that a buyer was shown, in minor units; None where none was."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value, re.ASCII):
        return int(value)
    if type(value) is not int or value < 0:
        raise Invalid("invalid", field="seen_total")
    return value


def fulfilment(body: Mapping[str, Any]) -> str:
    """Return how the order reaches its buyer: pickup or shipping; raise `Invalid` otherwise."""
    way = body.get("fulfilment")
    if way not in ("pickup", "shipping"):
        raise Invalid("invalid", field="fulfilment")
    return str(way)


def _buyer(body: Mapping[str, Any], gathering: Gathering) -> Buyer:
    name = gathering.read("", _name, body)
    return Buyer(
        email=gathering.read("", email, body.get("email")),
        name=name,
        phone=gathering.read("", line, body.get("phone"), field="phone", longest=40),
        note=gathering.read("", text, body.get("note"), field="note", longest=500),
        address=_address(body, gathering) if body.get("fulfilment") == "shipping" else None,
    )


def _name(body: Mapping[str, Any]) -> str:
    name = line(body.get("name"), field="name", longest=120, code="invalid_name")
    if not name:
        raise Invalid("invalid_name", field="name")
    return name


def _address(body: Mapping[str, Any], gathering: Gathering) -> dict[str, str]:
    return {
        field.removeprefix("address_"): gathering.read("", _address_part, body, field)
        for field in ADDRESS
    }


def _address_part(body: Mapping[str, Any], field: str) -> str:
    longest, is_needed = ADDRESS[field]
    value = line(body.get(field), field=field, longest=longest, code="invalid_address")
    if is_needed and not value:
        raise Invalid("invalid_address", field=field)
    return country(value, field=field) if field == "address_country" else value


def country(value: object, *, field: str) -> str:
    """Return a country's two letters; raise `Invalid` invalid_country."""
    code = line(value, field=field, longest=2, code="invalid_country").upper()
    if not is_country(code):
        raise Invalid("invalid_country", field=field)
    return code


def tracking(body: Mapping[str, Any]) -> Tracking:
    """Return where a parcel can be followed, as a member typed it; all of it may be empty.

    Raises `Invalid` invalid_tracking_url for an address that browsers should not be sent to.
    """
    url = line(body.get("url"), field="url", longest=500, code="invalid_tracking_url")
    if url and not re.fullmatch(r"https://[^\s/@]+\.[^\s@]+", url):
        raise Invalid("invalid_tracking_url", field="url")
    return Tracking(
        carrier=line(body.get("carrier"), field="carrier", longest=60),
        number=line(body.get("number"), field="number", longest=80),
        url=url,
    )
