"""Which of our languages a tag means, and where its words come from."""

from pathlib import Path

import pytest
from babel.support import NullTranslations

from storefront.languages import best_language, language_of, words_of

CATALOGUE = """\
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Gift"
msgstr "礼物"

msgctxt "period"
msgid "From"
msgstr "从"

msgid "%(num)s thing"
msgid_plural "%(num)s things"
msgstr[0] "%(num)s 件"
"""


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("en_IE", "en"),
        ("zh", "zh_Hans"),
        ("zh-CN", "zh_Hans"),
        ("zh-SG", "zh_Hans"),
        ("zh-Hans", "zh_Hans"),
        ("zh-Hans-HK", "zh_Hans"),
        ("zh_Hans", "zh_Hans"),
        ("zh-TW", "zh_Hant"),
        ("zh-tw", "zh_Hant"),
        ("zh-HK", "zh_Hant"),
        ("zh-MO", "zh_Hant"),
        ("zh-Hant", "zh_Hant"),
        ("zh-Hant-TW", "zh_Hant"),
        ("zh_Hant", "zh_Hant"),
        ("fr", None),
        ("zz-ZZ", None),
        ("*", None),
        ("", None),
        ("../../etc", None),
    ],
)
def test_a_tag_means_the_language_whose_characters_it_is_written_in(
    tag: str, language: str | None
) -> None:
    assert language == language_of(tag)


def test_the_first_language_that_we_speak_is_the_best() -> None:
    assert "zh_Hant" == best_language(["fr-CA", "zh-HK", "en"])
    assert "en" == best_language(["fr", "de"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "zh_Hans" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "messages.po").write_text(CATALOGUE, encoding="utf-8")
    return tmp_path


def test_words_are_read_as_they_are_written_and_need_no_compiling(folder: Path) -> None:
    words = words_of("zh_Hans", folder)

    assert "礼物" == words.gettext("Gift")
    assert "从" == words.pgettext("period", "From")
    assert ["%(num)s 件"] * 2 == [
        words.ngettext("%(num)s thing", "%(num)s things", number) for number in (1, 2)
    ]


def test_a_region_gets_the_words_of_its_language(folder: Path) -> None:
    assert "礼物" == words_of("zh_CN", folder).gettext("Gift")


def test_a_sentence_without_words_is_said_as_it_is(folder: Path) -> None:
    assert "Never seen" == words_of("zh_Hans", folder).gettext("Never seen")
    assert isinstance(words_of("fr_FR", folder), NullTranslations)
    assert "Gift" == words_of("fr_FR", folder).gettext("Gift")
