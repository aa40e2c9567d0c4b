"""R-E5 and R-E7 in a real browser: every page of a shop in which everybody writes markup. No script
of theirs runs, nothing is asked of another site, and no page breaks its own content policy."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Request
from werkzeug.serving import make_server

from tests.engines import Databases
from tests.fakes import BASE_URL, make_bench
from tests.strangers.addresses import addresses
from tests.strangers.shop import Furnished, furnish
from tests.strangers.words import PAYLOADS, write_everywhere

WATCH = f"""
    window.__broken = [];
    document.addEventListener("securitypolicyviolation", event =>
        event.blockedURI.startsWith("{BASE_URL}/media/") ||
        window.__broken.push(`${{event.violatedDirective}} ${{event.blockedURI}}`));
"""
"""The shop's own pictures are at its own address, which is not the one it is served at here."""

FOUND = "() => [window.__ran ?? null, ...window.__broken]"
PLANTED = """() => {
    const script = document.createElement("script");
    script.textContent = "window.__ran = 1";
    document.body.append(script);
}"""
"""What the policy forbids, so that a watch which sees nothing is noticed."""

PROVIDER = "http://localhost:9/"
"""Where the tests' shop would find the payment provider; nothing answers there."""


def as_everybody(furnished: Furnished) -> Callable[..., Iterable[bytes]]:
    """Return the shop as an application that knows by the path who asks."""
    app = furnished.bench.client().application

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        client = furnished.client_for(environ["PATH_INFO"])
        cookies = client._cookies.values() if client._cookies else ()
        environ["HTTP_COOKIE"] = "; ".join(f"{each.key}={each.value}" for each in cookies)
        environ |= {"HTTP_HOST": "shop.test", "wsgi.url_scheme": "https"}
        return app(environ, start)

    return answer


@pytest.fixture(scope="module")
def shown(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[str]]]:
    """Give the address of a running shop full of markup, and the paths of its pages."""
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path_factory.mktemp("pages"), url, datetime.now(UTC))
        furnished = furnish(bench)
        write_everywhere(bench.database, " ".join(PAYLOADS))
        paths = {address for _, address in addresses(furnished.names)}
        answers = {
            path: furnished.client_for(path).get(path, buffered=True) for path in sorted(paths)
        }
        pages = [
            path for path, answer in answers.items()
            if (answer.status_code, answer.mimetype) == (200, "text/html")
        ]  # fmt: skip
        server = make_server("127.0.0.1", 0, as_everybody(furnished), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.port}", pages
        server.shutdown()
        thread.join()
        server.server_close()
        bench.database.dispose()


def test_no_page_runs_or_loads_what_people_wrote(
    browser: Browser, shown: tuple[str, list[str]]
) -> None:
    shop, paths = shown
    context = browser.new_context()
    context.add_init_script(WATCH)
    page, strange = context.new_page(), set[str]()

    def note(request: Request) -> None:
        if not request.url.startswith((f"{shop}/", BASE_URL, PROVIDER, "data:", "blob:")):
            strange.add(request.url)

    page.on("request", note)
    found = {}
    for path in paths:
        page.goto(f"{shop}{path}")
        found[path] = page.evaluate(FOUND)
    page.evaluate(PLANTED)
    page.wait_for_function("() => window.__broken.length === 1")
    context.close()

    assert 75 < len(paths)
    assert {} == {path: each for path, each in found.items() if each != [None]}
    assert set() == strange
