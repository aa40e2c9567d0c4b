"""Settings: a frozen value read once from a mapping with the prefix STOREFRONT_.

Everything that is wrong is reported at once, one line per fault, before anything starts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "STOREFRONT_"
MINIMUM_SECRET = 32
MODES = ("sandbox", "test", "live")
LOGS = ("text", "json")
KNOWN_SECRETS = frozenset({"dev", "secret", "changeme", "change-me", "default", "password"})
UNSAFE_SYNCHRONOUS = frozenset({"OFF", "0", "NORMAL", "1"})


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
        script = _origin(self.stripe_js_url)
        if self.stripe_api_url:
            api = _origin(self.stripe_api_url)
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


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _text(value: object) -> str:
    return str(value).strip()


def _address(value: object) -> str:
    return _text(value).rstrip("/")


def _list(value: object) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else list(value)  # type: ignore[call-overload]
    return tuple(_text(item) for item in items if _text(item))


def _keys(value: object) -> tuple[tuple[int, str], ...]:
    """Read `2:secret,3:secret`. What has no number gets 0, for `find_faults` to name without
    its secret, as an error of a reader would not."""
    return tuple(_key(item) for item in _list(value))


def _key(item: str) -> tuple[int, str]:
    number, colon, secret = item.partition(":")
    is_numbered = colon and number.isascii() and number.isdigit()
    return (int(number), secret) if is_numbered else (0, item)


def _flag(value: object) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "0": False,
        "false": False,
        "no": False,
        "": False,
    }
    word = _text(value).lower()
    if word not in words:
        message = "must be true or false"
        raise ValueError(message)
    return words[word]


def _count(value: object) -> int:
    number = int(_text(value))
    if number < 0:
        message = "must not be below zero"
        raise ValueError(message)
    return number


def _percent(value: object) -> int:
    number = _count(value)
    if number > 100:  # noqa: PLR2004
        message = "must not be above 100"
        raise ValueError(message)
    return number


def _wait(value: object) -> timedelta:
    milliseconds = _count(value)
    if milliseconds > 50:  # noqa: PLR2004
        message = "must not be above 50"
        raise ValueError(message)
    return timedelta(milliseconds=milliseconds)


def _minutes(value: object) -> timedelta:
    return _positive(timedelta(minutes=float(_text(value))))


def _hours(value: object) -> timedelta:
    return _positive(timedelta(hours=float(_text(value))))


def _days(value: object) -> timedelta:
    return _positive(timedelta(days=float(_text(value))))


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        message = "must be more than zero"
        raise ValueError(message)
    return duration


def _path(value: object) -> Path:
    return Path(_text(value)).expanduser()


def _log(value: object) -> str:
    word = _text(value).lower()
    if word not in LOGS:
        message = f"must be one of {', '.join(LOGS)}"
        raise ValueError(message)
    return word


def _folder(value: object) -> Path:
    folder = _path(value)
    if not folder.is_dir():
        message = "must be a folder that exists, such as templates/shop"
        raise ValueError(message)
    return folder


def _function(value: object) -> object:
    if not callable(value):
        message = "must be a function that returns a member's public id or None"
        raise TypeError(message)
    return value


READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "STOREFRONT_SECRET_KEY": ("secret_key", _text),
    "STOREFRONT_PEPPER": ("pepper", _text),
    "STOREFRONT_CODE_KEYS": ("code_keys", _keys),
    "STOREFRONT_MODE": ("mode", _text),
    "STOREFRONT_BASE_URL": ("base_url", _address),
    "STOREFRONT_URL_PREFIX": ("url_prefix", _address),
    "STOREFRONT_DATABASE_URL": ("database_url", _text),
    "STOREFRONT_INSTANCE_DIR": ("instance_dir", _path),
    "STOREFRONT_SQLITE_SYNCHRONOUS": ("sqlite_synchronous", _text),
    "STOREFRONT_STRIPE_API_KEY": ("stripe_api_key", _text),
    "STOREFRONT_STRIPE_PUBLISHABLE_KEY": ("stripe_publishable_key", _text),
    "STOREFRONT_STRIPE_WEBHOOK_SECRETS": ("stripe_webhook_secrets", _list),
    "STOREFRONT_STRIPE_API_URL": ("stripe_api_url", _address),
    "STOREFRONT_STRIPE_JS_URL": ("stripe_js_url", _text),
    "STOREFRONT_MAIL_URL": ("mail_url", _text),
    "STOREFRONT_MAIL_FROM": ("mail_from", _text),
    "STOREFRONT_OPERATOR_EMAIL": ("operator_email", _text),
    "STOREFRONT_HOLD_MINUTES": ("hold_time", _minutes),
    "STOREFRONT_HOLD_LONGEST_MINUTES": ("hold_longest", _minutes),
    "STOREFRONT_LOOKBACK_DAYS": ("lookback", _days),
    "STOREFRONT_OPENINGS_WAIT_MS": ("openings_wait", _wait),
    "STOREFRONT_THANKS_PERCENT": ("thanks_percent", _percent),
    "STOREFRONT_RECONCILE_AFTER_MINUTES": ("reconcile_after", _minutes),
    "STOREFRONT_SESSION_HOURS": ("session_time", _hours),
    "STOREFRONT_TRUSTED_HOSTS": ("trusted_hosts", _list),
    "STOREFRONT_TRUSTED_PROXIES": ("trusted_proxies", _count),
    "STOREFRONT_TEMPLATES": ("templates", _folder),
    "STOREFRONT_LOAD_MEMBER": ("load_member", _function),
    "STOREFRONT_DEMO": ("demo", _flag),
    "STOREFRONT_LOG": ("log", _log),
    "STOREFRONT_METRICS_TOKEN": ("metrics_token", _text),
    "STOREFRONT_KEEP_INTERACTIONS_DAYS": ("keep_interactions", _days),
    "STOREFRONT_KEEP_REQUEST_KEYS_DAYS": ("keep_request_keys", _days),
    "STOREFRONT_KEEP_JOBS_DAYS": ("keep_jobs", _days),
    "STOREFRONT_KEEP_PAYLOADS_DAYS": ("keep_payloads", _days),
    "STOREFRONT_KEEP_MAILS_DAYS": ("keep_mails", _days),
    "STOREFRONT_KEEP_INVITATIONS_DAYS": ("keep_invitations", _days),
}


def read_settings(source: Mapping[str, object], *, prefix: str = PREFIX) -> Settings:
    """Read the settings from `source` (an app's config or the environment).

    `prefix` lets a second shop in the same process have settings of its own. Raises
    `SettingsError` that names every fault: what is wrong, where, and an example.
    """
    values: dict[str, object] = {}
    faults: list[str] = []
    for name, (attribute, read) in READERS.items():
        key = prefix + name.removeprefix(PREFIX)
        if source.get(key) is None:
            continue
        try:
            values[attribute] = read(source[key])
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


def find_faults(settings: Settings) -> list[str]:
    """Return one sentence per fault: what, where, and an example of a good value."""
    return [
        *_secret_faults(settings),
        *_code_key_faults(settings),
        *_address_faults(settings),
        *_stripe_faults(settings),
        *_mail_faults(settings),
        *_database_faults(settings),
        *_retention_faults(settings),
    ]


def _secret_faults(settings: Settings) -> list[str]:
    faults = []
    make = "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
    for name, value in (("SECRET_KEY", settings.secret_key), ("PEPPER", settings.pepper)):
        if not value:
            faults.append(f"STOREFRONT_{name} is missing: set it to the output of {make}.")
        elif value.lower() in KNOWN_SECRETS or len(set(value)) < 8:  # noqa: PLR2004
            faults.append(f"STOREFRONT_{name} is a value anyone would guess: use {make}.")
        elif len(value) < MINIMUM_SECRET:
            faults.append(
                f"STOREFRONT_{name} has {len(value)} characters and needs {MINIMUM_SECRET} "
                f"or more: use {make}."
            )
    if settings.metrics_token and len(settings.metrics_token) < MINIMUM_SECRET:
        faults.append(
            f"STOREFRONT_METRICS_TOKEN needs {MINIMUM_SECRET} characters or more: use {make}."
        )
    if settings.secret_key and settings.secret_key == settings.pepper:
        faults.append(
            "STOREFRONT_PEPPER must differ from STOREFRONT_SECRET_KEY: make a second one."
        )
    return faults


def _code_key_faults(settings: Settings) -> list[str]:
    """Name what is wrong with numbered keys; 1 is the pepper's."""
    make = "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
    numbers = [number for number, _ in settings.code_keys]
    faults = []
    if any(number <= 1 for number in numbers) or len(set(numbers)) < len(numbers):
        faults.append(
            "STOREFRONT_CODE_KEYS must give each key a number of its own, 2 or more, "
            "such as 2:…,3:…."
        )
    if any(len(secret) < MINIMUM_SECRET for _, secret in settings.code_keys):
        faults.append(
            f"STOREFRONT_CODE_KEYS: a key needs {MINIMUM_SECRET} characters or more: use {make}."
        )
    if {secret for _, secret in settings.code_keys} & {settings.secret_key, settings.pepper}:
        faults.append("STOREFRONT_CODE_KEYS must differ from the secret key and the pepper.")
    return faults


def _address_faults(settings: Settings) -> list[str]:
    faults = []
    if not _is_address(settings.base_url) or _origin(settings.base_url) != settings.base_url:
        faults.append(
            f"STOREFRONT_BASE_URL = {settings.base_url!r} must be scheme and host only, "
            "such as https://shop.example.com."
        )
    if settings.is_live and not settings.is_https:
        faults.append(
            "STOREFRONT_BASE_URL must begin with https:// in live mode, "
            "such as https://shop.example.com."
        )
    if settings.url_prefix and not re.fullmatch(r"(/[a-z0-9._~-]+)+", settings.url_prefix):
        faults.append(
            f"STOREFRONT_URL_PREFIX = {settings.url_prefix!r} must begin with a slash and hold "
            "lower-case letters, digits and dashes, such as /shop."
        )
    if settings.hold_longest < settings.hold_time:
        faults.append("STOREFRONT_HOLD_LONGEST_MINUTES must not be below STOREFRONT_HOLD_MINUTES.")
    return faults


def _is_address(url: str) -> bool:
    """Whether it is http(s), with a host, a port that can be one, and nobody's password."""
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    return is_whole and parts.scheme in {"http", "https"}


def _stripe_faults(settings: Settings) -> list[str]:
    return [*_stripe_key_faults(settings), *_stripe_address_faults(settings)]


def _stripe_key_faults(settings: Settings) -> list[str]:
    faults = []
    if settings.mode not in MODES:
        faults.append(f"STOREFRONT_MODE = {settings.mode!r} must be one of {', '.join(MODES)}.")
    required = {
        "STRIPE_API_KEY": (settings.stripe_api_key, f"sk_{_key_word(settings)}_…"),
        "STRIPE_PUBLISHABLE_KEY": (settings.stripe_publishable_key, f"pk_{_key_word(settings)}_…"),
        "STRIPE_WEBHOOK_SECRETS": (settings.stripe_webhook_secrets, "whsec_…"),
    }
    for name, (value, example) in required.items():
        if not value:
            faults.append(f"STOREFRONT_{name} is missing: it looks like {example}.")
    if settings.stripe_api_key and not re.match(
        rf"(sk|rk)_{_key_word(settings)}_", settings.stripe_api_key
    ):
        faults.append(
            f"STOREFRONT_STRIPE_API_KEY does not fit STOREFRONT_MODE = {settings.mode}: "
            f"it must begin with sk_{_key_word(settings)}_ or rk_{_key_word(settings)}_."
        )
    if settings.stripe_publishable_key and not settings.stripe_publishable_key.startswith(
        f"pk_{_key_word(settings)}_"
    ):
        faults.append(
            f"STOREFRONT_STRIPE_PUBLISHABLE_KEY does not fit STOREFRONT_MODE = {settings.mode}: "
            f"it must begin with pk_{_key_word(settings)}_."
        )
    return faults


def _stripe_address_faults(settings: Settings) -> list[str]:
    faults = []
    for name, url in (("API", settings.stripe_api_url), ("JS", settings.stripe_js_url)):
        if url and not _is_address(url):
            faults.append(
                f"STOREFRONT_STRIPE_{name}_URL = {url!r} must be an address, "
                "such as http://localhost:8001."
            )
    if settings.mode == "sandbox" and not settings.stripe_api_url:
        faults.append(
            "STOREFRONT_STRIPE_API_URL is missing: in sandbox mode it is the sandbox's address, "
            "such as http://localhost:8001."
        )
    if settings.mode in {"test", "live"} and settings.stripe_api_url:
        faults.append("STOREFRONT_STRIPE_API_URL may be set in sandbox mode only: remove it.")
    if settings.is_live and settings.demo:
        faults.append("STOREFRONT_DEMO cannot be on in live mode: remove it.")
    return faults


def _key_word(settings: Settings) -> str:
    return "live" if settings.is_live else "test"


def _mail_faults(settings: Settings) -> list[str]:
    faults = []
    if not _is_mail_url(settings.mail_url):
        faults.append(
            "STOREFRONT_MAIL_URL is missing or unknown: use "
            "smtp+starttls://user:password@host:587, smtps://…, smtp://… or file:///path/to/folder."
        )
    sender = settings.mail_from.lower()
    if "@" not in sender:
        faults.append(
            "STOREFRONT_MAIL_FROM is missing: the address mails come from, such as "
            "'Example Shop <hello@example.com>'."
        )
    elif re.search(r"not?[-_.]?reply@", sender):
        faults.append(
            "STOREFRONT_MAIL_FROM must be an address that people can answer, not a no-reply one."
        )
    elif not parseaddr(sender)[1].isascii():
        faults.append(
            "STOREFRONT_MAIL_FROM must be an address of plain letters, such as hello@xn--bcher-kva"
            ".example for bücher.example; only its name may have others."
        )
    if settings.operator_email and not re.fullmatch(r"[^@\s]+@[^@\s]+", settings.operator_email):
        faults.append(
            f"STOREFRONT_OPERATOR_EMAIL = {settings.operator_email!r} must be one address, "
            "such as admin@example.com."
        )
    return faults


def _is_mail_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_place = parts.path.startswith("/") if parts.scheme == "file" else parts.hostname
        is_whole = bool(has_place) and parts.port != 0
    except ValueError:
        return False
    return is_whole and parts.scheme in {"smtp", "smtps", "smtp+starttls", "file"}


def _database_faults(settings: Settings) -> list[str]:
    faults = []
    if settings.sqlite_synchronous.upper() in UNSAFE_SYNCHRONOUS:
        faults.append(
            f"STOREFRONT_SQLITE_SYNCHRONOUS = {settings.sqlite_synchronous} can lose paid orders "
            "when power fails: use FULL or EXTRA."
        )
    elif settings.sqlite_synchronous.upper() not in {"FULL", "EXTRA"}:
        faults.append("STOREFRONT_SQLITE_SYNCHRONOUS must be FULL or EXTRA.")
    scheme, _, rest = settings.database_url.partition("://")
    if scheme not in {"sqlite", "postgresql+psycopg"}:
        faults.append(
            f"STOREFRONT_DATABASE_URL begins with {scheme!r}: use sqlite:////path/to/file or "
            "postgresql+psycopg://user:password@host/database."
        )
    elif scheme == "sqlite" and rest in {"", "/", "/:memory:"}:
        faults.append(
            "STOREFRONT_DATABASE_URL must name a file, which all processes share: "
            "use sqlite:////path/to/file."
        )
    return faults


def _retention_faults(settings: Settings) -> list[str]:
    faults = []
    if settings.keep_interactions < settings.lookback:
        faults.append(
            "STOREFRONT_KEEP_INTERACTIONS_DAYS must not be below STOREFRONT_LOOKBACK_DAYS: "
            "an order looks back that far."
        )
    if settings.keep_request_keys < timedelta(days=1):
        faults.append(
            "STOREFRONT_KEEP_REQUEST_KEYS_DAYS must be 1 or more: repeats come for a day."
        )
    return faults
