"""The guide for hosts, kept: each piece of code in docs/guides/host.md runs as it stands there."""

import logging
import re
import runpy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask, session
from sqlalchemy import MetaData, select

from storefront import Storefront
from storefront.models import Member
from storefront.signals import announce
from tests.engines import Databases
from tests.house.source import ROOT
from tests.storefront.test_extension import Configure, environment, fill, shop

GUIDE = ROOT / "docs" / "guides" / "host.md"
BLOCK = re.compile(r"<!-- ([\w./]+) -->\s*```\w+\n(.*?)```", re.DOTALL)
BLOCKS = dict(BLOCK.findall(GUIDE.read_text(encoding="utf-8")))

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def configure(databases: Databases, tmp_path: Path) -> Iterator[Configure]:
    with ExitStack() as closing:
        yield Configure(databases, tmp_path, closing)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a piece of the guide as a file of its own that knows these names."""

    def run(name: str, changes: dict[str, str] | None = None, **known: Any) -> dict[str, Any]:
        code = BLOCKS[name]
        for old, new in (changes or {}).items():
            code = code.replace(old, new)
        file = tmp_path / f"{name}.py"
        file.write_text(code, encoding="utf-8")
        return runpy.run_path(str(file), init_globals=known, run_name="host")

    return run


def test_two_lines_mount_the_shop_beside_the_hosts_pages(
    configure: Configure, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(configure(), monkeypatch)
    app = run("mount")["app"]
    client = app.test_client()

    assert "<h1>Our blog</h1>" == client.get("/").text
    assert 200 == client.get("/shop/healthz").status_code
    shop(app).database.dispose()


def test_a_second_shop_has_a_path_and_commands_of_its_own(configure: Configure, run: Run) -> None:
    app = Flask("host")
    app.config.update({**configure(), **configure("KIOSK_", URL_PREFIX="/elsewhere")})
    configure.mount(app)
    run("second", app=app, Storefront=Storefront)

    assert 200 == app.test_client().get("/kiosk/healthz").status_code
    assert {"storefront", "kiosk"} <= set(app.cli.commands)
    shop(app, "kiosk").database.dispose()


def test_the_snippet_shows_the_shop_under_a_policy_of_the_hosts_own(
    configure: Configure, run: Run
) -> None:
    app = Flask("host")
    app.config.update(configure())
    run("policy", app=app)
    configure.mount(app)
    placement = fill(shop(app)).placement.public_id
    page = BLOCKS["snippet"].replace("plc_…", placement)
    app.add_url_rule("/", "post", lambda: page)
    client = app.test_client()
    answers = [client.get(path) for path in re.findall(r'(?:href|src)="([^"]+)"', page)]

    assert "frame-src 'self'" in client.get("/").headers["Content-Security-Policy"]
    assert [200, 200] == [answer.status_code for answer in answers]
    assert "style-src 'self' 'sha256-" in answers[0].headers["Content-Security-Policy"]


def test_the_hosts_people_are_members_without_another_password(
    configure: Configure, run: Run
) -> None:
    app = Flask("host")
    app.config.update(configure(), SECRET_KEY="the host's own")
    app.add_url_rule("/in", "in", lambda: session.update(user="ana") or "come in")
    members = run("members", app=app)["MEMBERS"]
    configure.mount(app)
    fill(shop(app))
    with shop(app).ports.reads() as reading:
        members["ana"] = reading.scalars(select(Member.public_id)).one()
    client = app.test_client()
    stranger = client.get("/shop/console/")
    client.get("/in")

    assert 302 == stranger.status_code
    assert 200 == client.get("/shop/console/").status_code


def test_listeners_hear_of_what_was_committed(
    configure: Configure, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("host")
    app.config.update(configure())
    configure.mount(app)
    kept = run("signals", app=app)
    with caplog.at_level(logging.WARNING), shop(app).ports.sessions.begin() as writing:
        announce(writing, "order_paid", order="ord_1")
        announce(writing, "gift_redeemed", redemption="rdm_1", card="crd_1")

    assert ["paid: ord_1", "spent: rdm_1"] == caplog.messages
    del kept


def test_a_block_a_style_sheet_and_its_tokens_are_the_hosts(
    configure: Configure, tmp_path: Path
) -> None:
    for name in ("layouts/gift.html", "layouts/_host.html"):
        file = tmp_path / "templates" / "shop" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(BLOCKS[f"templates/shop/{name}"], encoding="utf-8")
    app = Flask("host", root_path=str(tmp_path))
    app.config.update(configure(TEMPLATES=str(tmp_path / "templates" / "shop")))
    configure.mount(app)
    page = app.test_client().get("/shop/g/not-a-link").text
    ours = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    tokens = re.findall(r"(--[\w-]+):", BLOCKS["static/shop.css"])

    assert "Open every day until nine." in page
    assert page.index("/shop/static/css/") < page.index('href="/static/shop.css"')
    assert [] == [name for name in tokens if f" {name}:" not in ours]


def test_the_hosts_alembic_leaves_our_tables_alone(configure: Configure, run: Run) -> None:
    app = Flask("host")
    app.config.update(configure())
    configure.mount(app)
    include_name = run("alembic")["include_name"]
    with shop(app).database.reader.connect() as connection:
        plain = MigrationContext.configure(connection)
        careful = MigrationContext.configure(connection, opts={"include_name": include_name})

        assert compare_metadata(plain, MetaData())
        assert [] == compare_metadata(careful, MetaData())
