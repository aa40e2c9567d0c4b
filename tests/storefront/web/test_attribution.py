"""What leads to a sale, through HTTP: whose act gets the credit, what never does, and that nothing
later can change it."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from storefront.domain.attribution import MODELS
from storefront.models import Attribution, Interaction, Order, OrderOrigin, OrderTouchpoint, Payment
from storefront.services.visitors import make_mark, read_mark
from storefront.worker import sweep
from tests.contents import contents
from tests.factories import World, order_json, send_event, world_on
from tests.fakes import Bench
from tests.storefront.web.answers import PERSON
from tests.storefront.web.conftest import Shop

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def act(client: Any, world: World, kind: str, mark: str = "", **more: Any) -> Any:
    """Record an act as the frame's script does."""
    body = {"placement": world.placement.public_id, "kind": kind, **more}
    answer = client.post("/interactions", json={**body, "v": mark} if mark else body)
    assert 201 == answer.status_code, answer.text
    return answer.json


def share(client: Any, world: World, mark: str = "") -> str:
    """Share and return the link."""
    return str(act(client, world, "share", mark)["share_url"])


def follow(client: Any, link: str, **headers: str) -> Any:
    """Open a link as a person whose program reads the answer."""
    return client.get(link, headers={**FIREFOX, "Accept": "application/json", **headers}).json


def buy(client: Any, bench: Bench, world: World, mark: str = "") -> str:
    """Buy and pay; return the order's public id."""
    key = {"Idempotency-Key": secrets.token_urlsafe(24)}
    placed = client.post("/orders", json=order_json(world, v=mark), headers=key).json
    send_event(
        client, bench, placed["payment_reference"], "payment_intent.succeeded", state="succeeded"
    )
    return str(placed["public_id"])


def told(client: Any, world: World, order: str) -> Any:
    """Return what the merchant's own server reads of an order."""
    bearer = {"Authorization": f"Bearer {world.api_token}"}
    return client.get(f"/api/v1/orders/{order}", headers=bearer).json


def credited(client: Any, world: World, order: str) -> dict[str, dict[str | None, int]]:
    """Return each model's shares by interaction."""
    shares: dict[str, dict[str | None, int]] = {model: {} for model in MODELS}
    for each in told(client, world, order)["credits"]:
        shares[each["model"]][each["interaction"]] = each["share"]
    return shares


def test_a_direct_visit_takes_nothing_from_the_share_before_it(bench: Bench, world: World) -> None:
    """T12: typed in a week later, the address still owes the sale to the friend's link."""
    client = bench.client()
    opened = follow(client, share(client, world))
    bench.clock.pass_time(days=7)
    direct = act(client, world, "view", make_direct(bench, world, opened["v"]), surface="page")

    order = buy(client, bench, world, direct["v"])

    assert {model: {opened["interaction"]: 10_000} for model in MODELS} == credited(
        client, world, order
    )


def make_direct(bench: Bench, world: World, mark: str) -> str:
    """Return the mark of the same visitor without the link that they once came by."""
    sign, merchant = bench.ports.sign, world.merchant.public_id
    visitor = read_mark(sign, mark, merchant, now=bench.clock.now())
    return make_mark(sign, replace(visitor, arrival=None), merchant)


def test_a_sale_with_nothing_before_it_is_direct(shop: Shop) -> None:
    seen = act(shop.client, shop.world, "view", surface="page")

    order = buy(shop.client, shop.bench, shop.world, seen["v"])

    assert {model: {None: 10_000} for model in MODELS} == credited(shop.client, shop.world, order)


NO_SOURCES = (
    "https://js.stripe.com/v3/", "https://hooks.stripe.com/redirect", "https://www.paypal.com/",
    "https://pay.klarna.com/", "https://accounts.google.com/signin", "https://appleid.apple.com/",
    "https://login.microsoftonline.com/x", "https://login.live.com/", "https://shop.test/p/plc_1",
    "https://SHOP.test:443/", "HTTPS://Checkout.Stripe.com", "https://stripe.com",
)  # fmt: skip

SOURCES = {
    "https://blog.test/cone": "blog.test",
    "https://www.notstripe.com/": "www.notstripe.com",
    "https://stripe.com.evil.test/": "stripe.com.evil.test",
    "http://l.instagram.com/?u=x": "l.instagram.com",
}


@pytest.mark.parametrize("address", NO_SOURCES)
def test_pages_that_buyers_pass_through_are_no_source(shop: Shop, address: str) -> None:
    """T13: and so they can never become a touch."""
    seen = act(shop.client, shop.world, "view", surface="page", referrer=address)

    order = buy(shop.client, shop.bench, shop.world, seen["v"])

    with shop.bench.database.reads() as session:
        row = session.scalars(
            select(Interaction).where(Interaction.public_id == seen["interaction"])
        ).one()
        path = session.scalars(
            select(OrderTouchpoint.id).join(Order).where(Order.public_id == order)
        ).all()
    assert (None, True) == (row.referrer, row.is_direct)
    assert [] == path


