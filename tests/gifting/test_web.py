"""The recipient's page: what it shows before and after the tap, and what it leaves behind."""

import io
import logging
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageDraw
from sqlalchemy import select, update

from gifting import codes, delivery, links
from gifting.links import gift_token, reminders_token
from gifting.models import Gift, GiftCard, GiftContact
from storefront.logs import Redactor
from storefront.models import Alarm, Interaction, Job, Product, Share
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.letters import change_gift
from tests.gifting.tills import a_till, take
from tests.told import counting, without_values


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    """Give an issued gift."""
    return a_gift(bench, world)


@pytest.fixture
def token(bench: Bench, given: Given) -> str:
    """Give what the gift's link carries."""
    return gift_token(bench.ports.sign, gift_of(bench, given))


def gift_of(bench: Bench, given: Given) -> Gift:
    with bench.database.reads() as session:
        return session.get_one(Gift, given.gift_id)


def acts(bench: Bench, kind: str) -> list[Interaction]:
    with bench.database.reads() as session:
        return list(session.scalars(select(Interaction).where(Interaction.kind == kind)))


def scanned(page: str) -> str:
    """Read the page's QR code as a telephone does."""
    drawing = page[page.index('<svg class="qr"') :].split("</svg>", maxsplit=1)[0]
    size = int(re.findall(r'viewBox="0 0 (\d+)', drawing)[0])
    image = Image.new("L", (size, size), 255)
    pen = ImageDraw.Draw(image)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawing):
        pen.point((int(x), int(y)), 0)
    file = io.BytesIO()
    image.resize((size * 6, size * 6), Image.Resampling.NEAREST).save(file, "PNG")
    [found] = zxingcpp.read_barcodes(Image.open(file))
    return str(found.text)


def test_before_the_tap_there_are_words_and_nothing_to_spend(
    bench: Bench, given: Given, token: str
) -> None:
    answer = bench.client().get(f"/g/{token}")

    assert "A gift for you, Lin" in answer.text
    assert "Ada has chosen it at Gelato &amp; Sons" in answer.text
    assert "Enjoy!" in answer.text
    assert given.code not in answer.text.replace(" ", "")
    assert 'class="qr"' not in answer.text
    assert "$20.00" not in answer.text


def test_looking_opens_nothing_however_often_a_scanner_looks(
    bench: Bench, given: Given, token: str
) -> None:
    for _ in range(3):
        bench.client().get(f"/g/{token}")
        bench.client().head(f"/g/{token}")

    assert gift_of(bench, given).opened_at is None
    assert acts(bench, "gift_open") == []


def test_after_the_tap_there_is_all_that_the_store_needs(
    bench: Bench, given: Given, token: str
) -> None:
    answer = bench.client().post(f"/g/{token}/code")
    text = unescape(re.sub(r"<[^>]+>", "", answer.text))

    for needed in (
        "$20.00",
        codes.grouped(given.code),
        "Main Street",
        "1 Main St",
        "Open: 9-18",
        "It does not expire.",
    ):
        assert needed in text
    assert f'data-text="{given.code}"' in answer.text
    assert scanned(answer.text) == f"https://shop.test/g/{token}"


def test_a_card_of_paper_has_the_way_to_the_gift_and_not_its_code(
    bench: Bench, given: Given, token: str
) -> None:
    page = bench.client().get(f"/g/{token}/card")

    assert scanned(page.text).endswith(f"/g/{token}")
    for part in ("Lin", "Ada", "Enjoy!", "$20.00"):
        assert part in page.text
    assert codes.grouped(given.code)[:4] not in page.text
    assert "no-store" == page.headers["Cache-Control"]
    assert gift_of(bench, given).opened_at is None


def test_a_card_of_paper_that_is_worth_nothing_has_no_way_in(
    bench: Bench, given: Given, token: str
) -> None:
    change_gift(bench, given.gift_id, cancelled_at=bench.clock.now())

    page = bench.client().get(f"/g/{token}/card")

    assert "This gift has been cancelled" in page.text
    assert 'class="qr"' not in page.text


