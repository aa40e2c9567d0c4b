"""Stand-ins for the outside world: a clock that stands still, a gateway without a network, a
mailbox in memory. Ports only; our own code is never replaced."""

import itertools
import json
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import stripe
from flask import Flask
from flask.testing import FlaskClient

from gifting import codes
from gifting.kind import gift_kind
from storefront.adapters.pillow_pictures import PillowPictures
from storefront.adapters.signer import SecretSigner
from storefront.adapters.stripe_amounts import to_gateway
from storefront.adapters.stripe_gateway import StripeGateway
from storefront.app import build_app
from storefront.db.engine import Database
from storefront.domain.connections import AccountTold
from storefront.domain.payments import DisputeNews, RefundNews, Snapshot
from storefront.errors import Invalid, StorefrontError
from storefront.kinds import GOODS
from storefront.ports import (
    AccountRequest,
    Clock,
    Message,
    NewsKind,
    NewsPage,
    Opened,
    OpenRequest,
    Ports,
    RefundRequest,
)
from storefront.services.audit import Finding, audit
from storefront.settings import Settings, read_settings
from storefront.web.context import KEY
from tests.lent import open_database

News = RefundNews | DisputeNews
WEBHOOK_SECRET = "whsec_for_tests_only"
BASE_URL = "https://shop.test"


class StandingClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, **duration: float) -> None:
        """Move on by a duration such as ``minutes=11``."""
        self.moment += timedelta(**duration)


class FakeGateway(StripeGateway):
    """A gateway that answers at once and remembers what it was asked. Webhooks are verified by
    the real code. ``fault`` is raised by the next calls until it is taken away."""

    def __init__(self) -> None:
        super().__init__("sk_test_fake", webhook_secrets=[WEBHOOK_SECRET])
        self.opened: dict[str, OpenRequest] = {}
        self.refunds: dict[str, RefundRequest] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.accounts: dict[str, AccountTold | None] = {}
        self.news: dict[tuple[str, str], list[News]] = {}
        self.fault: StorefrontError | None = None
        self.calls: list[str] = []
        self.ahead = timedelta(0)
        self._numbers = itertools.count(1)
        self._by_key: dict[str, Opened] = {}

    def open(self, request: OpenRequest) -> Opened:
        self._called("open")
        to_gateway(request.amount)  # raises where Stripe would
        if request.key not in self._by_key:
            reference = f"pi_fake_{next(self._numbers)}"
            self._by_key[request.key] = Opened(reference, f"{reference}_secret_fake")
            self.opened[reference] = request
            self.snapshots[reference] = Snapshot(
                reference=reference,
                state="requires_payment_method",
                amount=request.amount,
                account=request.account,
                is_live=False,
                payment_public_id=request.metadata["payment"],
                merchant_public_id=request.metadata["merchant"],
            )
        return self._by_key[request.key]

    def cancel(self, reference: str, *, account: str) -> Snapshot:
        self._called("cancel")
        snapshot = self.snapshots[reference]
        if snapshot.state not in {"succeeded", "processing"}:
            self.snapshots[reference] = replace(snapshot, state="canceled")
        return self.snapshots[reference]

    def fetch(self, reference: str, *, account: str) -> Snapshot:
        self._called("fetch")
        return self.snapshots[reference]

    def refund(self, request: RefundRequest) -> str:
        self._called("refund")
        to_gateway(request.amount)
        self.refunds[request.key] = request
        return f"re_fake_{request.key}"

    def find_refund(self, request: RefundRequest) -> RefundNews | None:
        self._called("find_refund")
        made = self.refunds.get(request.key)
        return None if made is None else self._made(f"re_fake_{request.key}")

    def tell(self, kind: NewsKind, news: News, *, account: str = "") -> None:
        """Have this in the gateway's own books, without a message about it."""
        told = self.news.setdefault((kind, account), [])
        told[:] = [each for each in told if each.reference != news.reference] + [news]

    def fetch_news(self, kind: NewsKind, reference: str, *, account: str) -> News:
        self._called(f"fetch_{kind}")
        told = self.news.get((kind, account), [])
        found = [each for each in told if each.reference == reference]
        return found[0] if found else self._made(reference)

    def list_news(self, kind: NewsKind, *, account: str, after: str | None) -> NewsPage:
        self._called(f"list_{kind}s")
        told = self.news.get((kind, account), [])
        names = [each.reference for each in told]
        start = names.index(after) + 1 if after in names else 0
        return NewsPage(tuple(told[start:]), names[-1] if names else after, has_more=False)

    def _made(self, reference: str) -> RefundNews:
        made = self.refunds[reference.removeprefix("re_fake_")]
        ours = made.metadata["refund"]
        return RefundNews(
            reference, "succeeded", made.amount, payment=made.reference, refund_public_id=ours
        )

    def open_account(self, request: AccountRequest) -> str:
        self._called("open_account")
        account = f"acct_{request.key}"
        self.accounts.setdefault(account, AccountTold(False, False, False))
        return account

    def account_link(self, account: str, *, back_url: str, again_url: str) -> str:
        self._called("account_link")
        return f"https://connect.stripe.test/{account}?back={back_url}"

    def find_account(self, account: str) -> AccountTold | None:
        self._called("find_account")
        return self.accounts[account]

    def skew(self) -> timedelta:
        self._called("skew")
        return self.ahead

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.fault is not None:
            raise self.fault


