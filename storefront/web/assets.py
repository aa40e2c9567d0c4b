"""Static files as they are served: named after their content, joined per audience, compressed
once. The files themselves lie in static/; the route is in embed.py."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from functools import cache, cached_property
from typing import TYPE_CHECKING

import brotli
from flask import Response

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Request

LAYERS = "@layer reset, tokens, base, layout, parts, pages, utilities;\n"
SHARED_FOLDER = "parts"
"""In static/css: sheets at the top and in this folder go to every audience; each other folder is
an audience of its own and becomes one joined sheet."""

FOREVER = "public, max-age=31536000, immutable"
CHECK_AGAIN = "no-cache"
DIGEST_LENGTH = 10
COMPRESSIBLE = {"text/css", "text/javascript", "image/svg+xml", "application/json", "text/plain"}

_STATIC_IMPORT = re.compile(r'^import (\w+) from "(\./[\w./-]+)";$', re.MULTILINE)
_DYNAMIC_IMPORT = re.compile(r'import\("(\./[\w./-]+)"\)')
_DEFAULT_EXPORT = re.compile(r"^export default (async )?function (\w+)", re.MULTILINE)
_JS_COMMENT_LINE = re.compile(r"^\s*//.*\n", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_FINGERPRINT = re.compile(rf"-[0-9a-f]{{{DIGEST_LENGTH}}}(?=\.[^./]+$)")


@frozen
class Asset:
    """One file to serve. Its compressed forms are made when first asked for, then kept."""

    name: str
    body: bytes

    @cached_property
    def digest(self) -> str:
        """The start of the content's SHA-256, in hex."""
        return hashlib.sha256(self.body).hexdigest()[:DIGEST_LENGTH]

    @cached_property
    def path(self) -> str:
        """The name with the digest in it: another content gets another address."""
        stem, dot, suffix = self.name.rpartition(".")
        return f"{stem}-{self.digest}{dot}{suffix}"

    @cached_property
    def mime(self) -> str:
        """The media type by the name's ending; script is text/javascript on every system."""
        if self.name.endswith(".js"):
            return "text/javascript"
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @cached_property
    def brotli(self) -> bytes:
        """The body as brotli, as small as it gets."""
        return bytes(brotli.compress(self.body, quality=11))

    @cached_property
    def gzip(self) -> bytes:
        """The body as gzip, without a date, so that it is the same in every process."""
        return gzip.compress(self.body, 9, mtime=0)

    def encoded(self, accepted: str) -> tuple[str, bytes]:
        """Return the best encoding among `accepted` and the body in it; "" is none."""
        if self.mime in COMPRESSIBLE:
            if "br" in accepted:
                return "br", self.brotli
            if "gzip" in accepted:
                return "gzip", self.gzip
        return "", self.body


@frozen
class Assets:
    """Every static file by its plain name, such as css/frame.css."""

    by_name: dict[str, Asset]

    def path(self, name: str) -> str:
        """Return the address below the static route; an unknown name is a programming error."""
        return self.by_name[name].path

    def find(self, path: str) -> tuple[Asset, bool] | None:
        """Return the asset for a requested path, and whether it is exactly that content.

        While servers are being replaced, a page may ask for an older or newer content than this
        process has: it gets what there is, and is told not to keep it.
        """
        asset = self.by_name.get(_FINGERPRINT.sub("", path))
        return (asset, asset.path == path) if asset else None


def read_assets(root: Path) -> Assets:
    """Read the folder of static files; nothing is compressed yet."""
    found = [*_sheets(root / "css"), *_scripts(root / "js"), *_plain(root)]
    return Assets({asset.name: asset for asset in found})


def _sheets(folder: Path) -> Iterator[Asset]:
    @cache
    def read(file: Path) -> str:
        return squeeze_css(file.read_text(encoding="utf-8"))

    shared = [*sorted(folder.glob("*.css")), *sorted((folder / SHARED_FOLDER).glob("*.css"))]
    for audience in sorted(path for path in folder.iterdir() if path.is_dir()):
        if audience.name != SHARED_FOLDER:
            files = [*shared, *sorted(audience.glob("*.css"))]
            css = LAYERS + "".join(map(read, files))
            yield Asset(f"css/{audience.name}.css", css.encode())


def squeeze_css(css: str) -> str:
    """Take out comments and the white space that only people need."""
    # Only blanks that go are matched: whatever is put back costs as much as everything else here.
    css = " ".join(_CSS_COMMENT.sub("", css).split())
    css = re.sub(r" (?=[{};,])|(?<=[{};,]) ", "", css)
    return re.sub(r"(?<=[a-z-]): ", ":", css).replace(";}", "}")


def squeeze_js(source: str) -> str:
    """Take out whole-line comments and indentation, which are all that our scripts have."""
    return _INDENT.sub("", _JS_COMMENT_LINE.sub("", source)).replace("\n\n", "\n")


def _scripts(folder: Path) -> Iterator[Asset]:
    built: dict[Path, Asset] = {}
    for file in sorted(folder.rglob("*.js")):
        yield _script(file.resolve(), folder.resolve(), built)


def _script(file: Path, folder: Path, built: dict[Path, Asset]) -> Asset:
    """Build one script: what it imports at once is joined in, what it imports later is linked."""
    if file not in built:

        def join(match: re.Match[str]) -> str:
            module = (file.parent / match[2]).read_text(encoding="utf-8")
            return _as_expression(match[1], module)

        def link(match: re.Match[str]) -> str:
            later = _script((file.parent / match[1]).resolve(), folder, built)
            step = match[1].rpartition("/")[0]
            return f'import("{step}/{later.path.rpartition("/")[2]}")'

        source = _STATIC_IMPORT.sub(join, file.read_text(encoding="utf-8"))
        source = _DYNAMIC_IMPORT.sub(link, source)
        name = f"js/{file.relative_to(folder).as_posix()}"
        built[file] = Asset(name, squeeze_js(source).encode())
    return built[file]


def _as_expression(name: str, module: str) -> str:
    """Turn a module with one default function into a value, its helpers kept to itself."""
    exported = _DEFAULT_EXPORT.search(module)
    if exported is None:
        message = f"a joined module must have one default function, {name} has none"
        raise ValueError(message)
    body = _DEFAULT_EXPORT.sub(r"\1function \2", module)
    return f"const {name} = (() => {{\n{body}\nreturn {exported[2]};\n}})();"


def _plain(root: Path) -> Iterator[Asset]:
    for file in sorted((root / "img").rglob("*")):
        if file.is_file():
            yield Asset(file.relative_to(root).as_posix(), file.read_bytes())


def serve(asset: Asset, request: Request, *, cache: str = FOREVER) -> Response:
    """Answer with an asset in the best encoding that the browser takes, or 304.

    Assets may be read from any origin: they are the same for everybody, and a sandboxed frame,
    whose origin is opaque, could not load its module otherwise.
    """
    encoding, body = asset.encoded(request.headers.get("Accept-Encoding", ""))
    response = Response(body, mimetype=asset.mime)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    if asset.mime in COMPRESSIBLE:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = cache
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(f"{asset.digest}-{encoding}" if encoding else asset.digest)
    response.make_conditional(request)
    return response
