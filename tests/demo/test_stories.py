"""The demo has a past when it opens: gifts in every state, and a door to the counter."""

import re
from pathlib import Path

import httpx
import pytest

from tests.running_demo import Demo

pytestmark = pytest.mark.timeout(300)

AS_JSON = {"Accept": "application/json"}
AS_PERSON = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def till(demo: Demo) -> dict[str, str]:
    """Return the headers of a store's own till."""
    return {
        **AS_JSON,
        "Authorization": f"Bearer {demo.told['merchants'][0]['stores'][0]['api_token']}",
    }


def first_of(demo: Demo, state: str) -> dict[str, str]:
    """Return the first gift that is told to be in a state."""
    gifts = demo.told["merchants"][0]["gifts"]
    return next(gift for gift in gifts if gift["state"] == state)


def test_gifts_are_there_in_every_state(demo: Demo) -> None:
    states = {gift["state"] for gift in demo.told["merchants"][0]["gifts"]}

    assert {
        "unopened",
        "opened",
        "spent",
        "thanked",
        "scheduled",
        "called_off",
        "disputed",
    } == states


def test_a_card_that_was_spent_in_part_holds_the_rest(demo: Demo) -> None:
    body = {"code": first_of(demo, "spent")["link"]}

    answer = httpx.post(f"{demo.shop}/api/v1/gift-cards/lookup", json=body, headers=till(demo))

    assert (200, 2150, 4000) == (
        answer.status_code,
        answer.json()["balance_minor"],
        answer.json()["face_minor"],
    )


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("thanked", "already_redeemed"),
        ("called_off", "code_refunded"),
        ("disputed", "code_suspended"),
    ],
)
def test_a_card_that_is_over_says_why(demo: Demo, state: str, code: str) -> None:
    body = {"code": first_of(demo, state)["link"]}

    answer = httpx.post(f"{demo.shop}/api/v1/gift-cards/lookup", json=body, headers=till(demo))

    assert code == answer.json()["code"]


def test_a_scheduled_gift_waits_for_nine_in_tokyo(demo: Demo) -> None:
    answer = httpx.get(first_of(demo, "scheduled")["order_url"], headers=AS_JSON)

    gift = answer.json()["gifts"][0]
    assert ("scheduled", "T00:00:00+00:00") == (gift["state"], gift["deliver_at"][10:])


def test_a_gift_by_link_waits_for_its_giver(demo: Demo) -> None:
    answer = httpx.get(first_of(demo, "unopened")["order_url"], headers=AS_JSON)

    assert ["ready", "ready"] == [gift["state"] for gift in answer.json()["gifts"]]


def test_the_clock_is_right_again_when_the_demo_opens(demo: Demo) -> None:
    assert not (Path(demo.told["mail_dir"]).parent / "clock").exists()


def test_a_browser_becomes_a_counter_by_two_clicks(demo: Demo) -> None:
    merchant = demo.told["merchants"][0]
    with httpx.Client(headers=AS_PERSON) as browser:
        door = browser.get(demo.told["counter_url"])
        store = re.findall(r'value="(sto_\w+)"', door.text)[0]
        invited = browser.post(demo.told["counter_url"], data={"store": store})
        asked = browser.get(invited.headers["Location"])
        enrolled = browser.post(invited.headers["Location"])
        counter = browser.get(f"{demo.shop}/counter")

    assert (200, 303, 200, 303) == (
        door.status_code,
        invited.status_code,
        asked.status_code,
        enrolled.status_code,
    )
    assert merchant["members"][-1]["pin"] in door.text
    assert merchant["members"][-1]["name"] in counter.text


def test_the_door_knows_no_other_stores(demo: Demo) -> None:
    answer = httpx.post(
        demo.told["counter_url"], data={"store": "sto_0000000000000000"}, headers=AS_PERSON
    )

    assert 404 == answer.status_code
