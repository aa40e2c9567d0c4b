"""The borders of the shop's pages, for every address there is: who may frame them (R-E2), which
cookies they set (R-E3), and what requests from other sites can do (R-E4: nothing)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule

from storefront.services import merchants
from storefront.services.order_requests import PlacedOrder
from tests.contents import nothing_changes
from tests.factories import HOST, PASSWORD, order_json, pay, place
from tests.fakes import BASE_URL, make_bench
from tests.storefront.web.answers import PERSON, Refusal, refusal
from tests.storefront.web.conftest import Shop

SECOND_HOST = "https://news.test:8443"
SAFE = {"GET", "HEAD", "OPTIONS"}
MACHINES = ("/api/", "/webhooks/", "/refusals/")


@pytest.fixture(scope="module")
def order(shop: Shop) -> PlacedOrder:
    """Give an order, and the merchant a second host."""
    with shop.bench.database.begin() as session:
        merchants.allow_host(
            session, shop.world.merchant.id, SECOND_HOST, now=shop.bench.clock.now()
        )
    return place(shop.bench, shop.world)


@pytest.fixture(scope="module")
def member(shop: Shop) -> Any:
    """Give a client that the owner is signed in with."""
    client = shop.bench.client()
    form = {"email": shop.world.owner_email, "password": PASSWORD}
    assert 303 == client.post("/console/sign-in", data=form).status_code
    return client


def rules(shop: Shop, *, safe: bool) -> Iterator[tuple[str, Rule]]:
    """Yield (method, rule) for every address, the safe ones or the others."""
    for rule in shop.client.application.url_map.iter_rules():
        for method in sorted(rule.methods or set()):
            if (method in SAFE) == safe and method != "OPTIONS":
                yield method, rule


def address(shop: Shop, rule: Rule, order: PlacedOrder) -> str:
    """Return an address that the rule answers with something of ours."""
    names = {
        "family": "e",
        "placement": shop.world.placement.public_id,
        "product": shop.world.product.public_id,
        "public_id": order.public_id,
        "path": "cone.jpg",
        "token": "0" * 26,
        "link": "0" * 26,
        "variant_id": shop.world.variant.public_id,
        "merchant": shop.world.merchant.public_id,
        "kind": "terms",
        "slug": "blog",
        "picture_id": "1",
        "design": "ribbon",
        "gift": "gft_0000000000000000",
        "mark": "0" * 26,
    }
    path = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda match: names[match[1]], rule.rule)
    return f"{path}?t={order.token}" if path.startswith("/orders/") else path


def ancestors(answer: Any) -> str:
    """Return who may frame this answer."""
    directives = answer.headers["Content-Security-Policy"].split("; ")
    return next(each for each in directives if each.startswith("frame-ancestors"))


# R-E2: frames

FRAMED = (
    "/e/{placement}", "/e/{placement}?q=nothing-like-it", "/e/{placement}/products/{product}",
    "/e/{placement}/cart", "/e/{placement}/checkout", "/orders/{order}?t={t}&in=frame",
    "/e/{placement}/products/prd_0000000000000000", "/e/{placement}?v=altered&c=altered",
)  # fmt: skip


@pytest.mark.parametrize("path", FRAMED)
def test_a_page_in_the_frame_may_be_framed_by_the_merchants_hosts_only(
    shop: Shop, order: PlacedOrder, path: str
) -> None:
    names = {
        "placement": shop.world.placement.public_id,
        "product": shop.world.product.public_id,
        "order": order.public_id,
        "t": order.token,
    }

    answer = shop.client.get(path.format(**names), headers=PERSON)

    assert f"frame-ancestors {HOST} {SECOND_HOST}" == ancestors(answer)
    assert "X-Frame-Options" not in answer.headers


@pytest.mark.usefixtures("order")
def test_a_refused_form_in_the_frame_may_be_framed_too(shop: Shop) -> None:
    placement = shop.world.placement.public_id
    refused = [
        shop.client.post("/orders", data={"placement": placement, "in": "frame"}, headers=PERSON),
        shop.client.post(
            "/carts", data={"placement": placement, "surface": "frame"}, headers=PERSON
        ),
    ]

    assert [422, 422] == [each.status_code for each in refused]
    assert [f"frame-ancestors {HOST} {SECOND_HOST}"] * 2 == [ancestors(each) for each in refused]


def test_another_merchants_frame_names_that_merchants_hosts(shop: Shop) -> None:
    answer = shop.client.get(f"/e/{shop.rival.placement.public_id}", headers=PERSON)

    assert f"frame-ancestors {HOST}" == ancestors(answer)


def is_framed(rule: Rule) -> bool:
    """Tell whether the rule makes pages of the frame when the family is e."""
    return rule.endpoint == "embed.card" or "family" in rule.arguments


def test_every_other_page_may_be_framed_by_nobody(
    shop: Shop, order: PlacedOrder, member: Any
) -> None:
    for method, rule in rules(shop, safe=True):
        if is_framed(rule) or rule.rule.endswith("/preview"):
            continue
        for client in (shop.client, member):
            answer = client.open(
                address(shop, rule, order), method=method, headers=PERSON, buffered=True
            )
            assert "frame-ancestors 'none'" == ancestors(answer), rule.rule
            assert "DENY" == answer.headers["X-Frame-Options"], rule.rule


def test_a_preview_is_framed_by_the_console_alone(shop: Shop, member: Any) -> None:
    placement, product = shop.world.placement.public_id, shop.world.product.public_id

    for name in (f"preview?product-{product}=1", f"{placement}/preview"):
        answer = member.get(f"/console/placements/{name}", headers=PERSON)
        assert 200 == answer.status_code
        assert f"frame-ancestors {shop.bench.ports.settings.base_url}" == ancestors(answer)


@pytest.mark.parametrize("path", ["/p/{}", "/p/{}/cart", "/p/{}/checkout", "/e/nobody", "/nowhere"])
def test_pages_of_their_own_and_pages_of_nobody_are_never_framed(shop: Shop, path: str) -> None:
    answer = shop.client.get(path.format(shop.world.placement.public_id), headers=PERSON)

    assert "frame-ancestors 'none'" == ancestors(answer)


def test_payment_hosts_are_allowed_on_the_payment_view_only(shop: Shop, order: PlacedOrder) -> None:
    """R-E5: the provider's hosts are nowhere else, not even on the paid order's page."""
    provider = shop.bench.ports.settings.stripe_js_url.removesuffix("/v3/")
    page = f"/orders/{order.public_id}?t={order.token}&in=frame"
    paying = shop.client.get(page, headers=PERSON).headers["Content-Security-Policy"]
    pay(shop.client, shop.bench, order)
    paid = shop.client.get(page, headers=PERSON).headers["Content-Security-Policy"]

    assert provider in paying
    assert provider not in paid
    for method, rule in rules(shop, safe=True):
        answer = shop.client.open(
            address(shop, rule, order), method=method, headers=PERSON, buffered=True
        )
        assert provider not in answer.headers["Content-Security-Policy"], rule.rule


# R-E3: cookies

SIGNING = {"/console/sign-in", "/console/sign-out"}


def test_no_page_of_a_shopper_sets_a_cookie_whoever_asks(
    shop: Shop, order: PlacedOrder, member: Any
) -> None:
    for safe in (True, False):
        for method, rule in rules(shop, safe=safe):
            if rule.rule.startswith("/console"):
                continue
            for client in (shop.client, member):
                answer = client.open(
                    address(shop, rule, order),
                    method=method,
                    headers={**PERSON, "Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"},
                    buffered=True,
                )
                assert [] == answer.headers.getlist("Set-Cookie"), rule.rule


def test_the_console_sets_its_cookie_at_signing_in_and_nowhere_else(
    shop: Shop, order: PlacedOrder, member: Any
) -> None:
    for method, rule in rules(shop, safe=True):
        if rule.rule.startswith("/console"):
            path = address(shop, rule, order)
            answer = member.open(path, method=method, headers=PERSON, buffered=True)
            assert [] == answer.headers.getlist("Set-Cookie"), rule.rule


def test_the_consoles_cookie_is_secure_and_first_party(shop: Shop) -> None:
    client = shop.bench.client()
    form = {"email": shop.world.owner_email, "password": PASSWORD}

    cookies = client.post("/console/sign-in", data=form).headers.getlist("Set-Cookie")

    assert 1 == len(cookies)
    name, *attributes = [part.strip() for part in cookies[0].split(";")]
    flags = {each for each in attributes if "Expires" not in each}
    assert re.match(r"__Host-storefront-[0-9a-f]{6}=", name)
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} == flags


def test_over_http_the_cookie_has_another_name_and_nothing_else_less(
    shop: Shop, tmp_path: Any
) -> None:
    """Browsers refuse __Host- without https; a demo on localhost must still sign in."""
    url = shop.bench.database.writer.url.render_as_string(hide_password=False)
    bench = make_bench(tmp_path, url, shop.bench.clock.now(), base_url="http://localhost:8000")
    form = {"email": shop.world.owner_email, "password": PASSWORD}

    answer = bench.client().post("http://localhost:8000/console/sign-in", data=form)

    bench.database.dispose()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("storefront-")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


# R-E4: other sites

SITES = (None, "same-origin", "same-site", "cross-site", "none")
ORIGINS = (None, BASE_URL, "https://evil.test", "null", "https://shop.test.evil.test")


def is_ours(site: str | None, origin: str | None, *, has_cookie: bool) -> bool:
    """Decide by the rule as the specification says it, apart from the code under test.

    Sec-Fetch-Site decides where present; "none" is a person at the keyboard, whose browser sends
    no foreign Origin with it; else Origin; with neither, only a caller without a cookie passes.
    """
    if site == "none":
        return origin in (None, BASE_URL)
    if site:
        return site == "same-origin"
    return origin == BASE_URL if origin else not has_cookie


def combinations() -> Iterator[tuple[dict[str, str], bool, bool]]:
    """Yield headers, whether the session's cookie comes along, and whether it may pass."""
    for site in SITES:
        for origin in ORIGINS:
            for has_cookie in (False, True):
                named = {"Sec-Fetch-Site": site, "Origin": origin}
                headers = {name: value for name, value in named.items() if value}
                yield headers, has_cookie, is_ours(site, origin, has_cookie=has_cookie)


