"""A merchant's own till by /api/v1: what it is answered, and what every bad request gets."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from gifting import codes, links
from gifting.models import Gift, GiftCard, Redemption
from storefront.models import ApiToken, Store
from storefront.services import merchants
from storefront.web.sentences import SENTENCES
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift, gifts_of, place_gift
from tests.gifting.test_redemption import books


@dataclass
class Machine:
    """A till that speaks HTTP, with the token of the world's store."""

    client: Any
    token: str

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        own = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": "k", **headers}
        return self.client.post(f"/api/v1{path}", json=body, headers=own)

    def take(self, given: Given, amount: int | None = None, *, key: str = "k", **more: Any) -> Any:
        body = {"code": given.code, **more}
        if amount is not None:
            body["amount_minor"] = amount
        return self.post("/redemptions", body, **{"Idempotency-Key": key})


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world, face_minor=2000)


@pytest.fixture
def machine(bench: Bench, world: World) -> Machine:
    return machine_at(bench, world, world.store.id)


def machine_at(bench: Bench, world: World, store_id: int | None) -> Machine:
    with bench.database.begin() as session:
        token = merchants.issue_token(
            session, world.merchant.id, name="Till 1", sign=bench.ports.sign,
            now=bench.clock.now(), store_id=store_id,
        )  # fmt: skip
    return Machine(bench.client(), token)