def test_opening_is_one_act_that_grew_from_the_sale(
    bench: Bench, world: World, given: Given, token: str
) -> None:
    with bench.database.begin() as session:
        origin = session.scalar(select(Interaction.id).order_by(Interaction.id))
    change_gift(bench, given.gift_id, origin_interaction_id=origin)
    for _ in range(2):
        bench.client().post(f"/g/{token}/code")
    gift = gift_of(bench, given)
    [act] = acts(bench, "gift_open")

    assert gift.opened_at == bench.clock.now()
    assert gift.opened_interaction_id == act.id
    assert (act.parent_id, act.visitor, act.placement_id) == (
        origin,
        gift.visitor,
        world.placement.id,
    )


@pytest.mark.parametrize("way", ["code", "file"])
def test_an_answer_with_a_code_is_kept_by_nobody(bench: Bench, token: str, way: str) -> None:
    answer = bench.client().post(f"/g/{token}/{way}")

    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["", "/code"])
def test_a_gift_is_never_framed_and_asks_nobody_else_for_anything(
    bench: Bench, token: str, path: str
) -> None:
    client = bench.client()
    answer = client.post(f"/g/{token}{path}") if path else client.get(f"/g/{token}")
    policy = answer.headers["Content-Security-Policy"]

    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert not re.findall(r"https?://(?!shop\.test)", policy)
    assert not re.findall(r'(?:src|srcset|action|rel="stylesheet" href)="https?:', answer.text)
    for link in re.findall(r"<a [^>]*>", answer.text):
        if "https://shop.test" not in link and 'href="/' not in link and "mailto:" not in link:
            assert 'rel="noopener noreferrer"' in link


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"voided_at": datetime(2026, 3, 14, tzinfo=UTC)}, "This gift has been cancelled"),
        ({"blocked_at": datetime(2026, 3, 14, tzinfo=UTC)}, "On hold for the moment"),
    ],
)
def test_what_cannot_be_used_says_so_and_shows_no_code(
    bench: Bench, given: Given, token: str, facts: dict[str, Any], words: str
) -> None:
    with bench.database.begin() as session:
        session.execute(update(GiftCard).where(GiftCard.id == given.card_id).values(**facts))
    answer = bench.client().post(f"/g/{token}/code")

    assert words in answer.text
    assert given.code not in answer.text
    assert gift_of(bench, given).opened_at is None


@pytest.mark.parametrize("way", ["code", "file"])
def test_a_gift_that_is_used_up_says_so_and_leads_to_no_store(
    bench: Bench, world: World, given: Given, token: str, way: str
) -> None:
    take(bench, a_till(world), given, 2000)
    page = bench.client().post(f"/g/{token}/{way}").text

    assert "All of it is spent" in page
    assert (way == "code") == ("What was spent" in page)
    for gone in ("Where you can use it", "Find it on a map", "Until when", "Spend it at once"):
        assert gone not in page


def test_words_are_text_and_no_links(bench: Bench, given: Given, token: str) -> None:
    change_gift(bench, given.gift_id, words='<a href="https://evil.test">x</a>\nwww.evil.test')
    page = bench.client().get(f"/g/{token}").text

    assert "&lt;a href=&#34;https://evil.test&#34;&gt;" in page
    assert not re.findall(r'href="[^"]*evil', page)


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t[:-1] + "x", lambda t: t + "é"])
def test_a_spoiled_link_opens_nothing_and_says_what_to_do(
    bench: Bench, token: str, spoil: Any
) -> None:
    answer = bench.client().get(f"/g/{spoil(token)}")

    assert answer.status_code == 404
    assert "Send me my gift again" in answer.text


def test_after_a_correction_the_old_link_opens_nothing(
    bench: Bench, given: Given, token: str
) -> None:
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        delivery.correct_address(
            session, gift, "lin@right.test", sign=bench.ports.sign, now=bench.clock.now()
        )

    assert bench.client().get(f"/g/{token}").status_code == 404
    assert bench.client().post(f"/g/{token}/code").status_code == 404
    assert gift_of(bench, given).opened_at is None


