"""Requests as our application reads them, and what a stranger can put into a line of the log."""

import logging

import pytest

from storefront.web.private import Fields
from tests.factories import Bench


def test_a_field_is_found_as_ever_and_a_missing_one_is_its_default() -> None:
    fields = Fields([("a", "1"), ("a", "2"), ("b", "x")])

    assert "1" == fields.get("a")
    assert 1 == fields.get("a", type=int)
    assert 7 == fields.get("b", 7, type=int)
    assert fields.get("c") is None
    assert "d" == fields.get("c", "d")


def test_a_session_is_read_from_its_cookie(bench: Bench) -> None:
    stranger, member = bench.client(), bench.client()
    with member.session_transaction() as cookie:
        cookie["language"] = "zh_Hant"

    assert 'lang="zh-Hant"' in member.get("/console/sign-in").text
    assert 'lang="en"' in stranger.get("/console/sign-in").text


@pytest.mark.parametrize(("sent", "noted"), [("GET", "GET"), ("card-4242424242424242", "other")])
def test_an_invented_method_is_not_written_down(
    bench: Bench, caplog: pytest.LogCaptureFixture, *, sent: str, noted: str
) -> None:
    with caplog.at_level(logging.INFO, logger="storefront.access"):
        bench.client().open("/embed.js", method=sent)

    assert [noted] == [getattr(record, "method", None) for record in caplog.records]
