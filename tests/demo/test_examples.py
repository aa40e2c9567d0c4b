"""What `demo.json` tells outside programs: its form, and examples that work one after the other."""

import json
import re
import time
import uuid
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from tests.running_demo import Demo

pytestmark = pytest.mark.timeout(300)

BLANK = re.compile(r"\{\{([^}]+)\}\}")


def run_examples(told: dict[str, Any]) -> dict[str, Any]:
    """Send every example in its order, as `demo.json` says; return what was saved."""
    saved: dict[str, Any] = {}
    done: set[str] = set()
    with httpx.Client(timeout=20) as client:
        for example in told["examples"]:
            assert set(example["needs"]) <= done, example["name"]
            filled = fill(example, saved)
            answer = client.request(
                filled["method"], filled["url"], headers=filled["headers"], json=filled["json"]
            )
            assert answer.is_success, (example["name"], answer.status_code, answer.text)
            for name, path in filled["save"].items():
                saved[name] = at(answer.json(), path)
            done.add(example["name"])
    return saved


def fill(value: Any, saved: dict[str, Any]) -> Any:
    """Put saved answers into an example's blanks."""
    if isinstance(value, str):
        return BLANK.sub(lambda blank: blank_value(blank[1], saved), value)
    if isinstance(value, dict):
        return {key: fill(each, saved) for key, each in value.items()}
    return [fill(each, saved) for each in value] if isinstance(value, list) else value


def blank_value(blank: str, saved: dict[str, Any]) -> str:
    if blank == "uuid":
        return str(uuid.uuid4())
    name, _, path = blank.partition(".")
    return str(at(saved[name], path))


def at(value: Any, path: str) -> Any:
    """Follow a dotted path; "" is the whole."""
    for part in filter(None, path.split(".")):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def test_the_examples_make_a_sale_that_knows_the_share_it_came_from(demo: Demo) -> None:
    """A like, a share, its opening, an order, its payment: told in `demo.json`, done over HTTP."""
    saved = run_examples(demo.told)

    assert saved["final"]["status"] == "paid"
    assert [step["kind"] for step in saved["credited"]["line"]] == ["share", "open"]
    assert {(saved["opened"]["interaction"], 10_000)} == {
        (credit["interaction"], credit["share"]) for credit in saved["credited"]["credits"]
    }


def test_the_examples_redeem_a_gift_at_a_till_and_undo_it(demo: Demo) -> None:
    saved = run_examples(demo.told)

    balances = [saved[name]["balance_minor"] for name in ("card", "redemption", "reversed")]
    assert [2500, 1500, 2500] == balances


def test_the_examples_can_be_run_again(demo: Demo) -> None:
    assert run_examples(demo.told)["order"] != run_examples(demo.told)["order"]


def test_the_receipt_of_an_example_lies_in_the_mail_folder(demo: Demo) -> None:
    number = run_examples(demo.told)["final"]["number"]

    def receipts() -> list[Any]:
        mails = [
            message_from_bytes(file.read_bytes(), policy=policy.default)
            for file in Path(demo.told["mail_dir"]).glob("*.eml")
        ]
        return [mail for mail in mails if f"#{number}" in str(mail["Subject"])]

    mail = eventually(receipts)[0]
    assert (
        mail["To"],
        mail["Reply-To"].addresses[0].addr_spec,
    ) == ("ada@example.com", "ciao@brinella.example.com")
    assert mail.get_body(("plain",)).get_content_type() == "text/plain"


def eventually(ask: Any) -> Any:
    """Ask until there is an answer, for ten seconds at most."""
    for _ in range(100):
        if found := ask():
            return found
        time.sleep(0.1)
    return ask()


def test_demo_json_tells_all_that_a_program_needs(demo: Demo) -> None:
    told = demo.told
    assert {
        "shop_url",
        "host_url",
        "sandbox_url",
        "mailbox_url",
        "counter_url",
        "mail_dir",
        "database_url",
        "merchants",
        "examples",
    } == set(told)
    for merchant in told["merchants"]:
        assert set(merchant) >= {
            "slug",
            "name",
            "currency",
            "api_token",
            "members",
            "stores",
            "products",
            "offers",
            "placements",
            "gifts",
        }
        assert {"name", "email", "password", "role", "pin"} == set(merchant["members"][0])
        assert {"public_id", "name", "api_token"} == set(merchant["stores"][0])
        assert {"public_id", "name", "variants"} == set(merchant["products"][0])
        assert {"public_id", "sku", "price_minor", "stock"} == set(
            merchant["products"][0]["variants"][0]
        )
        assert {"public_id", "channel", "post_url", "frame_url"} <= set(merchant["placements"][0])
    assert json.loads(json.dumps(told)) == told


def test_the_database_that_demo_json_names_holds_the_sales(demo: Demo) -> None:
    order = run_examples(demo.told)["order"]["public_id"]
    engine = create_engine(demo.told["database_url"])

    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT paid_at FROM storefront_orders WHERE public_id = :id"), {"id": order}
        ).scalar()
    engine.dispose()

    assert found is not None