@dataclass
class MailboxInMemory:
    """Keeps what was sent. ``fault`` is raised until it is taken away; ``dead`` addresses take no
    mail."""

    sent: list[Message] = field(default_factory=list)
    fault: StorefrontError | None = None
    dead: set[str] = field(default_factory=set)

    def send(self, message: Message) -> None:
        if self.fault is not None:
            raise self.fault
        if message.to in self.dead:
            raise Invalid("mail_refused", field="email")
        self.sent.append(message)

    def reach(self) -> None:
        if self.fault is not None:
            raise self.fault


class PlainLetters:
    """Letters that say their name and what they were given, without templates."""

    def write(self, name: str, locale: str, values: Mapping[str, object]) -> tuple[str, str, str]:
        return f"{name} ({locale})", f"{name}: {sorted(values)}", f"<p>{name}</p>"


def make_settings(instance: Path, database_url: str, **changes: Any) -> Settings:
    """Return settings that a test shop can start with; changes are given as in the environment."""
    source: dict[str, object] = {
        "STOREFRONT_SECRET_KEY": "k3y-for-tests-0123456789-abcdefghijklmn",
        "STOREFRONT_PEPPER": "p3pper-for-tests-0123456789-abcdefghij",
        "STOREFRONT_MODE": "sandbox",
        "STOREFRONT_BASE_URL": BASE_URL,
        "STOREFRONT_INSTANCE_DIR": str(instance),
        "STOREFRONT_DATABASE_URL": database_url,
        "STOREFRONT_STRIPE_API_KEY": "sk_test_fake",
        "STOREFRONT_STRIPE_PUBLISHABLE_KEY": "pk_test_fake",
        "STOREFRONT_STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "STOREFRONT_STRIPE_API_URL": "http://localhost:9",
        "STOREFRONT_STRIPE_JS_URL": "http://localhost:9/v3/",
        "STOREFRONT_MAIL_URL": f"file://{instance}/mail",
        "STOREFRONT_MAIL_FROM": "Shop <hello@shop.test>",
        **{f"STOREFRONT_{name.upper()}": value for name, value in changes.items()},
    }
    return read_settings(source)


class ShopClient(FlaskClient):
    """A client that asks at the shop's own address."""

    def open(self, *args: Any, **values: Any) -> Any:
        is_whole_address = bool(args) and str(args[0]).startswith("http")
        if not is_whole_address:
            values.setdefault("base_url", BASE_URL)
        return super().open(*args, **values)


@dataclass
class Bench:
    """A whole shop on a test's database: its ports, and the stand-ins behind them."""

    ports: Ports
    database: Database
    clock: StandingClock
    gateway: FakeGateway
    mailbox: MailboxInMemory

    def findings(self) -> list[Finding]:
        """Return what the self-audit finds."""
        with self.database.reads() as session:
            return audit(session, self.ports.kinds)

    def client(self) -> Any:
        """Return a Flask client of the private application; links and forms are at BASE_URL."""
        settings = self.ports.settings
        if settings != make_settings(settings.instance_dir, settings.database_url):
            return _application(self.ports).test_client()
        app = copy(_usual_application())
        app.extensions = {**app.extensions, KEY: self.ports}
        return app.test_client()


def _application(ports: Ports) -> Flask:
    app = build_app(ports)
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.test_client_class = ShopClient
    return app


@cache
def _usual_application() -> Flask:
    """Compile routes and templates once for all shops with the usual settings: that takes longer
    than most tests. It is never asked anything; its copies are, each with ports of its own."""
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    return _application(make_bench(Path("/nowhere"), nowhere, datetime.now(UTC)).ports)


def make_signer(settings: Settings) -> SecretSigner:
    """Return the signer of a shop with these settings."""
    return SecretSigner(
        settings.secret_key, settings.pepper, keyrings={codes.PURPOSE: dict(settings.code_keys)}
    )


def make_bench(instance: Path, database_url: str, now: datetime, **changes: Any) -> Bench:
    """Build a shop with stand-ins; dispose of ``bench.database`` at the end."""
    settings = make_settings(instance, database_url, **changes)
    database = open_database(database_url)
    clock, gateway, mailbox = StandingClock(now), FakeGateway(), MailboxInMemory()
    sign = make_signer(settings)
    ports = Ports(
        settings=settings,
        sessions=database,
        reads=database.reads,
        clock=clock,
        payments=gateway,
        mailer=mailbox,
        letters=PlainLetters(),
        sign=sign,
        pictures=PillowPictures(settings.media_dir),
        kinds=(GOODS, gift_kind(settings, sign)),
    )
    return Bench(ports, database, clock, gateway, mailbox)


def event_body(
    type_: str, snapshot: Snapshot, *, event_id: str = "evt_1", created: int, **changes: Any
) -> bytes:
    """Return a webhook's body about a payment, shaped as Stripe sends it."""
    intent = {
        "id": snapshot.reference,
        "object": "payment_intent",
        "amount": to_gateway(snapshot.amount),
        "currency": snapshot.amount.currency.lower(),
        "status": snapshot.state,
        "livemode": snapshot.is_live,
        "latest_charge": None,
        "last_payment_error": {"code": "card_declined", "decline_code": snapshot.failure}
        if snapshot.failure
        else None,
        "metadata": {
            "payment": snapshot.payment_public_id,
            "merchant": snapshot.merchant_public_id,
        },
    }
    event = {
        "id": event_id,
        "object": "event",
        "type": type_,
        "created": created,
        "livemode": snapshot.is_live,
        "data": {"object": intent},
        **({"account": snapshot.account} if snapshot.account else {}),
        **changes,
    }
    return json.dumps(event).encode()


def signature(body: bytes, secret: str = WEBHOOK_SECRET, timestamp: int | None = None) -> str:
    """Return the Stripe-Signature header of a body."""
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp)
