"""Every answer carries the strictest policy that its page can live with."""

import base64
import hashlib

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.web.headers import (
    Policy,
    content_policy,
    init_headers,
    security_headers,
    style_source,
    use_policy,
)

HOSTS = ("https://blog.example", "https://feed.example")
STRIPE = {
    "script": ("https://js.stripe.example",),
    "connect": ("https://api.stripe.example",),
    "frame": ("https://js.stripe.example", "https://hooks.stripe.example"),
}


def directives(policy: Policy) -> dict[str, str]:
    return dict(each.split(" ", 1) for each in content_policy(policy).split("; "))


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    init_headers(app, is_https=False)

    @app.get("/strict")
    def strict() -> str:
        return "words"

    @app.get("/framed")
    def framed() -> str:
        use_policy(Policy(ancestors=HOSTS))
        return "words"

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError

    return app.test_client()


def test_a_page_may_do_nothing_that_was_not_said() -> None:
    assert directives(Policy()) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
    }


def test_exactly_the_hosts_of_the_merchant_may_frame_a_page() -> None:
    assert directives(Policy(ancestors=HOSTS))["frame-ancestors"] == " ".join(HOSTS)


def test_only_the_payment_view_lets_the_payment_provider_in() -> None:
    paying, looking = directives(Policy(payment=tuple(STRIPE.items()))), directives(Policy())

    assert paying["script-src"] == "'self' https://js.stripe.example"
    assert paying["connect-src"] == "'self' https://api.stripe.example"
    assert paying["frame-src"] == "https://js.stripe.example https://hooks.stripe.example"
    assert "stripe" not in "".join(looking.values())


def test_the_theme_is_allowed_by_its_digest() -> None:
    css = ":root{--accent:#123456}"
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()

    assert style_source(css) == f"'sha256-{digest}'"
    assert directives(Policy(style=css))["style-src"] == f"'self' 'sha256-{digest}'"


@pytest.mark.parametrize("policy", [Policy(), Policy(HOSTS, ":root{}", STRIPE)])
def test_nothing_inline_and_nothing_evaluated_ever_runs(policy: Policy) -> None:
    assert "unsafe" not in content_policy(policy)


def test_old_browsers_are_told_not_to_frame_what_nobody_may_frame() -> None:
    assert security_headers(Policy())["X-Frame-Options"] == "DENY"
    assert "X-Frame-Options" not in security_headers(Policy(ancestors=HOSTS))


def test_an_answer_without_a_policy_gets_the_strict_one(client: FlaskClient) -> None:
    headers = client.get("/strict").headers

    assert headers["Content-Security-Policy"] == content_policy(Policy())
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-cache"


def test_a_view_names_who_may_frame_its_page(client: FlaskClient) -> None:
    headers = client.get("/framed").headers

    assert f"frame-ancestors {' '.join(HOSTS)}" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


def test_one_page_s_policy_does_not_leak_into_the_next(client: FlaskClient) -> None:
    client.get("/framed")

    assert client.get("/strict").headers["X-Frame-Options"] == "DENY"


def test_errors_carry_the_headers_too(client: FlaskClient) -> None:
    response = client.get("/broken")

    assert response.status_code == 500
    assert response.headers["Content-Security-Policy"] == content_policy(Policy())


@pytest.mark.parametrize(("is_https", "expected"), [(True, "max-age=31536000"), (False, None)])
def test_https_is_insisted_on_only_where_it_is_spoken(is_https: bool, expected: str | None) -> None:
    app = Flask(__name__)
    init_headers(app, is_https=is_https)

    assert app.test_client().get("/").headers.get("Strict-Transport-Security") == expected
