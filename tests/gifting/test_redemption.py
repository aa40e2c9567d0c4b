"""A card spent in a store: what is taken, what is refused and why, what a repeat gets."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gifting import codes, links
from gifting.card_views import list_uses
from gifting.domain import Status
from gifting.models import Gift, GiftCard, GiftEntry, Redemption
from gifting.redemption import look_up
from storefront.domain.money import Money
from storefront.errors import NotSignedIn, StorefrontError
from storefront.models import ApiToken, Member, Store
from storefront.models.interaction import Interaction
from storefront.services import merchants
from storefront.signals import gift_redeemed
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.tills import a_till, take


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world, face_minor=2000)


def set_card(bench: Bench, given: Given, **values: Any) -> None:
    with bench.database.begin() as session:
        session.execute(update(GiftCard).where(GiftCard.id == given.card_id).values(**values))


def books(bench: Bench, given: Given) -> tuple[int, int, int]:
    """Return a card's balance, the sum of its ledger, and how many redemptions it has."""
    with bench.ports.reads() as session:
        card = select(GiftCard.balance_minor).where(GiftCard.id == given.card_id)
        lines = select(func.sum(GiftEntry.amount_minor)).where(GiftEntry.card_id == given.card_id)
        uses = select(func.count(Redemption.id)).where(Redemption.card_id == given.card_id)
        return session.scalar(card), int(session.scalar(lines)), session.scalar(uses)


def refusal(bench: Bench, till: Any, given: Given, amount: int | None, **facts: Any) -> Any:
    """Return why nothing was taken, and make sure that nothing was."""
    before = books(bench, given)
    with pytest.raises(StorefrontError) as refused:
        take(bench, till, given, amount, **facts)

    assert before == books(bench, given)
    return refused.value


def test_a_part_is_taken_and_the_rest_stays(bench: Bench, world: World, given: Given) -> None:
    taken = take(bench, a_till(world), given, 1250)

    assert (Money(1250, "USD"), Money(750, "USD")) == (taken.amount, taken.balance)
    assert ("Main Street", given.code[-4:], False) == (
        taken.store,
        taken.last_four,
        taken.is_replayed,
    )
    assert (750, 750, 1) == books(bench, given)


def test_the_line_of_the_ledger_says_who_where_and_which(
    bench: Bench, world: World, given: Given
) -> None:
    with bench.ports.reads() as session:
        member_id = session.scalars(select(Member.id)).one()
    taken = take(bench, a_till(world, member_id=member_id), given, 1250)

    with bench.ports.reads() as session:
        line = session.scalars(select(GiftEntry).where(GiftEntry.sequence == 2)).one()
        assert ("redeem", -1250, taken.public_id) == (line.kind, line.amount_minor, line.reference)
        assert (member_id, world.store.id) == (line.member_id, line.store_id)
        assert line.redemption_id is not None


def test_a_card_is_looked_at_without_being_touched(
    bench: Bench, world: World, given: Given
) -> None:
    seen = look_up(bench.ports, a_till(world), given.code.lower())

    assert (Money(2000, "USD"), Status.ACTIVE) == (seen.balance, seen.status)
    assert ("Ada", "Lin", given.code[-4:]) == (seen.sender, seen.recipient, seen.last_four)
    assert given.code not in repr(seen)
    assert (2000, 2000, 0) == books(bench, given)


def test_the_link_of_a_gift_is_as_good_as_its_code(
    bench: Bench, world: World, given: Given
) -> None:
    with bench.ports.reads() as session:
        gift = session.get_one(Gift, given.gift_id)
        url = links.gift_url(bench.ports.settings, bench.ports.sign, gift)

    assert Money(500, "USD") == take(bench, a_till(world), given, 1500, code=f"{url}\n").balance


def test_a_link_that_was_replaced_is_worth_nothing(
    bench: Bench, world: World, given: Given
) -> None:
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        url = links.gift_url(bench.ports.settings, bench.ports.sign, gift)
        gift.link_number = 2

    error = refusal(bench, a_till(world), given, 1, code=url)
    assert ("not_our_code", "shop.test") == (error.code, error.data["host"])


