"""W15 and C08: no GET spends, places, charges or counts anything, at any address there is."""

from typing import Any

import pytest

from gifting import links
from storefront.models import ShopText
from storefront.services import members, passwords
from storefront.web.embed import ASSETS
from tests.contents import nothing_changes
from tests.factories import PASSWORD, place
from tests.gifting.factories import gifts_of, sell_gift
from tests.storefront.web.answers import PERSON, PROGRAM
from tests.storefront.web.conftest import Shop

COUNTS_PEOPLE = "/s/<token>"
"""The one address whose GET writes a row: a person opens a shared link. It spends nothing."""


def reset_token(shop: Shop) -> str:
    """Return a good token for a new password."""
    with shop.bench.database.reads() as session:
        member = members.find_by_email(session, shop.world.owner_email)
    assert member
    ends_at = int(shop.bench.clock.now().timestamp()) + 60
    return passwords.seal_link(shop.bench.ports.sign, member, ends_at=ends_at)


def gift_addresses(shop: Shop) -> dict[str, str]:
    """Return the addresses that only a gift's own tokens open."""
    placed, sign = sell_gift(shop.bench, shop.world), shop.bench.ports.sign
    with shop.bench.database.reads() as session:
        (gift,) = gifts_of(session, placed)
    opened = f"/g/{links.gift_token(sign, gift)}"
    return {
        "/g/<token>": opened,
        "/g/<token>/card": f"{opened}/card",
        "/gift-reminders/<token>": f"/gift-reminders/{links.reminders_token(sign, gift)}",
    }


@pytest.fixture(scope="module")
def addresses(shop: Shop) -> dict[str, str]:
    """Give a good address for every rule that answers GET."""
    order = place(shop.bench, shop.world)
    with shop.bench.database.begin() as session:
        session.add(
            ShopText(
                merchant_id=shop.world.merchant.id,
                kind="terms",
                url="",
                body="Fresh every day.",
                changed_at=shop.bench.clock.now(),
            )
        )
    names = {
        "placement": shop.world.placement.public_id,
        "product": shop.world.product.public_id,
        "path:path": shop.client.application.extensions[ASSETS].path("js/frame.js"),
        "any(e, p):family": "p",
        "public_id": order.public_id,
        "token": reset_token(shop),
        "design": "ribbon",
        "merchant": shop.world.merchant.public_id,
        "any(terms, privacy, returns, imprint):kind": "terms",
    }
    found = {}
    for rule in shop.client.application.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.rule != COUNTS_PEOPLE:
            path = rule.rule
            for name, value in names.items():
                path = path.replace(f"<{name}>", value)
            found[rule.rule] = f"{path}?t={order.token}" if path.startswith("/orders") else path
    found |= gift_addresses(shop)
    for rule in found:
        if rule.startswith("/console/placements/<public_id>"):
            found[rule] = rule.replace("<public_id>", names["placement"])
    return found


@pytest.fixture(scope="module")
def clients(shop: Shop) -> tuple[Any, Any]:
    """Give a stranger and the owner."""
    owner = shop.bench.client()
    owner.post("/console/sign-in", data={"email": shop.world.owner_email, "password": PASSWORD})
    return shop.client, owner


def test_no_get_changes_a_row(
    shop: Shop, addresses: dict[str, str], clients: tuple[Any, Any]
) -> None:
    bearer = {"Authorization": f"Bearer {shop.world.api_token}"}
    calls = len(shop.bench.gateway.calls)
    answered: dict[str, set[int]] = {}

    with nothing_changes(shop.bench.database):
        for rule, path in addresses.items():
            for client in clients:
                for headers in (PERSON, {**PROGRAM, **bearer}):
                    answer = client.get(path, headers=headers, buffered=True)
                    answered.setdefault(rule, set()).add(answer.status_code)

    # All were really reached; the pictures' folder is empty here, and figures have no token.
    assert {"/media/<path:path>", "/metrics"} == {
        rule for rule, statuses in answered.items() if statuses <= {404}
    }
    assert calls == len(shop.bench.gateway.calls)


def test_a_link_to_the_checkout_places_nothing(shop: Shop) -> None:
    """C08: opening a prepared basket, even a hundred times, only shows a form."""
    form = {
        "surface": "page",
        "placement": shop.world.placement.public_id,
        "variant": shop.world.variant.public_id,
        "quantity": "3",
        "action": "buy",
    }

    with nothing_changes(shop.bench.database):
        link = shop.client.post("/carts", data=form, headers=PERSON).location
        pages = [shop.client.get(link, headers=PERSON) for _ in range(100)]

    assert {200} == {page.status_code for page in pages}
    assert 100 == len({page.text.partition('name="request_key" value="')[2][:32] for page in pages})


def test_a_get_that_writes_is_found(shop: Shop) -> None:
    """The check can fail: opening a link as a person is the one GET that adds a row."""
    body = {"placement": shop.world.placement.public_id, "kind": "share"}
    link = shop.client.post("/interactions", json=body).json["share_url"]

    with pytest.raises(AssertionError), nothing_changes(shop.bench.database):
        shop.client.get(link, headers={**PERSON, "User-Agent": "Firefox/140.0"})
