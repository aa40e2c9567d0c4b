"""Composition root: settings become ports, ports become a private application, and that is
mounted beside a host. The only module that knows every other; nothing imports it."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, redirect, url_for
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from gifting import api_calls, codes, order_actions, sending
from gifting import web as gift_pages
from gifting.console.blueprint import blueprint as gift_console
from gifting.counter import blueprint as counter
from gifting.kind import gift_kind
from storefront.adapters.file_mailer import FileMailer
from storefront.adapters.jinja_letters import JinjaLetters
from storefront.adapters.pillow_pictures import PillowPictures
from storefront.adapters.signer import SecretSigner
from storefront.adapters.smtp_mailer import SmtpMailer
from storefront.adapters.stripe_gateway import StripeGateway
from storefront.commands import Later, is_asked_for_doctor
from storefront.db.engine import Database
from storefront.kinds import GOODS
from storefront.paths import STATIC, TEMPLATES, TRANSLATIONS
from storefront.ports import Clock, Ports
from storefront.settings import PREFIX, Settings, SettingsError, read_settings
from storefront.values import frozen
from storefront.web import (
    checkout,
    embed,
    health,
    interactions,
    metrics,
    offers,
    openings,
    quotes,
    refusals,
    shop_texts,
    showing,
    strange,
    webhooks,
)
from storefront.web.addresses import init_addresses
from storefront.web.api import init_api
from storefront.web.assets import read_assets
from storefront.web.auth import init_auth
from storefront.web.console import blueprint as console
from storefront.web.console import words
from storefront.web.context import KEY
from storefront.web.errors import init_errors
from storefront.web.faults import init_faults
from storefront.web.formats import init_formats, letter_filters
from storefront.web.frame import init_frame
from storefront.web.guards import init_guards
from storefront.web.headers import init_headers
from storefront.web.injections import init_injections
from storefront.web.journal import init_journal
from storefront.web.languages import init_languages
from storefront.web.metrics import init_metrics, tally_of
from storefront.web.private import PrivateFlask
from storefront.web.reaching import init_reaching
from storefront.web.strange import init_strange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from click import Group

    from storefront.ports import Mailer

    Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

BODY_LIMIT = 64 * 1024
PARTS_LIMIT = 1000
DEFAULT_PREFIX = "/storefront"
ALONE = "storefront_application"
"""The name of the host that is none: the shop on its own."""

BLUEPRINTS: tuple[Blueprint, ...] = (
    embed.blueprint,
    checkout.blueprint,
    quotes.blueprint,
    interactions.blueprint,
    openings.blueprint,
    offers.blueprint,
    refusals.blueprint,
    shop_texts.blueprint,
    webhooks.blueprint,
    health.blueprint,
    metrics.blueprint,
    strange.blueprint,
    console,
    gift_pages.blueprint,
    sending.blueprint,
    order_actions.blueprint,
    counter.screen,
    counter.console,
    gift_console,
)


@frozen
class Mounted:
    """What a host finds in `app.extensions`: the private application and its ports."""

    app: Flask
    ports: Ports
    database: Database


class Storefront:
    """The Flask extension: `Storefront(app)`, or `Storefront()` and `init_app(app)` later.

    It mounts a private application under STOREFRONT_URL_PREFIX by wrapping `app.wsgi_app`, so
    that the host's routes, cookies, headers and errors stay as they were. A second shop in one
    process needs a `name` and a `settings_prefix` of its own. No application is kept here.
    """

    def __init__(
        self, app: Flask | None = None, *, name: str = "storefront", settings_prefix: str = PREFIX
    ) -> None:
        self.name = name
        self.settings_prefix = settings_prefix
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Mount the storefront beside the routes of `app`.

        Raises `SettingsError` that names every faulty setting, and `RuntimeError` when the
        same name is mounted twice, or an address would belong to two shops. Under
        `flask … doctor` faulty settings raise nothing: the doctor explains them, and no shop is
        mounted.
        """
        if self.name in app.extensions:
            message = f"{self.name!r} is mounted already: give the second Storefront(name=…)"
            raise RuntimeError(message)
        prefix = self.settings_prefix
        source = {f"{prefix}URL_PREFIX": DEFAULT_PREFIX, **_source(app.config, prefix)}
        try:
            settings = read_settings(source, prefix=prefix)
        except SettingsError as error:
            if not is_asked_for_doctor():
                raise
            from storefront.cli import doctor_of_settings  # noqa: PLC0415 - as in _commands

            app.cli.add_command(doctor_of_settings(self.name, error.faults))
            return
        _refuse_shared_addresses(app, f"{prefix}URL_PREFIX", settings.url_prefix)
        mounted = build(settings)
        app.extensions[self.name] = mounted
        host = "" if app.name == ALONE else app.name
        app.cli.add_command(Later(self.name, partial(_commands, self.name, mounted, host=host)))
        app.wsgi_app = _mount(app.wsgi_app, mounted.app.wsgi_app, settings.url_prefix)  # type: ignore[method-assign, assignment]


def _commands(name: str, mounted: Mounted, *, host: str) -> Group:
    """Return the commands; they are loaded with what they need when one is asked for."""
    from gifting import guessing, rotation  # noqa: PLC0415
    from storefront.cli import Additions, command_group  # noqa: PLC0415

    more = Additions(
        commands=(rotation.rotate_command,), looks=(rotation.examine_keys, guessing.examine_codes)
    )
    return command_group(name, mounted.ports, mounted.database, host=host, more=more)