def test_a_repeat_gets_the_first_answer(bench: Bench, world: World, given: Given) -> None:
    first = take(bench, a_till(world), given, 2000, key="k1", basket_minor=2940)
    bench.clock.pass_time(days=3)
    again = take(bench, a_till(world), given, 2000, key="k1", basket_minor=2940)

    assert replace(first, is_replayed=True) == again
    assert (0, 0, 1) == books(bench, given)


@pytest.mark.parametrize("changes", [{"amount": 1}, {"basket_minor": 3000}])
def test_a_key_stands_for_one_request_only(
    bench: Bench, world: World, given: Given, changes: dict[str, int]
) -> None:
    take(bench, a_till(world), given, 500, key="k1")
    other = {"amount": 500, "key": "k1", **changes}

    error = refusal(bench, a_till(world), given, other.pop("amount"), **other)
    assert "idempotency_mismatch" == error.code


def test_two_tills_may_use_the_same_key(bench: Bench, world: World, given: Given) -> None:
    take(bench, a_till(world, caller="one"), given, 500, key="k1")
    second = take(bench, a_till(world, caller="two"), given, 500, key="k1")

    assert (False, 1000) == (second.is_replayed, second.balance.minor)


def test_a_key_whose_request_was_refused_can_be_used_again(
    bench: Bench, world: World, given: Given
) -> None:
    refusal(bench, a_till(world), given, 2001, key="k1")

    assert 0 == take(bench, a_till(world), given, 2000, key="k1").balance.minor


def test_more_than_there_is_is_refused_with_what_there_is(
    bench: Bench, world: World, given: Given
) -> None:
    error = refusal(bench, a_till(world), given, 2001)

    assert ("insufficient_balance", Money(2000, "USD")) == (error.code, error.data["balance"])


def test_a_used_card_says_when_where_and_by_whom(bench: Bench, world: World, given: Given) -> None:
    with bench.ports.reads() as session:
        member = session.scalars(select(Member)).one()
    taken = take(bench, a_till(world, member_id=member.id), given, 2000)
    at = bench.clock.now()
    bench.clock.pass_time(days=1)

    error = refusal(bench, a_till(world), given, 1, key="other")
    assert "already_redeemed" == error.code
    assert {
        "at": at,
        "store": "Main Street",
        "who": "Olive Owner",
        "receipt": taken.public_id,
    } == error.data


def test_a_machine_is_named_by_its_token(bench: Bench, world: World, given: Given) -> None:
    with bench.ports.reads() as session:
        token = session.scalars(select(ApiToken)).one()
    take(bench, a_till(world, caller=token.public_id), given, 2000)

    with bench.ports.reads() as session:
        assert ["test"] == [use.who for use in list_uses(session, given.card_id)]


REASONS = [
    ({"expires_on": "yesterday"}, "code_expired"),
    ({"blocked_at": "now", "block_reason": "dispute"}, "code_suspended"),
    ({"voided_at": "now", "void_reason": "refunded"}, "code_refunded"),
    ({"voided_at": "now", "void_reason": "mistake"}, "code_void"),
    ({"is_test": False}, "code_is_real"),
    ({"stores": []}, "not_allowed_here"),
]


@pytest.mark.parametrize(("facts", "code"), REASONS)
def test_a_clerk_is_told_the_precise_reason(
    bench: Bench, world: World, given: Given, facts: dict[str, Any], code: str
) -> None:
    now = bench.clock.now()
    moments = {"yesterday": now.date() - timedelta(days=1), "now": now}
    set_card(bench, given, **{k: moments.get(str(v), v) for k, v in facts.items()})

    assert code == refusal(bench, a_till(world), given, 1).code
    with pytest.raises(StorefrontError) as refused:
        look_up(bench.ports, a_till(world), given.code)
    assert code == refused.value.code


