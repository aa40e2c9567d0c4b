"""Tokens of tills and programs in the console: made, read once, used, revoked."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storefront.models import Action, ApiToken
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.web.console.conftest import ORIGIN

CODE = {"code": "ABCD-EFGH-JKMN-PQRS-6"}
TOKEN = re.compile(r"sft_[\w-]{43}")


def make(client: Any, *, key: str = "k" * 24, **wish: str) -> Any:
    """Send the form for a token."""
    form = {"name": "Till 7", "store": "", "key": key, **wish}
    return client.post("/console/tokens", data=form, headers=ORIGIN)


def secret_in(page: Any) -> str:
    """Read the token off the page that shows it."""
    found = TOKEN.findall(page.text)
    assert len(found) == 1
    return str(found[0])


def named(bench: Bench, name: str = "Till 7") -> ApiToken:
    with bench.database.reads() as session:
        return session.scalars(select(ApiToken).where(ApiToken.name == name)).one()


def ask(bench: Bench, secret: str, path: str = "/gift-cards/lookup", **sent: Any) -> Any:
    """Ask the API with a token; a card that does not exist tells whether one is let in."""
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k" * 24}
    return bench.client().post(f"/api/v1{path}", headers=headers, **({"json": CODE} | sent))


def test_a_token_is_shown_once_and_kept_as_a_digest(bench: Bench, owner: Any) -> None:
    answer = make(owner)
    secret, row = secret_in(answer), named(bench)
    page = owner.get("/console/tokens").text

    assert "no-store" == answer.headers["Cache-Control"]
    assert secret not in repr(vars(row))
    assert secret not in page
    assert f"…{secret[-4:]}" in page


def test_the_form_sent_again_makes_no_second_token_and_shows_nothing(
    bench: Bench, owner: Any
) -> None:
    secret_in(make(owner))
    with nothing_changes(bench.database):
        again = make(owner)

    assert (303, "/console/tokens?news=shown") == (again.status_code, again.location)


def test_a_store_s_token_takes_gifts_there_and_has_no_business_with_orders(
    bench: Bench, world: World, owner: Any
) -> None:
    secret = secret_in(make(owner, store=world.store.public_id))

    assert "code_mistyped" == ask(bench, secret).json["code"]
    with nothing_changes(bench.database):
        answers = [
            ask(bench, secret, "/orders/ord_0000000000000000/refunds", json={}),
            ask(bench, secret, "/interactions", json={"placement": "plc_0", "kind": "like"}),
            bench.client().get(
                "/api/v1/orders/ord_0000000000000000", headers={"Authorization": f"Bearer {secret}"}
            ),
        ]
    assert {(403, "not_allowed")} == {(each.status_code, each.json["code"]) for each in answers}


def test_the_list_says_when_a_token_was_last_used_to_ten_minutes(bench: Bench, owner: Any) -> None:
    secret = secret_in(make(owner))
    assert named(bench).used_at is None
    assert "never used" in owner.get("/console/tokens").text
    moments = []
    for minutes in (5, 5, 6):
        bench.clock.pass_time(minutes=minutes)
        ask(bench, secret)
        moments.append(named(bench).used_at)

    assert moments[0] is not None
    assert [moments[0], moments[0], moments[0] + timedelta(minutes=11)] == moments
    assert "last used" in owner.get("/console/tokens").text


def test_a_revoked_token_opens_nothing_and_is_listed_no_more(bench: Bench, owner: Any) -> None:
    secret = secret_in(make(owner))
    path = f"/console/tokens/{named(bench).public_id}/revocation"
    assert 303 == owner.post(path, headers=ORIGIN).status_code

    assert 401 == ask(bench, secret).status_code
    assert "Till 7" not in owner.get("/console/tokens").text
    with nothing_changes(bench.database):
        assert 404 == owner.post(path, headers=ORIGIN).status_code


def test_who_made_and_revoked_a_token_is_written_down(
    bench: Bench, world: World, owner: Any
) -> None:
    make(owner, store=world.store.public_id)
    token = named(bench).public_id
    owner.post(f"/console/tokens/{token}/revocation", headers=ORIGIN)
    with bench.database.reads() as session:
        done = session.execute(select(Action.action, Action.object_id, Action.figures)).all()

    assert [
        ("token_made", token, {"store": world.store.public_id}),
        ("token_revoked", token, {}),
    ] == [tuple(each) for each in done]


@pytest.mark.parametrize(
    ("wish", "field"), [({"name": " "}, "name"), ({"store": "sto_0000000000000000"}, "store")]
)
def test_what_cannot_be_made_is_refused_at_its_field(
    bench: Bench, owner: Any, wish: dict[str, str], field: str
) -> None:
    with nothing_changes(bench.database):
        answer = make(owner, **wish)

    assert 422 == answer.status_code
    assert f'id="{field}-error"' in answer.text


def test_stores_and_tokens_of_another_merchant_are_not_there(bench: Bench, owner: Any) -> None:
    rival = world_on(bench, slug="florist")
    with bench.database.reads() as session:
        theirs = session.scalars(
            select(ApiToken.public_id).where(ApiToken.merchant_id == rival.merchant.id)
        ).one()
    with nothing_changes(bench.database):
        answers = [
            make(owner, store=rival.store.public_id).status_code,
            owner.post(f"/console/tokens/{theirs}/revocation", headers=ORIGIN).status_code,
        ]

    assert [422, 404] == answers


@pytest.mark.parametrize(("role", "status"), [("reports", 403), ("clerk", 403), ("manager", 200)])
def test_tokens_are_for_those_who_run_the_shop(
    member_with: Callable[[str], Any], role: str, status: int
) -> None:
    assert status == member_with(role).get("/console/tokens").status_code
