"""Small values in strangers' hands: what comes back altered, foreign or old is nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from storefront.adapters.signer import SecretSigner

SIGNER = SecretSigner("k3y-of-this-test", "p3pper-of-this-test")
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(values)
def test_a_value_comes_back_as_it_was_sealed(value: Any) -> None:
    assert SIGNER.unseal("cart", SIGNER.seal("cart", value)) == value


@given(values)
def test_a_token_can_stand_in_an_address_as_it_is(value: Any) -> None:
    token = SIGNER.seal("cart", value)

    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize("other", ["visitor", "cart2", "Cart", "", "cart "])
def test_a_token_is_good_for_its_purpose_only(other: str) -> None:
    assert SIGNER.unseal(other, SIGNER.seal("cart", [1])) is None


def test_another_installation_does_not_believe_our_tokens() -> None:
    stranger = SecretSigner("another-key", "p3pper-of-this-test")

    assert stranger.unseal("cart", SIGNER.seal("cart", [1])) is None


@given(st.data())
def test_a_token_with_one_altered_symbol_is_nothing(data: st.DataObject) -> None:
    token = SIGNER.seal("cart", ["var_1", 2])
    # The last symbol of each part holds spare bits, which may change without a change of meaning.
    ends = {index - 1 for index, symbol in enumerate(f"{token}.") if symbol == "."}
    places = [place for place in range(len(token)) if place not in ends]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from("Az09-_.").filter(lambda symbol: symbol != token[place]))

    assert SIGNER.unseal("cart", token[:place] + other + token[place + 1 :]) is None


@given(st.text(max_size=80))
def test_no_text_whatever_raises(token: str) -> None:
    assert SIGNER.unseal("cart", token) is None


@pytest.mark.parametrize(
    "token", ["", ".", "..", "\0", "\ud800", "é.é.é", "a" * 100_000, "W10.x.y"]
)
def test_what_is_no_token_is_nothing(token: str) -> None:
    assert SIGNER.unseal("cart", token) is None


def aged(age: timedelta, max_age: timedelta) -> object:
    """Seal a dated value, let time pass, and return what it is then."""
    with time_machine.travel(NOON, tick=False):
        token = SIGNER.seal("cart", "mine", is_dated=True)
    with time_machine.travel(NOON + age, tick=False):
        return SIGNER.unseal("cart", token, max_age=max_age)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), "mine"),
        (timedelta(hours=1), "mine"),
        (timedelta(hours=1, seconds=1), None),
        (timedelta(seconds=-1), None),
    ],
)
def test_a_dated_token_ends_with_its_age(age: timedelta, expected: str | None) -> None:
    assert aged(age, timedelta(hours=1)) == expected


def test_an_age_of_nothing_is_an_age() -> None:
    assert aged(timedelta(seconds=1), timedelta(0)) is None


def test_a_token_without_a_date_stays_good_and_the_same() -> None:
    with time_machine.travel(NOON, tick=False):
        token = SIGNER.seal("order", "ord_1")
    with time_machine.travel(NOON + timedelta(days=3650), tick=False):
        again, value = SIGNER.seal("order", "ord_1"), SIGNER.unseal("order", token)

    assert (again, value) == (token, "ord_1")


def test_dated_and_undated_tokens_do_not_stand_for_each_other() -> None:
    dated, undated = SIGNER.seal("cart", "mine", is_dated=True), SIGNER.seal("cart", "mine")

    assert SIGNER.unseal("cart", dated) is None
    assert SIGNER.unseal("cart", undated, max_age=timedelta(days=1)) is None


def test_a_digest_is_found_again_and_belongs_to_its_purpose() -> None:
    assert SIGNER.digest("api-token", "sft_1") == SIGNER.digest("api-token", "sft_1")
    assert SIGNER.digest("api-token", "sft_1") != SIGNER.digest("gift-code", "sft_1")
    assert SIGNER.digest("api-token", "sft_1") != SIGNER.digest("api-token", "sft_2")


def test_a_digest_needs_the_pepper() -> None:
    stranger = SecretSigner("k3y-of-this-test", "another-pepper")

    assert stranger.digest("api-token", "sft_1") != SIGNER.digest("api-token", "sft_1")


def test_what_is_encrypted_comes_back_for_its_purpose_only() -> None:
    box = SIGNER.encrypt("second-factor", "JBSWY3DP")

    assert ("JBSWY3DP", None) == (
        SIGNER.decrypt("second-factor", box),
        SIGNER.decrypt("gift-code", box),
    )
    assert "JBSWY3DP" not in box


def test_the_same_secret_is_never_encrypted_alike() -> None:
    assert SIGNER.encrypt("second-factor", "x") != SIGNER.encrypt("second-factor", "x")


@pytest.mark.parametrize("damage", ["", "1:", "2:", "1:gAAAA", "plain text"])
def test_what_was_not_encrypted_by_us_is_nothing(damage: str) -> None:
    assert SIGNER.decrypt("second-factor", damage) is None


def test_decrypting_needs_the_pepper_and_not_the_secret_key() -> None:
    box = SIGNER.encrypt("second-factor", "x")
    new_key = SecretSigner("another-k3y", "p3pper-of-this-test")
    new_pepper = SecretSigner("k3y-of-this-test", "another-pepper")

    assert ("x", None) == (
        new_key.decrypt("second-factor", box),
        new_pepper.decrypt("second-factor", box),
    )


SECOND = SecretSigner("k3y", "p3pper-of-this-test", keyrings={"gift-code": {2: "s3cond"}})


def test_the_newest_key_encrypts_and_older_ones_are_read() -> None:
    first, second = SIGNER.encrypt("gift-code", "x"), SECOND.encrypt("gift-code", "y")

    assert (1, 2) == (SIGNER.newest_key("gift-code"), SECOND.newest_key("gift-code"))
    assert ("1:", "2:") == (first[:2], second[:2])
    assert ("x", "y") == (
        SECOND.decrypt("gift-code", first),
        SECOND.decrypt("gift-code", second),
    )
    assert None is SIGNER.decrypt("gift-code", second)


def test_a_numbered_key_serves_its_purpose_only() -> None:
    assert SECOND.encrypt("second-factor", "x").startswith("1:")
    assert "x" == SIGNER.decrypt("second-factor", SECOND.encrypt("second-factor", "x"))


@pytest.mark.parametrize("number", ["02", " 2", "2 ", "+2", "٢", "2.0", "-2"])
def test_a_key_has_one_way_to_write_its_number(number: str) -> None:
    sealed = SECOND.encrypt("gift-code", "x").partition(":")[2]

    assert None is SECOND.decrypt("gift-code", f"{number}:{sealed}")
