"""A shop in which every page has something to show: sold, sent, given, redeemed, refused, invited.
Built once for tests that look at all pages, through the same services as in life."""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gifting import links
from gifting.redemption import Redeem, redeem
from storefront.db.ids import public_id
from storefront.models import (
    Alarm,
    Campaign,
    Job,
    RefusedHost,
    SavedView,
    ShopText,
)
from storefront.models.shop import TEXTS
from storefront.services import invitations, members, passwords
from storefront.services.fulfilment import Handling, Tracking, ship
from storefront.services.refunds import Wish, refund_order
from storefront.web.embed import ASSETS
from storefront.worker import run_due
from tests.factories import PASSWORD, World, pay, place, running_offer, world_on
from tests.fakes import BASE_URL, Bench
from tests.gifting.counter.factories import Counter, a_counter, link_of
from tests.gifting.factories import cards_of, code_of, gifts_of, sell_gift
from tests.gifting.letters import with_letters
from tests.gifting.tills import a_till
from tests.storefront.web.conftest import Shop
from tests.storefront.web.test_routes import (
    draft_offer,
    hand_over,
    public_id_of,
    rates_of,
    retired_placement,
    waiting_device,
)

FILE = (
    "Handle,Title,Variant SKU,Variant Price\n"
    "cup,Cup,=1+1,5.00\njar,+Jar,J-1,=cmd\nlid,@Lid,L-1,-7+5\n"
)
"""Products, the last two with a price that is none and that a spreadsheet would run."""

OWN = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}


@dataclass
class Furnished:
    """The shop, who looks at it, and what its things are called in addresses."""

    bench: Bench
    world: World
    owner: Any
    counter: Counter
    names: dict[str, str]

    def client_for(self, path: str) -> Any:
        """Return the client of whoever sees a path: owner, clerk or anybody."""
        if path.startswith("/console") and "sign-in" not in path:
            return self.owner
        return self.counter.client if path.startswith("/counter") else self.bench.client()


def furnish(bench: Bench) -> Furnished:
    """Fill a bench's empty database with one of everything."""
    world = world_on(with_letters(bench), stock=None)
    rival = world_on(bench, slug="florist", stock=None)
    shop = Shop(bench, world, rival, bench.client())
    names = {**_orders(shop), **_gifts(shop), **_papers(shop)}
    owner = bench.client()
    signed = owner.post("/console/sign-in", data={"email": world.owner_email, "password": PASSWORD})
    noted = owner.post(
        f"/console/orders/{names['sent']}/notes", data={"words": "Call"}, headers=OWN
    )
    assert [303, 303] == [signed.status_code, noted.status_code]
    names["import"] = _import(bench, owner)
    counter = a_counter(bench, world, name="Till 2")
    names["link_of_device"] = link_of(bench, world, names["device"])
    run_due(bench.ports)
    return Furnished(bench, world, owner, counter, names)


def _import(bench: Bench, owner: Any) -> str:
    """Send a file of products in, with a fault in it."""
    file = (io.BytesIO(FILE.encode()), "things.csv")
    answer = owner.post("/console/products/imports", data={"file": file}, headers=OWN)
    while run_due(bench.ports):
        pass
    return str(answer.location).rpartition("/")[2]