def test_a_card_says_in_which_stores_it_is_good(bench: Bench, world: World, given: Given) -> None:
    with bench.database.begin() as session:
        merchants.add_store(
            session, world.merchant.id, name="Harbour", address="2 Quay", hours="", position=1
        )
        harbour = session.scalars(select(Store.id).where(Store.name == "Harbour")).one()
    set_card(bench, given, stores=[harbour])

    assert "Harbour" == refusal(bench, a_till(world), given, 1).data["stores"]
    assert 1999 == take(bench, a_till(world, store_id=harbour), given, 1).balance.minor


def test_a_gift_that_is_not_issued_is_pending(bench: Bench, world: World, given: Given) -> None:
    with bench.database.begin() as session:
        first = session.get_one(Gift, given.gift_id)
        columns = {c.key: getattr(first, c.key) for c in Gift.__table__.columns if c.key != "id"}
        changes = {"public_id": "gft_0000000000000000", "position": 1, "issued_at": None}
        unpaid = Gift(**columns | changes)
        session.add(unpaid)
        session.flush()
        url = links.gift_url(bench.ports.settings, bench.ports.sign, unpaid)

    assert "code_pending" == refusal(bench, a_till(world), given, 1, code=url).code


def test_an_unknown_code_and_another_merchants_get_one_answer(
    bench: Bench, world: World, given: Given
) -> None:
    other = world_on(bench, slug="bakery")
    unknown = refusal(bench, a_till(world), given, 1, code=codes.new_code())
    foreign = refusal(bench, a_till(other), given, 1)

    assert ("code_not_found", "code", {}) == (unknown.code, unknown.field, unknown.data)
    assert (unknown.code, unknown.field, unknown.data) == (
        foreign.code,
        foreign.field,
        foreign.data,
    )


def test_a_product_is_taken_as_a_whole(bench: Bench, world: World) -> None:
    given = a_gift(bench, world, face_minor=450, variant_id=world.variant.id)

    assert "gift_taken_whole" == refusal(bench, a_till(world), given, 449).code
    taken = take(bench, a_till(world), given, None)
    assert (450, 0) == (taken.amount.minor, taken.balance.minor)


def test_a_value_needs_an_amount(bench: Bench, world: World, given: Given) -> None:
    assert "invalid_gift_amount" == refusal(bench, a_till(world), given, None).code


def test_what_is_paid_on_top_belongs_to_the_post_that_started_it(
    bench: Bench, world: World, given: Given
) -> None:
    with bench.database.begin() as session:
        origin = session.scalars(
            Interaction.__table__.insert()
            .values(
                merchant_id=world.merchant.id, public_id="int_origin", visitor="b" * 26,
                kind="click", assurance="signed", surface="frame", is_direct=False,
                occurred_at=bench.clock.now(), recorded_at=bench.clock.now(),
            )
            .returning(Interaction.id)
        ).one()  # fmt: skip
        session.get_one(Gift, given.gift_id).origin_interaction_id = origin
    taken = take(bench, a_till(world), given, 2000, basket_minor=2940)

    assert Money(940, "USD") == taken.on_top
    with bench.ports.reads() as session:
        act = session.scalars(select(Interaction).where(Interaction.kind == "redeem")).one()
        row = session.scalars(select(Redemption)).one()
        assert (origin, "v" * 26, world.placement.id) == (
            act.parent_id,
            act.visitor,
            act.placement_id,
        )
        assert (act.id, 2940) == (row.interaction_id, row.basket_minor)


def test_a_till_that_was_closed_meanwhile_takes_nothing(
    bench: Bench, world: World, given: Given
) -> None:
    def gone(*_: object) -> None:
        raise NotSignedIn

    assert "sign_in" == refusal(bench, a_till(world, confirm=gone), given, 1).code


def test_hosts_hear_of_a_redemption_once(bench: Bench, world: World, given: Given) -> None:
    heard: list[dict[str, str]] = []

    def listen(_: str, **data: str) -> None:
        heard.append(data)

    with gift_redeemed.connected_to(listen):
        taken = take(bench, a_till(world), given, 5, key="k1")
        take(bench, a_till(world), given, 5, key="k1")

    assert [{"redemption": taken.public_id, "card": given.card}] == heard
