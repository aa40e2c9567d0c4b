"""The settings that a new shop begins with: they start it, and no two are alike."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from storefront.new_settings import new_settings
from storefront.settings import SettingsError, read_settings


def made(*options: str) -> dict[str, str]:
    """Return what is printed as a shell would read it."""
    told = CliRunner().invoke(new_settings, options)
    assert 0 == told.exit_code, told.output
    lines = [line for line in told.output.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def ours(values: dict[str, str]) -> dict[str, object]:
    return {name: value for name, value in values.items() if name.startswith("STOREFRONT_")}


def test_a_shop_starts_with_them_and_finds_its_sandbox(tmp_path: Path) -> None:
    values = made("--instance", str(tmp_path), "--base-url", "http://localhost:5000")
    settings = read_settings(ours(values))

    assert "http://localhost:5001" == settings.stripe_api_url
    assert "5001" == values["SANDBOX_PORT"]
    assert "http://localhost:5000/webhooks/stripe" == values["SANDBOX_WEBHOOK_URL"]
    assert (values["SANDBOX_WEBHOOK_SECRET"],) == settings.stripe_webhook_secrets


def test_a_hosts_prefix_is_in_the_address_of_the_messages() -> None:
    values = made("--prefix", "/shop")

    assert "/shop" == values["STOREFRONT_URL_PREFIX"]
    assert "http://localhost:8000/shop/webhooks/stripe" == values["SANDBOX_WEBHOOK_URL"]


def test_each_has_secrets_of_its_own() -> None:
    first, second = made(), made()

    for name in ("STOREFRONT_SECRET_KEY", "STOREFRONT_PEPPER", "SANDBOX_WEBHOOK_SECRET"):
        assert first[name] != second[name]


def test_with_stripe_what_only_the_owner_knows_is_asked_for() -> None:
    values = made("--mode", "live", "--base-url", "https://shop.example.com")

    with pytest.raises(SettingsError) as refusal:
        read_settings(ours(values))
    named = {fault.split()[0] for fault in refusal.value.faults}
    assert {name for name, value in values.items() if not value} == named
    assert not [name for name in values if name.startswith("SANDBOX_")]


def test_every_line_is_good_for_a_shell_a_service_and_a_container() -> None:
    for value in made().values():
        assert not set(value) & set(" \"'$`\\#")
