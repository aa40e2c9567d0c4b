"""The extension beside a host: what it adds, and that it changes nothing else."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, Response, abort, g, render_template, request, session
from flask.views import MethodView
from flask_babel import Babel, get_locale
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_smorest import Api
from flask_smorest import Blueprint as ApiBlueprint
from sqlalchemy import inspect, text

from storefront import Storefront, create_app
from storefront.app import Mounted
from storefront.db.engine import Database
from storefront.db.schema import VERSION_TABLE, upgrade
from storefront.models import Member
from storefront.settings import SettingsError
from tests.engines import Databases
from tests.factories import PASSWORD, World, make_world

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


class Configure:
    """Gives configurations, each with an empty, migrated database of its own, and mounts them."""

    def __init__(self, databases: Databases, folder: Path, closing: ExitStack) -> None:
        self._databases = databases
        self._folder = folder
        self._closing = closing

    def __call__(self, prefix: str = "STOREFRONT_", **changes: object) -> dict[str, object]:
        good: dict[str, object] = {
            "SECRET_KEY": secrets.token_urlsafe(40),
            "PEPPER": secrets.token_urlsafe(40),
            "BASE_URL": "http://localhost",
            "URL_PREFIX": "/shop",
            "INSTANCE_DIR": str(self._folder / prefix),
            "DATABASE_URL": self._closing.enter_context(self._databases.fresh("sqlite")),
            "STRIPE_API_KEY": "sk_test_fake",
            "STRIPE_PUBLISHABLE_KEY": "pk_test_fake",
            "STRIPE_WEBHOOK_SECRETS": "whsec_1",
            "STRIPE_API_URL": "http://localhost:9",
            "MAIL_URL": f"file://{self._folder}/mail",
            "MAIL_FROM": "Shop <hello@shop.test>",
        }
        return {prefix + name: value for name, value in {**good, **changes}.items()}

    def mount(self, host: Flask, extension: Storefront | None = None) -> None:
        """Mount, and close the shop's database when the test is over."""
        extension = extension or Storefront()
        extension.init_app(host)
        self._closing.callback(shop(host, extension.name).database.dispose)


@pytest.fixture
def configure(databases: Databases, tmp_path: Path) -> Iterator[Configure]:
    with ExitStack() as closing:
        yield Configure(databases, tmp_path, closing)


