"""Settings: a frozen value read once from a mapping with the prefix STOREFRONT_.

Everything that is wrong is reported at once, one line per fault, before anything starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from storefront import settings_readers as read
from storefront.settings_faults import find_faults
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "STOREFRONT_"


class SettingsError(RuntimeError):
    """The application refuses to start; `faults` holds one sentence per faulty setting."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("The storefront cannot start:\n" + "\n".join(f"  - {f}" for f in faults))


@frozen
class Settings:
    """Every setting with its default. Durations are timedeltas; addresses have no final slash."""

    secret_key: str
    pepper: str
    code_keys: tuple[tuple[int, str], ...] = ()
    mode: str = "sandbox"
    base_url: str = "http://localhost:8000"
    url_prefix: str = ""
    database_url: str = ""
    instance_dir: Path = Path("instance")
    sqlite_synchronous: str = "FULL"
    stripe_api_key: str = ""
    stripe_publishable_key: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    stripe_api_url: str = ""
    stripe_js_url: str = "https://js.stripe.com/v3/"
    mail_url: str = ""
    mail_from: str = ""
    operator_email: str = ""
    hold_time: timedelta = timedelta(minutes=10)
    hold_longest: timedelta = timedelta(minutes=30)
    lookback: timedelta = timedelta(days=30)
    openings_wait: timedelta = timedelta(0)
    thanks_percent: int = 50
    reconcile_after: timedelta = timedelta(minutes=10)
    session_time: timedelta = timedelta(hours=12)
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    templates: Path | None = None
    load_member: Callable[[], str | None] | None = None
    demo: bool = False
    log: str = "text"
    metrics_token: str = ""
    keep_interactions: timedelta = timedelta(days=400)
    keep_request_keys: timedelta = timedelta(days=2)
    keep_jobs: timedelta = timedelta(days=30)
    keep_payloads: timedelta = timedelta(days=90)
    keep_mails: timedelta = timedelta(days=30)
    keep_invitations: timedelta = timedelta(days=30)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that nobody may read in a log or an error."""
        urls = (urlsplit(self.mail_url), urlsplit(self.database_url))
        passwords = [parts.password for parts in urls if parts.password]
        return (
            self.secret_key,
            self.pepper,
            self.stripe_api_key,
            self.metrics_token,
            *self.stripe_webhook_secrets,
            *(secret for _, secret in self.code_keys),
            *passwords,
            *map(unquote, passwords),
        )

    @property
    def is_live(self) -> bool:
        """Whether real money moves."""
        return self.mode == "live"

    @property
    def is_https(self) -> bool:
        """Whether shoppers reach us over https, so that cookies can be Secure."""
        return self.base_url.startswith("https://")

    @property
    def media_dir(self) -> Path:
        """Where product pictures are kept."""
        return self.instance_dir / "media"

    @property
    def stripe_hosts(self) -> dict[str, tuple[str, ...]]:
        """CSP sources of the provider's pages, by directive: script, connect, frame, form."""
        script = read.origin(self.stripe_js_url)
        if self.stripe_api_url:
            api = read.origin(self.stripe_api_url)
            return {
                "script": (script,),
                "connect": (api, script),
                "frame": (script,),
                "form": (api,),
            }
        return {
            "script": (script, "https://*.js.stripe.com"),
            "connect": ("https://api.stripe.com", script),
            "frame": (script, "https://*.js.stripe.com", "https://hooks.stripe.com"),
            "form": ("https://connect.stripe.com",),
        }


READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "STOREFRONT_SECRET_KEY": ("secret_key", read.text),
    "STOREFRONT_PEPPER": ("pepper", read.text),
    "STOREFRONT_CODE_KEYS": ("code_keys", read.keys),
    "STOREFRONT_MODE": ("mode", read.text),
    "STOREFRONT_BASE_URL": ("base_url", read.address),
    "STOREFRONT_URL_PREFIX": ("url_prefix", read.address),
    "STOREFRONT_DATABASE_URL": ("database_url", read.text),
    "STOREFRONT_INSTANCE_DIR": ("instance_dir", read.path),
    "STOREFRONT_SQLITE_SYNCHRONOUS": ("sqlite_synchronous", read.text),
    "STOREFRONT_STRIPE_API_KEY": ("stripe_api_key", read.text),
    "STOREFRONT_STRIPE_PUBLISHABLE_KEY": ("stripe_publishable_key", read.text),
    "STOREFRONT_STRIPE_WEBHOOK_SECRETS": ("stripe_webhook_secrets", read.listing),
    "STOREFRONT_STRIPE_API_URL": ("stripe_api_url", read.address),
    "STOREFRONT_STRIPE_JS_URL": ("stripe_js_url", read.text),
    "STOREFRONT_MAIL_URL": ("mail_url", read.text),
    "STOREFRONT_MAIL_FROM": ("mail_from", read.text),
    "STOREFRONT_OPERATOR_EMAIL": ("operator_email", read.text),
    "STOREFRONT_HOLD_MINUTES": ("hold_time", read.minutes),
    "STOREFRONT_HOLD_LONGEST_MINUTES": ("hold_longest", read.minutes),
    "STOREFRONT_LOOKBACK_DAYS": ("lookback", read.days),
    "STOREFRONT_OPENINGS_WAIT_MS": ("openings_wait", read.wait),
    "STOREFRONT_THANKS_PERCENT": ("thanks_percent", read.percent),
    "STOREFRONT_RECONCILE_AFTER_MINUTES": ("reconcile_after", read.minutes),
    "STOREFRONT_SESSION_HOURS": ("session_time", read.hours),
    "STOREFRONT_TRUSTED_HOSTS": ("trusted_hosts", read.listing),
    "STOREFRONT_TRUSTED_PROXIES": ("trusted_proxies", read.count),
    "STOREFRONT_TEMPLATES": ("templates", read.folder),
    "STOREFRONT_LOAD_MEMBER": ("load_member", read.function),
    "STOREFRONT_DEMO": ("demo", read.flag),
    "STOREFRONT_LOG": ("log", read.log),
    "STOREFRONT_METRICS_TOKEN": ("metrics_token", read.text),
    "STOREFRONT_KEEP_INTERACTIONS_DAYS": ("keep_interactions", read.days),
    "STOREFRONT_KEEP_REQUEST_KEYS_DAYS": ("keep_request_keys", read.days),
    "STOREFRONT_KEEP_JOBS_DAYS": ("keep_jobs", read.days),
    "STOREFRONT_KEEP_PAYLOADS_DAYS": ("keep_payloads", read.days),
    "STOREFRONT_KEEP_MAILS_DAYS": ("keep_mails", read.days),
    "STOREFRONT_KEEP_INVITATIONS_DAYS": ("keep_invitations", read.days),
}


def read_settings(source: Mapping[str, object], *, prefix: str = PREFIX) -> Settings:
    """Read the settings from `source` (an app's config or the environment).

    `prefix` lets a second shop in the same process have settings of its own. Raises
    `SettingsError` that names every fault: what is wrong, where, and an example.
    """
    values: dict[str, object] = {}
    faults: list[str] = []
    for name, (attribute, reader) in READERS.items():
        key = prefix + name.removeprefix(PREFIX)
        if source.get(key) is None:
            continue
        try:
            values[attribute] = reader(source[key])
        except (ValueError, TypeError, OverflowError) as error:
            faults.append(f"{key} = {source[key]!r} cannot be used: {error}.")
    faults += _unknown(source, prefix)
    settings = Settings(**{"secret_key": "", "pepper": "", **values})  # type: ignore[arg-type]
    settings = _with_database(settings)
    faults += [fault.replace(PREFIX, prefix) for fault in find_faults(settings)]
    if faults:
        raise SettingsError(faults)
    return settings


def _with_database(settings: Settings) -> Settings:
    if settings.database_url:
        return settings
    file = settings.instance_dir.absolute() / "storefront.sqlite"
    return replace(settings, database_url=f"sqlite:///{file}")


def _unknown(source: Mapping[str, object], prefix: str) -> list[str]:
    known = {prefix + name.removeprefix(PREFIX) for name in READERS}
    stray = sorted(key for key in source if key.startswith(prefix) and key not in known)
    return [f"{key} is not a setting of ours: check its spelling." for key in stray]
