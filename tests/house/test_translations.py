"""What the code says can be said in every language, with the same blanks, and nothing besides."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from tests import translations

BLANK = re.compile(r"%(?:\((\w+)\))?[sd]")
STRAY = re.compile(r"%(?!\(\w+\)[sd]|%)")


def faults(catalog: Catalog, template: Catalog) -> Iterator[str]:
    """Name what is wrong with a language's catalogue."""
    said = {(message.context, message.id): message for message in catalog if message.id}
    wanted = {(message.context, message.id) for message in template if message.id}
    yield from (f"is not there: {_name(key)}" for key in sorted(wanted - said.keys(), key=str))
    yield from (f"is said by nobody: {_name(key)}" for key in sorted(said.keys() - wanted, key=str))
    yield from (f"is said by nobody: {_name(key)}" for key in catalog.obsolete)
    for key in sorted(said.keys() & wanted, key=str):
        yield from (f"{fault}: {_name(key)}" for fault in _faults_of(said[key], catalog))


def _faults_of(message: Message, catalog: Catalog) -> Iterator[str]:
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    if message.fuzzy:
        yield "is only a guess"
    if not all(forms):
        yield "has no words"
        return
    if message.pluralizable and len(forms) != catalog.num_plurals:
        yield "has the wrong number of plurals"
    ours = message.id[-1] if message.pluralizable else message.id
    blanks = _blanks(ours)
    if any(_blanks(form) != blanks for form in forms):
        yield "has other blanks"
    if any(STRAY.search(words) for words in (ours, *forms)):
        yield "has a sign % of its own, which is taken for a blank"


def _blanks(words: str) -> set[str]:
    return {found or "" for found in BLANK.findall(words)}


def _name(key: object) -> str:
    return repr(key[1] if isinstance(key, tuple) else key)


def a_catalog(*messages: tuple[object, object], fuzzy: bool = False) -> Catalog:
    catalog = Catalog(locale="zh_Hans")
    for said, words in messages:
        catalog.add(said, words, flags={"fuzzy"} if fuzzy else ())
    return catalog


@pytest.fixture(scope="module")
def template() -> Catalog:
    return translations.sentences()


@pytest.mark.parametrize("language", translations.SPOKEN)
def test_everything_is_said_in_every_language(language: str, template: Catalog) -> None:
    assert [] == list(faults(translations.read(language), template))


def test_the_sentences_of_folders_that_begin_with_an_underline_are_found(template: Catalog) -> None:
    assert any("/_parts/" in file for message in template for file, _ in message.locations)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("只剩 %(left)s 件", []),
        ("", ["has no words: 'Only %(left)s left'"]),
        ("只剩 %(letf)s 件", ["has other blanks: 'Only %(left)s left'"]),
        ("只剩几件", ["has other blanks: 'Only %(left)s left'"]),
    ],
)
def test_a_fault_in_words_is_named(words: str, expected: list[str]) -> None:
    said = "Only %(left)s left"

    assert expected == list(faults(a_catalog((said, words)), a_catalog((said, ""))))


def test_a_sign_that_would_be_taken_for_a_blank_is_named() -> None:
    said = "%(part)s % is done"

    found = list(faults(a_catalog((said, "%(part)s % 已完成")), a_catalog((said, ""))))

    assert [f"has a sign % of its own, which is taken for a blank: {said!r}"] == found


def test_a_sentence_that_is_new_and_one_that_is_gone_are_named() -> None:
    found = list(faults(a_catalog(("Old", "旧")), a_catalog(("New", ""))))

    assert ["is not there: 'New'", "is said by nobody: 'Old'"] == found


def test_a_guess_is_named() -> None:
    found = list(faults(a_catalog(("Old", "旧"), fuzzy=True), a_catalog(("Old", ""))))

    assert ["is only a guess: 'Old'"] == found


def test_a_plural_has_as_many_forms_as_its_language() -> None:
    said = ("%(num)s thing", "%(num)s things")
    words = ("%(num)s 件", "%(num)s 件")

    found = list(faults(a_catalog((said, words)), a_catalog((said, ""))))

    assert [f"has the wrong number of plurals: {said!r}"] == found
