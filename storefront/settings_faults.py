"""What is wrong with settings that could be read: each fault in a sentence."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from storefront.settings_readers import origin

if TYPE_CHECKING:
    from storefront.settings import Settings

MINIMUM_SECRET = 32
MODES = ("sandbox", "test", "live")
KNOWN_SECRETS = frozenset({"dev", "secret", "changeme", "change-me", "default", "password"})
UNSAFE_SYNCHRONOUS = frozenset({"OFF", "0", "NORMAL", "1"})


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
    if not _is_address(settings.base_url) or origin(settings.base_url) != settings.base_url:
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
