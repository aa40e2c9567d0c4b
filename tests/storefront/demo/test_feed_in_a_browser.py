"""The feed under its strict policy in Chromium, with the shop's own `embed.js` on another site."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from storefront import paths
from storefront.demo.host import create_host
from storefront.demo.mailbox import create_mailbox

pytestmark = pytest.mark.browser

PLACEMENT = "plc_0000000000000001"
SLUG = "pistachio-is-back"
# A frame of a shop reduced to the conversation that `embed.js` holds with it.
FRAME = """<!doctype html><html lang="en"><title>Shop</title><p>In the frame
<script>
  const host = new URLSearchParams(location.search).get("h");
  const say = (more) => parent.postMessage({ storefront: 1, ...more }, host);
  addEventListener("message", ({ data }) => {
    if (data.type !== "record") return;
    fetch("/told?kind=" + data.kind).then(() => say({
      type: "recorded", id: data.id, interaction: "int_1",
      share_url: data.kind === "share" ? location.origin + "/s/token" : undefined,
    }));
  });
  say({ type: "ready" });
  say({ type: "height", height: 321 });
</script>"""


class Shop:
    """A foreign shop on another site, and the kinds of interaction it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.app = Flask("shop", static_folder=None)
        self.app.add_url_rule("/embed.js", view_func=self.script)
        self.app.add_url_rule("/e/<placement>", view_func=lambda **_: FRAME)
        self.app.add_url_rule("/told", view_func=self.hear)

    def script(self) -> Response:
        source = (paths.STATIC / "js" / "embed.js").read_text(encoding="utf-8")
        return Response(source, mimetype="text/javascript")

    def hear(self) -> str:
        self.told.append(request.args["kind"])
        return ""


@contextmanager
def _served(app: Flask) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 375, "height": 667})
    yield page
    page.close()


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def feed(shop: Shop, tmp_path: Path) -> Iterator[str]:
    with _served(shop.app) as shop_port:
        host = create_host(
            f"http://localhost:{shop_port}", {SLUG: PLACEMENT}, tmp_path / "host.sqlite3"
        )
        with _served(host) as port:
            yield f"http://127.0.0.1:{port}"


def test_the_snippet_opens_its_frame_under_a_strict_policy(page: Page, feed: str) -> None:
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.goto(f"{feed}/posts/{SLUG}")
    box = page.locator("[data-placement]")

    expect(box.locator("iframe")).to_have_css("height", "321px")
    expect(box.locator("a")).to_have_count(0)
    expect(box.frame_locator("iframe").get_by_text("In the frame")).to_be_visible()
    assert faults == []


def test_likes_and_comments_of_the_page_are_told_to_the_shop(
    page: Page, feed: str, shop: Shop
) -> None:
    page.goto(f"{feed}/posts/{SLUG}")
    with page.expect_response("**/told?kind=like"):
        page.get_by_role("button", name="Like").click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your comment").fill("<b>Two scoops</b>")
    with page.expect_response("**/told?kind=comment"):
        page.get_by_role("button", name="Post").click()

    expect(page.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("<b>Two scoops</b>", exact=True)).to_be_visible()
    assert shop.told == ["like", "comment"]


def test_the_share_dialog_shows_the_shops_link(page: Page, feed: str, shop: Shop) -> None:
    page.goto(f"{feed}/posts/{SLUG}")
    page.get_by_role("link", name="Share").click()

    expect(page.get_by_label("Your link")).to_have_value(
        re.compile(r"^http://localhost:\d+/s/token$")
    )
    assert shop.told == ["share"]


def test_without_the_shop_the_link_stays_and_the_permalink_is_shared(
    page: Page, tmp_path: Path
) -> None:
    host = create_host("http://localhost:9", {SLUG: PLACEMENT}, tmp_path / "host.sqlite3")
    with _served(host) as port:
        page.goto(f"http://127.0.0.1:{port}/posts/{SLUG}")
        page.get_by_role("link", name="Share").click()

        expect(page.get_by_label("Your link")).to_have_value(
            f"http://127.0.0.1:{port}/posts/{SLUG}"
        )
        expect(page.locator("[data-placement] a")).to_have_count(1)


def test_a_hostile_mail_runs_nothing(page: Page, tmp_path: Path) -> None:
    picture = b'<img src="data:," onerror="document.body.textContent=1">'
    script = b"<script>document.body.textContent = 2; parent.document.title = 3</script>"
    mail = b"Content-Type: text/html\n\n<p>Only words</p>" + picture + script
    (tmp_path / "a.eml").write_bytes(mail)
    with _served(create_mailbox(tmp_path)) as port:
        page.goto(f"http://127.0.0.1:{port}/a.eml")

        expect(page.frame_locator("iframe").get_by_text("Only words")).to_be_visible()
        page.goto(f"http://127.0.0.1:{port}/a.eml/html")
        expect(page.locator("body")).to_have_text("Only words")


def test_a_letter_is_shown_at_its_whole_height(page: Page, tmp_path: Path) -> None:
    words = b"<p style='margin: 0; height: 1500px'>A long letter</p>"
    (tmp_path / "a.eml").write_bytes(b"Content-Type: text/html\n\n" + words)
    with _served(create_mailbox(tmp_path)) as port:
        page.goto(f"http://127.0.0.1:{port}/a.eml")
        tall = "frame => frame.clientHeight >= 1500 && frame.clientHeight < 1600"

        expect(page.frame_locator("iframe").get_by_text("A long letter")).to_be_visible()
        page.wait_for_function(f"({tall})(document.querySelector('iframe'))")
