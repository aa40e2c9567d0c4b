"""Codes: chosen, made in bulk by a job, exported, withdrawn, and found as people type them."""

from typing import Any

import pytest
from sqlalchemy import func, select

from storefront.domain.offers import Kind, TypedCode
from storefront.errors import Conflict, Invalid
from storefront.models import Offer, OfferCode
from storefront.services import codes
from storefront.services.free_uses import Asker
from storefront.worker import run_due
from tests.factories import World, running_offer, world_on
from tests.fakes import Bench


def coded(bench: Bench, world: World, **changes: Any) -> Offer:
    return running_offer(bench, world, **{"kind": Kind.CODE, "code": "Spring-20", **changes})


def find(bench: Bench, world: World, *texts: str) -> list[TypedCode]:
    with bench.database.reads() as session:
        found = codes.find_typed(session, world.merchant.id, texts, asker=Asker(bench.clock.now()))
        return [typed for typed, _ in found.values()]


def promise(bench: Bench, offer: Offer, *, count: int, prefix: str = "") -> int:
    with bench.database.begin() as session:
        own = session.get_one(Offer, offer.id)
        return codes.promise_batch(session, own, count=count, prefix=prefix, now=bench.clock.now())


def export(bench: Bench, offer: Offer, batch: int) -> list[tuple[str, str]]:
    with bench.database.reads() as session:
        return list(codes.export_batch(session, offer.id, batch))


def test_a_code_is_found_however_it_is_typed(bench: Bench, world: World) -> None:
    offer = coded(bench, world)

    assert [TypedCode("SPRING20", offer.id)] == find(bench, world, " spring 20", "SPRING-20")


def test_an_unknown_code_is_unknown_and_so_is_another_merchants(bench: Bench, world: World) -> None:
    coded(bench, world)
    other = world_on(bench, slug="other")

    assert [TypedCode("SPRING20")] == find(bench, other, "Spring-20")
    assert [TypedCode("NOTHING")] == find(bench, world, "nothing")
    assert [] == find(bench, world, "  --  ")


def test_two_offers_cannot_have_one_code(bench: Bench, world: World) -> None:
    coded(bench, world)

    with pytest.raises(Conflict, match="code_taken"):
        coded(bench, world, code="SPRING 20")


def test_a_withdrawn_code_is_good_no_more(bench: Bench, world: World) -> None:
    offer = coded(bench, world)

    with bench.database.begin() as session:
        assert codes.withdraw(session, offer.id, "spring20", now=bench.clock.now())

    assert [TypedCode("SPRING20")] == find(bench, world, "spring20")


def test_many_codes_are_made_by_a_job_each_good_once_and_unlike_all_others(
    bench: Bench, world: World
) -> None:
    offer = coded(bench, world)

    batch = promise(bench, offer, count=1_200, prefix="vip")
    assert codes.PORTION == len(export(bench, offer, batch))
    run_due(bench.ports)

    rows = export(bench, offer, batch)
    assert 1_200 == len({code for code, _ in rows})
    assert {"unused"} == {state for _, state in rows}
    assert all(code.startswith("VIP-") for code, _ in rows)
    [typed] = find(bench, world, rows[0][0])
    assert (offer.id, 1) == (typed.offer_id, typed.left)


def test_a_job_that_is_run_again_makes_no_more_codes(bench: Bench, world: World) -> None:
    offer = coded(bench, world)
    batch = promise(bench, offer, count=700)

    for _ in range(2):
        codes.make_codes(bench.ports, offer.id, batch=batch, prefix="", count=700)

    assert 700 == len(export(bench, offer, batch))


def test_batches_are_told_apart(bench: Bench, world: World) -> None:
    offer = coded(bench, world)

    assert [1, 2] == [promise(bench, offer, count=3), promise(bench, offer, count=2)]
    assert [3, 2] == [len(export(bench, offer, batch)) for batch in (1, 2)]


@pytest.mark.parametrize(
    ("count", "prefix"), [(0, ""), (codes.MOST_AT_ONCE + 1, ""), (1, "x" * 17), (1, "späti")]
)
def test_a_number_or_prefix_that_cannot_be_is_refused(
    bench: Bench, world: World, count: int, prefix: str
) -> None:
    offer = coded(bench, world)

    with pytest.raises(Invalid):
        promise(bench, offer, count=count, prefix=prefix)
    with bench.database.reads() as session:
        assert 1 == session.scalar(select(func.count()).select_from(OfferCode))


def test_an_automatic_offer_takes_no_codes(bench: Bench, world: World) -> None:
    with pytest.raises(Conflict, match="offer_takes_no_codes"):
        promise(bench, running_offer(bench, world), count=1)