def _orders(shop: Shop) -> dict[str, str]:
    """Place orders: open, paid and refunded, handed over, shipped and followed."""
    bench, world, client = shop.bench, shop.world, shop.client
    offer = running_offer(bench, world)
    body = {"placement": world.placement.public_id, "kind": "share"}
    share = client.post("/interactions", json=body).json["share_url"].rpartition("/")[2]
    waiting = place(bench, world)
    paid, gone, sent = (place(bench, world, **each) for each in (
        {}, {}, {"fulfilment": "shipping", "store": None},
    ))  # fmt: skip
    for order in (paid, gone, sent):
        pay(client, bench, order)
    hand_over(shop, gone.public_id)
    now = bench.clock.now()
    with bench.database.begin() as session:
        refund_order(
            session, world.merchant.id, gone.public_id,
            wish=Wish(lines={}, amount_minor=1), kinds=bench.ports.kinds, now=now,
        )  # fmt: skip
        owner = members.find_by_email(session, world.owner_email)
        assert owner
        hand = Handling(world.merchant.id, sent.public_id, owner.member_id)
        ship(session, hand, tracking=Tracking("Snail", "SN 1", "https://snail.test/1"), now=now)
    return {
        "order": waiting.public_id, "t": waiting.token, "paid": paid.public_id,
        "gone": gone.public_id, "sent": sent.public_id, "sent_t": sent.token,
        "running": offer.public_id, "share": share,
    }  # fmt: skip


def _gifts(shop: Shop) -> dict[str, str]:
    """Sell a gift, send it, and spend a part of it."""
    bench, world = shop.bench, shop.world
    placed = sell_gift(bench, world)
    run_due(bench.ports)
    with bench.database.reads() as session:
        [card], [gift] = cards_of(session, placed), gifts_of(session, placed)
        link = links.gift_token(bench.ports.sign, gift)
        stop = links.reminders_token(bench.ports.sign, gift)
    shop.client.post(f"/g/{link}/code", headers=OWN)
    code = code_of(bench, card)
    taken = redeem(bench.ports, a_till(world), Redeem(code, 500, "furnished"))
    return {
        "code": code, "card": card.public_id, "gift": gift.public_id, "gift_link": link,
        "stop_link": stop, "redemption": taken.public_id, "gift_order": placed.public_id,
        "gift_t": placed.token,
    }  # fmt: skip


def _papers(shop: Shop) -> dict[str, str]:
    """Write what else a console shows: imports, views, hosts, texts, invitations, alarms."""
    bench, world = shop.bench, shop.world
    merchant_id, now = world.merchant.id, bench.clock.now()
    with bench.database.begin() as session:
        owner = members.find_by_email(session, world.owner_email)
        assert owner
        session.add_all([
            SavedView(merchant_id=merchant_id, member_id=owner.member_id,
                      public_id=public_id("vew"), name="Late ones", fields={"q": "cone"}),
            Campaign(merchant_id=merchant_id, public_id=public_id("cmp"), name="Summer"),
            RefusedHost(merchant_id=merchant_id, placement_id=world.placement.id,
                        origin="https://evil.test", first_seen_at=now, last_seen_at=now),
            Alarm(merchant_id=merchant_id, kind="payment_review", first_seen_at=now,
                  last_seen_at=now, count=1),
            Job(merchant_id=merchant_id, name="send_receipt", unique_key="given-up",
                payload={"order_id": 1}, created_at=now, run_at=now, attempts=9,
                given_up_at=now, last_fault="mail_unavailable"),
            *(ShopText(merchant_id=merchant_id, kind=kind, url="", body="Be kind.", changed_at=now)
              for kind in TEXTS),
        ])  # fmt: skip
        ends_at = int((now + timedelta(hours=1)).timestamp())
        reset = passwords.seal_link(bench.ports.sign, owner, ends_at=ends_at)
    invited = invitations.invite(
        bench.ports, owner, email="new@gelato.test", role="clerk", locale="en"
    )
    media = bench.ports.settings.media_dir
    media.mkdir(parents=True, exist_ok=True)
    (media / "cone.jpg").write_bytes(b"picture")
    return {
        "reset_link": reset,
        "invitation_link": invitations.seal_link(bench.ports.sign, invited, 1),
        "owner": public_id_of(shop, world.owner_email), "merchant": world.merchant.public_id,
        "placement": world.placement.public_id, "retired": retired_placement(shop),
        "product": world.product.public_id, "variant": world.variant.public_id,
        "offer": draft_offer(shop), "device": waiting_device(shop), **rates_of(shop),
        "asset": shop.client.application.extensions[ASSETS].path("css/frame.css"),
    }  # fmt: skip
