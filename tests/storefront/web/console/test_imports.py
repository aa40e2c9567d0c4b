"""Files of products in the console: sent in, watched to their end, read about, given out."""

import csv
import io
import os
from datetime import timedelta
from typing import Any

import pytest

from storefront.services import import_checks, retention
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import BASE_URL, Bench

GOOD = (
    "Handle,Title,Variant SKU,Variant Price\ncone,Cone,C-1,4.50\n"
    "cup,<script>alert(1)</script>,C-2,5.00\n"
)
BAD = f"{GOOD}jar,Jar,C-3,=cmd\n"


@pytest.fixture
def owner(owner: Any) -> Any:
    """Let the owner's forms say that they come from our own pages."""
    owner.environ_base["HTTP_ORIGIN"] = BASE_URL
    return owner


def send(owner: Any, content: str | bytes, **fields: str) -> Any:
    """Send a file in."""
    body = content if isinstance(content, bytes) else content.encode()
    data = {"file": (io.BytesIO(body), "My products.csv"), **fields}
    return owner.post("/console/products/imports", data=data)


def test_a_file_is_watched_from_its_check_to_its_end(owner: Any, bench: Bench) -> None:
    answer = send(owner, GOOD)
    before = owner.get(answer.location)
    while run_due(bench.ports):
        pass
    after = owner.get(answer.location)

    assert 303 == answer.status_code
    assert "Being checked" in before.text
    assert "3" == before.headers["Refresh"]
    assert "Everything was taken in." in after.text
    assert "Refresh" not in after.headers
    assert "Cone" in owner.get("/console/products").text


def test_the_report_says_where_what_and_why(owner: Any, bench: Bench) -> None:
    answer = send(owner, BAD, is_all_or_nothing="1")
    while run_due(bench.ports):
        pass
    page = owner.get(answer.location).text

    assert "Row 4" in page
    assert "Variant Price" in page
    assert "This is no price." in page
    assert "=cmd" in page
    assert "nothing was taken in" in page


def test_markup_in_a_file_is_text_on_every_page(owner: Any, bench: Bench) -> None:
    send(owner, GOOD)
    while run_due(bench.ports):
        pass

    page = owner.get("/console/products").text

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "There is nothing in this file."),
        (b"PK\x03\x04", "Save it as CSV"),
        (b"Name,Cost\na,1\n", "this is neither"),
        (b"\x89PNG\r\n\0\0", "Save it as UTF-8"),
    ],
)
def test_what_is_no_file_of_products_is_refused_in_words(
    owner: Any, bench: Bench, content: bytes, words: str
) -> None:
    with nothing_changes(bench.database):
        answer = send(owner, content)

    assert 422 == answer.status_code
    assert words in answer.text
    assert 'id="file-error"' in answer.text


def test_a_second_file_waits_for_the_first(owner: Any) -> None:
    first = send(owner, GOOD)

    second = send(owner, GOOD)
    owner.post(f"{first.location.partition('?')[0]}/stop")
    third = send(owner, GOOD)

    assert (409, 303) == (second.status_code, third.status_code)
    assert "Another file is being taken in" in second.text


@pytest.mark.parametrize(
    ("form", "kind", "separator"),
    [("shopify", "text/csv", ","), ("google", "text/tab-separated-values", "\t")],
)
def test_products_are_given_out_as_tables(
    owner: Any, world: World, form: str, kind: str, separator: str
) -> None:
    new = {"name": "=1+1", "price": "4.50", "sku": "@SUM(A1)"}
    owner.post("/console/products", data=new)

    answer = owner.get(f"/console/products/export?format={form}")

    cells = [
        cell for row in csv.reader(io.StringIO(answer.text), delimiter=separator) for cell in row
    ]
    assert kind == answer.mimetype
    assert "attachment" in answer.headers["Content-Disposition"]
    assert {"'=1+1", "'@SUM(A1)", world.variant.sku} <= set(cells)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_a_feed_in_xml_is_given_out(owner: Any, world: World) -> None:
    answer = owner.get("/console/products/export?format=google-xml")

    assert "application/xml" == answer.mimetype
    assert f"<g:id>{world.variant.sku}</g:id>" in answer.text
    assert "<g:price>4.50 USD</g:price>" in answer.text


def test_what_is_ticked_is_given_out(owner: Any, world: World) -> None:
    owner.post("/console/products", data={"name": "Lemon", "price": "4.50"})

    answer = owner.post(
        "/console/products/changes",
        data={"act": "export", f"pick-{world.product.public_id}": "1"},
        follow_redirects=True,
    )

    assert "Pistachio cone" in answer.text
    assert "Lemon" not in answer.text


def test_no_merchant_is_given_anothers_products(owner: Any, rival: World) -> None:
    given = owner.get(f"/console/products/export?only={rival.product.public_id}").text

    assert rival.variant.sku not in given


def test_every_fault_is_in_the_list_however_many_there_are(owner: Any, bench: Bench) -> None:
    many = import_checks.KEPT_FAULTS + 5
    header = "Handle,Title,Variant SKU,Variant Price\n"
    page = send(owner, header + "".join(f"c{n},Cone,C{n},=free\n" for n in range(many))).location
    while run_due(bench.ports):
        pass
    answer = owner.get(f"{page}/faults.csv")
    listed = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    assert ["Row", "Column", "Value", "What was wrong"] == listed[0]
    assert [str(row + 2) for row in range(many)] == [row[0] for row in listed[1:]]
    assert ["Variant Price", "'=free"] == listed[-1][1:3]
    assert f"{page}/faults.csv" in owner.get(page).text


def test_a_list_that_is_forgotten_is_offered_no_more(owner: Any, bench: Bench) -> None:
    page = send(owner, BAD).location
    while run_due(bench.ports):
        pass
    [file] = (bench.ports.settings.instance_dir / "imports").glob("*.faults")
    then = (bench.clock.now() - timedelta(days=31)).timestamp()
    os.utime(file, (then, then))
    retention.forget(bench.ports)

    assert f"{page}/faults.csv" not in owner.get(page).text
    assert owner.get(f"{page}/faults.csv").status_code == 404
