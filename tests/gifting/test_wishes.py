"""What a buyer may ask for when they send a gift, and what each bad input is told."""

from typing import Any

import pytest

from gifting.wishes import GiftWish, Recipient, parse
from storefront.errors import Invalid

BEN = {"name": "Ben", "email": "ben@friends.test"}
GIFT: dict[str, Any] = {"amount_minor": 5000, "from": "Ada", "recipients": [BEN]}
FORM = {
    "gift_amount": "5000",
    "gift_from": "Ada",
    "gift_name_1": "Ben",
    "gift_email_1": "ben@friends.test",
}


def wish_of(**changes: Any) -> GiftWish:
    wish = parse({"gift": {**GIFT, **changes}})
    assert wish is not None
    return wish


def test_an_order_without_a_gift_asks_for_none() -> None:
    assert parse({"lines": [], "email": "ada@buyer.test"}) is None


def test_json_and_the_form_ask_for_the_same() -> None:
    assert wish_of() == parse(FORM)


def test_a_form_may_name_several_friends() -> None:
    wish = parse({**FORM, "gift_name_3": "Cleo", "gift_email_3": "cleo@friends.test"})

    assert wish is not None
    assert ["Ben", "Cleo"] == [each.name for each in wish.recipients]


def test_an_amount_of_ones_own_is_kept_as_it_was_typed() -> None:
    wish = parse({**FORM, "gift_amount": "other", "gift_other": "12.50"})

    assert wish is not None
    assert (None, "12.50") == (wish.amount_minor, wish.typed)


def test_a_link_needs_no_address() -> None:
    wish = wish_of(way="link", recipients=[{"name": "Ben"}])

    assert (Recipient("Ben"),) == wish.recipients


def test_a_gift_can_be_for_this_person_alone() -> None:
    asked = parse({**FORM, "gift_bound": "1"})

    assert asked == wish_of(bound=True)
    assert asked is not None
    assert asked.is_bound


def test_a_box_that_a_link_hides_counts_for_nothing() -> None:
    wish = parse({**FORM, "gift_way": "link", "gift_bound": "1"})

    assert wish is not None
    assert not wish.is_bound


def test_a_gift_to_oneself_needs_no_recipient() -> None:
    assert (Recipient(""),) == wish_of(way="self", recipients=[]).recipients


def test_at_once_needs_no_zone() -> None:
    wish = parse({**FORM, "gift_when": "now", "gift_at": "2026-12-24T09:00", "gift_zone": "Mars"})

    assert wish is not None
    assert ("", "") == (wish.at, wish.zone)


@pytest.mark.parametrize(
    ("gift", "code", "field"),
    [
        ([], "invalid_gift", "gift"),
        ({**GIFT, "price_minor": 1}, "unknown_field", "price_minor"),
        ({**GIFT, "amount_minor": 0}, "invalid_gift", "amount_minor"),
        ({**GIFT, "amount_minor": 50.0}, "invalid_gift", "amount_minor"),
        ({**GIFT, "amount_minor": True}, "invalid_gift", "amount_minor"),
        ({**GIFT, "amount_minor": None}, "gift_of_what", "gift_amount"),
        ({**GIFT, "variant": "var_1"}, "gift_of_what", "gift_amount"),
        ({**GIFT, "way": "pigeon"}, "invalid_gift", "way"),
        ({**GIFT, "design": "../../etc"}, "invalid_gift", "design"),
        ({**GIFT, "from": " \u200d "}, "invalid_name", "gift_from"),
        ({**GIFT, "words": "x" * 501}, "words_too_long", "gift_words"),
        ({**GIFT, "recipients": []}, "too_many_recipients", "recipients"),
        ({**GIFT, "recipients": [BEN] * 200}, "too_many_recipients", "recipients"),
        ({**GIFT, "recipients": [BEN, BEN]}, "recipient_twice", "recipients"),
        ({**GIFT, "recipients": [{**BEN, "email": "a@b"}]}, "invalid_email", "recipients.0.email"),
        (
            {**GIFT, "recipients": [{**BEN, "email": "a@b.test\r\nBcc: c@d.test"}]},
            "invalid_email",
            "recipients.0.email",
        ),
        ({**GIFT, "recipients": [{**BEN, "role": "owner"}]}, "unknown_field", "role"),
        ({**GIFT, "at": "2026-12-24T09:00", "zone": "Mars/Base"}, "invalid_zone", "gift_zone"),
        ({**GIFT, "at": "2026-12-24T09:00", "zone": "localtime"}, "invalid_zone", "gift_zone"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(gift: object, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({"gift": gift})

    assert (code, field) == (refused.value.code, refused.value.field)


@pytest.mark.parametrize("words", ["", "  \n ", "\u200d\u200b"])
def test_words_that_nobody_can_see_are_none(words: str) -> None:
    assert not wish_of(words=words).words


def test_words_are_kept_as_they_were_written() -> None:
    words = "<script>alert(1)</script> https://example.com Z̷̢a̶l̵g̶o̷ 🎁"

    assert words == wish_of(words=words).words


def test_of_marks_piled_on_a_letter_a_few_are_kept() -> None:
    """Bad input 32: Zalgo text, in words and in names; accents of living scripts stay."""
    piled, honest = "Z" + "\u0335\u0322" * 40 + "a", "Tiếng Việt ก็ที่ שָׁלוֹם ❤️"
    wish = wish_of(words=f"{piled} {honest}", recipients=[{**BEN, "name": piled}])

    assert "Z" + "\u0335" * 4 + "a" == wish.recipients[0].name
    assert wish.words.endswith(honest)
