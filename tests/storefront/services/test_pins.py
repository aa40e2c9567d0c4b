"""PINs: six digits that nobody guesses."""

import pytest

from storefront.errors import Invalid
from storefront.services import pins


@pytest.mark.parametrize(
    "pin",
    ["000000", "777777", "123456", "654321", "890123", "321098", "121212", "123123", "112233"],
)
def test_what_others_would_guess_is_refused(pin: str) -> None:
    with pytest.raises(Invalid) as refused:
        pins.check_pin(pin)

    assert "pin_weak" == refused.value.code


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "12345",
        "4826150",
        "48261a",
        "\uff14\uff18\uff12\uff16\uff11\uff15",
        "482615\n",
        "48 615",
    ],
)
def test_what_is_not_six_plain_digits_is_refused(pin: str) -> None:
    with pytest.raises(Invalid) as refused:
        pins.check_pin(pin)

    assert "pin_length" == refused.value.code


def test_nearly_every_pin_may_be_set() -> None:
    weak = sum(pins.is_weak(f"{number:06}") for number in range(1_000_000))

    assert 1_000 < weak < 2_000


def test_a_hash_knows_its_pin_and_nobodys_hash_knows_none() -> None:
    kept = pins.hash_pin("482615")

    known = [pins.is_right(kept, "482615"), pins.is_right(kept, "482616")]

    assert [True, False] == known
    assert not pins.is_right(None, "482615")
    assert "482615" not in kept