@pytest.mark.parametrize("address", SOURCES)
def test_other_pages_are_named_by_their_host_alone(shop: Shop, address: str) -> None:
    seen = act(shop.client, shop.world, "view", surface="page", referrer=address)

    with shop.bench.database.reads() as session:
        row = session.scalars(
            select(Interaction).where(Interaction.public_id == seen["interaction"])
        ).one()
    assert (SOURCES[address], False, "inferred") == (row.referrer, row.is_direct, row.assurance)


@pytest.mark.parametrize(
    "address", ["http://[::1", "http://a\0b/", "//", "x" * 300, "http://" + "x" * 300, 7, ["a"]]
)
def test_a_referrer_that_is_no_address_is_none(shop: Shop, address: Any) -> None:
    seen = act(shop.client, shop.world, "view", surface="page", referrer=address)

    with shop.bench.database.reads() as session:
        row = session.scalars(
            select(Interaction).where(Interaction.public_id == seen["interaction"])
        ).one()
    assert row.referrer is None


def test_a_link_opened_with_a_broken_referer_still_opens(shop: Shop) -> None:
    opened = follow(shop.client, share(shop.client, shop.world), Referer="http://[::1")

    assert opened["interaction"].startswith("int_")


def test_credit_once_given_is_never_moved_by_what_comes_later(bench: Bench, world: World) -> None:
    """T14: later openings, views, other purchases and repeated webhooks leave it as it was."""
    client = bench.client()
    opened = follow(client, share(client, world))
    order = buy(client, bench, world, opened["v"])
    before = contents(bench.database)

    bench.clock.pass_time(days=1)
    act(client, world, "view", opened["v"])
    friend = follow(client, share(client, world, opened["v"]))
    later = buy(client, bench, world, friend["v"])
    sweep(bench.ports)

    after = contents(bench.database)
    for name in ("attributions", "order_origins", "order_touchpoints"):
        table = f"storefront_{name}"
        assert before[table] == after[table][: len(before[table])]
    assert credited(client, world, order) != credited(client, world, later)


def test_the_line_is_rebuilt_by_the_webhook_alone(bench: Bench, world: World) -> None:
    """T19: the browser never returns; the ids that ride through the gateway are enough."""
    client = bench.client()
    opened = follow(client, share(client, world))
    key = {"Idempotency-Key": secrets.token_urlsafe(24)}
    placed = client.post("/orders", json=order_json(world, v=opened["v"]), headers=key).json
    request = bench.gateway.opened[placed["payment_reference"]]

    send_event(
        bench.client(), bench, placed["payment_reference"], "payment_intent.succeeded",
        state="succeeded",
    )  # fmt: skip

    with bench.database.reads() as session:
        payment = session.scalars(select(Payment)).one()
    assert {
        "merchant": world.merchant.public_id,
        "order": placed["public_id"],
        "payment": payment.public_id,
    } == request.metadata
    line = told(client, world, placed["public_id"])
    assert ("paid", "verified") == (line["status"], line["evidence"])
    assert ["share", "open"] == [step["kind"] for step in line["line"]]


def test_the_whole_way_to_a_sale_needs_nothing_stored_on_the_device(
    bench: Bench, world: World
) -> None:
    """T37: every step in a new browser without cookies; the tokens in the addresses carry all."""

    def fresh() -> Any:
        return bench.client().application.test_client(use_cookies=False)

    def get(path: str) -> Any:
        answer = fresh().get(path, headers={**PERSON, **FIREFOX})
        assert [] == answer.headers.getlist("Set-Cookie")
        return answer

    link = share(bench.client(), world)
    landing = get(link).location
    mark = landing.partition("sf=")[2]
    card = get(f"/e/{world.placement.public_id}?v={mark}")
    viewed = act(fresh(), world, "view", mark)
    cart = fresh().post(
        "/carts",
        data={"surface": "frame", "placement": world.placement.public_id, "v": viewed["v"],
              "variant": world.variant.public_id, "quantity": "2", "action": "buy"},
        headers=PERSON,
    ).location  # fmt: skip
    form = get(cart)
    tokens = dict(part.split("=") for part in cart.partition("?")[2].split("&"))
    body = {**order_json(world), **tokens, "in": "frame", "request_key": "k" * 24}
    del body["lines"]
    page = fresh().post("/orders", data=body, headers=PERSON).location
    paying = get(page)
    with bench.database.reads() as session:
        reference = session.scalars(select(Payment.gateway_reference)).one()
    send_event(fresh(), bench, reference, "payment_intent.succeeded", state="succeeded")
    paid = get(page)

    with bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
        origin = session.scalars(select(OrderOrigin)).one()
    assert [200] * 4 == [each.status_code for each in (card, form, paying, paid)]
    assert order.paid_at is not None
    assert ("verified", True) == (origin.evidence, origin.interaction_id is not None)


