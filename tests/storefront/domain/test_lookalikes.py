"""Domains that seem to be another one, and honest ones of every script."""

import pytest

from storefront.domain.lookalikes import is_lookalike


@pytest.mark.parametrize(
    "domain",
    [
        "\u0430pple.com",  # one Cyrillic letter among Latin ones
        "\u0430\u0440\u0440\u04cf\u0435.com",  # all Cyrillic, all drawn as Latin
        "mail.\u0440\u0430\u0443\u0440\u0430l.test",
        "g\u03bf\u03bfgle.test",  # two Greek letters
        "\u03b1\u03b9.com",
        "\u0440\u0430\u0443-1.example",
    ],
)
def test_a_domain_that_seems_to_be_another_is_told(domain: str) -> None:
    assert is_lookalike(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "friends.test",
        "münchen.de",
        "łódź.pl",
        "пример.рф",
        "почта.бел",
        "почта.com",  # not all of it is drawn like Latin
        "παράδειγμα.ελ",
        "例え.jp",
        "mailテスト.jp",
        "中文-mail.cn",
        "दुनिया.भारत",
        "123.com",
    ],
)
def test_an_honest_domain_is_none(domain: str) -> None:
    assert not is_lookalike(domain)
