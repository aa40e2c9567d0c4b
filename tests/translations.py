"""The sentences that the code says, and the catalogues that say them in other languages.

`make translations` brings the two together; tests/house/test_translations.py says what is missing.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from storefront.languages import LANGUAGES, SOURCE
from storefront.paths import TRANSLATIONS

ROOT = Path(__file__).parents[1]
SPOKEN = tuple(language for language in LANGUAGES if language != SOURCE)
PLACES = [
    ("storefront/**.py", "python"),
    ("gifting/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("storefront/demo/templates/**.html", "jinja2"),
]
# Else a template that cannot be read is passed over, with all that it says.
OPTIONS = {"**": {"silent": "false"}}
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_pgettext": ((1, "c"), 2)}
COMMENT = """\
# Social Storefront, in %s.
# `make translations` brings new sentences in; docs/glossary.md has the words for things."""


def sentences() -> Catalog:
    """Collect what the code says to people, in the order of its files."""
    found = extract_from_dir(ROOT, PLACES, OPTIONS, keywords=KEYWORDS, directory_filter=_is_ours)
    template = Catalog()
    for file, line, message, _comments, context in sorted(found, key=lambda each: each[:2]):
        template.add(message, None, [(Path(file).as_posix(), line)], context=context)
    return template


def _is_ours(folder: str) -> bool:
    return not Path(folder).name.startswith(".")


def file_of(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Read a language's catalogue; one that does not exist yet is empty."""
    file = file_of(language)
    if not file.is_file():
        return Catalog(locale=language)
    with file.open("rb") as source:
        return read_po(source, locale=language)


def write(catalog: Catalog, language: str) -> None:
    """Write a language's catalogue, so that a change of a sentence is a change of its lines."""
    file = file_of(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    catalog.header_comment = COMMENT % LANGUAGES[language]
    catalog.project, catalog.version, catalog.fuzzy = "Social Storefront", "", False
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    with file.open("wb") as target:
        write_po(target, catalog, width=0, include_lineno=False, ignore_obsolete=True)


def update() -> None:
    """Give every catalogue the sentences that are new, and take those that nobody says."""
    template = sentences()
    for language in SPOKEN:
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        write(catalog, language)
        missing = [message for message in catalog if message.id and not message.string]
        print(f"{LANGUAGES[language]}: {len(catalog)} sentences, {len(missing)} without words yet")


if __name__ == "__main__":
    update()
