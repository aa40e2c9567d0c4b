"""R-E10 and R-E11: forms of too many parts, and names of strangers that ask for mails and leads."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader

from storefront.adapters.jinja_letters import JinjaLetters
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.web.formats import letter_filters
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import world_on
from tests.fakes import BASE_URL, make_bench
from tests.storefront.web.answers import PROGRAM, Refusal, refusal
from tests.storefront.web.conftest import Shop

MOST_PARTS = 1_000
BORDER = "b"
FORM = f"multipart/form-data; boundary={BORDER}"
STRANGERS = (
    "evil.test",
    "shop.test.evil.test",
    "evil.test.shop.test",
    "evil.test:443",
    "shop.test:81",
    "shop.test:80",
    "shop.test.",
    "SHOP.test.evil",
    "xn--shp-tna.test",
    "127.0.0.1",
    "127.0.0.1:8000",
    "[::1]",
    "[::1]:8000",
    "localhost",
    "0.0.0.0",
    "169.254.169.254",
    "shop.test@evil.test",
    "shop_test",
    "shop.test,evil.test",
    "-",
)


def many_parts(count: int) -> bytes:
    """Return a multipart body of so many parts; a thousand of them stay below 64 KB."""
    one = f'--{BORDER}\r\nContent-Disposition:form-data;name="a"\r\n\r\n\r\n'
    return f"{one * count}--{BORDER}--\r\n".encode()


@pytest.mark.parametrize("path", ["/carts", "/console/sign-in", "/console/password-resets"])
def test_a_form_of_more_than_a_thousand_parts_is_not_read(shop: Shop, path: str) -> None:
    headers = {**PROGRAM, "Content-Type": FORM}

    with nothing_changes(shop.bench.database):
        told = shop.client.post(path, data=many_parts(MOST_PARTS + 1), headers=headers)
        read = shop.client.post(path, data=many_parts(MOST_PARTS), headers=headers)

    assert Refusal(413, "too_large") == refusal(told)
    assert 413 != read.status_code


@pytest.mark.parametrize("host", STRANGERS)
def test_a_strangers_name_gets_no_mail_and_no_redirect(shop: Shop, host: str) -> None:
    form, headers = {"email": shop.world.owner_email}, {**PROGRAM, "Host": host}

    with nothing_changes(shop.bench.database):
        asked = shop.client.post("/console/password-resets", data=form, headers=headers)
        led = shop.client.get("/", headers=headers)

    assert [Refusal(400, "bad_host")] * 2 == [refusal(asked), refusal(led)]
    assert "Location" not in led.headers


def test_a_mail_that_was_asked_for_by_another_name_of_ours_leads_to_the_shops_own(
    sqlite_url: str, now: datetime, tmp_path: Path
) -> None:
    bench = make_bench(tmp_path, sqlite_url, now, TRUSTED_HOSTS="10.0.0.7:8000")
    world = world_on(bench)
    letters = JinjaLetters(
        FileSystemLoader(TEMPLATES), translations=TRANSLATIONS, filters=letter_filters
    )
    bench = replace(bench, ports=replace(bench.ports, letters=letters))
    answer = bench.client().post(
        "/console/password-resets",
        data={"email": world.owner_email},
        headers={"Host": "10.0.0.7:8000"},
    )
    run_due(bench.ports)
    bench.database.dispose()
    [mail] = bench.mailbox.sent

    assert answer.status_code < 400
    assert f"{BASE_URL}/console/password-resets/" in mail.text
    assert "10.0.0.7" not in mail.text + mail.html