def test_whatever_opens_nothing_asks_the_database_the_same_and_is_told_the_same(
    bench: Bench, world: World, given: Given, token: str
) -> None:
    """R-D6: whoever guesses learns of no gift that there is one, nor what has become of it."""
    used, spent = a_gift(bench, world), a_gift(bench, world, balance_minor=0)
    names = [gift_of(bench, each).public_id.removeprefix("gft_") for each in (used, spent)]
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        delivery.correct_address(
            session, gift, "lin@right.test", sign=bench.ports.sign, now=bench.clock.now()
        )
    client = bench.client()
    client.get(f"/g/{'0' * 48}")

    answers = []
    for tried in [token, *(name + "0" * 32 for name in names), "1" * 48]:
        with counting(bench.database) as told:
            answer = client.post(f"/g/{tried}/code")
        answers.append((without_values(told), answer.status_code, answer.data))

    assert 404 == answers[0][1]
    assert [answers[0]] * 4 == answers


def test_links_that_are_made_up_stop_their_address_and_no_recipient_behind_it(
    bench: Bench, token: str
) -> None:
    client = bench.client()
    tried = [client.get(f"/g/{number:048}").status_code for number in range(12)]
    tried += [client.post(f"/g/{number:048}/code").status_code for number in range(12)]

    assert tried == [404] * 20 + [429] * 4
    assert client.get(f"/g/{token}").status_code == 200
    assert given_code_is_shown(client.post(f"/g/{token}/code"))
    bench.clock.pass_time(hours=1)
    assert client.get("/g/made-up").status_code == 404


def given_code_is_shown(answer: Any) -> bool:
    return answer.status_code == 200 and 'class="qr"' in answer.text


def test_one_tap_says_thank_you_once(bench: Bench, given: Given, token: str) -> None:
    client = bench.client()
    client.post(f"/g/{token}/code")
    answers = [
        client.post(f"/g/{token}/thanks", data={"words": words}) for words in ("Lovely!", "Again")
    ]
    [act] = acts(bench, "thanks")
    gift = gift_of(bench, given)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert gift.thanked_at == bench.clock.now()
    assert act.parent_id == gift.opened_interaction_id
    with bench.database.reads() as session:
        contact = session.scalars(select(GiftContact)).one()
        told = session.scalars(select(Job).where(Job.name == "send_gift_thanks")).all()
        share = session.scalars(select(Share).where(Share.interaction_id == act.id)).one()
    assert contact.thanks == "Lovely!"
    assert len(told) == 1
    assert f"https://shop.test/s/{share.public_id.removeprefix('shr_')}" in answers[0].text


def test_nobody_thanks_for_a_gift_that_was_not_opened(
    bench: Bench, given: Given, token: str
) -> None:
    answer = bench.client().post(f"/g/{token}/thanks")

    assert answer.status_code == 409
    assert gift_of(bench, given).thanked_at is None
    assert acts(bench, "thanks") == []


def test_the_file_needs_nothing_from_anywhere(bench: Bench, given: Given, token: str) -> None:
    answer = bench.client().post(f"/g/{token}/file")

    assert answer.headers["Content-Disposition"] == "attachment; filename=gift-gelato.html"
    assert codes.grouped(given.code) in answer.text
    assert scanned(answer.text) == f"https://shop.test/g/{token}"
    assert not re.findall(r"<(?:script|link|img|form)|url\(|@import", answer.text)


def test_a_thing_that_is_gone_keeps_its_worth_and_the_post(bench: Bench, world: World) -> None:
    given = a_gift(bench, world, variant_id=world.variant.id, face_minor=450)
    token = gift_token(bench.ports.sign, gift_of(bench, given))
    with bench.database.begin() as session:
        session.execute(
            update(Product)
            .where(Product.id == world.product.id)
            .values(withdrawn_at=bench.clock.now())
        )
    client = bench.client()
    page = client.post(f"/g/{token}/code").text

    assert "This is no longer sold, and your gift keeps its worth" in page
    assert "You can spend $4.50 in the store on something else." in page


