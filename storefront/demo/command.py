"""`storefront demo`: a filled shop, a feed around it, a sandbox and a worker, in one command."""

import json
import logging
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import click

from storefront import create_app
from storefront.db import schema
from storefront.demo.examples import examples
from storefront.demo.seed import DemoAddresses, is_seeded, seed
from storefront.demo.stories import Stage, sandbox_for, tell_stories
from storefront.demo.world import MERCHANTS
from storefront.ports import Ports
from storefront.programs import WEB_WORKERS, sandbox_program, web_program, worker_program
from storefront.sandbox import SandboxConfig
from storefront.supervisor import Supervisor

APPLICATION = "storefront.demo.serve:create"
SANDBOX_KEYS = {
    "secret-key": "sk_test_sandbox",
    "publishable-key": "pk_test_sandbox",
    "webhook-secret": "whsec_sandbox",
}
PATIENCE_SECONDS = 60


@click.command()
@click.option("--port", default=8000, show_default=True, help="The feed and the shop; +1: sandbox.")
@click.option("--fresh", is_flag=True, help="Forget everything and start over.")
@click.option(
    "--instance", type=click.Path(path_type=Path), default=Path("instance"), show_default=True
)
def demo(port: int, fresh: bool, instance: Path) -> None:  # noqa: FBT001 - a flag of the command line
    """Open a shop with demo data: a feed, two merchants, a sandbox for payments."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    folder = instance.absolute()
    addresses = DemoAddresses(
        shop=f"http://localhost:{port}",
        host=f"http://127.0.0.1:{port}",
        sandbox=f"http://localhost:{port + 1}",
    )
    if fresh:
        _forget(folder)
    os.environ.update(_environment(folder, addresses))
    prepare(folder, addresses, is_fresh=fresh)
    supervisor = Supervisor(
        [
            sandbox_program(
                port + 1,
                folder / "sandbox.sqlite",
                webhook_url=f"{addresses.shop}/webhooks/stripe",
                keys=SANDBOX_KEYS,
            ),
            web_program(APPLICATION, host="127.0.0.1", port=port, workers=WEB_WORKERS),
            worker_program(),
        ]
    )
    supervisor.start()
    if _is_up(f"{addresses.shop}/healthz", supervisor) and _is_up(addresses.host, supervisor):
        click.echo(_welcome(addresses, folder))
    supervisor.run()


def prepare(folder: Path, addresses: DemoAddresses, *, is_fresh: bool = False) -> None:
    """Make the database and its data, and write `demo.json`; what is there already stays."""
    mounted = create_app().extensions["storefront"]
    if is_fresh:
        schema.downgrade(mounted.database.writer, "base")
    schema.upgrade(mounted.database.writer)
    file = folder / "demo.json"
    with mounted.ports.reads() as session:
        is_there = is_seeded(session)
    if is_there and not file.exists():
        message = "The database has the demo's data, but demo.json is gone: start with --fresh."
        raise click.ClickException(message)
    told = (
        json.loads(file.read_text())["merchants"]
        if is_there
        else _fill(folder, addresses, mounted.ports)
    )
    file.write_text(json.dumps(_tell(folder, addresses, told), indent=2) + "\n")
    mounted.database.dispose()


def _fill(folder: Path, addresses: DemoAddresses, ports: Ports) -> list[dict[str, Any]]:
    """Write the demo's world into an empty shop, with what has happened in it before today."""
    told = seed(ports, addresses)
    config = SandboxConfig(
        folder / "sandbox.sqlite",
        secret_key=SANDBOX_KEYS["secret-key"],
        publishable_key=SANDBOX_KEYS["publishable-key"],
    )
    stage = Stage(ports, folder / "clock", SANDBOX_KEYS["secret-key"])
    with sandbox_for(ports, config, address=addresses.sandbox):
        for demo, its in zip(MERCHANTS, told, strict=True):
            its["gifts"] = tell_stories(stage, demo, its)
    return told


