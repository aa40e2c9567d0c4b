"""What a gift's mail says: all of it in plain text, nothing that sells, nothing that was paid, and
no link but the shop's."""

import io
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import update

from gifting import codes, delivery, emails, reminders
from gifting.models import GiftCard
from storefront.ports import Message
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.letters import change_gift, with_letters


class Reader(HTMLParser):
    """Reads a mail as a program does that shows words only: links apart, pictures by their alt."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.pictures: list[tuple[str, str]] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._is_style = tag == "style"
        if tag == "a":
            self.links.append(given["href"])
        if tag == "img":
            self.pictures.append((given["src"], given["alt"]))

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.words.append(data)


def read(mail: Message) -> Reader:
    reader = Reader()
    reader.feed(mail.html)
    return reader


def sent(bench: Bench, given: Given) -> Message:
    with_letters(bench)
    bench.mailbox.sent.clear()
    delivery.deliver_gift(bench.ports, given.gift_id)
    [mail] = bench.mailbox.sent
    return mail


def test_the_text_alone_is_enough_to_use_the_gift(bench: Bench, world: World) -> None:
    given = a_gift(bench, world, expires_on=date(2031, 3, 14))
    mail = sent(bench, given)

    for needed in (
        "Hello Lin,",
        "Ada has sent you a gift from Gelato & Sons.",
        "Enjoy!",
        "It is worth $20.00.",
        codes.grouped(given.code),
        "https://shop.test/g/",
        "Main Street, 1 Main St (Open: 9-18)",
        "It is good until the end of March 14, 2031.",
        "Every link in it leads to shop.test and nowhere else",
        "a person at Gelato & Sons reads it",
    ):
        assert needed in mail.text


def test_without_pictures_the_html_says_the_same(bench: Bench, world: World) -> None:
    given = a_gift(bench, world)
    mail = sent(bench, given)
    reader = read(mail)
    words = " ".join(" ".join(reader.words).split())

    for needed in (
        "A gift for you, Lin",
        "Ada has sent you a gift from Gelato & Sons.",
        "Enjoy!",
        "$20.00",
        codes.grouped(given.code),
        "Main Street",
        "It does not expire.",
    ):
        assert needed in words
    assert reader.pictures == [
        ("cid:design", ""),
        ("cid:qr", "QR code of this gift, for the store"),
    ]


def test_the_pictures_travel_in_the_mail_and_the_qr_is_the_link(bench: Bench, world: World) -> None:
    mail = sent(bench, a_gift(bench, world))
    design, qr = mail.pictures
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr.content)))

    assert [design.name, qr.name] == ["design", "qr"]
    assert [found.text] == re.findall(r"https://shop\.test/g/\S+", mail.text)


def test_every_link_leads_to_the_shop(bench: Bench, world: World) -> None:
    mail = sent(bench, a_gift(bench, world))

    addresses = read(mail).links + re.findall(r"https?://\S+", mail.text)
    assert len(addresses) == 2
    assert {address[:20] for address in addresses} == {"https://shop.test/g/"}


def test_a_gift_of_a_thing_names_it_and_no_money(bench: Bench, world: World) -> None:
    given = a_gift(bench, world, variant_id=world.variant.id, face_minor=450)
    change_gift(bench, given.gift_id, title="Pistachio cone, Regular")
    mail = sent(bench, given)

    assert "It is good for: Pistachio cone, Regular" in mail.text
    assert "$" not in mail.text + mail.html + mail.subject


def test_what_was_paid_stands_nowhere(bench: Bench, world: World) -> None:
    given = a_gift(bench, world)
    change_gift(bench, given.gift_id, paid_minor=1637)
    mail = sent(bench, given)

    assert "16.37" not in mail.text + mail.html + mail.subject


def test_the_subject_says_from_whom_and_no_code(bench: Bench, world: World) -> None:
    given = a_gift(bench, world)
    mail = sent(bench, given)

    assert mail.subject == "Ada has sent you a gift from Gelato & Sons"
    assert given.code not in mail.subject + mail.message_id


def test_a_gift_to_oneself_is_worded_as_what_it_is(bench: Bench, world: World) -> None:
    given = a_gift(bench, world)
    change_gift(bench, given.gift_id, way="self")
    mail = sent(bench, given)

    assert mail.subject == "Your gift card from Gelato & Sons"
    assert "has sent you" not in mail.text + mail.html


HOSTILE = (
    "see https://evil.test/win now",
    "www.evil.test",
    "evil.test/x?y=1",
    "write to me@evil.test",
    '<a href="https://evil.test">win</a>',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[win](https://evil.test)",
    "HTTP://EVIL.TEST",
    "{{ present.code }} {% raw %}",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("field", ["words", "sender", "recipient"])
def test_what_people_write_is_text_and_no_program_links_it(
    bench: Bench, world: World, field: str
) -> None:
    given = a_gift(bench, world)
    for number, hostile in enumerate(HOSTILE, start=1):
        change_gift(bench, given.gift_id, delivered_at=None, link_number=number, **{field: hostile})
        bench.mailbox.sent.clear()
        delivery.deliver_gift(with_letters(bench).ports, given.gift_id, number)
        [mail] = bench.mailbox.sent
        reader = read(mail)

        shown = emails.unlinked(hostile)
        assert shown in mail.text
        assert shown in "".join(reader.words)
        assert {address[:20] for address in reader.links} == {"https://shop.test/g/"}
        assert len(reader.pictures) == 2
        linkable = re.findall(
            r"(?i)https?://\S+|www\.\S+|\w+@\w+|\w+\.test", mail.text + unescape(mail.html)
        )
        assert {each for each in linkable if "evil" in each.lower()} == set()


def test_a_reminder_says_how_to_stop_and_a_gift_does_not(bench: Bench, world: World) -> None:
    given = a_gift(bench, world)
    gift = sent(bench, given)
    reminders.remind_gift(bench.ports, given.gift_id, reason="unopened", link_number=1)
    reminder = bench.mailbox.sent[-1]

    assert gift.unsubscribe_url == ""
    assert reminder.unsubscribe_url.startswith("https://shop.test/gift-reminders/")
    assert reminder.unsubscribe_url in reminder.text
    assert reminder.unsubscribe_url in read(reminder).links
    assert codes.grouped(given.code) in reminder.text


def test_a_gift_in_part_spent_says_what_is_left(bench: Bench, world: World) -> None:
    given = a_gift(bench, world)
    with bench.database.begin() as session:
        session.execute(
            update(GiftCard).where(GiftCard.id == given.card_id).values(balance_minor=750)
        )
    mail = sent(bench, given)
    with bench.database.begin() as session:
        session.execute(
            update(GiftCard).where(GiftCard.id == given.card_id).values(balance_minor=2000)
        )

    assert "It is worth $7.50." in mail.text