def _refuse_shared_addresses(app: Flask, setting: str, prefix: str) -> None:
    """Raise `RuntimeError` where another shop in this host has our addresses, or some of them."""
    for name, mounted in app.extensions.items():
        if not isinstance(mounted, Mounted):
            continue
        theirs = mounted.ports.settings.url_prefix
        shorter, longer = sorted((prefix, theirs), key=len)
        if longer == shorter or longer.startswith(shorter + "/"):
            message = (
                f"{setting} = {prefix!r} lies in the way of the shop {name!r}, which is mounted at "
                f"{theirs!r}: give each a path of its own, such as /shop and /kiosk."
            )
            raise RuntimeError(message)


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application that a merchant runs as it is: the storefront at the root.

    Settings come from the environment; `config` overrides them.
    """
    host = Flask(ALONE, static_folder=None)
    host.config.from_mapping(config or {})
    host.config.setdefault("STOREFRONT_URL_PREFIX", os.environ.get("STOREFRONT_URL_PREFIX", ""))
    Storefront(host)
    return host


def _source(config: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return our settings: what the host's config says wins over the environment."""
    merged = {**os.environ, **config}
    return {key: value for key, value in merged.items() if key.startswith(prefix)}


def _mount(host: Wsgi, ours: Wsgi, prefix: str) -> Wsgi:
    def dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != prefix and not path.startswith(prefix + "/"):
            return host(environ, start_response)
        inner = {
            **environ,
            "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + prefix,
            "PATH_INFO": path[len(prefix) :],
        }
        return ours(inner, start_response)

    return dispatch


def build(settings: Settings) -> Mounted:
    """Build the private application and everything it needs from outside."""
    database = Database(
        settings.database_url,
        synchronous=settings.sqlite_synchronous,
        delay=settings.openings_wait,
    )
    ports = build_ports(settings, database)
    app = build_app(ports)
    database.on_delayed = tally_of(app).note_delayed
    return Mounted(app, ports, database)


def build_ports(settings: Settings, database: Database) -> Ports:
    """Choose an implementation for each port."""
    clock = Clock(None if settings.is_live else settings.instance_dir / "clock")
    sign = SecretSigner(
        settings.secret_key,
        settings.pepper,
        keyrings={codes.PURPOSE: dict(settings.code_keys)},
    )
    return Ports(
        settings=settings,
        sessions=database,
        reads=database.reads,
        clock=clock,
        payments=StripeGateway(
            settings.stripe_api_key,
            webhook_secrets=settings.stripe_webhook_secrets,
            api_url=settings.stripe_api_url,
        ),
        mailer=_mailer(settings, clock),
        letters=JinjaLetters(
            _template_loader(settings), translations=TRANSLATIONS, filters=_letter_filters
        ),
        sign=sign,
        pictures=PillowPictures(settings.media_dir),
        kinds=(GOODS, gift_kind(settings, sign)),
    )


def _letter_filters(locale: str, zone: str) -> Mapping[str, Callable[..., str]]:
    """Return the pages' filters, and the console's words for alarms; the letter translates them."""
    return {**letter_filters(locale, zone), "alarm": partial(words.untranslated, words.ALARMS)}


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "file":
        return FileMailer(Path(unquote(parts.path)), clock)
    return SmtpMailer(settings.mail_url, clock)


def _template_loader(settings: Settings) -> ChoiceLoader:
    """Look for a host's own templates first; below `ours/` lie ours, for those that extend one."""
    ours = FileSystemLoader(TEMPLATES)
    theirs = [FileSystemLoader(settings.templates)] if settings.templates else []
    return ChoiceLoader([*theirs, ours, PrefixLoader({"ours": ours})])


def build_app(ports: Ports) -> Flask:
    """Return the private application: its own configuration, cookie, sign-in and error pages."""
    settings = ports.settings
    app = PrivateFlask("storefront", static_folder=None, template_folder=None)
    app.config.from_mapping(_configuration(settings))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_loader = _template_loader(settings)
    app.jinja_env.loader = app.jinja_loader
    app.extensions[KEY] = ports
    assets = read_assets(STATIC)
    app.extensions["storefront_assets"] = assets
    init_addresses(app)
    init_languages(app)
    init_formats(app)
    init_reaching(app)
    init_faults(app)
    init_journal(app)
    init_metrics(app)
    init_strange(app)
    init_guards(app)
    init_headers(app, is_https=settings.is_https)
    init_errors(app)
    init_injections(app)
    init_frame(app, assets)
    init_auth(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    init_api(app, more=(api_calls.PART,))
    openings.init_links(app)
    app.shortcuts = {"s": openings.SHORTCUT, **showing.SHORTCUTS}
    app.add_url_rule("/", "home", lambda: redirect(url_for("console.home")))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    secret = hashlib.sha256(f"cookie:{settings.secret_key}".encode()).hexdigest()
    # A name of its own for each mount: two shops on one host must not share a session.
    mark = hashlib.sha256(f"{settings.url_prefix}|{settings.base_url}".encode()).hexdigest()[:6]
    host_prefix = "__Host-" if settings.is_https else ""
    return {
        "SECRET_KEY": secret,
        "SESSION_COOKIE_NAME": f"{host_prefix}storefront-{mark}",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": settings.session_time,
        # Else every answer to a member sets the cookie anew, shoppers' pages and files included.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "MAX_CONTENT_LENGTH": BODY_LIMIT,
        "MAX_FORM_MEMORY_SIZE": BODY_LIMIT,
        "MAX_FORM_PARTS": PARTS_LIMIT,
        "BABEL_DEFAULT_LOCALE": "en",
    }
