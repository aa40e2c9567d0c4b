"""The first steps: each ticks itself from what is there, and from nothing else."""

from dataclasses import replace

from storefront.services import members, merchants
from storefront.services.placements import get_placement, note_first_load
from storefront.services.reporting.guide import Guide, guide
from storefront.services.reporting.shop import get_shop
from tests.factories import World, pay, place
from tests.fakes import Bench


def steps(bench: Bench, merchant_id: int, *, mode: str = "sandbox") -> Guide:
    settings = replace(bench.ports.settings, mode=mode)
    with bench.database.reads() as session:
        return guide(session, get_shop(session, merchant_id), settings=settings)


def done(found: Guide) -> list[str]:
    return [step.code for step in found.steps if step.is_done]


def empty_shop(bench: Bench) -> int:
    with bench.database.begin() as session:
        return merchants.add_merchant(
            session,
            slug="bakery",
            name="Bakery",
            currency="USD",
            zone="Europe/Lisbon",
            contact_email="ask@bakery.test",
            now=bench.clock.now(),
        ).id


def test_an_empty_shop_begins_with_payments(bench: Bench) -> None:
    merchant_id = empty_shop(bench)

    assert ([], "payments") == (
        done(steps(bench, merchant_id, mode="test")),
        steps(bench, merchant_id, mode="test").next,
    )
    assert (["payments"], "product") == (
        done(steps(bench, merchant_id)),
        steps(bench, merchant_id).next,
    )


def test_each_step_ticks_itself_from_what_happened(bench: Bench, world: World) -> None:
    merchant_id, now = world.merchant.id, bench.clock.now()
    before = done(steps(bench, merchant_id))
    with bench.database.begin() as session:
        note_first_load(session, get_placement(session, world.placement.public_id), now=now)
    seen = done(steps(bench, merchant_id))
    pay(bench.client(), bench, place(bench, world))
    sold = done(steps(bench, merchant_id))
    with bench.database.begin() as session:
        members.join(
            session,
            merchant_id,
            email="mia@gelato.test",
            name="Mia",
            password_hash="",
            role="clerk",
            now=now,
        )

    assert ["payments", "product", "delivery", "placement"] == before
    assert [*before, "seen"] == seen
    assert [*seen, "sale"] == sold
    assert steps(bench, merchant_id).is_complete
    assert world.placement.public_id == steps(bench, merchant_id).placement


def test_what_is_taken_off_sale_counts_no_more(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        session.merge(world.product).withdrawn_at = bench.clock.now()

    assert "product" == steps(bench, world.merchant.id).next


def test_the_steps_are_put_away_and_brought_back(bench: Bench, world: World) -> None:
    now = bench.clock.now()
    with bench.database.reads() as session:
        who = members.find_by_email(session, world.owner_email)
    assert who
    hidden = []
    for is_shown in (False, True):
        with bench.database.begin() as session:
            merchants.show_guide(session, who, is_shown=is_shown, now=now)
        hidden.append(steps(bench, world.merchant.id).hidden_at)

    assert [now, None] == hidden
