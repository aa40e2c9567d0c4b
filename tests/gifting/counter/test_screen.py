"""Redeeming at the counter, as a browser without script does it: what is shown before anything is
taken, the one answer, and that nothing is taken twice."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from gifting import links
from gifting.models import Gift, GiftCard, Redemption
from storefront.models import Member
from storefront.web.sentences import SENTENCES
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.counter.factories import Counter, a_clerk, a_counter
from tests.gifting.factories import Given, a_gift, gifts_of, place_gift
from tests.gifting.letters import change_gift
from tests.storefront.web.answers import PROGRAM, refusal


@pytest.fixture
def counter(bench: Bench, world: World) -> Counter:
    return a_counter(bench, world)


def look_up(counter: Counter, code: str) -> Any:
    return counter.post("/cards", {"code": code}, follow_redirects=True)


def form_of(page: Any) -> dict[str, str]:
    """Return the hidden fields of the form that takes from the card."""
    return dict(re.findall(r'type="hidden" name="(card|k)" value="([^"]+)"', page.text))


def redeem(counter: Counter, given: Given, **fields: str) -> Any:
    form = {**form_of(look_up(counter, given.code)), "how": "all", **fields}
    return counter.post("/redemptions", form, follow_redirects=True)


def balance(bench: Bench, given: Given) -> int:
    with bench.database.reads() as session:
        return session.scalars(
            select(GiftCard.balance_minor).where(GiftCard.id == given.card_id)
        ).one()


def answer_on(page: Any) -> list[str]:
    """Return the tones of the loud answers on a page."""
    shown = page.text.split("<template", 1)[0]
    return re.findall(r'<section class="answer answer--(\w+)', shown)


def test_value_and_holder_are_shown_before_anything_is_taken(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)

    with nothing_changes(bench.database):
        page = look_up(counter, given.code)

    assert 200 == page.status_code
    for part in ("$20.00", "Lin", "Ada", f"…{given.code[-4:]}"):
        assert part in page.text
    assert given.code not in page.text
    assert given.code not in page.request.url


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.lower(),
        " ".join,
        lambda code: f"{code[:4]}-{code[4:9]}\u2013{code[9:]}\r\n",
        lambda code: "".join(chr(ord(each) + 0xFEE0) for each in code),
    ],
    ids=["lower case", "spaces", "dashes and a newline", "full width"],
)
def test_however_a_code_is_typed_it_is_found(
    bench: Bench, world: World, counter: Counter, typed: Any
) -> None:
    """Bad input 29."""
    given = a_gift(bench, world)

    assert "$20.00" in look_up(counter, typed(given.code)).text


def test_the_link_that_the_qr_code_holds_finds_the_gift(
    bench: Bench, world: World, counter: Counter
) -> None:
    """Bad input 29: pasted whole."""
    given = a_gift(bench, world)
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given.gift_id)
        link = links.gift_url(bench.ports.settings, bench.ports.sign, gift)

    assert "$20.00" in look_up(counter, link).text


def test_all_of_it_is_taken_in_one_tap_and_the_answer_is_green(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)

    page = redeem(counter, given)

    assert ["good"] == answer_on(page)
    assert 'role="status"' in page.text
    assert "Taken: $20.00" in page.text
    assert 0 == balance(bench, given)


def test_a_part_is_taken_and_the_bill_says_what_is_paid_on_top(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)

    page = redeem(counter, given, how="part", amount="7,50", basket="12.00")

    assert "Taken: $7.50" in page.text
    assert "$12.50 is left on the card." in page.text
    assert "$4.50 on top is still to be paid." in page.text


def test_a_product_asks_for_no_amount_and_is_given_as_a_whole(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world, face_minor=450, variant_id=world.variant.id)
    asked = look_up(counter, given.code)

    page = redeem(counter, given)

    assert "Give: 1 Gift card" in asked.text
    assert 'name="amount"' not in asked.text
    assert "Given" in page.text
    assert 0 == balance(bench, given)


def test_every_redemption_names_clerk_device_and_store(
    bench: Bench, world: World, counter: Counter
) -> None:
    redeem(counter, a_gift(bench, world))

    with bench.database.reads() as session:
        row = session.scalars(select(Redemption)).one()
        clerk = session.get_one(Member, row.member_id)
    assert ("Cleo", world.store.id, counter.device) == (clerk.name, row.store_id, row.caller)


def test_sending_the_same_form_again_shows_the_first_result_and_takes_nothing(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)
    form = {**form_of(look_up(counter, given.code)), "how": "part", "amount": "5"}
    counter.post("/redemptions", form)

    with nothing_changes(bench.database):
        again = counter.post("/redemptions", form, follow_redirects=True)
        other = counter.post("/redemptions", {**form, "amount": "6"}, follow_redirects=True)

    for page in (again, other):
        assert ["good"] == answer_on(page)
        assert "Nothing was taken twice." in page.text
        assert "Taken: $5.00" in page.text


def test_the_back_button_leads_to_the_receipt(bench: Bench, world: World, counter: Counter) -> None:
    given = a_gift(bench, world)
    asked = look_up(counter, given.code)
    counter.post("/redemptions", {**form_of(asked), "how": "part", "amount": "5"})

    with nothing_changes(bench.database):
        back = counter.client.get(asked.request.url, follow_redirects=True)

    assert "Nothing was taken twice." in back.text


def test_a_reload_of_the_card_keeps_the_key(bench: Bench, world: World, counter: Counter) -> None:
    asked = look_up(counter, a_gift(bench, world).code)

    reloaded = counter.client.get(asked.request.url)

    assert form_of(asked) == form_of(reloaded)
    assert 22 == len(form_of(asked)["k"])


def test_already_used_says_when_where_and_by_whom(
    bench: Bench, world: World, counter: Counter
) -> None:
    """Bad input 23."""
    given = a_gift(bench, world)
    redeem(counter, given)

    page = look_up(counter, given.code)

    assert ["bad"] == answer_on(page)
    assert 'role="alert"' in page.text
    # 09:26 in the moment of all tests, as the store's clock shows it.
    for part in ("5:26", "Main Street", "Cleo", "Mar 14, 2026"):
        assert part in page.text.split("</section>", 1)[0]


REFUSED = {
    "code_expired": {"expires_on": date(2026, 3, 13)},
    "code_suspended": {"blocked_at": "now", "block_reason": "dispute"},
    "code_refunded": {"voided_at": "now", "void_reason": "refunded"},
    "code_void": {"voided_at": "now", "void_reason": "by_shop"},
    "not_allowed_here": {"stores": []},
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_card_that_cannot_be_used_says_why_and_offers_no_button(
    bench: Bench, world: World, counter: Counter, code: str
) -> None:
    """Bad inputs 24 and 26."""
    now = bench.clock.now()
    facts = {name: now if value == "now" else value for name, value in REFUSED[code].items()}
    given = a_gift(bench, world)
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(**facts))

    with nothing_changes(bench.database):
        page = look_up(counter, given.code)

    assert ["bad"] == answer_on(page)
    assert str(SENTENCES[code]).partition("%")[0] in page.text.replace("&#39;", "'")
    assert {} == form_of(page)


def test_a_gift_that_is_not_paid_yet_says_so(bench: Bench, world: World, counter: Counter) -> None:
    """Bad input 24."""
    placed = place_gift(bench, world)
    with bench.database.reads() as session:
        [gift] = gifts_of(session, placed)
        link = links.gift_url(bench.ports.settings, bench.ports.sign, gift)

    page = look_up(counter, link)

    assert (409, ["bad"]) == (page.status_code, answer_on(page))
    assert str(SENTENCES["code_pending"]) in page.text.replace("&#39;", "'")


def test_a_card_that_is_blocked_while_it_lies_there_gives_nothing(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)
    form = {**form_of(look_up(counter, given.code)), "how": "all"}
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(blocked_at=bench.clock.now()))

    with nothing_changes(bench.database):
        page = counter.post("/redemptions", form)

    assert 409 == page.status_code
    assert ["bad"] == answer_on(page)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"how": "part", "amount": "20.01"}, "There is $20.00 on this card."),
        ({"how": "part", "amount": "0"}, "more than zero"),
        ({"how": "part", "amount": ""}, "price"),
        ({"how": "part", "amount": "-5"}, "below zero"),
        ({"how": "part", "amount": "1e3"}, "price"),
        ({"how": "part", "amount": "10", "basket": "9"}, "whole bill"),
    ],
)
def test_an_amount_that_cannot_be_is_yellow_and_stays_typed(
    bench: Bench, world: World, counter: Counter, fields: dict[str, str], said: str
) -> None:
    """Bad input 25: the first of them."""
    given = a_gift(bench, world)
    form = {**form_of(look_up(counter, given.code)), **fields}

    with nothing_changes(bench.database):
        page = counter.post("/redemptions", form)

    assert page.status_code in (409, 422)
    assert ["look"] == answer_on(page)
    assert said in page.text
    assert f'value="{fields["amount"]}"' in page.text


@pytest.mark.parametrize(
    ("typed", "status", "code"),
    [
        ("ABCD", 422, "code_mistyped"),
        ("2" * 17, 404, "code_not_found"),
        ("O" * 17, 422, "code_mistyped"),
        ("x" * 10_000, 422, "code_mistyped"),
        ("\u202eABC", 422, "code_mistyped"),
        ("ABCD\0EFGH", 422, "code_mistyped"),
        ("\U0001f381" * 17, 422, "code_mistyped"),
        ("' OR 1=1 --", 422, "code_mistyped"),
        ("../../etc/passwd", 422, "code_mistyped"),
        ("https://evil.example/g/" + "a" * 48, 422, "not_our_code"),
        ("https://evil.example/", 422, "not_our_code"),
    ],
)
def test_what_is_no_code_of_ours_is_named_and_never_echoed(
    counter: Counter, typed: str, status: int, code: str
) -> None:
    """Bad inputs 21, 22, 30 and 31."""
    told = counter.post("/cards", {"code": typed}, headers=PROGRAM)
    page = counter.post("/cards", {"code": typed})

    assert (status, code) == (refusal(told).status, refusal(told).code)
    assert answer_on(page) in (["look"], ["bad"])
    assert typed not in page.text


def test_an_unknown_code_and_another_merchants_get_the_same_answer(
    bench: Bench, counter: Counter
) -> None:
    """Bad input 22."""
    rival = a_gift(bench, world_on(bench, slug="florist"))

    foreign = counter.post("/cards", {"code": rival.code}, headers=PROGRAM)
    unknown = counter.post("/cards", {"code": "2" * 17}, headers=PROGRAM)

    assert (404, "code_not_found") == (foreign.status_code, foreign.json["code"])
    assert foreign.json["detail"] == unknown.json["detail"]


def test_nothing_of_another_merchant_is_there(bench: Bench, counter: Counter) -> None:
    rival_world = world_on(bench, slug="florist")
    rival_counter = a_counter(bench, rival_world, name="Till 9", clerk="Flora")
    given = a_gift(bench, rival_world)
    receipt = redeem(rival_counter, given).request.path.rpartition("/")[2]
    form = {"card": given.card, "k": "k" * 22, "how": "all"}

    with nothing_changes(bench.database):
        answers = [
            counter.get(f"/cards/{given.card}?k={'k' * 22}"),
            counter.post("/redemptions", form),
            counter.get(f"/redemptions/{receipt}"),
            counter.post(f"/redemptions/{receipt}/reversal"),
        ]

    assert [404] * 4 == [answer.status_code for answer in answers]


def test_the_eleventh_wrong_code_is_refused_and_the_card_stays_good_elsewhere(
    bench: Bench, world: World, counter: Counter
) -> None:
    """Bad input 28."""
    given = a_gift(bench, world)
    for _ in range(10):
        counter.post("/cards", {"code": "2" * 17})

    refused = counter.post("/cards", {"code": given.code})

    assert 429 == refused.status_code
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert ["bad"] == answer_on(refused)
    other = a_counter(bench, world, name="Till 2", clerk="Carl")
    other.client.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    assert "$20.00" in look_up(other, given.code).text


def test_who_is_not_at_work_finds_and_takes_nothing(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)
    given = a_gift(bench, world)

    with nothing_changes(bench.database):
        asked = counter.post("/cards", {"code": given.code})
        taken = counter.post("/redemptions", {"card": given.card, "k": "k" * 22}, headers=PROGRAM)

    assert (303, "/counter") == (asked.status_code, asked.headers["Location"])
    assert 401 == taken.status_code


@pytest.mark.parametrize("sought", ["lin", "LIN@friend.test", "Ada", "ada@buyer.test"])
def test_a_guest_without_a_code_is_found_by_name_or_address(
    bench: Bench, world: World, counter: Counter, sought: str
) -> None:
    given = a_gift(bench, world)
    a_gift(bench, world_on(bench, slug="florist"))

    page = counter.post("/searches", {"q": sought})

    assert "1 gift found" in page.text
    assert f"/counter/cards/{given.card}" in page.text
    assert sought not in page.request.url


@pytest.mark.parametrize("sought", ["Ömer", "ömer y", "ÖMER@müller.test"])
def test_a_guest_whose_name_is_not_ascii_is_found(
    bench: Bench, world: World, counter: Counter, sought: str
) -> None:
    given = a_gift(bench, world)
    name, address = "Ömer Yildiz", "Ömer@müller.test"
    change_gift(bench, given.gift_id, recipient=name, email=address)

    assert "1 gift found" in counter.post("/searches", {"q": sought}).text


@pytest.mark.parametrize("sought", ["%%%", "___", "friend.test"])
def test_a_search_is_for_people_and_lists_no_crowd(
    bench: Bench, world: World, counter: Counter, sought: str
) -> None:
    a_gift(bench, world)

    assert "Nobody is called like that" in counter.post("/searches", {"q": sought}).text


def test_two_letters_are_too_few_to_search_for(counter: Counter) -> None:
    page = counter.post("/searches", {"q": "li"})

    assert 422 == page.status_code
    assert ["look"] == answer_on(page)


def test_a_card_from_the_search_gets_a_key_of_its_own(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)

    page = counter.get(f"/cards/{given.card}", follow_redirects=True)

    assert {"card": given.card, "k": page.request.args["k"]} == form_of(page)


def undo(counter: Counter, receipt: str) -> Any:
    return counter.post(f"/redemptions/{receipt}/reversal", {"k": "u" * 22}, follow_redirects=True)


def test_a_slip_is_undone_within_ten_minutes_and_once(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)
    receipt = redeem(counter, given).request.path.rpartition("/")[2]
    bench.clock.pass_time(minutes=9, seconds=59)

    pages = [undo(counter, receipt), undo(counter, receipt)]

    assert [["look"], ["look"]] == [answer_on(page) for page in pages]
    assert "$20.00 is back on the card." in pages[0].text
    assert 2000 == balance(bench, given)


def test_after_ten_minutes_a_clerk_undoes_nothing_and_a_manager_does(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)
    receipt = redeem(counter, given).request.path.rpartition("/")[2]
    bench.clock.pass_time(minutes=10)

    late = undo(counter, receipt)
    offered = "Undo: put" in counter.get(f"/redemptions/{receipt}").text
    counter.begin(a_clerk(bench, world, name="Mara", role="manager"))
    by_manager = undo(counter, receipt)

    assert (403, False) == (late.status_code, offered)
    assert "$20.00 is back on the card." in by_manager.text


def test_another_clerk_does_not_undo_it(bench: Bench, world: World, counter: Counter) -> None:
    given = a_gift(bench, world)
    receipt = redeem(counter, given).request.path.rpartition("/")[2]
    counter.begin(a_clerk(bench, world, name="Carl"))

    page = undo(counter, receipt)

    assert 403 == page.status_code
    assert 0 == balance(bench, given)


def test_the_start_lists_what_this_shift_has_taken(
    bench: Bench, world: World, counter: Counter
) -> None:
    redeem(counter, a_gift(bench, world), how="part", amount="5")
    mine = counter.get().text
    counter.begin(a_clerk(bench, world, name="Carl"))

    assert "$5.00" in mine
    assert "$5.00" not in counter.get().text


def test_whoever_is_let_go_takes_nothing_with_the_form_before_them(
    bench: Bench, world: World, counter: Counter
) -> None:
    given = a_gift(bench, world)
    form = {**form_of(look_up(counter, given.code)), "how": "all"}
    bench.clock.pass_time(hours=12)

    with nothing_changes(bench.database):
        answer = counter.post("/redemptions", form)

    assert 303 == answer.status_code


def test_pages_of_the_counter_are_kept_nowhere_and_may_use_the_camera(
    bench: Bench, world: World, counter: Counter
) -> None:
    page = look_up(counter, a_gift(bench, world).code)

    assert "no-store" == page.headers["Cache-Control"]
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    assert "'none'" in page.headers["Content-Security-Policy"].partition("frame-ancestors ")[2]
    assert "camera=()" in bench.client().get("/console/sign-in").headers["Permissions-Policy"]
