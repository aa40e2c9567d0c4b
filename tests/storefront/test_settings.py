"""The shop starts with good settings only, and names everything that is wrong at once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storefront.settings import READERS, Settings, SettingsError, read_settings

GOOD: dict[str, object] = {
    "STOREFRONT_SECRET_KEY": "k3y-for-tests-0123456789-abcdefghijklmn",
    "STOREFRONT_PEPPER": "p3pper-for-tests-0123456789-abcdefghij",
    "STOREFRONT_STRIPE_API_KEY": "sk_test_fake",
    "STOREFRONT_STRIPE_PUBLISHABLE_KEY": "pk_test_fake",
    "STOREFRONT_STRIPE_WEBHOOK_SECRETS": "whsec_1",
    "STOREFRONT_STRIPE_API_URL": "http://localhost:8001",
    "STOREFRONT_MAIL_URL": "smtp://localhost",
    "STOREFRONT_MAIL_FROM": "Shop <hello@shop.test>",
}
CODE_KEY = "a-code-key-for-tests-0123456789-abcd"
LIVE: dict[str, object] = {
    "MODE": "live",
    "BASE_URL": "https://shop.test",
    "STRIPE_API_KEY": "sk_live_fake",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_fake",
    "STRIPE_API_URL": "",
}


def read(**changes: object) -> Settings:
    return read_settings({**GOOD, **{f"STOREFRONT_{key}": value for key, value in changes.items()}})


def faults(**changes: object) -> tuple[str, ...]:
    """Return what is wrong with otherwise good settings."""
    with pytest.raises(SettingsError) as refusal:
        read(**changes)
    return refusal.value.faults


def test_good_settings_are_read_and_the_rest_has_defaults() -> None:
    settings = read()

    assert settings.stripe_webhook_secrets == ("whsec_1",)
    assert (settings.hold_time, settings.hold_longest) == (
        timedelta(minutes=10),
        timedelta(minutes=30),
    )
    assert settings.lookback == timedelta(days=30)
    assert (settings.is_live, settings.is_https, settings.demo) == (False, False, False)


def test_live_settings_are_good_too() -> None:
    settings = read(**LIVE)

    assert (settings.is_live, settings.is_https) == (True, True)


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("BASE_URL", "https://shop.test/", "base_url", "https://shop.test"),
        ("BASE_URL", "http://[::1]:8000", "base_url", "http://[::1]:8000"),
        ("URL_PREFIX", "/shop/", "url_prefix", "/shop"),
        ("URL_PREFIX", "/a/b-c.d", "url_prefix", "/a/b-c.d"),
        ("STRIPE_WEBHOOK_SECRETS", " a , b ,", "stripe_webhook_secrets", ("a", "b")),
        ("STRIPE_WEBHOOK_SECRETS", ["a", "b"], "stripe_webhook_secrets", ("a", "b")),
        (
            "CODE_KEYS",
            f"2:{CODE_KEY}, 3:x{CODE_KEY}",
            "code_keys",
            ((2, CODE_KEY), (3, f"x{CODE_KEY}")),
        ),
        ("TRUSTED_HOSTS", "a.test,b.test", "trusted_hosts", ("a.test", "b.test")),
        ("TRUSTED_PROXIES", "2", "trusted_proxies", 2),
        ("HOLD_MINUTES", "2.5", "hold_time", timedelta(seconds=150)),
        ("LOOKBACK_DAYS", 7, "lookback", timedelta(days=7)),
        ("OPENINGS_WAIT_MS", "20", "openings_wait", timedelta(milliseconds=20)),
        ("SESSION_HOURS", "1", "session_time", timedelta(hours=1)),
        ("DEMO", "Yes", "demo", True),
        ("DEMO", False, "demo", False),
        ("DEMO", "", "demo", False),
        ("SQLITE_SYNCHRONOUS", "extra", "sqlite_synchronous", "extra"),
        ("MAIL_URL", "file:///tmp/mail", "mail_url", "file:///tmp/mail"),
    ],
)
def test_a_setting_is_read_as_it_is_meant(
    name: str, value: object, attribute: str, expected: object
) -> None:
    assert getattr(read(**{name: value}), attribute) == expected


def test_a_database_is_a_file_in_the_instance_folder_unless_one_is_named(tmp_path: Path) -> None:
    settings = read(INSTANCE_DIR=str(tmp_path))

    assert settings.database_url == f"sqlite:///{tmp_path}/storefront.sqlite"
    assert settings.media_dir == tmp_path / "media"


def no_member() -> None:
    """Say that nobody is there, as a host may."""


def test_a_host_may_tell_who_is_there() -> None:
    assert read(LOAD_MEMBER=no_member).load_member is no_member


# Each faulty value, and what its one line must name besides the setting: an example of a good one.
FAULTY = [
    ("SECRET_KEY", "", "secrets.token_urlsafe"),
    ("SECRET_KEY", "dev", "secrets.token_urlsafe"),
    ("SECRET_KEY", "changeme", "secrets.token_urlsafe"),
    ("SECRET_KEY", "x" * 64, "secrets.token_urlsafe"),
    ("SECRET_KEY", "abcdefghij0123456789", "needs 32"),
    ("PEPPER", "", "secrets.token_urlsafe"),
    ("PEPPER", "short-pepper-1", "needs 32"),
    ("PEPPER", GOOD["STOREFRONT_SECRET_KEY"], "differ from STOREFRONT_SECRET_KEY"),
    ("CODE_KEYS", CODE_KEY, "2:…,3:…"),
    ("CODE_KEYS", f"1:{CODE_KEY}", "2:…,3:…"),
    ("CODE_KEYS", f"2:{CODE_KEY},2:{CODE_KEY}x", "2:…,3:…"),
    ("CODE_KEYS", "2:short", "secrets.token_urlsafe"),
    ("CODE_KEYS", f"2:{GOOD['STOREFRONT_PEPPER']}", "differ from"),
    ("MODE", "production", "sandbox, test, live"),
    ("BASE_URL", "shop.test", "https://shop.example.com"),
    ("BASE_URL", "ftp://shop.test", "https://shop.example.com"),
    ("BASE_URL", "https://shop.test/store", "https://shop.example.com"),
    ("BASE_URL", "https://shop.test?x=1", "https://shop.example.com"),
    ("BASE_URL", "https://shop.test:port", "https://shop.example.com"),
    ("BASE_URL", "https://me:secret@shop.test", "https://shop.example.com"),
    ("BASE_URL", "", "https://shop.example.com"),
    ("URL_PREFIX", "shop", "/shop"),
    ("URL_PREFIX", "/Shop", "/shop"),
    ("URL_PREFIX", "/shop/../x y", "/shop"),
    ("DATABASE_URL", "mysql://localhost/shop", "sqlite:////path/to/file"),
    ("DATABASE_URL", "postgresql://localhost/shop", "postgresql+psycopg://"),
    ("DATABASE_URL", "shop.db", "sqlite:////path/to/file"),
    ("DATABASE_URL", "sqlite://", "sqlite:////path/to/file"),
    ("DATABASE_URL", "sqlite:///:memory:", "sqlite:////path/to/file"),
    ("OPENINGS_WAIT_MS", "51", "above 50"),
    ("SQLITE_SYNCHRONOUS", "OFF", "FULL or EXTRA"),
    ("SQLITE_SYNCHRONOUS", "normal", "FULL or EXTRA"),
    ("SQLITE_SYNCHRONOUS", "1", "FULL or EXTRA"),
    ("SQLITE_SYNCHRONOUS", "sometimes", "FULL or EXTRA"),
    ("STRIPE_API_KEY", "", "sk_test_"),
    ("STRIPE_API_KEY", "sk_live_fake", "sk_test_"),
    ("STRIPE_API_KEY", "pk_test_fake", "sk_test_"),
    ("STRIPE_PUBLISHABLE_KEY", "", "pk_test_"),
    ("STRIPE_PUBLISHABLE_KEY", "pk_live_fake", "pk_test_"),
    ("STRIPE_PUBLISHABLE_KEY", "sk_test_fake", "pk_test_"),
    ("STRIPE_WEBHOOK_SECRETS", "", "whsec_"),
    ("STRIPE_WEBHOOK_SECRETS", " , ", "whsec_"),
    ("STRIPE_API_URL", "", "http://localhost:8001"),
    ("STRIPE_API_URL", "localhost:8001", "http://localhost:8001"),
    ("STRIPE_JS_URL", "js.stripe.com", "such as http"),
    ("MAIL_URL", "", "smtp+starttls://"),
    ("MAIL_URL", "http://mail.test", "smtp+starttls://"),
    ("MAIL_URL", "smtp://", "smtp+starttls://"),
    ("MAIL_URL", "smtp://mail.test:post", "smtp+starttls://"),
    ("MAIL_URL", "file://mail", "file:///path/to/folder"),
    ("OPERATOR_EMAIL", "admin at example", "must be one address, such as admin@example.com."),
    ("MAIL_FROM", "", "hello@example.com"),
    ("MAIL_FROM", "Shop", "hello@example.com"),
    ("MAIL_FROM", "Shop <no-reply@shop.test>", "people can answer"),
    ("MAIL_FROM", "noreply@shop.test", "people can answer"),
    ("MAIL_FROM", "do-not-reply@shop.test", "people can answer"),
    ("MAIL_FROM", "Shop <hello@b\u00fccher.test>", "hello@xn--bcher-kva"),
    ("HOLD_MINUTES", "ten", "cannot be used"),
    ("HOLD_MINUTES", "0", "more than zero"),
    ("HOLD_MINUTES", "1e400", "cannot be used"),
    ("HOLD_LONGEST_MINUTES", "5", "STOREFRONT_HOLD_MINUTES"),
    ("LOOKBACK_DAYS", "-1", "more than zero"),
    ("LOOKBACK_DAYS", "nan", "cannot be used"),
    ("THANKS_PERCENT", "101", "above 100"),
    ("RECONCILE_AFTER_MINUTES", "", "cannot be used"),
    ("SESSION_HOURS", "never", "cannot be used"),
    ("TRUSTED_HOSTS", 1, "cannot be used"),
    ("TRUSTED_PROXIES", "-1", "must not be below zero"),
    ("TRUSTED_PROXIES", "1.5", "cannot be used"),
    ("TEMPLATES", "no/such/folder", "a folder that exists"),
    ("LOAD_MEMBER", "shop.members:load", "must be a function"),
    ("LOG", "xml", "text, json"),
    ("METRICS_TOKEN", "short", "needs 32"),
    ("KEEP_INTERACTIONS_DAYS", "29", "STOREFRONT_LOOKBACK_DAYS"),
    ("KEEP_REQUEST_KEYS_DAYS", "0.9", "1 or more"),
    ("KEEP_JOBS_DAYS", "0", "more than zero"),
    ("KEEP_PAYLOADS_DAYS", "-1", "more than zero"),
    ("KEEP_MAILS_DAYS", "ever", "cannot be used"),
    ("KEEP_INVITATIONS_DAYS", "0", "more than zero"),
    ("DEMO", "maybe", "true or false"),
]


@pytest.mark.parametrize(("name", "value", "hint"), FAULTY)
def test_a_faulty_setting_is_one_line_that_says_what_where_and_how(
    name: str, value: object, hint: str
) -> None:
    """Bad input 50."""
    [line] = faults(**{name: value})

    assert line.startswith(f"STOREFRONT_{name}")
    assert hint in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"BASE_URL": "http://shop.test"}, "STOREFRONT_BASE_URL must begin with https://"),
        ({"STRIPE_API_KEY": "sk_test_1"}, "STOREFRONT_STRIPE_API_KEY does not fit"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_1"}, "STOREFRONT_STRIPE_PUBLISHABLE_KEY does not"),
        ({"STRIPE_API_URL": "http://localhost:1"}, "STOREFRONT_STRIPE_API_URL may be set in"),
        ({"DEMO": "1"}, "STOREFRONT_DEMO cannot be on in live mode"),
    ],
)
def test_with_real_money_less_is_allowed(changes: dict[str, object], expected: str) -> None:
    [line] = faults(**{**LIVE, **changes})

    assert line.startswith(expected)


def test_a_name_that_is_no_setting_is_reported() -> None:
    [line] = faults(SECRETKEY="x")

    assert line == "STOREFRONT_SECRETKEY is not a setting of ours: check its spelling."


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"STOREFRONT_DEMO": "maybe", "STOREFRONT_SQLITE_SYNCHRONOUS": "OFF"})
    named = {line.partition(" ")[0] for line in refusal.value.faults}

    assert named == {
        "STOREFRONT_DEMO",
        "STOREFRONT_SECRET_KEY",
        "STOREFRONT_PEPPER",
        "STOREFRONT_STRIPE_API_KEY",
        "STOREFRONT_STRIPE_PUBLISHABLE_KEY",
        "STOREFRONT_STRIPE_WEBHOOK_SECRETS",
        "STOREFRONT_STRIPE_API_URL",
        "STOREFRONT_MAIL_URL",
        "STOREFRONT_MAIL_FROM",
        "STOREFRONT_SQLITE_SYNCHRONOUS",
    }
    assert str(refusal.value).count("\n  - ") == len(refusal.value.faults)


def test_a_second_shop_has_its_faults_named_by_its_own_prefix() -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({"KIOSK_MODE": "open"}, prefix="KIOSK_")

    assert {line.partition("_")[0] for line in refusal.value.faults} == {"KIOSK"}
    assert "STOREFRONT_" not in str(refusal.value)


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "PEPPER", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRETS"]
)
def test_no_secret_stands_in_a_complaint(name: str) -> None:
    secret = "hush-hush-0123"
    complaint = "\n".join(faults(**{name: secret, "DEMO": "maybe"}))

    assert secret not in complaint


def test_a_password_of_mail_or_database_stands_in_no_complaint() -> None:
    told: dict[str, Any] = {
        "MAIL_URL": "smtp://me:hush-hush@mail.test:post",
        "DATABASE_URL": "mysql://me:hush-hush@localhost/shop",
    }

    assert "hush-hush" not in "\n".join(faults(**told))


def test_every_setting_can_be_faulty_and_is_in_this_file() -> None:
    any_value_will_do = {"STOREFRONT_INSTANCE_DIR"}

    assert {f"STOREFRONT_{name}" for name, _, _ in FAULTY} == set(READERS) - any_value_will_do
