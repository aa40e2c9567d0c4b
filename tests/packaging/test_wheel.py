"""What the README promises a Flask app of one's own, kept by the wheel alone: no checkout near."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.conftest import ROOT

pytestmark = pytest.mark.timeout(600)
BLOCK = re.compile(r"<!-- mount -->\s*```python\n(.*?)```", re.DOTALL)
SETTINGS = {
    "STOREFRONT_SECRET_KEY": "k3y-for-tests-0123456789-abcdefghijklmn",
    "STOREFRONT_PEPPER": "p3pper-for-tests-0123456789-abcdefghij",
    "STOREFRONT_BASE_URL": "http://localhost",
    "STOREFRONT_STRIPE_API_KEY": "sk_test_fake",
    "STOREFRONT_STRIPE_PUBLISHABLE_KEY": "pk_test_fake",
    "STOREFRONT_STRIPE_WEBHOOK_SECRETS": "whsec_1",
    "STOREFRONT_STRIPE_API_URL": "http://localhost:9",
    "STOREFRONT_MAIL_URL": "smtp://localhost",
    "STOREFRONT_MAIL_FROM": "Shop <hello@shop.test>",
}
VISIT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import select
import storefront
from storefront import paths
from storefront.models import Merchant
from storefront.services import catalog
from host import app

now = datetime.now(UTC)
shop = app.extensions["storefront"]
with shop.ports.sessions.begin() as session:
    merchant = session.scalars(select(Merchant)).one()
    product = catalog.add_product(session, merchant, name="Rye", description="Dark.", now=now)
    catalog.add_variant(
        session, merchant, product, name="Loaf", sku="rye", price_minor=450, stock=3
    )
    channel = catalog.get_or_add_channel(session, merchant.id, "blog", name="Blog")
    placement = catalog.add_placement(
        session, channel, [product], name="Post", post_url="https://blog.test/rye", now=now
    )
    page = f"/shop/p/{placement.public_id}"

client = app.test_client()
text = client.get(page).text
sheet = text.partition('rel="stylesheet" href="')[2].partition('"')[0]
asked = [page, f"{page}?lang=zh_Hant", sheet, "/shop/embed.js", "/shop/console/sign-in",
         "/shop/healthz", "/shop/nothing", "/"]
print(json.dumps({
    "statuses": {path: client.get(path).status_code for path in asked},
    "text": text,
    "page": page,
    "sheet": sheet,
    "chinese": client.get(page, headers={"Accept-Language": "zh-TW,zh;q=0.9"}).text,
    "package": storefront.__file__,
    "folders": [str(each) for each in (paths.TEMPLATES, paths.STATIC, paths.MIGRATIONS)],
    "translations": str(paths.TRANSLATIONS),
    "modules": sorted(
        module.__file__ for name, module in sys.modules.items()
        if name.partition(".")[0] in {"storefront", "gifting"} and module.__file__
    ),
}))
"""


@dataclass
class Told:
    """What the sample host said and showed."""

    upgrade: str
    add: str
    check: str
    visit: dict[str, Any]


def mounting() -> str:
    [block] = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    return str(block)


@pytest.fixture(scope="module")
def told(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Do what the README says, in a folder that has nothing else."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "host.py").write_text(mounting())
    (folder / "visit.py").write_text(VISIT)

    def run(*command: str) -> str:
        done = subprocess.run(
            [str(python), *command],
            cwd=folder,
            env={**SETTINGS, "PATH": "/usr/bin:/bin", "FLASK_APP": "host"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    flask = ("-m", "flask", "storefront")
    merchant = {
        "slug": "corner-bakery",
        "name": "Corner Bakery",
        "currency": "EUR",
        "zone": "Europe/Lisbon",
        "contact-email": "hello@bakery.example",
        "owner-email": "ana@bakery.example",
        "owner-name": "Ana",
        "owner-password": "a-dozen-or-more",
    }
    options = [part for name, value in merchant.items() for part in (f"--{name}", value)]
    return Told(
        upgrade=run(*flask, "db", "upgrade"),
        add=run(*flask, "add-merchant", *options),
        visit=json.loads(run("visit.py")),
        check=run(*flask, "check"),
    )


def test_eight_lines_mount_it() -> None:
    lines = [line for line in mounting().splitlines() if line.strip()]

    assert 0 < len(lines) <= 8


def test_the_commands_of_the_readme_work(told: Told) -> None:
    assert told.upgrade == "The database is up to date.\n"
    assert re.fullmatch(r"Added Corner Bakery \(mer_\w{16}\)\.\n", told.add)
    assert re.fullmatch(r"All \d+ rules hold\.\n", told.check)


def test_pages_sheets_and_scripts_are_served(told: Told) -> None:
    statuses = dict(told.visit["statuses"])
    ours = {path for path in statuses if path not in {"/", "/shop/nothing"}}

    assert told.visit["sheet"].startswith("/shop/static/")
    assert {path: statuses[path] for path in ours} == dict.fromkeys(ours, 200)
    assert (statuses["/shop/nothing"], statuses["/"]) == (404, 404)


def test_a_page_sells_what_the_merchant_offers(told: Told) -> None:
    assert "Rye" in told.visit["text"]
    assert "€4.50" in told.visit["text"]


def test_everything_comes_out_of_the_installed_package(told: Told, python: Path) -> None:
    site_packages = Path(told.visit["package"]).parents[1]
    found = [*told.visit["modules"], *told.visit["folders"], told.visit["translations"]]

    assert site_packages.name == "site-packages"
    assert site_packages.is_relative_to(python.parents[1])
    assert [each for each in found if not Path(each).is_relative_to(site_packages)] == []
    assert str(ROOT) not in "".join(found)


def test_the_wheel_speaks_chinese_without_another_step(told: Told) -> None:
    assert '<html lang="zh-Hant">' in told.visit["chinese"]
    assert "安全結帳" in told.visit["chinese"]