def test_who_follows_a_gift_to_the_shop_carries_its_opening(bench: Bench, token: str) -> None:
    client = bench.client()
    page = client.post(f"/g/{token}/code").text
    [address] = re.findall(r'href="(https://shop\.test/p/[^"]+)"', page)
    mark = unescape(address).partition("?v=")[2]
    placement = address.partition("/p/")[2].partition("?")[0]
    client.post("/interactions", json={"placement": placement, "kind": "view", "v": mark})
    [opened] = acts(bench, "gift_open")
    [view] = acts(bench, "view")

    assert (view.visitor, view.parent_id) == (opened.visitor, opened.id)


@pytest.mark.parametrize("email", ["lin@friend.test", "LIN@friend.test", "nobody@else.test"])
def test_whoever_asks_for_a_lost_gift_learns_nothing(
    bench: Bench, given: Given, email: str
) -> None:
    change_gift(bench, given.gift_id, delivered_at=bench.clock.now())
    answer = bench.client().post("/gifts/lost", data={"email": email})
    plain = bench.client().post("/gifts/lost", data={"email": "third@person.test"})

    assert (answer.status_code, answer.text) == (plain.status_code, plain.text)
    assert gift_of(bench, given).resent == int("friend" in email)


def test_a_gift_is_found_however_its_address_begins(bench: Bench, given: Given) -> None:
    """A giver's telephone wrote Lin@, and hers lin@."""
    change_gift(bench, given.gift_id, delivered_at=bench.clock.now(), email="Lin@friend.test")
    bench.client().post("/gifts/lost", data={"email": "lin@friend.test"})

    assert 1 == gift_of(bench, given).resent


def test_lines_smuggled_into_an_address_call_whoever_runs_the_shop(bench: Bench) -> None:
    answer = bench.client().post("/gifts/lost", data={"email": "a@b.test\r\nBcc: c@d.test"})
    bench.client().post("/gifts/lost", data={"email": "pasted@b.test\r\n"})

    assert answer.status_code == 422
    with bench.database.reads() as session:
        [alarm] = session.scalars(select(Alarm)).all()
    assert (alarm.merchant_id, alarm.kind, alarm.count) == (0, "header_injection", 1)


def test_a_mailbox_is_not_filled_by_who_asks_again_and_again(bench: Bench, given: Given) -> None:
    change_gift(bench, given.gift_id, delivered_at=bench.clock.now())
    answers = [
        bench.client().post("/gifts/lost", data={"email": "lin@friend.test"}).status_code
        for _ in range(11)
    ]

    assert answers == [200] * 10 + [429]
    assert gift_of(bench, given).resent == 3


def test_reminders_stop_by_one_post_and_not_by_looking(bench: Bench, given: Given) -> None:
    """Bad input 48."""
    path = f"/gift-reminders/{reminders_token(bench.ports.sign, gift_of(bench, given))}"
    client = bench.client()
    looked = client.get(path)
    assert (looked.status_code, gift_of(bench, given).reminders_off_at) == (200, None)

    stopped = client.post(path, data={"List-Unsubscribe": "One-Click"})

    assert stopped.status_code == 200
    assert gift_of(bench, given).reminders_off_at == bench.clock.now()


def test_what_stops_reminders_shows_no_gift(bench: Bench, given: Given) -> None:
    token = reminders_token(bench.ports.sign, gift_of(bench, given))

    assert bench.client().get(f"/g/{token}").status_code == 404


def test_links_stand_in_no_log_and_no_row(
    bench: Bench, given: Given, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="storefront"):
        client = bench.client()
        client.get(f"/g/{token}")
        client.post(f"/g/{token}/code")
        client.post(f"/g/{token}/thanks")
    lines = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)

    assert "/g/<token>" in lines
    assert token not in lines
    assert given.code not in lines
    url = links.gift_url(bench.ports.settings, bench.ports.sign, gift_of(bench, given))
    assert Redactor()(f"GET {url}/code 200") == "GET https://shop.test/g/[hidden]/code 200"
    with bench.database.reads() as session:
        for row in session.scalars(select(Interaction)):
            assert token not in str(vars(row))
