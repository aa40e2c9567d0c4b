"""R-E12 for gifts and their counter: no code, link, PIN or secret of a device stands in a log, a
fault's page or trace, a figure, a finding, or a row that a copy of the database would hold."""

import io
import logging
from collections.abc import Iterator
from copy import copy
from dataclasses import replace

import pytest
from sqlalchemy import text

from gifting import codes
from storefront.logs import formatter_of
from storefront.services.audit import audit
from storefront.services.doctor import examine
from storefront.web.context import KEY
from tests.contents import contents
from tests.gifting.counter.factories import PIN
from tests.storefront.web.answers import PROGRAM
from tests.strangers.addresses import addresses
from tests.strangers.shop import OWN, Furnished

METRICS_TOKEN = "t0ken-for-figures-0123456789-abcdefghij"
LINKS = ("gift_link", "stop_link", "link_of_device", "reset_link", "invitation_link", "gift_t", "t")
FAULTS = (
    ("GET", "/g/{gift_link}"), ("POST", "/g/{gift_link}/code"),
    ("POST", "/api/v1/gift-cards/lookup"), ("POST", "/api/v1/redemptions"),
)  # fmt: skip


@pytest.fixture
def log(furnished: Furnished) -> Iterator[io.StringIO]:
    """Give what the shop and the libraries under it write into its log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter_of(furnished.bench.ports.settings))
    loggers = [logging.getLogger(name) for name in ("storefront", "sqlalchemy", "werkzeug")]
    for logger in loggers:
        logger.addHandler(handler)
    before, loggers[0].level = loggers[0].level, logging.DEBUG
    yield stream
    loggers[0].level = before
    for logger in loggers:
        logger.removeHandler(handler)


def secrets_of(furnished: Furnished) -> set[str]:
    """Return everything that opens something, in each form in which it is written."""
    names, code = furnished.names, furnished.names["code"]
    links = {names[name] for name in LINKS}
    clients = (furnished.owner, furnished.counter.client)
    cookies = {each.value for client in clients for each in client._cookies.values()}
    grouped = codes.grouped(code)
    spoken = {code, code.lower(), grouped, grouped.replace(" ", "-"), code[:-1]}
    return {*links, *cookies, *spoken, furnished.world.api_token, f'"{PIN}"', f"={PIN}"}


def ask_everything(furnished: Furnished) -> list[str]:
    """Look at everything, show the card at each till, and mistype it; return what was refused."""
    code = furnished.names["code"]
    machine = {"Authorization": f"Bearer {furnished.world.api_token}", **PROGRAM}
    shown = {"code": code[:-1] + "0", "store": furnished.world.store.public_id}
    answers = [
        furnished.client_for(address).get(address, buffered=True)
        for _, address in addresses(furnished.names)
    ]
    answers += [
        furnished.counter.post("/cards", {"code": code}),
        furnished.counter.post("/cards", {"code": code[:-1] + "0"}),
        furnished.counter.post("/shifts", {"member": furnished.counter.clerk, "pin": PIN[::-1]}),
        furnished.bench.client().post("/api/v1/gift-cards/lookup", json=shown, headers=machine),
    ]
    return [answer.text for answer in answers if answer.status_code >= 400]


def break_everything(furnished: Furnished) -> list[str]:
    """Damage the card under each page that knows a code or a link; return what is said."""
    names, store = furnished.names, furnished.world.store.public_id
    body = {"code": names["code"], "store": store}
    headers = {"Authorization": f"Bearer {furnished.world.api_token}", "Idempotency-Key": "k"}
    with furnished.bench.database.begin() as session:
        session.execute(text("UPDATE storefront_gift_cards SET currency = 'ZZ', zone = 'No/where'"))
    said = []
    for method, template in FAULTS:
        address = template.format(**names)
        is_api = address.startswith("/api")
        sent = {"json": body, "headers": headers} if is_api else {"data": body, "headers": OWN}
        client = furnished.client_for(address)
        answer = client.open(address, method=method, **(sent if method == "POST" else {}))
        assert (address, 500) == (address, answer.status_code)
        said.append(answer.text.replace(address, ""))  # a page may lead to itself
    with furnished.bench.database.begin() as session:
        session.execute(text("UPDATE storefront_gift_cards SET currency = 'USD', zone = 'UTC'"))
    return said


def figures(furnished: Furnished) -> str:
    """Return what whoever watches the shop is told at /metrics, of all that was asked of it."""
    ports, app = furnished.bench.ports, copy(furnished.owner.application)
    watched = replace(ports, settings=replace(ports.settings, metrics_token=METRICS_TOKEN))
    app.extensions = {**app.extensions, KEY: watched}
    bearer = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    answer = app.test_client().get("/metrics", headers=bearer)
    assert 'route="/g/<token>"' in answer.text
    assert 'route="/api/v1/gift-cards/lookup"' in answer.text
    return str(answer.text)


def test_nothing_that_is_kept_or_said_opens_a_gift(furnished: Furnished, log: io.StringIO) -> None:
    bench, secrets = furnished.bench, secrets_of(furnished)
    refused, faults = ask_everything(furnished), break_everything(furnished)
    with bench.database.reads() as session:
        findings = [*map(str, audit(session, bench.ports.kinds)), *map(str, examine(bench.ports))]
    kept = [str(rows) for name, rows in contents(bench.database).items()]
    said = [log.getvalue(), figures(furnished), *refused, *faults, *findings, *kept]

    assert len(FAULTS) == len(faults)
    assert "Traceback" in log.getvalue()
    assert [] == [each for each in secrets if any(each in words for words in said)]
