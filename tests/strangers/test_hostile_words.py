"""R-E7: whatever people write wherever words are kept, every page, mail and file that shows it has
the same elements, attributes and addresses as with plain words: nothing runs, nothing is a link."""

import json
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, update

from gifting.models import Gift
from storefront.db.base import Base
from storefront.models import Attempt, Job
from storefront.worker import run_due
from tests.strangers.addresses import addresses
from tests.strangers.shop import OWN, Furnished
from tests.strangers.words import PAYLOADS, WORDS, write_everywhere

PLAIN = "Plain words"
FULL = [pytest.mark.prove, pytest.mark.timeout(3600)]
ALONE = ("javascript:window.__ran=1", "{{7*7}}", "%(name)s %s %d {0} {name}")
"""What only does harm where nothing stands before it."""

HOSTILE = (
    pytest.param((" ".join(PAYLOADS), *ALONE), id="together"),
    pytest.param(PAYLOADS, id="one by one", marks=FULL),
)
LEADING = {"href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href"}


Shown = Callable[[Furnished], Iterator[tuple[str, Any]]]

SHOWN_BY_FORMS = (
    ("/g/{gift_link}/code", {}),
    ("/g/{gift_link}/file", {}),
    ("/console/privacy", {"email": "ben@friends.test"}),
    ("/console/privacy/export", {"email": "ben@friends.test"}),
    ("/counter/cards", {"code": "{code}"}),
    ("/counter/searches", {"q": "ben@friends.test"}),
)
"""Pages and files that only a form opens."""


class Skeleton(HTMLParser):
    """What a page is made of besides its words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.bones: list[tuple[object, ...]] = []
        self._raw: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        leads = tuple(
            (name, *urlsplit((value or "").strip())[:2]) for name, value in attrs if name in LEADING
        )
        self.bones.append((tag, tuple(name for name, _ in attrs), leads))
        is_data = any(name == "type" and "json" in (value or "") for name, value in attrs)
        self._raw = "json" if is_data else tag if tag in {"script", "style"} else None

    def handle_endtag(self, tag: str) -> None:
        self.bones.append((f"/{tag}",))
        self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw == "json":
            json.loads(data)
        elif self._raw:
            self.bones.append((self._raw, data))

    def handle_comment(self, data: str) -> None:
        self.bones.append(("comment", data))


def skeleton(html: str) -> list[tuple[object, ...]]:
    """Return what a page is made of."""
    reader = Skeleton()
    reader.feed(html)
    reader.close()
    return reader.bones


def pages(furnished: Furnished) -> Iterator[tuple[str, Any]]:
    """Yield each address with its answer."""
    for _, address in addresses(furnished.names):
        if not address.startswith(("/static/", "/media/")):
            yield address, furnished.client_for(address).get(address, buffered=True)


def opened_by_forms(furnished: Furnished) -> Iterator[tuple[str, Any]]:
    """Yield each address that only a form opens, with its answer."""
    for template, form in SHOWN_BY_FORMS:
        address = template.format(**furnished.names)
        fields = {name: value.format(**furnished.names) for name, value in form.items()}
        client = furnished.client_for(address)
        yield address, client.post(address, data=fields, headers=OWN, follow_redirects=True)


def forget_tries(furnished: Furnished) -> None:
    """Let strangers begin anew: a hundred looks at made-up links are more than they may have."""
    with furnished.bench.database.begin() as session:
        session.execute(delete(Attempt))


def mails(furnished: Furnished) -> dict[str, Any]:
    """Send every mail once more, and return each by its kind."""
    bench = furnished.bench
    with bench.database.begin() as session:
        sends = Job.name.startswith("send_") | Job.name.startswith("deliver_")
        again = update(Job).where(Job.given_up_at.is_(None), sends)
        session.execute(again.values(done_at=None, leased_until=None, attempts=0))
        session.execute(update(Gift).values(delivered_at=None))
    bench.mailbox.sent.clear()
    run_due(bench.ports)
    return {f"{mail.message_id}".partition(".")[0]: mail for mail in bench.mailbox.sent}


def test_the_words_are_a_hundred_and_their_places_exist() -> None:
    assert 100 <= len(set(PAYLOADS))
    assert [] == [
        (table, column)
        for table, columns in WORDS.items()
        for column in columns
        if column not in Base.metadata.tables[table].columns
    ]


@pytest.mark.parametrize("payload", ["<b>x</b>", '" onclick="x', "</script><script>", "<!--"])
def test_words_that_break_out_change_the_skeleton(payload: str) -> None:
    page = '<p title="{0}">{0}</p><script>{0}</script>'

    assert skeleton(page.format(payload)) != skeleton(page.format(PLAIN))


def differences(plain: str, hostile: str) -> list[object]:
    """Return where a page first differs from what it was with plain words."""
    pairs = zip_longest(skeleton(plain), skeleton(hostile))
    return [pair for pair in pairs if pair[0] != pair[1]][:1]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("shown", [pages, opened_by_forms], ids=lambda each: each.__name__)
def test_words_stay_words_on_every_page(
    furnished: Furnished, shown: Shown, hostile: tuple[str, ...]
) -> None:
    write_everywhere(furnished.bench.database, PLAIN)
    plain = dict(shown(furnished))
    for words in hostile:
        write_everywhere(furnished.bench.database, words)
        forget_tries(furnished)
        for address, answer in shown(furnished):
            before = plain[address]
            assert (address, before.status_code, before.mimetype) == (
                address, answer.status_code, answer.mimetype,
            )  # fmt: skip
            if answer.mimetype == "text/html":
                assert [] == differences(before.text, answer.text), (address, words)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_stay_words_in_every_mail(furnished: Furnished, hostile: tuple[str, ...]) -> None:
    write_everywhere(furnished.bench.database, PLAIN)
    plain = mails(furnished)
    for words in hostile:
        write_everywhere(furnished.bench.database, words)
        sent = mails(furnished)
        assert plain.keys() == sent.keys()
        for name, mail in sent.items():
            assert [] == differences(plain[name].html, mail.html), (name, words)
    assert plain.keys() >= {f"<{kind}" for kind in ("receipt", "refund", "shipped", "gift")}