def told(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal, which is problem+json."""
    assert "application/problem+json" == answer.mimetype
    return answer.status_code, answer.json["code"]


def test_a_till_sees_what_a_card_is_worth(machine: Machine, given: Given) -> None:
    answer = machine.post("/gift-cards/lookup", {"code": codes.grouped(given.code).lower()})

    assert 200 == answer.status_code
    assert {
        "card": given.card,
        "last_four": given.code[-4:],
        "title": "Gift card",
        "is_product": False,
        "is_bound": False,
        "status": "active",
        "balance_minor": 2000,
        "face_minor": 2000,
        "currency": "USD",
        "expires_on": None,
    } == answer.json


def test_a_till_takes_a_part_and_a_repeat_nothing_more(
    bench: Bench, machine: Machine, given: Given
) -> None:
    first = machine.take(given, 1250, basket_minor=1300)
    again = machine.take(given, 1250, basket_minor=1300)

    assert (201, 750, "USD", 50) == (
        first.status_code,
        first.json["balance_minor"],
        first.json["currency"],
        first.json["on_top_minor"],
    )
    assert (201, first.data, "true") == (
        again.status_code,
        again.data,
        again.headers["Idempotent-Replayed"],
    )
    assert "Idempotent-Replayed" not in first.headers
    assert (750, 750, 1) == books(bench, given)


def test_another_body_under_a_used_key_is_refused(
    bench: Bench, machine: Machine, given: Given
) -> None:
    """Bad input 18."""
    machine.take(given, 5)

    assert (422, "idempotency_mismatch") == told(machine.take(given, 6))
    assert (1995, 1995, 1) == books(bench, given)


def test_a_redemption_is_undone_once(bench: Bench, machine: Machine, given: Given) -> None:
    path = f"/redemptions/{machine.take(given, 2000).json['public_id']}/reversal"
    first = machine.post(path)
    again = machine.post(path)
    other = machine.post(path, {"reason": "other"}, **{"Idempotency-Key": "another"})

    assert (201, 2000, 2000) == (
        first.status_code,
        first.json["amount_minor"],
        first.json["balance_minor"],
    )
    assert (201, first.data, "true") == (
        again.status_code,
        again.data,
        again.headers["Idempotent-Replayed"],
    )
    assert (409, "already_reversed") == told(other)
    assert (2000, 2000, 1) == books(bench, given)


def test_a_product_is_taken_without_an_amount(bench: Bench, world: World) -> None:
    machine = machine_at(bench, world, world.store.id)
    given = a_gift(bench, world, face_minor=450, variant_id=world.variant.id)

    assert (422, "gift_taken_whole") == told(machine.take(given, 400))
    assert (201, 0) == (
        (answer := machine.take(given)).status_code,
        answer.json["balance_minor"],
    )


BAD_BODIES = [
    ({}, "invalid", "code"),
    ({"code": None}, "invalid", "code"),
    ({"code": 5}, "invalid", "code"),
    ({"code": ["A"]}, "invalid", "code"),
    ({"amount_minor": "5"}, "invalid_gift_amount", "amount_minor"),
    ({"amount_minor": 1.5}, "invalid_gift_amount", "amount_minor"),
    ({"amount_minor": 0}, "invalid_gift_amount", "amount_minor"),
    ({"amount_minor": -1}, "invalid_gift_amount", "amount_minor"),
    ({"amount_minor": 2**53 + 1}, "invalid_gift_amount", "amount_minor"),
    ({"amount_minor": True}, "invalid_gift_amount", "amount_minor"),
    ({"amount_minor": None}, "invalid_gift_amount", "amount_minor"),
    ({"basket_minor": 4}, "basket_too_small", "basket_minor"),
    ({"basket_minor": -4}, "invalid_gift_amount", "basket_minor"),
    ({"balance_minor": 4}, "unknown_field", "balance_minor"),
    ({"store": "sto_0000000000000000"}, "unknown_store", "store"),
    ({"store": 7}, "unknown_store", "store"),
    ({"store": "sto_\0"}, "unknown_store", "store"),
    ({"store": "sto_\ud800"}, "unknown_store", "store"),
    # Bad input 30
    ({"code": "A" * 10_000}, "code_mistyped", "code"),
    ({"code": "\u0000"}, "code_mistyped", "code"),
    ({"code": "\u202eABCD"}, "code_mistyped", "code"),
    ({"code": "🎁" * 17}, "code_mistyped", "code"),
    ({"code": "' OR 1=1 --"}, "code_mistyped", "code"),
    ({"code": "../../etc/passwd"}, "code_mistyped", "code"),
    # Bad input 31
    ({"code": "https://evil.test/?q=<script>"}, "not_our_code", "code"),
]


HOWEVER_TYPED = {
    "spaces": codes.grouped,
    "dashes": lambda code: codes.grouped(code).replace(" ", "-"),
    "lower case": str.lower,
    "full width": lambda code: "".join(chr(ord(each) + 0xFEE0) for each in code),
    "newline": lambda code: f" {code}\r\n",
}


@pytest.mark.parametrize("how", HOWEVER_TYPED)
def test_however_a_code_is_typed_it_is_taken(machine: Machine, given: Given, how: str) -> None:
    """Bad input 29."""
    typed = HOWEVER_TYPED[how](given.code)
    looked = machine.post("/gift-cards/lookup", {"code": typed})
    taken = machine.post("/redemptions", {"code": typed, "amount_minor": 5})

    assert [(200, 2000), (201, 1995)] == [
        (each.status_code, each.json["balance_minor"]) for each in (looked, taken)
    ]


def test_the_address_in_a_qr_code_is_as_good(bench: Bench, machine: Machine, given: Given) -> None:
    """Bad input 29: pasted whole."""
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given.gift_id)
        address = links.gift_url(bench.ports.settings, bench.ports.sign, gift)
    taken = machine.post("/redemptions", {"code": f" {address}\n", "amount_minor": 5})

    assert (201, 1995) == (taken.status_code, taken.json["balance_minor"])


@pytest.mark.parametrize(("changes", "code", "field"), BAD_BODIES)
def test_a_bad_body_is_refused_and_never_echoed(
    bench: Bench, machine: Machine, given: Given, changes: dict[str, Any], code: str, field: str
) -> None:
    body = {"code": given.code, "amount_minor": 5, **changes}
    if not changes:
        body = {"amount_minor": 5}
    answer = machine.post("/redemptions", body)

    assert (422, code) == told(answer)
    assert field == answer.json["field"]
    typed = str(changes.get("code", ""))
    assert len(typed) < 5 or typed not in answer.text
    assert (2000, 2000, 0) == books(bench, given)


def test_a_mistyped_code_says_where(machine: Machine, given: Given) -> None:
    """Bad input 21."""
    answer = machine.post("/gift-cards/lookup", {"code": given.code[:3] + "0" + given.code[4:]})

    assert (422, "code_mistyped") == told(answer)
    assert 4 == answer.json["place"]


def test_a_foreign_address_is_told_by_its_host(machine: Machine) -> None:
    """Bad input 31: it is shown, and not opened."""
    answer = machine.post("/gift-cards/lookup", {"code": "https://evil.test/g/1"})

    assert (422, "not_our_code", "evil.test") == (*told(answer), answer.json["host"])


def test_unknown_codes_and_foreign_ones_get_one_answer(
    bench: Bench, machine: Machine, given: Given
) -> None:
    """Bad input 22."""
    other = world_on(bench, slug="bakery")
    stranger = machine_at(bench, other, other.store.id)
    unknown = machine.post("/gift-cards/lookup", {"code": codes.new_code()})
    foreign = stranger.post("/gift-cards/lookup", {"code": given.code})

    assert (404, "code_not_found") == told(unknown)
    assert anonymous(unknown) == anonymous(foreign)


def anonymous(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json.items() if name != "request_id"}


def test_more_than_there_is_says_what_there_is(machine: Machine, given: Given) -> None:
    """Bad input 25."""
    answer = machine.take(given, 2001)

    assert (409, "insufficient_balance") == told(answer)
    assert (2000, "USD") == (answer.json["balance_minor"], answer.json["currency"])
    assert "$20.00" in answer.json["detail"]


def test_a_used_card_says_when_where_and_by_whom(
    bench: Bench, machine: Machine, given: Given
) -> None:
    """Bad input 23."""
    taken = machine.take(given, 2000).json
    answer = machine.take(given, 1, key="another")

    assert (409, "already_redeemed") == told(answer)
    assert (bench.clock.now().isoformat(), "Main Street", "Till 1", taken["public_id"]) == (
        answer.json["at"],
        answer.json["store"],
        answer.json["who"],
        answer.json["receipt"],
    )
    assert taken["public_id"] in answer.json["detail"]


UNUSABLE = {
    "code_suspended": {"blocked_at": "now", "block_reason": "dispute"},
    "code_refunded": {"voided_at": "now", "void_reason": "refunded"},
    "code_void": {"voided_at": "now", "void_reason": "by_shop"},
}


@pytest.mark.parametrize("code", UNUSABLE)
def test_a_card_that_cannot_be_used_says_why_and_what_to_tell_the_guest(
    bench: Bench, machine: Machine, given: Given, code: str
) -> None:
    """Bad input 24."""
    now = bench.clock.now()
    facts = {name: now if value == "now" else value for name, value in UNUSABLE[code].items()}
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(**facts))
    with nothing_changes(bench.database):
        looked = machine.post("/gift-cards/lookup", {"code": given.code})
        taken = machine.take(given, 1)

    assert [(409, code)] * 2 == [told(looked), told(taken)]
    assert str(SENTENCES[code]) == taken.json["detail"]


def test_a_gift_that_is_not_paid_yet_is_pending(
    bench: Bench, world: World, machine: Machine
) -> None:
    """Bad input 24: there is no code yet, but whoever sees the link may come with it."""
    placed = place_gift(bench, world)
    with bench.database.reads() as session:
        [gift] = gifts_of(session, placed)
        address = links.gift_url(bench.ports.settings, bench.ports.sign, gift)
    with nothing_changes(bench.database):
        answer = machine.post("/redemptions", {"code": address, "amount_minor": 5})

    assert (409, "code_pending") == told(answer)


def test_an_expired_card_says_its_last_day(bench: Bench, machine: Machine, given: Given) -> None:
    """Bad input 24."""
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(expires_on=date(2026, 3, 13)))
    answer = machine.take(given, 1)

    assert (409, "code_expired", "2026-03-13") == (*told(answer), answer.json["day"])
    assert "Mar 13, 2026" in answer.json["detail"]


def test_a_stores_token_acts_for_its_store_only(
    bench: Bench, world: World, machine: Machine, given: Given
) -> None:
    with bench.database.begin() as session:
        merchants.add_store(
            session, world.merchant.id, name="Harbour", address="2 Quay", hours="", position=1
        )
        harbour = session.scalars(select(Store).where(Store.name == "Harbour")).one()
    elsewhere = machine_at(bench, world, harbour.id)
    taken = machine.take(given, 5).json["public_id"]

    assert (403, "not_allowed") == told(machine.take(given, 5, key="x", store=harbour.public_id))
    assert (403, "not_yours_to_undo") == told(elsewhere.post(f"/redemptions/{taken}/reversal"))
    assert (1995, 1995, 1) == books(bench, given)


def test_a_card_is_not_taken_where_it_is_not_good(
    bench: Bench, machine: Machine, given: Given
) -> None:
    """Bad input 26."""
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(stores=[]))

    assert (403, "not_allowed_here") == told(machine.take(given, 5))


def test_a_token_of_the_whole_merchant_names_the_store(
    bench: Bench, world: World, given: Given
) -> None:
    machine = machine_at(bench, world, None)

    assert (422, "unknown_store") == told(machine.take(given, 5))
    taken = machine.take(given, 5, store=world.store.public_id)
    assert (201, "Main Street") == (taken.status_code, taken.json["store"])
    assert 201 == machine.post(f"/redemptions/{taken.json['public_id']}/reversal").status_code


def test_a_revoked_token_takes_nothing(bench: Bench, machine: Machine, given: Given) -> None:
    with bench.database.begin() as session:
        session.execute(update(ApiToken).values(revoked_at=bench.clock.now()))

    assert (401, "token_needed") == told(machine.take(given, 5))
    assert (2000, 2000, 0) == books(bench, given)


@pytest.mark.parametrize("key", ["k", "another"])
@pytest.mark.parametrize("code", ["its own", "nobody's", "a link's"])
def test_a_token_that_was_good_a_moment_ago_takes_nothing_and_learns_nothing(
    bench: Bench, machine: Machine, given: Given, code: str, key: str
) -> None:
    assert 201 == machine.take(given, 2000).status_code
    shown = {
        "its own": given.code,
        "nobody's": codes.new_code(),
        "a link's": f"https://shop.test/g/{'0' * 40}",
    }[code]
    with bench.database.begin() as session:
        session.execute(update(ApiToken).values(revoked_at=bench.clock.now()))

    with nothing_changes(bench.database):
        again = machine.post("/redemptions", {"code": shown}, **{"Idempotency-Key": key})
    assert (401, "token_needed") == told(again)


@pytest.mark.parametrize("path", ["/redemptions", "/redemptions/rdm_0000000000000000/reversal"])
@pytest.mark.parametrize(
    ("key", "expected"),
    [("", (400, "idempotency_key_required")), ("k" * 256, (422, "idempotency_key_invalid"))],
)
def test_what_changes_something_needs_a_key(
    machine: Machine, given: Given, path: str, key: str, expected: tuple[int, str]
) -> None:
    """Bad input 20."""
    body = {"code": given.code, "amount_minor": 5} if path == "/redemptions" else {}

    assert expected == told(machine.post(path, body, **{"Idempotency-Key": key}))


def test_the_longest_key_is_kept(bench: Bench, machine: Machine, given: Given) -> None:
    assert 201 == machine.take(given, 5, key="k" * 255).status_code
    with bench.ports.reads() as session:
        assert ["k" * 255] == session.scalars(select(Redemption.request_key)).all()


def test_guesses_are_stopped_whatever_they_say_of_themselves(
    bench: Bench, world: World, machine: Machine, given: Given
) -> None:
    """Bad input 28: a made-up X-Forwarded-For is nobody's address while no proxy is trusted."""
    answers = [
        machine.post(
            "/gift-cards/lookup",
            {"code": codes.new_code()},
            **{"X-Forwarded-For": f"203.0.113.{number}"},
        )
        for number in range(12)
    ]
    owner = machine_at(bench, world, world.store.id)

    assert [404] * 10 + [429] * 2 == [answer.status_code for answer in answers]
    assert "600" == answers[-1].headers["Retry-After"]
    assert 201 == owner.take(given, 5).status_code


def test_made_up_tokens_stop_their_address_and_no_token_that_is_good(
    bench: Bench, machine: Machine, given: Given
) -> None:
    made_up = [
        Machine(machine.client, f"made-up-{number}").post(
            "/gift-cards/lookup", {"code": given.code}
        )
        for number in range(22)
    ]
    bare = bench.client().post("/api/v1/gift-cards/lookup", json={"code": given.code})

    assert [401] * 20 + [429] * 2 == [answer.status_code for answer in made_up]
    assert "3600" == made_up[-1].headers["Retry-After"]
    assert (401, "token_needed") == told(bare)
    assert 201 == machine.take(given, 5).status_code


def test_the_description_is_complete(bench: Bench) -> None:
    described = bench.client().get("/api/v1/openapi.json").json
    paths = described["paths"]
    ours = {
        path: paths[f"/api/v1{path}"]["post"]
        for path in ("/gift-cards/lookup", "/redemptions", "/redemptions/{public_id}/reversal")
    }

    assert "3.1.0" == described["openapi"]
    assert [[{"bearer": []}]] * 3 == [each["security"] for each in ours.values()]
    assert [False, True, True] == ["Idempotency-Key" in json.dumps(each) for each in ours.values()]
    schemas = described["components"]["schemas"]
    assert {"code", "store", "holder", "amount_minor", "basket_minor"} == set(
        schemas["RedemptionBody"]["properties"]
    )
    assert {"200", "201"} >= {
        status for each in ours.values() for status in each["responses"] if status.startswith("2")
    }
