"""The command line: `python -m storefront.sandbox`. Every flag has a `SANDBOX_…` variable too."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from storefront.sandbox.config import SandboxConfig
from storefront.sandbox.faults import Faults, read_setting
from storefront.sandbox.server import serve


def main(arguments: list[str] | None = None) -> None:
    """Read the flags and serve until told to end."""
    parser = _parser()
    given = parser.parse_args(arguments)
    config = SandboxConfig(
        database=Path(given.database),
        secret_key=given.secret_key,
        publishable_key=given.publishable_key,
        webhook_url=given.webhook_url or None,
        webhook_secret=given.webhook_secret,
        settle_seconds=given.settle_seconds,
        processing_seconds=given.processing_seconds,
        dispute_seconds=given.dispute_seconds,
        faults=_faults(parser, given.faults),
    )
    serve(config, host=given.host, port=given.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m storefront.sandbox", description="A Stripe that runs offline."
    )
    usual = SandboxConfig(database=Path("sandbox.sqlite"))
    _add(parser, "host", "127.0.0.1", meaning="address to listen on")
    _add(parser, "port", 8001, meaning="port to listen on; 0 takes a free one and prints it")
    _add(parser, "database", str(usual.database), meaning="SQLite file that holds everything")
    _add(parser, "webhook-url", "", meaning="where events are sent; empty sends none")
    _add(parser, "webhook-secret", usual.webhook_secret, meaning="what events are signed with")
    _add(parser, "secret-key", usual.secret_key, meaning="the key of servers")
    _add(parser, "publishable-key", usual.publishable_key, meaning="the key of pages")
    _add(parser, "settle-seconds", usual.settle_seconds, meaning="from payment to balance")
    _add(
        parser,
        "processing-seconds",
        usual.processing_seconds,
        meaning="for cards that take their time",
    )
    _add(parser, "dispute-seconds", usual.dispute_seconds, meaning="time to answer a dispute")
    _add(parser, "faults", "", meaning="what goes wrong, as JSON: what POST /sandbox/faults takes")
    return parser


def _faults(parser: argparse.ArgumentParser, text: str) -> Faults:
    try:
        return read_setting(text)
    except ValueError as fault:
        parser.error(f"--faults: {fault}")


def _add(parser: argparse.ArgumentParser, name: str, usual: str | float, *, meaning: str) -> None:
    variable = f"SANDBOX_{name.upper().replace('-', '_')}"
    parser.add_argument(
        f"--{name}",
        default=os.environ.get(variable, usual),
        type=type(usual),
        help=f"{meaning} (default: {usual or 'empty'}; {variable})",
    )


if __name__ == "__main__":
    main()
