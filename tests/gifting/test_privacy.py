"""R-F1: all of a person's data in one document; and after they are erased no trace of them in the
database, while every sum stands."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from gifting.models import GiftCard, GiftContact, GiftEntry
from storefront.models import LedgerEntry, Order, OrderContact
from storefront.services.audit import audit
from storefront.services.order_requests import Buyer
from tests.contents import contents
from tests.factories import PASSWORD, World, pay, place, world_on
from tests.fakes import Bench
from tests.gifting.factories import sell_gift

ADA = "ada@buyer.test"
BEN = "ben@friends.test"
TRACES = {
    ADA: ("ada@buyer", "Ada Lovelace", "12 Analytical", "+44 20", "Ring twice", "Enjoy the summer"),
    BEN: ("ben@friends", "Ben Nevis", "Enjoy the summer", "Thank you so"),
}


@pytest.fixture
def people(bench: Bench, world: World) -> None:
    """Let Ada buy, be written to and send Ben a gift, for which he thanks her."""
    buyer = Buyer(
        ADA, "Ada Lovelace", phone="+44 20 7946", note="Ring twice",
        address={"line1": "12 Analytical Row", "country": "GB"},
    )  # fmt: skip
    placed = place(bench, world, buyer=buyer)
    pay(bench.client(), bench, placed)
    sell_gift(bench, world, sender="Ada Lovelace")
    with bench.database.begin() as session:
        handed_over = update(Order).where(Order.fulfilment == "pickup")
        session.execute(handed_over.values(picked_up_at=bench.clock.now()))
        session.execute(
            update(GiftContact).values(recipient="Ben Nevis", thanks="Thank you so much")
        )


def owner(bench: Bench, world: World) -> Any:
    client = bench.client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    form = {"email": world.owner_email, "password": PASSWORD}
    assert client.post("/console/sign-in", data=form).status_code == 303
    return client


def dump(bench: Bench) -> str:
    """Return everything that the database says, and on SQLite what its file holds."""
    said = str(contents(bench.database))
    engine = bench.database.writer
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        driver: Any = engine.dialect.dbapi
        connection = driver.connect(file, isolation_level=None)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        said += file.read_bytes().decode("latin-1")
    return said


def sums(bench: Bench) -> list[int]:
    with bench.database.reads() as session:
        return [
            session.scalar(select(func.coalesce(func.sum(column), 0))) or 0
            for column in (
                LedgerEntry.amount_minor,
                GiftEntry.amount_minor,
                GiftCard.balance_minor,
                Order.total_minor,
                Order.tax_minor,
            )
        ]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("email", [ADA, BEN])
def test_who_is_erased_leaves_no_trace_and_the_books_stand(
    bench: Bench, world: World, email: str
) -> None:
    before, known = sums(bench), dump(bench)
    assert [] == [trace for trace in TRACES[email] if trace not in known]

    answer = owner(bench, world).post("/console/privacy/erasure", data={"email": email})

    after = dump(bench)
    assert 303 == answer.status_code
    assert [] == [trace for trace in TRACES[email] if trace in after]
    assert before == sums(bench)
    with bench.database.reads() as session:
        assert [] == list(audit(session))


@pytest.mark.usefixtures("people")
def test_a_gift_can_be_spent_after_its_giver_is_erased(bench: Bench, world: World) -> None:
    owner(bench, world).post("/console/privacy/erasure", data={"email": ADA})

    with bench.database.reads() as session:
        card = session.scalars(select(GiftCard)).one()
        contact = session.scalars(select(GiftContact)).one()
    assert (5000, None) == (card.balance_minor, card.voided_at)
    assert ("Ben Nevis", "", "") == (contact.recipient, contact.sender, contact.words)


@pytest.mark.usefixtures("people")
def test_one_document_holds_all_that_is_known(bench: Bench, world: World) -> None:
    answer = owner(bench, world).post("/console/privacy/export", data={"email": "ADA@buyer.test"})

    document = json.loads(answer.text)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert 2 == len(document["orders"])
    assert ["giver"] == [gift["as"] for gift in document["gift"]]
    assert [] == [trace for trace in TRACES[ADA] if trace not in answer.text]


def test_nobody_is_erased_while_something_of_theirs_is_to_be_handed_over(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    pay(bench.client(), bench, placed)

    answer = owner(bench, world).post("/console/privacy/erasure", data={"email": ADA})

    with bench.database.reads() as session:
        contact = session.scalars(select(OrderContact)).one()
    assert (409, ADA) == (answer.status_code, contact.email)


def test_another_merchants_people_are_not_known(bench: Bench, world: World) -> None:
    rival = world_on(bench, slug="rival")
    sell_gift(bench, world)

    answer = owner(bench, rival).post("/console/privacy/export", data={"email": ADA})
    erased = owner(bench, rival).post("/console/privacy/erasure", data={"email": ADA})

    with bench.database.reads() as session:
        assert ADA == session.scalars(select(OrderContact.email)).one()
    assert (404, 404) == (answer.status_code, erased.status_code)