class Visitor(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def a_host(folder: Path) -> Flask:
    """Build a host that has everything of its own that we have too."""
    (folder / "templates" / "errors").mkdir(parents=True, exist_ok=True)
    (folder / "templates" / "errors" / "404.html").write_text("The host looked for {{ what }}.")
    (folder / "static").mkdir(exist_ok=True)
    (folder / "static" / "host.css").write_text("body { color: green }")
    host = Flask("host", root_path=str(folder))
    host.config.update(
        SECRET_KEY="the host's own key",
        SESSION_COOKIE_NAME="host-session",
        API_TITLE="Pets",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
    )
    Babel(host, locale_selector=lambda: request.args.get("lang", "de"))
    manager = LoginManager(host)
    manager.user_loader(Visitor)
    host.extensions["log"] = []
    _add_pages(host)
    _add_api(host)
    return host


def _add_pages(host: Flask) -> None:
    host.add_url_rule("/", "home", lambda: f"Hello {current_user.is_authenticated} {get_locale()}")
    host.add_url_rule("/shopping", "shopping", lambda: "The host's own list.")
    host.add_url_rule("/boom", "boom", lambda: str(1 // 0))
    host.add_url_rule("/gone", "gone", lambda: abort(410))

    @host.post("/login")
    def login() -> dict[str, str]:
        session["basket"] = [1, 2]
        login_user(Visitor("ada"), remember=True)
        return {"hello": "ada"}

    @host.errorhandler(404)
    def not_found(_: object) -> tuple[str, int]:
        return render_template("errors/404.html", what=request.path), 404

    @host.after_request
    def mark(response: Response) -> Response:
        response.headers["X-Host"] = str(g.get("mark", "unmarked"))
        response.headers.add("Set-Cookie", "seen=1; Path=/")
        return response

    @host.teardown_request
    def note(error: BaseException | None) -> None:
        host.extensions["log"].append((request.path, type(error).__name__))


def _add_api(host: Flask) -> None:
    pets = ApiBlueprint("pets", "pets", url_prefix="/api/pets")

    @pets.route("/")
    class Pets(MethodView):
        @pets.response(200)
        def get(self) -> list[str]:
            return ["cat"]

    Api(host).register_blueprint(pets)


def answers(host: Flask) -> list[tuple[str, list[tuple[str, str]], bytes]]:
    """Ask a host for everything that it has, as one browser would; to the byte."""
    client = host.test_client()
    asked = [
        client.get("/"),
        client.post("/login"),
        client.get("/?lang=fr"),
        client.get("/shopping"),
        client.get("/shop-window"),
        client.get("/missing"),
        client.get("/missing", headers={"Accept": "application/json"}),
        client.get("/gone"),
        client.get("/boom"),
        client.post("/"),
        client.get("/api/pets/"),
        client.get("/api/pets/7"),
        client.delete("/api/pets/"),
        client.options("/"),
        client.head("/shopping"),
        client.get("/static/host.css"),
        client.get("/static/css/base.css"),
        client.get("/console/sign-in"),
        client.get("/healthz"),
    ]
    told = [(answer.status, answer.headers.to_wsgi_list(), answer.data) for answer in asked]
    for answer in asked:
        answer.close()
    return told


def shop(host: Flask, name: str = "storefront") -> Mounted:
    mounted: Mounted = host.extensions[name]
    return mounted


def fill(mounted: Mounted, slug: str = "gelato") -> World:
    with mounted.ports.sessions.begin() as writing:
        return make_world(writing, mounted.ports.sign, NOW, slug=slug)


def test_a_host_answers_to_the_byte_as_it_did_before(configure: Configure, tmp_path: Path) -> None:
    plain, mounted = a_host(tmp_path), a_host(tmp_path)
    mounted.config.update(configure())
    configure.mount(mounted)
    with time_machine.travel(NOW, tick=False):
        before, after = answers(plain), answers(mounted)

    assert after == before
    assert mounted.extensions["log"] == plain.extensions["log"]


def test_a_page_of_ours_leaves_nothing_with_the_host(configure: Configure, tmp_path: Path) -> None:
    plain, mounted = a_host(tmp_path), a_host(tmp_path)
    mounted.config.update(configure())
    configure.mount(mounted)
    ours = mounted.test_client().get("/shop/console/sign-in")
    with time_machine.travel(NOW, tick=False):
        before, after = answers(plain), answers(mounted)

    assert ours.status_code == 200
    assert "X-Host" not in ours.headers
    assert "Set-Cookie" not in ours.headers
    assert after == before
    assert mounted.extensions["log"] == plain.extensions["log"]


def test_the_host_sees_a_command_group_and_an_extension_and_nothing_else(
    configure: Configure, tmp_path: Path
) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    before = (dict(host.config), set(host.extensions), set(host.cli.commands), set(host.blueprints))
    hooks = (len(host.before_request_funcs), len(host.after_request_funcs[None]))
    rules = [str(rule) for rule in host.url_map.iter_rules()]
    filters = set(host.jinja_env.filters)
    configure.mount(host)

    config, extensions, commands, blueprints = before
    assert dict(host.config) == config
    assert set(host.extensions) - extensions == {"storefront"}
    assert set(host.cli.commands) - commands == {"storefront"}
    assert set(host.blueprints) == blueprints
    assert (len(host.before_request_funcs), len(host.after_request_funcs[None])) == hooks
    assert [str(rule) for rule in host.url_map.iter_rules()] == rules
    assert set(host.jinja_env.filters) == filters


def test_a_page_that_we_do_not_have_is_our_404_and_not_the_hosts(
    configure: Configure, tmp_path: Path
) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    configure.mount(host)
    answer = host.test_client().get("/shop/nothing-here")

    assert answer.status_code == 404
    assert "The host looked for" not in answer.text


@pytest.mark.parametrize("path", ["/shopping", "/shop-window", "/SHOP/healthz", "/a/shop/healthz"])
def test_only_whole_prefixes_are_ours(configure: Configure, tmp_path: Path, path: str) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    configure.mount(host)

    assert "X-Host" in host.test_client().get(path).headers


@pytest.mark.parametrize("path", ["/shop/healthz", "/shop/", "/shop", "/shop/%2e%2e/"])
def test_what_begins_with_the_prefix_is_ours(
    configure: Configure, tmp_path: Path, path: str
) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    configure.mount(host)

    assert "X-Host" not in host.test_client().get(path).headers


def test_the_bare_prefix_leads_to_the_console(configure: Configure, tmp_path: Path) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    configure.mount(host)
    answer = host.test_client().get("/shop", follow_redirects=True)

    assert (answer.status_code, answer.request.path) == (200, "/shop/console/sign-in")


def test_without_a_prefix_of_ones_own_it_is_storefront(configure: Configure) -> None:
    host = Flask("host")
    host.config.update(configure())
    del host.config["STOREFRONT_URL_PREFIX"]
    configure.mount(host)

    assert host.test_client().get("/storefront/healthz").status_code == 200


def test_the_environment_may_name_the_prefix(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Flask("host")
    host.config.update(configure())
    del host.config["STOREFRONT_URL_PREFIX"]
    monkeypatch.setenv("STOREFRONT_URL_PREFIX", "/corner")
    configure.mount(host)

    assert host.test_client().get("/corner/healthz").status_code == 200
    assert host.test_client().get("/storefront/healthz").status_code == 404


def test_the_hosts_configuration_wins_over_the_environment(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Flask("host")
    host.config.update(configure())
    monkeypatch.setenv("STOREFRONT_URL_PREFIX", "/corner")
    configure.mount(host)

    assert shop(host).ports.settings.url_prefix == "/shop"


def test_the_extension_may_be_made_first_and_mounted_later(configure: Configure) -> None:
    extension, host = Storefront(), Flask("host")
    host.config.update(configure())
    configure.mount(host, extension)

    assert host.test_client().get("/shop/healthz").status_code == 200


def test_the_same_name_is_mounted_once(configure: Configure) -> None:
    host = Flask("host")
    host.config.update(configure())
    configure.mount(host)
    first = shop(host)

    with pytest.raises(RuntimeError, match="mounted already"):
        Storefront(host)
    assert shop(host) is first


@pytest.mark.parametrize("second", ["/shop", "/shop/kiosk", ""])
def test_two_shops_never_share_an_address(
    configure: Configure, tmp_path: Path, second: str
) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    host.config.update(configure("KIOSK_", URL_PREFIX=second))
    configure.mount(host)

    with pytest.raises(RuntimeError, match=r"KIOSK_URL_PREFIX = .* give each a path of its own"):
        Storefront(host, name="kiosk", settings_prefix="KIOSK_")
    assert "kiosk" not in host.extensions


def test_run_beside_a_host_says_who_serves_the_shop(configure: Configure, tmp_path: Path) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    configure.mount(host)
    told = host.test_cli_runner().invoke(args=["storefront", "run"])

    assert 1 == told.exit_code
    assert "This shop is mounted in 'host' and is served with it" in told.output
    assert "`flask storefront work` runs the jobs" in told.output


def test_two_shops_live_in_one_app_and_know_nothing_of_each_other(configure: Configure) -> None:
    host = Flask("host")
    host.config.update(configure())
    host.config.update(configure("KIOSK_", URL_PREFIX="/kiosk"))
    configure.mount(host)
    configure.mount(host, Storefront(name="kiosk", settings_prefix="KIOSK_"))
    world = fill(shop(host))
    client = host.test_client()
    page = f"p/{world.placement.public_id}"

    assert client.get(f"/shop/{page}").status_code == 200
    assert client.get(f"/kiosk/{page}").status_code == 404
    assert {"storefront", "kiosk"} <= set(host.cli.commands)
    assert cookie_name(shop(host)) != cookie_name(shop(host, "kiosk"))


def cookie_name(mounted: Mounted) -> str:
    return str(mounted.app.config["SESSION_COOKIE_NAME"])


def test_one_extension_serves_two_apps(configure: Configure) -> None:
    extension = Storefront()
    first, second = Flask("first"), Flask("second")
    for host in (first, second):
        host.config.update(configure())
        configure.mount(host, extension)
    page = f"/shop/p/{fill(shop(first)).placement.public_id}"

    assert first.test_client().get(page).status_code == 200
    assert second.test_client().get(page).status_code == 404


def test_links_of_a_page_lead_below_the_prefix(configure: Configure) -> None:
    host = Flask("host")
    host.config.update(configure())
    configure.mount(host)
    page = f"/shop/p/{fill(shop(host)).placement.public_id}"
    text_ = host.test_client().get(page).text

    assert f'content="http://localhost{page}"' in text_
    assert 'href="/shop/static/' in text_
    assert 'href="/static/' not in text_


def test_links_keep_what_a_server_in_front_has_put_before_them(configure: Configure) -> None:
    host = Flask("host")
    host.config.update(configure())
    configure.mount(host)
    page = f"/shop/p/{fill(shop(host)).placement.public_id}"
    answer = host.test_client().get(page, base_url="http://localhost/outer")

    assert answer.status_code == 200
    assert 'href="/outer/shop/static/' in answer.text


def test_a_host_says_who_is_there(configure: Configure, tmp_path: Path) -> None:
    """The host's own session is read in the host's own context, from the same request."""
    host = a_host(tmp_path)

    @host.post("/enter/<member>")
    def enter(member: str) -> str:
        session["member"] = member
        return "come in"

    def load_member() -> str | None:
        with host.request_context(request.environ):
            return session.get("member")

    host.config.update(configure(LOAD_MEMBER=load_member))
    configure.mount(host)
    with shop(host).ports.reads() as reading:
        assert reading.query(Member).count() == 0
    fill(shop(host))
    with shop(host).ports.reads() as reading:
        member = reading.query(Member).one().public_id
    client = host.test_client()
    stranger = client.get("/shop/console/")
    client.post(f"/enter/{member}")
    known = client.get("/shop/console/")

    assert (stranger.status_code, known.status_code) == (302, 200)
    assert "Gelato &amp; Sons" in known.text


def test_a_member_that_only_the_host_knows_is_nobody(configure: Configure) -> None:
    host = Flask("host")
    host.config.update(configure(LOAD_MEMBER=lambda: "mem_unknown"))
    configure.mount(host)

    assert host.test_client().get("/shop/console/").status_code == 302


def test_our_session_and_the_hosts_live_side_by_side(configure: Configure, tmp_path: Path) -> None:
    host = a_host(tmp_path)
    host.config.update(configure())
    configure.mount(host)
    world = fill(shop(host))
    client = host.test_client()
    client.post("/login")
    form = {"email": world.owner_email, "password": PASSWORD}
    client.post("/shop/console/sign-in", data=form, headers={"Origin": "http://localhost"})

    assert client.get("/shop/console/").status_code == 200
    assert client.get("/").text == "Hello True de"
    assert client.get_cookie("host-session") is not None
    assert client.get_cookie(cookie_name(shop(host))) is not None


def test_whoever_signs_in_goes_on_to_the_page_they_asked_for_below_our_prefix(
    configure: Configure,
) -> None:
    host = Flask("host")
    host.config.update(configure())
    configure.mount(host)
    form = {"email": fill(shop(host)).owner_email, "password": PASSWORD}
    client = host.test_client()
    sheet = client.get("/shop/console/orders?q=ada").location
    answer = client.post(sheet, data=form, headers={"Origin": "http://localhost"})

    assert "/shop/console/orders?q=ada" == answer.location


def test_a_hosts_template_takes_the_place_of_one_of_ours(
    configure: Configure, tmp_path: Path
) -> None:
    own = tmp_path / "own" / "console"
    own.mkdir(parents=True)
    (own / "sign_in.html").write_text("Sign in at {{ 6 * 7 }} Main Street")
    host = Flask("host")
    host.config.update(configure(TEMPLATES=str(tmp_path / "own")))
    configure.mount(host)
    client = host.test_client()

    assert client.get("/shop/console/sign-in").text == "Sign in at 42 Main Street"
    page = client.get(f"/shop/p/{fill(shop(host)).placement.public_id}")
    assert "Pistachio cone" in page.text


def test_a_hosts_template_may_change_one_block_of_ours(
    configure: Configure, tmp_path: Path
) -> None:
    (own := tmp_path / "own" / "layouts").mkdir(parents=True)
    (own / "gift.html").write_text(
        '{% extends "ours/layouts/gift.html" %}{% block foot %}Open until nine.{% endblock %}'
    )
    host = Flask("host")
    host.config.update(configure(TEMPLATES=str(tmp_path / "own")))
    configure.mount(host)
    page = host.test_client().get("/shop/g/not-a-link").text

    assert "Open until nine." in page
    assert '<main class="gift" id="main">' in page


def test_a_hosts_style_sheet_comes_after_ours_on_every_page(
    configure: Configure, tmp_path: Path
) -> None:
    (own := tmp_path / "own" / "layouts").mkdir(parents=True)
    (own / "_host.html").write_text('<link rel="stylesheet" href="/static/tokens.css">')
    host = Flask("host")
    host.config.update(configure(TEMPLATES=str(tmp_path / "own")))
    configure.mount(host)
    post = f"/shop/p/{fill(shop(host)).placement.public_id}"
    client = host.test_client()

    for address in (post, "/shop/console/sign-in", "/shop/counter", "/shop/nothing-here"):
        page = client.get(address).text
        assert max(page.rfind("/shop/static/css/"), page.rfind("</style>")) < page.find(
            "/static/tokens.css"
        )


def test_faulty_settings_are_all_told_and_nothing_is_mounted(tmp_path: Path) -> None:
    host = a_host(tmp_path)
    before = host.wsgi_app
    host.config.update(STOREFRONT_MODE="live", STOREFRONT_TYPO="x")

    with pytest.raises(SettingsError) as refusal:
        Storefront(host)
    assert any("STOREFRONT_TYPO" in line for line in refusal.value.faults)
    assert any("STOREFRONT_SECRET_KEY" in line for line in refusal.value.faults)
    assert "storefront" not in host.extensions
    assert host.wsgi_app == before


def test_the_hosts_own_migrations_stay_as_they_are(configure: Configure) -> None:
    config = configure()
    database = Database(f"{config['STOREFRONT_DATABASE_URL']}.of-the-host")
    with database.begin() as writing:
        writing.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        writing.execute(text("INSERT INTO alembic_version VALUES ('host-7')"))
        writing.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT)"))
        writing.execute(text("INSERT INTO orders VALUES (1, 'the host sells too')"))
    upgrade(database.writer)
    with database.reads() as reading:
        versions = reading.scalars(text("SELECT version_num FROM alembic_version")).all()
        notes = reading.scalars(text("SELECT note FROM orders")).all()
    tables = set(inspect(database.reader).get_table_names())
    database.dispose()

    assert (versions, notes) == (["host-7"], ["the host sells too"])
    assert VERSION_TABLE in tables
    assert {name for name in tables if not name.startswith("storefront_")} == {
        "alembic_version",
        "orders",
    }


def environment(config: Mapping[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in config.items():
        monkeypatch.setenv(name, str(value))


def test_the_application_of_its_own_is_made_from_the_environment(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(configure(URL_PREFIX=""), monkeypatch)
    app = create_app()

    assert app.test_client().get("/healthz").status_code == 200
    assert shop(app).ports.settings.url_prefix == ""
    shop(app).database.dispose()


def test_what_the_caller_says_wins_over_the_environment(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(configure(), monkeypatch)
    app = create_app({"STOREFRONT_URL_PREFIX": "/here", "STOREFRONT_HOLD_MINUTES": 3})

    assert app.test_client().get("/here/healthz").status_code == 200
    assert shop(app).ports.settings.hold_time.total_seconds() == 180
    shop(app).database.dispose()


def test_an_environment_with_a_misspelt_setting_starts_nothing(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(configure(), monkeypatch)
    monkeypatch.setenv("STOREFRONT_HOLD_MINUTS", "3")

    with pytest.raises(SettingsError, match="STOREFRONT_HOLD_MINUTS is not a setting of ours"):
        create_app()


def test_the_package_has_three_names() -> None:
    import storefront

    loaded: dict[str, Any] = {name: getattr(storefront, name) for name in storefront.__all__}

    assert set(loaded) == {"Storefront", "create_app", "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'anything_else'"):
        _ = storefront.anything_else
