"""How processes that are ours alone begin: quickly, for whatever dies must be back in seconds. Each
loads no more than it needs.

What they load stays until they end, so the garbage collector need not look through it again and
again meanwhile: that is a fifth of the time a start takes. A host's collector is left alone."""

# ruff: noqa: PLC0415 - what a process does not need it does not load

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from storefront.programs import APPLICATION
from storefront.settings import PREFIX, SettingsError, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from flask import Flask

    from storefront.settings import Settings

OBJECTS = 50_000
"""So many more than went away are looked at, instead of 700."""


NEVER_USED = ("httpx", "aiohttp", "requests")
"""What Stripe's library would load to send its calls: ours go by `adapters/wire.py`."""


def main() -> None:
    """Run `storefront …`: a command of the standalone application, or one that needs none."""
    gc.set_threshold(OBJECTS)
    os.environ.setdefault("FLASK_APP", APPLICATION)
    name, *arguments = sys.argv[1:] or [""]
    command = _without_application(name)
    if command is None:
        _load_application()
        from flask.cli import cli

        cli.main(args=["storefront", *sys.argv[1:]], prog_name="storefront")
    try:
        command.main(args=arguments, prog_name=f"storefront {name}")
    except SettingsError as error:
        sys.exit(str(error))


def _without_application(name: str) -> click.Command | None:
    """Return the command of this name where it can do without an application, whose loading takes
    most of a second."""
    if name == "demo":
        # Only here: the demo is a merchant that mounts us, so it stands outside of us.
        from storefront.demo.command import demo

        return demo
    if name == "new-settings":
        from storefront.new_settings import new_settings

        return new_settings
    if not _is_by_itself():
        return None
    if name == "run":
        from storefront.run_command import run_command

        return run_command(_settings)
    if name == "db":
        from storefront.db_command import db_command, open_database

        return db_command(lambda: open_database(_settings()))
    return None


def _is_by_itself() -> bool:
    """Whether the shop is nobody's guest, and its settings stand in the environment: Flask reads
    .env files where python-dotenv is installed, so it is left to Flask there."""
    return os.environ["FLASK_APP"] == APPLICATION and find_spec("dotenv") is None


def _settings() -> Settings:
    return read_settings({key: os.environ[key] for key in os.environ if key.startswith(PREFIX)})


def serve() -> Flask:
    """Return the standalone application for web servers that are ours alone."""
    gc.set_threshold(OBJECTS)
    _load_application()
    from sqlalchemy.orm import configure_mappers

    from storefront import create_app
    from storefront.languages import learn_source
    from storefront.logs import start_logging
    from storefront.web.compiled import keep_compiled

    app = create_app()
    mounted = app.extensions["storefront"]
    keep_compiled(mounted.app.jinja_env)
    # Now, so that forks share what they make.
    configure_mappers()
    mounted.app.url_map.update()
    learn_source()
    start_logging(mounted.ports.settings)
    return app


def _load_application() -> None:
    """Load its modules, without those that others would load and nobody here uses."""
    with _without(NEVER_USED):
        from storefront import create_app  # noqa: F401


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Let modules that are not loaded yet seem not to be installed."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
