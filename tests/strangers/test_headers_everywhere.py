"""R-E5: whatever is asked for says in its headers what may run and be loaded, and no page loads a
script that the inventory does not know, with a reason for each."""

import re
from dataclasses import dataclass

import pytest

from tests.strangers.addresses import addresses
from tests.strangers.shop import Furnished

PAYMENT = "http://localhost:9"
"""Where the tests' shop finds the payment provider's script, its API and its frames."""

SCRIPT = re.compile(r"<script\b[^>]*>", re.IGNORECASE)
NAME = re.compile(r'\bsrc="/static/js/([a-z/-]+)-[0-9a-f]{10}\.js"')
DATA = re.compile(r'\btype="application/(?:ld\+)?json"')

INVENTORY = {
    "frame": "the card and the shop in the feed: countdown, cart, payment; loads its controllers",
    "gift": "the recipient's page: the code is copied, printed, kept",
    "counter": "the counter: camera, scanner, sounds, an answer that was lost",
    "controllers/console-ticks": "the list of orders: all of a page ticked at once",
    "controllers/console-copy": "a placement's snippet is copied",
    "controllers/console-draft": "what is typed into a long form outlives a closed window",
    "controllers/console-print": "a placement's poster is printed",
}
"""The scripts that pages load, and why each is needed (as PCI DSS 6.4.3 asks)."""


@dataclass(frozen=True)
class Given:
    """What an address of a rule answered: its policy, its other headers, its page."""

    rule: str
    policy: dict[str, str]
    headers: dict[str, str]
    page: str


@pytest.fixture(scope="module")
def answers(furnished: Furnished) -> list[Given]:
    """Ask for every address once."""
    given = []
    for rule, address in addresses(furnished.names):
        answer = furnished.client_for(address).get(address, buffered=True)
        policy = answer.headers.get("Content-Security-Policy", "")
        parts = dict(each.partition(" ")[::2] for each in policy.split("; "))
        page = answer.text if answer.mimetype == "text/html" else ""
        given.append(Given(rule, parts, dict(answer.headers), page))
    return given


def faults(given: Given) -> list[str]:
    """Name what an answer's headers allow that no page of ours needs."""
    policy, headers = given.policy, given.headers
    default = policy.get("default-src")
    checks = {
        "inline or evaluated script": "unsafe" not in " ".join(policy.values()),
        "scripts from anywhere": "*" not in policy.get("script-src", default or "*"),
        "objects": "'none'" == policy.get("object-src", default),
        "another base": "'none'" == policy.get("base-uri"),
        "guessed types": "nosniff" == headers.get("X-Content-Type-Options"),
        "a whole referrer": headers.get("Referrer-Policy") in {"same-origin", "no-referrer"},
    }
    return [name for name, is_well in checks.items() if not is_well]


def test_every_answer_forbids_what_no_page_needs(answers: list[Given]) -> None:
    found = {given.rule: faults(given) for given in answers}

    assert {} == {rule: wrong for rule, wrong in found.items() if wrong}


def test_an_answer_that_allows_too_much_is_found() -> None:
    loose = {"script-src": "* 'unsafe-inline'", "default-src": "'self'"}

    assert 6 == len(faults(Given("/planted", loose, {}, "")))


def test_the_payment_provider_is_let_in_only_where_somebody_pays(answers: list[Given]) -> None:
    running = ("script-src", "connect-src", "frame-src")
    letting_in = {
        given.rule for given in answers
        if any(PAYMENT in given.policy.get(directive, "") for directive in running)
    }  # fmt: skip

    assert {"/orders/<public_id>"} == letting_in


def test_no_page_loads_a_script_that_the_inventory_does_not_know(answers: list[Given]) -> None:
    tags = {tag for given in answers for tag in SCRIPT.findall(given.page)}
    named = {tag: NAME.search(tag) for tag in tags if not DATA.search(tag)}

    assert [] == [tag for tag, name in named.items() if name is None]
    assert INVENTORY.keys() == {name.group(1) for name in named.values() if name}