@pytest.mark.parametrize("kind", ["like", "comment", "share", "follow"])
def test_what_people_do_to_a_post_is_kept_with_its_network_act_and_target(
    bench: Bench, world: World, kind: str
) -> None:
    """T42: from the frame, and from a network's server, each with how sure we are of it."""
    client = bench.client()
    bearer = {
        "Authorization": f"Bearer {world.api_token}",
        "Idempotency-Key": secrets.token_urlsafe(24),
    }
    seen = act(client, world, "view")
    act(client, world, kind, seen["v"])
    body = {
        "placement": world.placement.public_id,
        "kind": kind,
        "occurred_at": "2026-03-13T08:00:00Z",
        "parent": seen["interaction"],
    }

    answer = client.post("/api/v1/interactions", json=body, headers=bearer)

    with bench.database.reads() as session:
        view, framed, reported = session.scalars(select(Interaction).order_by(Interaction.id)).all()
    assert 201 == answer.status_code
    assert (kind, "bare", "frame") == (framed.kind, framed.assurance, framed.surface)
    assert (kind, "network", "server") == (reported.kind, reported.assurance, reported.surface)
    assert {world.placement.id} == {framed.placement_id, reported.placement_id}
    assert {view.id} == {framed.parent_id, reported.parent_id}
    assert datetime(2026, 3, 13, 8, tzinfo=UTC) == reported.occurred_at
    assert bench.clock.now() == reported.recorded_at


def test_a_parent_of_another_merchant_is_no_parent(shop: Shop) -> None:
    foreign = act(shop.client, shop.rival, "view")

    liked = act(shop.client, shop.world, "like", parent=foreign["interaction"])

    with shop.bench.database.reads() as session:
        row = session.scalars(
            select(Interaction).where(Interaction.public_id == liked["interaction"])
        ).one()
    assert row.parent_id is None


@pytest.mark.parametrize("damage", ["cut", "altered", "foreign"])
def test_a_damaged_link_still_sells_and_its_sale_is_unverified(shop: Shop, damage: str) -> None:
    link = share(shop.client, shop.world)
    foreign = share(shop.client, shop.rival)
    damaged = {
        "cut": link[:-4],
        "altered": link[:-3] + ("000" if link[-3:] != "000" else "111"),
        "foreign": link[:-10] + foreign[-10:],
    }[damage]

    opened = follow(shop.client, damaged)
    order = buy(shop.client, shop.bench, shop.world, opened["v"])

    line = told(shop.client, shop.world, order)
    assert ("paid", "unverified") == (line["status"], line["evidence"])
    assert ["share", "open"] == [step["kind"] for step in line["line"]]
    assert ["bare", "bare"] == [step["assurance"] for step in line["line"]]


@pytest.mark.parametrize("token", ["", "x", "0" * 16, "0" * 26, "é" * 26, "../../etc/passwd"])
def test_a_link_to_nothing_is_not_found(shop: Shop, token: str) -> None:
    assert 404 == shop.client.get(f"/s/{token}", headers={**PERSON, **FIREFOX}).status_code


def test_a_mark_replayed_a_thousand_times_counts_for_one_order_once(bench: Bench) -> None:
    """Row 43: whoever copies a mark is its visitor; the path stays short, the shares sum, and the
    sale has one origin."""
    world = world_on(bench, stock=None)
    client = bench.client()
    opened = follow(client, share(client, world))
    with bench.database.begin() as session:
        first = session.scalars(select(Interaction).where(Interaction.kind == "open")).one()
        plain = {
            column.name: getattr(first, column.name)
            for column in Interaction.__table__.columns
            if column.name != "id"
        }
        replays = [{**plain, "public_id": f"int_{number:016}"} for number in range(1000)]
        session.execute(Interaction.__table__.insert(), replays)

    order = buy(client, bench, world, opened["v"])

    with bench.database.reads() as session:
        path = session.scalars(select(OrderTouchpoint.id)).all()
        origins = session.scalars(select(OrderOrigin.id)).all()
    assert (50, 1) == (len(path), len(origins))
    assert [10_000] * len(MODELS) == [
        sum(shares.values()) for shares in credited(client, world, order).values()
    ]


def test_an_opening_31_days_old_counts_no_more(bench: Bench, world: World) -> None:
    client = bench.client()
    with time_machine.travel(bench.clock.now(), tick=False):
        opened = follow(client, share(client, world))
    bench.clock.pass_time(days=30, seconds=1)

    with time_machine.travel(bench.clock.now(), tick=False):
        key = {"Idempotency-Key": secrets.token_urlsafe(24)}
        client.post("/orders", json=order_json(world, v=opened["v"]), headers=key)

    with bench.database.reads() as session:
        origin = session.scalars(select(OrderOrigin)).one()
        credit = session.scalars(select(Attribution.id)).all()
    assert (None, "verified") == (origin.interaction_id, origin.evidence)
    assert [] == credit  # nothing before it is paid
