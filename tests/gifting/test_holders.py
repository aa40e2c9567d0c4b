"""E31: a card for one person alone. Whoever spends it says the address that the gift went to, at
the counter and by the API; others learn nothing, and nobody inherits it."""

from typing import Any

import pytest
from sqlalchemy import select

from gifting import cards, holders
from gifting.domain import Status, status, why_holder_refused
from gifting.models import Gift, GiftCard
from gifting.redemption import look_up
from gifting.wishes import Recipient
from storefront.errors import Conflict, TooMany
from storefront.models import Merchant
from storefront.services import merchants
from storefront.services.audit import audit
from tests.contents import contents, nothing_changes
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.counter.factories import Counter, a_counter, owner_of
from tests.gifting.counter.test_screen import answer_on, form_of
from tests.gifting.counter.test_screen import look_up as look_up_at_counter
from tests.gifting.factories import Given, cards_of, code_of, gift_json, gifts_of, sell_gift
from tests.gifting.test_redemption import refusal as refused_at_till
from tests.gifting.tills import a_till, take

BEN, EVE = "ben@friends.test", "eve@evil.test"


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    """Sell a gift of 50.00 that is for Ben alone."""
    return bound(bench, world)


@pytest.fixture
def counter(bench: Bench, world: World) -> Counter:
    return a_counter(bench, world)


def bound(bench: Bench, world: World, **wish: Any) -> Given:
    placed = sell_gift(bench, world, is_bound=True, **wish)
    with bench.database.reads() as session:
        card, gift = cards_of(session, placed)[0], gifts_of(session, placed)[0]
        return Given(code_of(bench, card), gift.id, card.id, card.public_id, placed.public_id)


def card_of(bench: Bench, given: Given) -> GiftCard:
    with bench.database.reads() as session:
        return session.scalars(select(GiftCard).where(GiftCard.id == given.card_id)).one()


@pytest.mark.parametrize(
    ("bound_to", "shown", "code"),
    [
        (None, "", None),
        (None, "anybody", None),
        ("ben", "ben", None),
        ("ben", "", "holder_needed"),
        ("ben", "eve", "not_the_holder"),
        (holders.NOBODY, "ben", "not_the_holder"),
    ],
)
def test_who_may_spend_a_card(bound_to: str | None, shown: str, code: str | None) -> None:
    assert code == why_holder_refused(bound_to, shown)


def test_its_holder_spends_it_however_they_write_their_address(
    bench: Bench, world: World, given: Given
) -> None:
    taken = take(bench, a_till(world), given, 2000, holder="Ben@Friends.test")

    assert (2000, 3000) == (taken.amount.minor, taken.balance.minor)


def test_who_does_not_say_whose_it_is_gets_nothing(
    bench: Bench, world: World, given: Given
) -> None:
    refusal = refused_at_till(bench, a_till(world), given, 2000)

    assert ("holder_needed", "holder") == (refusal.code, refusal.field)


def test_somebody_else_gets_nothing_and_counts_as_guessing(
    bench: Bench, world: World, given: Given
) -> None:
    till = a_till(world)

    codes = [refused_at_till(bench, till, given, 2000, holder=EVE).code for _ in range(10)]

    assert ["not_the_holder"] * 10 == codes
    with pytest.raises(TooMany):
        take(bench, till, given, 2000, holder=BEN)


def test_a_card_for_whoever_has_it_asks_nobody(bench: Bench, world: World) -> None:
    placed = sell_gift(bench, world)
    with bench.database.reads() as session:
        card = cards_of(session, placed)[0]

    assert card.holder_key is None


def test_the_address_is_nowhere_on_the_card(bench: Bench, given: Given) -> None:
    assert BEN not in str(vars(card_of(bench, given)))


def test_a_till_is_told_no_names_of_a_card_for_one_person(
    bench: Bench, world: World, given: Given
) -> None:
    view = look_up(bench.ports, a_till(world), given.code)

    assert (True, "", "") == (view.is_bound, view.sender, view.recipient)


def test_one_kept_for_oneself_is_the_buyers(bench: Bench, world: World) -> None:
    own = bound(bench, world, way="self", recipients=(Recipient(""),))

    assert "not_the_holder" == refused_at_till(bench, a_till(world), own, 500, holder=EVE).code
    assert 500 == take(bench, a_till(world), own, 500, holder="ada@buyer.test").amount.minor


def test_a_corrected_address_is_who_it_is_for_from_then_on(
    bench: Bench, world: World, given: Given
) -> None:
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given.gift_id)
    placed_token = bench.ports.sign.seal("order", [world.merchant.id, given.order])

    answer = bench.client().post(
        f"/orders/{given.order}/gifts/{gift.public_id}/address?t={placed_token}",
        json={"email": "ben@right.test"},
        headers={"Accept": "application/json"},
    )

    assert (200, True) == (answer.status_code, answer.json["is_bound"])
    assert "not_the_holder" == refused_at_till(bench, a_till(world), given, 500, holder=BEN).code
    assert 500 == take(bench, a_till(world), given, 500, holder="ben@right.test").amount.minor


