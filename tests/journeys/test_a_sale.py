"""One sale, hop by hop: from the post to the paid order, and every way in which the gateway's
messages may come."""

from dataclasses import replace

from sqlalchemy import func, select

from storefront.domain.attribution import MODELS
from storefront.models import Attribution, Job, Order, OrderEvent, Variant
from storefront.worker import run_due, sweep
from tests.factories import World, order_json, pay, place, send_event, world_on
from tests.fakes import Bench

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_a_share_that_a_friend_opens_is_credited_with_the_friends_purchase(
    bench: Bench, world: World
) -> None:
    """Ana shares from the frame, Ben opens her link and buys: the order knows all of it."""
    client = bench.client()
    placement = world.placement.public_id
    viewed = client.post("/interactions", json={"placement": placement, "kind": "view"}).json
    shared = client.post(
        "/interactions", json={"placement": placement, "kind": "share", "v": viewed["v"]}
    ).json

    bench.clock.pass_time(minutes=5)
    opened = client.get(
        shared["share_url"],
        headers={"User-Agent": FIREFOX, "Accept": "application/json"},
    ).json
    bench.clock.pass_time(minutes=1)
    for kind in ("view", "click"):
        client.post("/interactions", json={"placement": placement, "kind": kind, "v": opened["v"]})
    placed = client.post(
        "/orders",
        json=order_json(world, v=opened["v"]),
        headers={"Idempotency-Key": "k" * 24},
    ).json
    answer = send_event(
        client, bench, placed["payment_reference"], "payment_intent.succeeded", state="succeeded"
    )
    told = client.get(
        f"/api/v1/orders/{placed['public_id']}",
        headers={"Authorization": f"Bearer {world.api_token}"},
    ).json

    assert {"received": True} == answer.json
    assert ("paid", 1001) == (told["status"], told["number"])
    assert ["view", "share", "open", "click"] == [step["kind"] for step in told["line"]]
    assert {(model, opened["interaction"], 10_000) for model in MODELS} == {
        (credit["model"], credit["interaction"], credit["share"]) for credit in told["credits"]
    }


def test_a_paid_order_sends_its_receipt_once(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    client = bench.client()
    pay(client, bench, placed)
    pay(client, bench, placed)

    run_due(bench.ports)
    run_due(bench.ports)

    assert ["receipt (en)"] == [message.subject for message in bench.mailbox.sent]


def test_an_order_that_is_not_paid_in_time_gives_its_stock_back(bench: Bench, world: World) -> None:
    place(bench, world, quantity=4)
    bench.clock.pass_time(minutes=10)

    run_due(bench.ports)

    with bench.database.reads() as session:
        held = session.scalar(select(Variant.held))
        order = session.scalars(select(Order)).one()
    assert 0 == held
    assert bench.clock.now() == order.expired_at
    assert ["open", "cancel"] == bench.gateway.calls


def test_a_lost_webhook_loses_nothing(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    pay_silently(bench, placed.payment_reference)
    bench.clock.pass_time(minutes=10)

    sweep(bench.ports)

    with bench.database.reads() as session:
        assert session.scalars(select(Order)).one().paid_at is not None


def pay_silently(bench: Bench, reference: str) -> None:
    """Take the money without a message."""
    snapshot = bench.gateway.snapshots[reference]
    bench.gateway.snapshots[reference] = replace(snapshot, state="succeeded")


def test_a_decline_keeps_the_hold_and_a_second_card_pays(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    client = bench.client()
    send_event(
        client,
        bench,
        placed.payment_reference,
        "payment_intent.payment_failed",
        state="requires_payment_method",
        failure="insufficient_funds",
    )
    with bench.database.reads() as session:
        held = session.scalar(select(Variant.held))

    pay(client, bench, placed)

    with bench.database.reads() as session:
        kinds = session.scalars(select(OrderEvent.kind).order_by(OrderEvent.id)).all()
        variant = session.scalars(select(Variant)).one()
    assert 1 == held
    assert ["placed", "payment_failed", "paid"] == kinds
    assert (0, 1) == (variant.held, variant.sold)


def test_money_that_comes_after_the_last_unit_went_to_another_goes_back(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    client = bench.client()
    late = place(bench, world)
    bench.clock.pass_time(minutes=11)
    quick = place(bench, world)
    pay(client, bench, quick)

    pay(client, bench, late)
    while run_due(bench.ports):
        pass

    with bench.database.reads() as session:
        paid = session.scalars(select(Order.public_id).where(Order.paid_at.is_not(None))).all()
        credited = session.scalar(select(func.count(Attribution.id.distinct())))
        given_up = session.scalars(select(Job.name).where(Job.given_up_at.is_not(None))).all()
    assert [quick.public_id] == paid
    assert 1 == len(bench.gateway.refunds)
    assert {"receipt (en)", "apology (en)"} == {each.subject for each in bench.mailbox.sent}
    assert len(MODELS) == credited
    assert [] == given_up