def test_the_matrix_holds_requests_of_both_kinds() -> None:
    verdicts = [may_pass for _, _, may_pass in combinations()]

    assert (50, 17) == (len(verdicts), sum(verdicts))


def test_no_other_site_can_change_anything_at_any_address(
    shop: Shop, order: PlacedOrder, member: Any
) -> None:
    unsafe = [
        (method, rule)
        for method, rule in rules(shop, safe=False)
        if not rule.rule.startswith(MACHINES)
    ]
    placement = shop.world.placement.public_id
    bodies = {
        "/orders": {"json": order_json(shop.world)},
        "/interactions": {"json": {"placement": placement, "kind": "like"}},
    }
    key = {"Idempotency-Key": "k" * 24, "Accept": "application/json"}

    with nothing_changes(shop.bench.database):
        for headers, has_cookie, may_pass in combinations():
            for method, rule in unsafe if not may_pass else ():
                answer = (member if has_cookie else shop.client).open(
                    address(shop, rule, order),
                    method=method,
                    headers={**headers, **key},
                    **bodies.get(rule.rule, {}),
                )
                assert Refusal(403, "cross_site_blocked") == refusal(answer), (rule, headers)
                assert {"Sec-Fetch-Site", "Origin", "Cookie"} <= set(answer.vary)
                assert [] == answer.headers.getlist("Set-Cookie")
    assert len(unsafe) >= 6
    assert 200 == member.get("/console/orders").status_code


def test_our_own_pages_and_programs_can(shop: Shop, member: Any) -> None:
    """Without this the refusals above could have any other reason."""
    body = {"placement": shop.world.placement.public_id, "kind": "view"}
    for headers, has_cookie, may_pass in combinations():
        if may_pass:
            client = member if has_cookie else shop.client
            answer = client.post("/interactions", json=body, headers=headers)
            assert 201 == answer.status_code, headers
            assert {"Sec-Fetch-Site", "Origin", "Cookie"} <= set(answer.vary)


def test_machines_are_known_by_their_token_and_never_by_a_cookie(
    shop: Shop, order: PlacedOrder, member: Any
) -> None:
    path, foreign = f"/api/v1/orders/{order.public_id}", {"Origin": "https://evil.test"}
    bearer = {"Authorization": f"Bearer {shop.world.api_token}"}

    assert 401 == member.get(path).status_code
    assert 200 == shop.client.get(path, headers={**bearer, **foreign}).status_code