def test_nobody_inherits_it_when_its_person_is_erased(
    bench: Bench, world: World, given: Given
) -> None:
    now = bench.clock.now()
    with bench.database.begin() as session:
        for kind in bench.ports.kinds:
            kind.erase(session, world.merchant.id, BEN, now=now)

    card = card_of(bench, given)
    assert (holders.NOBODY, "holder_gone", 5000) == (
        card.holder_key,
        card.block_reason,
        card.balance_minor,
    )
    assert Status.BLOCKED is status(card.terms, now)
    assert "code_suspended" == refused_at_till(bench, a_till(world), given, 500, holder=BEN).code
    assert "ben@friends" not in str(contents(bench.database))
    with bench.database.begin() as session, pytest.raises(Conflict) as refused:
        cards.unblock(session, owner_of(bench, world), given.card, reason="found", now=now)
    assert "holder_gone" == refused.value.code
    with bench.database.reads() as session:
        assert [] == list(audit(session, bench.ports.kinds))


def test_others_keep_theirs_when_somebody_is_erased(
    bench: Bench, world: World, given: Given
) -> None:
    with bench.database.begin() as session:
        for kind in bench.ports.kinds:
            kind.erase(session, world.merchant.id, "ada@buyer.test", now=bench.clock.now())

    assert 500 == take(bench, a_till(world), given, 500, holder=BEN).amount.minor


def test_a_link_can_be_for_nobody_alone(bench: Bench, world: World) -> None:
    body = gift_json(world, way="link", bound=True, recipients=[{"name": "Ben"}])

    with nothing_changes(bench.database):
        answer = bench.client().post("/orders", json=body, headers={"Idempotency-Key": "k" * 22})

    assert (422, "bound_needs_address") == (answer.status_code, answer.json["code"])


def test_what_is_not_yes_or_no_is_refused(bench: Bench, world: World) -> None:
    body = gift_json(world, bound="yes")

    answer = bench.client().post("/orders", json=body, headers={"Idempotency-Key": "k" * 22})

    assert (422, "bound") == (answer.status_code, answer.json["field"])


def test_the_counter_asks_whose_it_is_and_names_nobody(counter: Counter, given: Given) -> None:
    page = look_up_at_counter(counter, given.code)

    assert 'name="holder"' in page.text
    assert not {name for name in ("Ben", "Ada") if name in page.text}


@pytest.mark.parametrize(
    ("said", "tone", "left"), [("", "look", 5000), ("ben", "look", 5000), (EVE, "bad", 5000)]
)
def test_the_counter_takes_nothing_from_the_wrong_hands(
    bench: Bench, counter: Counter, given: Given, *, said: str, tone: str, left: int
) -> None:
    form = form_of(look_up_at_counter(counter, given.code))

    page = counter.post("/redemptions", {**form, "how": "all", "holder": said})

    assert [tone] == answer_on(page)
    assert left == card_of(bench, given).balance_minor


def test_the_counter_takes_it_from_the_right_hands(
    bench: Bench, counter: Counter, given: Given
) -> None:
    form = form_of(look_up_at_counter(counter, given.code))

    page = counter.post("/redemptions", {**form, "how": "all", "holder": BEN})

    assert (303, 0) == (page.status_code, card_of(bench, given).balance_minor)


def test_the_api_asks_for_the_holder(bench: Bench, world: World, given: Given) -> None:
    with bench.database.begin() as session:
        merchant = session.get_one(Merchant, world.merchant.id)
        token = merchants.issue_token(
            session,
            merchant.id,
            name="till",
            sign=bench.ports.sign,
            now=bench.clock.now(),
            store_id=world.store.id,
        )
    client, own = bench.client(), {"Authorization": f"Bearer {token}"}

    def ask(path: str, **body: Any) -> Any:
        headers = {**own, "Idempotency-Key": f"key-{len(body)}-{body.get('holder', '')}"}
        return client.post(f"/api/v1{path}", json={"code": given.code, **body}, headers=headers)

    looks = [ask("/gift-cards/lookup", **said) for said in ({}, {"holder": EVE}, {"holder": BEN})]
    takes = [
        ask("/redemptions", amount_minor=1000, **said)
        for said in ({}, {"holder": EVE}, {"holder": "ben"}, {"holder": BEN})
    ]

    assert [200, 403, 200] == [answer.status_code for answer in looks]
    assert looks[0].json["is_bound"]
    assert [422, 403, 422, 201] == [answer.status_code for answer in takes]
    assert ["holder_needed", "not_the_holder", "invalid_email"] == [
        answer.json["code"] for answer in takes[:3]
    ]
    assert 4000 == takes[3].json["balance_minor"]
