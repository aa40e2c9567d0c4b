"""Codes: what is wrong is seen, how people type is forgiven, and nobody can guess one."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifting import codes
from gifting.codes import ALPHABET, LENGTH, check_symbol, grouped, new_code, normalise
from storefront.adapters.signer import SecretSigner
from storefront.errors import Invalid

SIGN = SecretSigner("k3y-of-this-test", "p3pper-of-this-test")
BODY = "ABCDEFGHJKMNPQRS"
CODE = BODY + check_symbol(BODY)
MANY = 20_000
VERY_MANY = 1_000_000
MOST_CHI_SQUARED = 110.0
"""With 30 degrees of freedom, chance goes beyond it once in a thousand million times."""

bodies = st.text(ALPHABET, min_size=16, max_size=16)


def refusal(typed: str) -> Invalid:
    """Return why what was typed is no code of ours."""
    with pytest.raises(Invalid) as refused:
        normalise(typed)
    return refused.value


def is_good(code: str) -> bool:
    try:
        return normalise(code) == code
    except Invalid:
        return False


def test_a_code_has_sixteen_random_symbols_and_one_to_check_them() -> None:
    code = new_code()

    assert (17, code) == (len(code), normalise(code))
    assert set(code) <= set(ALPHABET)


def test_the_alphabet_has_no_look_alikes_and_a_prime_count() -> None:
    assert (31, 31) == (len(ALPHABET), len(set(ALPHABET)))
    assert not set("0O1IL") & set(ALPHABET)


@pytest.mark.parametrize("body", [BODY, "2" * 16, "Z" * 16, "23456789ABCDEFGH", "ZYXWVUTSRQPNMKJH"])
def test_every_single_wrong_symbol_is_seen(body: str) -> None:
    code = body + check_symbol(body)
    wrong = [
        code[:place] + symbol + code[place + 1 :]
        for place in range(LENGTH)
        for symbol in ALPHABET
        if symbol != code[place]
    ]

    assert (LENGTH * 30, []) == (len(wrong), [each for each in wrong if is_good(each)])


def test_every_exchange_of_neighbours_is_seen() -> None:
    """Whatever else a code holds, an exchange changes its sum by the difference of the two."""
    passed = []
    for place in range(LENGTH - 1):
        for first in ALPHABET:
            for second in ALPHABET:
                code = _holding(first, second, place)
                swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
                if swapped != code and is_good(swapped):
                    passed.append(code)

    assert [] == passed


def _holding(first: str, second: str, place: int) -> str:
    """Return a good code with these two symbols at a place and after it, or one like it."""
    if place < LENGTH - 2:
        body = BODY[:place] + first + second + BODY[place + 2 :]
        return body + check_symbol(body)
    for other in ALPHABET:
        body = other + BODY[1:15] + first
        if check_symbol(body) == second:
            return body + second
    raise AssertionError


@given(bodies, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_any_exchange_of_two_symbols_is_seen(body: str, one: int, other: int) -> None:
    code = body + check_symbol(body)
    symbols = list(code)
    symbols[one], symbols[other] = symbols[other], symbols[one]
    swapped = "".join(symbols)

    assert (swapped == code) == is_good(swapped)


@pytest.mark.parametrize(
    "typed",
    [
        CODE.lower(),
        grouped(CODE),
        grouped(CODE).replace(" ", "-"),
        grouped(CODE).replace(" ", " \u2013 "),
        grouped(CODE).replace(" ", "\u2212"),
        grouped(CODE).replace(" ", "\u00a0"),
        f"  {CODE}\n",
        f"{CODE}\r\n",
        "\t".join(CODE),
        "".join(chr(ord(symbol) + 0xFEE0) for symbol in CODE),
    ],
)
def test_how_people_type_is_forgiven(typed: str) -> None:
    assert CODE == normalise(typed)


@pytest.mark.parametrize("look_alike", list("0O1ILoil"))
def test_a_look_alike_is_named_with_its_place(look_alike: str) -> None:
    error = refusal(grouped(CODE[:6] + look_alike + CODE[7:]))

    assert ("code_mistyped", "code", {"place": 7}) == (error.code, error.field, error.data)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        CODE[:-1],
        CODE + "A",
        CODE * 2,
        "A" * 10_000,
        "\0",
        CODE[:8] + "\0" + CODE[8:],
        "\u202e" + CODE,
        "🎁" * 17,
        "' OR 1=1 --",
        "../../etc/passwd",
        "%s%s%s%n",
        "\ud800",
        "ß" * 17,
    ],
)
def test_what_is_no_code_is_mistyped(typed: str) -> None:
    error = refusal(typed)

    assert "code_mistyped" == error.code
    assert typed not in str(error.data) or not typed.strip()


@given(st.text(max_size=60))
def test_nothing_that_can_be_typed_is_a_fault(typed: str) -> None:
    told = "code_mistyped", "not_our_code"

    assert is_good(typed) or refusal(typed).code in told


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("https://evil.test/g/abc", "evil.test"),
        ("HTTPS://Evil.Test:8443/?code=1", "evil.test"),
        ("http://user:pass@evil.test/", "evil.test"),
        ("www.evil.test/x", "www.evil.test"),
        ("https://[broken", ""),
        ("https://<script>.test/", "script.test"),
        ("bitcoin://abc", "abc"),
    ],
)
def test_a_foreign_address_is_told_by_its_host_and_never_opened(typed: str, host: str) -> None:
    error = refusal(typed)

    assert ("not_our_code", {"host": host}) == (error.code, error.data)


def test_a_code_is_shown_in_groups_of_four() -> None:
    assert f"ABCD EFGH JKMN PQRS {CODE[-1]}" == grouped(CODE)


def test_members_may_see_the_last_four() -> None:
    assert CODE[13:] == codes.last_four(CODE)


@pytest.mark.parametrize("body", ["FUCKABCDEFGHJKMN", "ABCDEFGHJKMNSHAG", "ABCDFUKAR53ABCDE"])
def test_a_rude_code_is_known_also_in_digits(body: str) -> None:
    assert codes.is_profane(body + check_symbol(body))


def test_a_plain_code_is_not_rude() -> None:
    assert not codes.is_profane(CODE)


def test_every_rude_word_could_be_spelled() -> None:
    assert [] == [word for word in codes.PROFANE if not set(word) <= set(ALPHABET)]


def test_a_code_is_found_by_a_digest_that_does_not_tell_it() -> None:
    stranger = SecretSigner("k3y-of-this-test", "another-pepper")
    digest = codes.digest_of(SIGN, CODE)

    assert digest == codes.digest_of(SIGN, normalise(grouped(CODE).lower()))
    assert digest != codes.digest_of(stranger, CODE)
    assert (64, False) == (len(digest), CODE in digest.upper())


def test_a_sealed_code_comes_back_and_a_blank_one_does_not() -> None:
    sealed = codes.seal(SIGN, CODE)

    assert (CODE, None) == (codes.unseal(SIGN, sealed), codes.unseal(SIGN, ""))
    assert CODE not in sealed


def test_a_guesser_needs_a_billion_billion_tries_for_one_of_100_000_cards() -> None:
    assert codes.guesses_per_hit(100_000) > 10**18
    assert codes.guesses_per_hit(0) == 31**16


def worst_chi_squared(made: list[str]) -> float:
    """Return the largest chi-squared of all places, against symbols that are all as likely."""
    expected = len(made) / len(ALPHABET)
    counts = [Counter(code[place] for code in made) for place in range(LENGTH)]
    return max(
        sum((count[symbol] - expected) ** 2 / expected for symbol in ALPHABET) for count in counts
    )


@pytest.mark.parametrize("count", [MANY, pytest.param(VERY_MANY, marks=pytest.mark.prove)])
def test_codes_are_all_different_and_every_symbol_is_as_likely_everywhere(count: int) -> None:
    made = [new_code() for _ in range(count)]

    assert count == len(set(made))
    assert worst_chi_squared(made) < MOST_CHI_SQUARED


def test_codes_of_a_generator_that_leans_are_seen_to_lean() -> None:
    leaning = [code[:4] + "2" + code[5:] if n % 9 == 0 else code
               for n, code in enumerate(new_code() for _ in range(MANY))]  # fmt: skip

    assert worst_chi_squared(leaning) > MOST_CHI_SQUARED


def test_a_million_guesses_hit_none_of_a_thousand_codes() -> None:
    alive, chance = {new_code() for _ in range(1000)}, random.Random()
    bodies = ("".join(chance.choices(ALPHABET, k=16)) for _ in range(VERY_MANY))

    assert 0 == sum(body + check_symbol(body) in alive for body in bodies)