def _forget(folder: Path) -> None:
    """Remove what the demo made in its folder, and nothing else."""
    for name in ("storefront.sqlite", "sandbox.sqlite", "host.sqlite"):
        for tail in ("", "-wal", "-shm", "-turn"):
            (folder / f"{name}{tail}").unlink(missing_ok=True)
    for name in ("demo.json", "clock"):
        (folder / name).unlink(missing_ok=True)
    for name in ("mail", "media"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _environment(folder: Path, addresses: DemoAddresses) -> dict[str, str]:
    """Return the demo's settings; what the caller has set already wins where it makes sense."""
    folder.mkdir(parents=True, exist_ok=True)
    mail = folder / "mail"
    mail.mkdir(exist_ok=True)
    database = f"sqlite:///{folder / 'storefront.sqlite'}"
    return {
        **_secrets(folder),
        "STOREFRONT_MODE": "sandbox",
        "STOREFRONT_DEMO": "true",
        "STOREFRONT_URL_PREFIX": "",
        "STOREFRONT_BASE_URL": addresses.shop,
        "STOREFRONT_INSTANCE_DIR": str(folder),
        "STOREFRONT_DATABASE_URL": os.environ.get("STOREFRONT_DATABASE_URL") or database,
        "STOREFRONT_STRIPE_API_KEY": SANDBOX_KEYS["secret-key"],
        "STOREFRONT_STRIPE_PUBLISHABLE_KEY": SANDBOX_KEYS["publishable-key"],
        "STOREFRONT_STRIPE_WEBHOOK_SECRETS": SANDBOX_KEYS["webhook-secret"],
        "STOREFRONT_STRIPE_API_URL": addresses.sandbox,
        "STOREFRONT_STRIPE_JS_URL": f"{addresses.sandbox}/v3/",
        "STOREFRONT_MAIL_URL": f"file://{mail}",
        "STOREFRONT_MAIL_FROM": "Social Storefront <hello@shop.example>",
    }


def _secrets(folder: Path) -> dict[str, str]:
    """Return this demo's own secrets, made once and kept beside its data."""
    file = folder / "secrets.json"
    if not file.exists():
        names = ("STOREFRONT_SECRET_KEY", "STOREFRONT_PEPPER")
        file.touch(mode=0o600)
        file.write_text(json.dumps({name: secrets.token_urlsafe(48) for name in names}))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def _tell(folder: Path, addresses: DemoAddresses, told: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "shop_url": addresses.shop,
        "host_url": addresses.host,
        "sandbox_url": addresses.sandbox,
        "mailbox_url": f"{addresses.host}/demo/mailbox/",
        "counter_url": f"{addresses.shop}/demo/counter/",
        "mail_dir": str(folder / "mail"),
        "database_url": os.environ["STOREFRONT_DATABASE_URL"],
        "merchants": told,
        "examples": examples(
            told[0],
            shop=addresses.shop,
            sandbox=addresses.sandbox,
            sandbox_key=SANDBOX_KEYS["secret-key"],
        ),
    }


def _is_up(address: str, supervisor: Supervisor) -> bool:
    """Wait until the address answers; False when the demo was ended meanwhile."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and not supervisor.is_stopping:
        try:
            with urlopen(address, timeout=2):  # noqa: S310 - our own address
                return True
        except (URLError, OSError):
            time.sleep(0.1)
    return False


def _welcome(addresses: DemoAddresses, folder: Path) -> str:
    told = json.loads((folder / "demo.json").read_text())
    brinella = told["merchants"][0]
    owner, clerk = brinella["members"][0], brinella["members"][-1]
    return f"""
The demo is open. Press Ctrl+C to close it.

  The feed     {addresses.host}/
  The mailbox  {told["mailbox_url"]}
  A gift       {_unopened(brinella)}
  The counter  {told["counter_url"]}
               {clerk["name"]}  PIN {clerk["pin"]}
  The console  {addresses.shop}/console/
               {owner["email"]}  {owner["password"]}
  The levers   {addresses.host}/demo/levers/

For programs: {folder / "demo.json"}
"""


def _unopened(merchant: dict[str, Any]) -> str:
    """Return the link of a gift that waits for its recipient; an older demo has none."""
    gifts = merchant.get("gifts", [])
    return next((str(gift["link"]) for gift in gifts if gift["state"] == "unopened"), "")
