"""Static files are named by content, joined per audience, and served once and for ever."""

import gzip
import re
from pathlib import Path

import brotli
import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from storefront import paths
from storefront.web.assets import Asset, Assets, read_assets, serve, squeeze_css, squeeze_js


@pytest.fixture(scope="module")
def assets() -> Assets:
    return read_assets(paths.STATIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a small folder of static files."""
    files = {
        "css/base.css": "@layer base { a { color: red; } }",
        "css/parts/button.css": "@layer parts { b { color: red; } }",
        "css/frame/card.css": "@layer pages { i { color: red; } }",
        "css/console/list.css": "@layer pages { u { color: red; } }",
        "js/frame.js": 'import one from "./one.js";\nimport("./later.js");\none();\n',
        "js/one.js": "// Says one.\nexport default function one() {\n  return help();\n}\n"
        "function help() {\n  return 1;\n}\n",
        "js/later.js": "export default function later() {}\n",
        "img/logo.svg": "<svg/>",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def answer(asset: Asset, **headers: str) -> TestResponse:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: serve(asset, request))
    return app.test_client().get("/", headers=headers)


def body_of(assets: Assets, name: str) -> str:
    return assets.by_name[name].body.decode()


def test_each_audience_gets_the_shared_sheets_and_its_own(folder: Path) -> None:
    sheet = body_of(read_assets(folder), "css/frame.css")

    assert re.findall(r"@layer (\w+)\{", sheet) == ["base", "parts", "pages"]
    assert "i{" in sheet
    assert "u{" not in sheet


def test_a_sheet_begins_with_the_order_of_its_layers(assets: Assets) -> None:
    order = "@layer reset, tokens, base, layout, parts, pages, utilities;"

    starts = [body_of(assets, name)[: len(order)] for name in ("css/frame.css", "css/console.css")]
    assert starts == [order, order]


def test_every_rule_of_ours_lies_in_a_layer() -> None:
    loose = [
        str(file)
        for file in (paths.STATIC / "css").rglob("*.css")
        if not re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
        .strip()
        .startswith("@layer ")
    ]

    assert loose == []


def test_sheets_fetch_nothing_else(assets: Assets) -> None:
    css = body_of(assets, "css/frame.css") + body_of(assets, "css/console.css")

    assert re.findall(r"url\(|@import", css) == []


def test_what_a_script_imports_at_once_is_joined_in(folder: Path) -> None:
    script = body_of(read_assets(folder), "js/frame.js")

    assert "const one = (() => {\nfunction one() {" in script
    assert "return one;\n})();" in script
    assert "from" not in script


def test_what_a_script_imports_later_is_linked_by_its_content(folder: Path) -> None:
    found = read_assets(folder)

    later = found.path("js/later.js").removeprefix("js/")
    assert f'import("./{later}")' in body_of(found, "js/frame.js")


def test_a_change_in_a_later_script_renames_the_script_that_links_it(folder: Path) -> None:
    before = read_assets(folder).path("js/frame.js")
    (folder / "js/later.js").write_text("export default function later() { return 2; }\n")

    assert read_assets(folder).path("js/frame.js") != before


def test_a_joined_script_without_a_default_function_is_refused(folder: Path) -> None:
    (folder / "js/one.js").write_text("export const one = 1;\n")

    with pytest.raises(ValueError, match="one default function"):
        read_assets(folder)


def test_every_controller_that_templates_name_exists(assets: Assets) -> None:
    pages = "".join(file.read_text() for file in paths.TEMPLATES.rglob("*.html"))
    named = {
        name for group in re.findall(r'data-controller="([\w ]+)"', pages) for name in group.split()
    }

    # The console's pages load theirs by name; the shop's are found by the frame's script.
    files = {name.rpartition("/")[2].removesuffix(".js") for name in assets.by_name}
    missing = {name for name in named if not {name, f"console-{name}"} & files}
    assert missing == set()


def test_names_change_with_content() -> None:
    assert Asset("css/a.css", b"one").path != Asset("css/a.css", b"two").path
    assert re.fullmatch(r"css/a-[0-9a-f]{10}\.css", Asset("css/a.css", b"one").path)


def test_the_present_content_is_found_by_its_name(assets: Assets) -> None:
    path = assets.path("css/frame.css")

    assert assets.find(path) == (assets.by_name["css/frame.css"], True)


def test_another_content_of_a_known_file_gets_what_there_is(assets: Assets) -> None:
    assert assets.find("css/frame-0123456789.css") == (assets.by_name["css/frame.css"], False)


@pytest.mark.parametrize("path", ["css/nothing.css", "../settings.py", "css/tokens.css", ""])
def test_what_is_not_served_is_not_found(assets: Assets, path: str) -> None:
    assert assets.find(path) is None


def test_brotli_is_preferred_and_comes_back_whole(assets: Assets) -> None:
    asset = assets.by_name["css/frame.css"]

    response = answer(asset, **{"Accept-Encoding": "gzip, deflate, br"})

    assert response.headers["Content-Encoding"] == "br"
    assert brotli.decompress(response.data) == asset.body


def test_gzip_is_used_where_brotli_is_not_known(assets: Assets) -> None:
    asset = assets.by_name["css/frame.css"]

    response = answer(asset, **{"Accept-Encoding": "gzip"})

    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.data) == asset.body


def test_a_browser_that_knows_no_encoding_gets_the_plain_file(assets: Assets) -> None:
    asset = assets.by_name["css/frame.css"]

    response = answer(asset)

    assert "Content-Encoding" not in response.headers
    assert response.data == asset.body


def test_each_encoding_has_a_tag_of_its_own(assets: Assets) -> None:
    asset = assets.by_name["js/embed.js"]

    tags = {answer(asset, **{"Accept-Encoding": each}).get_etag() for each in ("br", "gzip", "")}
    assert len(tags) == 3


def test_caches_are_told_to_keep_a_file_for_ever_and_per_encoding(assets: Assets) -> None:
    response = answer(assets.by_name["css/frame.css"], **{"Accept-Encoding": "br"})

    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Vary"] == "Accept-Encoding"


def test_a_known_tag_is_answered_without_a_body(assets: Assets) -> None:
    asset = assets.by_name["css/frame.css"]
    tag = answer(asset, **{"Accept-Encoding": "br"}).headers["ETag"]

    response = answer(asset, **{"Accept-Encoding": "br", "If-None-Match": tag})

    assert (response.status_code, response.data) == (304, b"")


def test_a_sandboxed_frame_may_load_its_module(assets: Assets) -> None:
    response = answer(assets.by_name["js/frame.js"])

    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.mimetype == "text/javascript"


def test_squeezed_css_keeps_its_meaning() -> None:
    css = "/* why */\na > b ,\nc:hover {\n  color: red;\n  width: calc(1px + 2px);\n}\n"

    assert squeeze_css(css) == "a > b,c:hover{color:red;width:calc(1px + 2px)}"


def test_squeezed_script_loses_comments_and_indentation_only() -> None:
    source = "// Why.\nfunction go() {\n  // Why here.\n  return 'http://x';\n}\n"

    assert squeeze_js(source) == "function go() {\nreturn 'http://x';\n}\n"


def test_the_host_script_is_small(assets: Assets) -> None:
    assert len(assets.by_name["js/embed.js"].brotli) <= 1_500


def test_the_host_script_has_one_global() -> None:
    source = (paths.STATIC / "js/embed.js").read_text()

    assert set(re.findall(r"window\.(\w+)", source)) == {"Storefront"}


def test_messages_are_never_sent_to_just_anybody() -> None:
    scripts = "".join(file.read_text() for file in (paths.STATIC / "js").rglob("*.js"))

    targets = re.findall(r"postMessage\(.*?,\s*([\w.\"'*]+)\);", scripts)
    assert targets == ["host", "shop.origin"]
