"""A merchant of a race's own in a running shop: the requests that race, and what became of them."""

import json
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, select

from storefront.db.base import Base
from storefront.domain.payments import Snapshot
from storefront.models import Job, Offer, OfferEvent, Order, Payment, Variant
from storefront.services import catalog, offer_life, offers
from storefront.services.offers import Draft
from tests.factories import PASSWORD, make_world
from tests.fakes import event_body, signature
from tests.races.clients import Request, ask, ask_in_turn
from tests.races.servers import WEBHOOK_SECRET, Shop

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
SANDBOX = {
    "Authorization": "Bearer sk_test_sandbox",
    "Content-Type": "application/x-www-form-urlencoded",
}
FORM = {
    "Accept": "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": "same-origin",
}
SETUP_CLIENTS = 8
PATIENCE = 60


class Market:
    """One merchant with one product, whose variants each race makes for itself."""

    def __init__(self, shop: Shop, *, slug: str) -> None:
        self.shop = shop
        with shop.database.begin() as session:
            self.world = make_world(session, shop.sign, shop.clock.now(), slug=slug, stock=0)

    def add_variant(self, *, stock: int | None) -> str:
        """Put something on sale; return its public id."""
        with self.shop.database.begin() as session:
            variant = catalog.add_variant(
                session,
                self.world.merchant,
                self.world.product,
                name="Hot",
                sku=secrets.token_hex(8),
                price_minor=450,
                stock=stock,
            )
            return variant.public_id

    def add_offer(self, *variants: str, **terms: Any) -> Offer:
        """Publish an offer of 20 % on these variants."""
        draft = Draft(name="Hot", rate_ppm=200_000, variants=variants, **terms)
        now = self.shop.clock.now()
        with self.shop.database.begin() as session:
            offer = offers.add_draft(session, self.world.merchant, draft, now=now)
            offer_life.publish(session, offer, now=now)
            return offer

    def draft_offer(self, *variants: str, **terms: Any) -> Offer:
        """Write an offer of 20 % down, for somebody to publish."""
        draft = Draft(name="Hot", rate_ppm=200_000, variants=variants, **terms)
        with self.shop.database.begin() as session:
            return offers.add_draft(session, self.world.merchant, draft, now=self.shop.clock.now())

    def variant_of(self, offer: Offer) -> str:
        """Return the public id of the one variant that an offer is about."""
        with self.shop.database.reads() as session:
            [target] = session.get_one(Offer, offer.id).targets
            return session.get_one(Variant, target.variant_id).public_id

    def offer_events(self, offer: Offer) -> list[str]:
        """Return what is noted of an offer, in the order in which it was."""
        return [event.kind for event in self.rows(OfferEvent, offer_id=offer.id)]

    def sign_in(self) -> str:
        """Return the cookie of the owner, signed in to the console."""
        form = urlencode({"email": self.world.owner_email, "password": PASSWORD})
        answer = ask(Request(self.shop.host, "/console/sign-in", form, FORM))
        return answer.headers["set-cookie"].partition(";")[0]

    def act(self, cookie: str, offer: Offer, act: str) -> Request:
        """Return the request with which a member publishes, pauses or ends an offer."""
        path = f"/console/offers/{offer.public_id}/state"
        headers = {**FORM, "Cookie": cookie, "Origin": self.shop.url}
        return Request(self.shop.host, path, urlencode({"act": act}), headers)

    def uses(self, offer: Offer) -> tuple[int, int]:
        """Return how many uses of an offer are held, and how many used."""
        with self.shop.database.reads() as session:
            row = session.get_one(Offer, offer.id)
            return row.held, row.used

    def order(self, *variants: str, key: str | None = None, **changes: Any) -> Request:
        """Return a request that orders one of each variant."""
        body = {
            "placement": self.world.placement.public_id,
            "lines": [{"variant": variant, "quantity": 1} for variant in variants],
            "email": "ada@buyer.test",
            "name": "Ada",
            "fulfilment": "pickup",
            "store": self.world.store.public_id,
            **changes,
        }
        headers = {**JSON, "Idempotency-Key": key or secrets.token_urlsafe(24)}
        return Request(self.shop.host, "/orders", json.dumps(body), headers)

    def interaction(self, kind: str) -> Request:
        """Return a request that records what a visitor does."""
        body = {"placement": self.world.placement.public_id, "kind": kind}
        return Request(self.shop.host, "/interactions", json.dumps(body), JSON)

    def place(self, *variants: str) -> list[dict[str, Any]]:
        """Place one order of each variant, a few at a time; return what the buyers are told."""
        requests = [self.order(variant) for variant in variants]
        answers = ask_in_turn(requests, clients=SETUP_CLIENTS)
        assert [201] * len(requests) == [answer.status for answer in answers]
        return [answer.json for answer in answers]

    def confirm(self, placed: dict[str, Any]) -> Request:
        """Return the request with which a buyer's page pays at the gateway."""
        path = f"/v1/payment_intents/{placed['payment_reference']}/confirm"
        host = urlsplit(self.shop.sandbox.url).netloc
        return Request(host, path, urlencode({"payment_method": "pm_card_visa"}), SANDBOX)

    def refund(self, placed: dict[str, Any], **wish: Any) -> Request:
        """Return the request with which the merchant's server gives money back: all of it, or
        what `wish` says."""
        headers = {
            **JSON,
            "Authorization": f"Bearer {self.world.api_token}",
            "Idempotency-Key": secrets.token_urlsafe(24),
        }
        path = f"/api/v1/orders/{placed['public_id']}/refunds"
        return Request(self.shop.host, path, json.dumps(wish), headers)

    def in_console(self, path: str, **form: str) -> Request:
        """Return what the owner's browser sends from a page of the console."""
        headers = {**FORM, "Cookie": self._owners_cookie}
        return Request(self.shop.host, f"/console{path}", urlencode(form), headers)

    def hand_over(self, placed: dict[str, Any]) -> Request:
        """Return the request that notes that an order was picked up."""
        return self.in_console(f"/orders/{placed['public_id']}/pick-up")

    def cancel(self, placed: dict[str, Any]) -> Request:
        """Return the request with which the merchant cancels an order."""
        return self.in_console(f"/orders/{placed['public_id']}/cancellation")

    def lose_one(self, variant: str) -> Request:
        """Return the request that counts one unit fewer than the page had shown."""
        return self.in_console(
            f"/products/{self.world.product.public_id}/variants/{variant}/stock",
            act="count",
            key=secrets.token_urlsafe(24),
            counted="0",
            seen="1",
            reason="lost",
        )

    @cached_property
    def _owners_cookie(self) -> str:
        """The session of the owner, who signs in once."""
        form = urlencode({"email": self.world.owner_email, "password": PASSWORD})
        answer = ask(Request(self.shop.host, "/console/sign-in", form, FORM))
        assert answer.status == 303
        return answer.headers.get("set-cookie", "").partition(";")[0]

    def pay(self, orders: Sequence[dict[str, Any]]) -> None:
        """Pay orders at the gateway, a few at a time."""
        answers = ask_in_turn([self.confirm(each) for each in orders], clients=SETUP_CLIENTS)
        assert [200] * len(orders) == [answer.status for answer in answers]

    def news(self, placed: dict[str, Any], state: str = "succeeded") -> Request:
        """Return a signed message of its own that an order's payment has come to this state."""
        with self.shop.database.reads() as session:
            payment = session.scalars(
                select(Payment).join(Order).where(Order.public_id == placed["public_id"])
            ).one()
        snapshot = Snapshot(
            reference=placed["payment_reference"],
            state=state,
            amount=payment.amount,
            account=payment.account,
            is_live=False,
            payment_public_id=payment.public_id,
            merchant_public_id=self.world.merchant.public_id,
        )
        body = event_body(
            f"payment_intent.{state}",
            snapshot,
            event_id=f"evt_{secrets.token_hex(8)}",
            created=int(datetime.now(UTC).timestamp()),
        )
        headers = {**JSON, "Stripe-Signature": signature(body, WEBHOOK_SECRET)}
        return Request(self.shop.host, "/webhooks/stripe", body.decode(), headers)

    def counters(self, variant: str) -> tuple[int, int]:
        """Return how many units of a variant are held, and how many sold."""
        with self.shop.database.reads() as session:
            row = session.scalars(select(Variant).where(Variant.public_id == variant)).one()
            return row.held, row.sold

    def orders(self) -> Sequence[Order]:
        """Return the merchant's orders in the order of their ids."""
        return self.rows(Order)

    def rows(self, table: type[Any], **equal: object) -> Sequence[Any]:
        """Return the merchant's rows of a table."""
        own = select(table).filter_by(merchant_id=self.world.merchant.id, **equal)
        with self.shop.database.reads() as session:
            return session.scalars(own.order_by(table.id)).all()

    def count(self, table: type[Base], **equal: object) -> int:
        """Count the merchant's rows of a table."""
        own = select(func.count()).select_from(table)
        with self.shop.database.reads() as session:
            return session.scalar(own.filter_by(merchant_id=self.world.merchant.id, **equal)) or 0

    def has_due_jobs(self, name: str) -> bool:
        """Tell whether jobs of this name are due, or run at this moment."""
        now = self.shop.clock.now()
        jobs = self.rows(Job, name=name, done_at=None, given_up_at=None)
        return any(job.run_at <= now for job in jobs)

    def payments_at_the_gateway(self) -> list[dict[str, Any]]:
        """Return the merchant's payments among the newest hundred that the sandbox has."""
        merchant = self.world.merchant.public_id
        listed = self._ask_the_gateway("/v1/payment_intents?limit=100")["data"]
        return [each for each in listed if each["metadata"].get("merchant") == merchant]

    def refunded_at_the_gateway(self, placed: dict[str, Any]) -> int:
        """Return how much of an order's payment the sandbox has given back."""
        intent = placed["payment_reference"]
        charged = self._ask_the_gateway(f"/v1/payment_intents/{intent}?expand[]=latest_charge")
        refunded: int = charged["latest_charge"]["amount_refunded"]
        return refunded

    def _ask_the_gateway(self, path: str) -> Any:
        host = urlsplit(self.shop.sandbox.url).netloc
        return ask(Request(host, path, "", SANDBOX, "GET")).json


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that other processes do; fail when it takes a minute."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)
