"""`storefront new-settings`: what a new shop is set to, as lines for a file, with its own secrets.

It runs before there are settings, so it needs no shop and knows none."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

import click

SANDBOX_PORT_STEP = 1
"""The sandbox answers one port above the shop, as in the demo."""


@click.command()
@click.option("--mode", type=click.Choice(["sandbox", "test", "live"]), default="sandbox")
@click.option(
    "--base-url",
    default="http://localhost:8000",
    show_default=True,
    help="Where shoppers reach the shop: scheme, host and port.",
)
@click.option("--prefix", default="", help="The path below which a host mounts it, such as /shop.")
@click.option(
    "--instance",
    type=click.Path(path_type=Path),
    default=Path("instance"),
    show_default=True,
    help="The folder for the database, pictures and, in the sandbox, mails.",
)
def new_settings(*, mode: str, base_url: str, prefix: str, instance: Path) -> None:
    """Print settings for a new shop, with new secrets. Keep them; nothing is written."""
    folder = instance.absolute()
    lines = _common(mode, base_url=base_url, prefix=prefix, folder=folder)
    lines += _sandbox(base_url, prefix, folder) if mode == "sandbox" else _stripe()
    click.echo("\n".join(lines))


def _common(mode: str, *, base_url: str, prefix: str, folder: Path) -> list[str]:
    lines = [
        "# docs/settings.md explains each. Whoever has the two secrets has the shop.",
        f"STOREFRONT_MODE={mode}",
        f"STOREFRONT_BASE_URL={base_url}",
        f"STOREFRONT_INSTANCE_DIR={folder}",
        f"STOREFRONT_SECRET_KEY={secrets.token_urlsafe(48)}",
        f"STOREFRONT_PEPPER={secrets.token_urlsafe(48)}",
    ]
    return [*lines, f"STOREFRONT_URL_PREFIX={prefix}"] if prefix else lines


def _sandbox(base_url: str, prefix: str, folder: Path) -> list[str]:
    """Return what makes a shop and a sandbox on this machine find each other."""
    port = (urlsplit(base_url).port or 80) + SANDBOX_PORT_STEP
    secret = f"whsec_{secrets.token_urlsafe(24)}"
    return [
        f"STOREFRONT_MAIL_URL=file://{folder / 'mail'}",
        "STOREFRONT_MAIL_FROM=hello@shop.example",
        "STOREFRONT_STRIPE_API_KEY=sk_test_sandbox",
        "STOREFRONT_STRIPE_PUBLISHABLE_KEY=pk_test_sandbox",
        f"STOREFRONT_STRIPE_WEBHOOK_SECRETS={secret}",
        f"STOREFRONT_STRIPE_API_URL=http://localhost:{port}",
        f"STOREFRONT_STRIPE_JS_URL=http://localhost:{port}/v3/",
        "",
        "# What `python -m storefront.sandbox` reads.",
        f"SANDBOX_PORT={port}",
        f"SANDBOX_DATABASE={folder / 'sandbox.sqlite'}",
        f"SANDBOX_WEBHOOK_URL={base_url}{prefix}/webhooks/stripe",
        f"SANDBOX_WEBHOOK_SECRET={secret}",
        "SANDBOX_SECRET_KEY=sk_test_sandbox",
        "SANDBOX_PUBLISHABLE_KEY=pk_test_sandbox",
    ]


def _stripe() -> list[str]:
    """Return what only the shop's owner knows, to be filled in."""
    return [
        "",
        "# From your mail server and from Stripe: the guide for operators says where each is.",
        "STOREFRONT_MAIL_URL=",
        "STOREFRONT_MAIL_FROM=",
        "STOREFRONT_STRIPE_API_KEY=",
        "STOREFRONT_STRIPE_PUBLISHABLE_KEY=",
        "STOREFRONT_STRIPE_WEBHOOK_SECRETS=",
    ]
