"""The demo's one web process: the feed and the shop are two sites on one port, told apart by
the name in the address, so that the frame is truly another site's."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from storefront import create_app
from storefront.demo.counters import create_counters
from storefront.demo.host import create_host
from storefront.demo.levers import create_levers
from storefront.demo.mailbox import create_mailbox

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
MAILBOX = "/demo/mailbox"
LEVERS = "/demo/levers"
COUNTER = "/demo/counter"


def create() -> Wsgi:
    """Return the application: `localhost` is the shop, `127.0.0.1` the feed."""
    told = json.loads((Path(os.environ["STOREFRONT_INSTANCE_DIR"]) / "demo.json").read_text())
    shop = create_app()
    host = create_host(
        told["shop_url"],
        {_slug(each["post_url"]): each["public_id"] for each in _placements(told)},
        Path(os.environ["STOREFRONT_INSTANCE_DIR"]) / "host.sqlite",
        gift_url=_unopened_gift(told),
    )
    merchants = {each.get("public_id", ""): each["name"] for each in told["merchants"]}
    ports = shop.extensions["storefront"].ports
    tools = {
        MAILBOX: create_mailbox(Path(told["mail_dir"])).wsgi_app,
        LEVERS: create_levers(told["sandbox_url"], told["shop_url"], merchants).wsgi_app,
        COUNTER: create_counters(ports, told["shop_url"], told["merchants"]).wsgi_app,
    }
    return dispatch(shop.wsgi_app, host.wsgi_app, tools)


def dispatch(shop: Wsgi, host: Wsgi, tools: Mapping[str, Wsgi]) -> Wsgi:
    """Send each request to the site that its address names; tools lie below either name."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for prefix, tool in tools.items():
            if path == prefix or path.startswith(prefix + "/"):
                inner = {**environ, "SCRIPT_NAME": prefix, "PATH_INFO": path[len(prefix) :] or "/"}
                return tool(inner, start_response)
        is_shop = environ.get("HTTP_HOST", "").startswith("localhost")
        return (shop if is_shop else host)(environ, start_response)

    return serve


def _placements(told: dict[str, Any]) -> list[dict[str, str]]:
    return [each for merchant in told["merchants"] for each in merchant["placements"]]


def _unopened_gift(told: dict[str, Any]) -> str:
    gifts = [gift for merchant in told["merchants"] for gift in merchant.get("gifts", [])]
    return next((gift["link"] for gift in gifts if gift["state"] == "unopened"), "")


def _slug(post_url: str) -> str:
    return post_url.rstrip("/").rpartition("/")[2]
