"""The API's addresses stand apart from what answers them, which is loaded at the first call: here
the two are held side by side."""

import time
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from flask_smorest import Blueprint

from gifting import api_calls
from storefront.web.api import OURS, PREFIX, Call, Part, init_api
from storefront.web.api.described import described
from tests.factories import Bench


def addresses(app: Flask) -> set[tuple[str, str, frozenset[str]]]:
    """Return the API's rules: address, endpoint and methods."""
    return {
        (rule.rule, rule.endpoint, frozenset(rule.methods or ()))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
    }


def test_the_addresses_are_those_that_are_answered(bench: Bench) -> None:
    blueprints = [blueprint for part in (OURS, api_calls.PART) for blueprint in part.load()]

    answered = addresses(described(blueprints, prefix=PREFIX))

    assert answered == addresses(bench.client().application)


def test_who_calls_at_the_same_moment_waits_for_one_loading() -> None:
    blueprint, loads = Blueprint("planted", __name__), []
    blueprint.get("/planted")(lambda: "here")

    def load() -> tuple[Blueprint, ...]:
        loads.append("once")
        time.sleep(0.05)  # so that the others come meanwhile
        return (blueprint,)

    app = Flask(__name__)
    init_api(app, more=[Part((Call("GET", "/planted", "planted.<lambda>"),), load)])
    before = list(loads)

    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(app.test_client().get, f"{PREFIX}/planted") for _ in range(4)]
        said = [answer.result().text for answer in asked]

    assert ([], ["here"] * 4, ["once"]) == (before, said, loads)
