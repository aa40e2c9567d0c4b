"""Who may import whom: imports point inwards, and each foreign library has its place."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.house.source import Source, is_within, planted, project

FLASK = (
    "flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click",
    "flask_babel", "babel", "flask_login", "flask_smorest", "marshmallow",
)  # fmt: skip
ALCHEMY = ("sqlalchemy",)
EVERYWHERE = ("storefront.errors", "storefront.values")


@dataclass(frozen=True)
class Layer:
    """What a layer may import besides the standard library, itself and the errors.

    ``types`` are arrows for the type checker alone, under ``TYPE_CHECKING``.
    """

    ours: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    not_ours: tuple[str, ...] = ()


ORM_TYPES = ("storefront.models", *ALCHEMY)
OUTSIDE = (
    "storefront.services",
    "storefront.ports",
    "storefront.kinds",
    "storefront.domain",
    "storefront.settings",
    "storefront.languages",
    "storefront.links",
    "storefront.paths",
    "storefront.qr",
    "storefront.signals",
    "storefront.feeds",
)

# A module belongs to the longest name that it lies within.
LAYERS = {
    "storefront": Layer(ours=("storefront.app",)),
    "storefront.errors": Layer(),
    "storefront.values": Layer(),
    "storefront.paths": Layer(),
    "storefront.settings_readers": Layer(),
    "storefront.settings_faults": Layer(
        ours=("storefront.settings_readers",), types=("storefront.settings",)
    ),
    "storefront.settings": Layer(
        ours=("storefront.settings_readers", "storefront.settings_faults")
    ),
    "storefront.languages": Layer(ours=("storefront.paths",), foreign=("babel",)),
    "storefront.logs": Layer(types=("storefront.settings",)),
    "storefront.links": Layer(types=("storefront.settings",)),
    "storefront.qr": Layer(foreign=("qrcode",)),
    "storefront.feeds": Layer(ours=("storefront.domain",)),
    "storefront.signals": Layer(foreign=("blinker",), types=ORM_TYPES),
    "storefront.domain": Layer(foreign=("iso4217",)),
    "storefront.db": Layer(
        ours=("storefront.domain", "storefront.paths", "storefront.signals"),
        foreign=(*ALCHEMY, "alembic", "psycopg", "pysqlite3"),
    ),
    "storefront.models": Layer(ours=("storefront.db", "storefront.domain"), foreign=ALCHEMY),
    "storefront.kinds": Layer(ours=("storefront.domain",), types=ORM_TYPES),
    "storefront.ports": Layer(
        ours=("storefront.domain", "storefront.settings", "storefront.kinds"), types=ORM_TYPES
    ),
    "storefront.services": Layer(
        ours=(
            "storefront.models",
            "storefront.db",
            "storefront.domain",
            "storefront.ports",
            "storefront.kinds",
            "storefront.settings",
            "storefront.links",
            "storefront.signals",
            "storefront.feeds",
        ),
        foreign=(*ALCHEMY, "argon2", "email_validator", "pyotp"),
    ),
    "storefront.adapters": Layer(
        ours=("storefront.ports", "storefront.domain", "storefront.languages"),
        foreign=(
            "stripe",
            "urllib3",
            "cryptography",
            "css_inline",
            "itsdangerous",
            "jinja2",
            "babel",
            "PIL",
        ),
    ),
    "storefront.sandbox": Layer(foreign=("flask", "werkzeug", "jinja2", "markupsafe", "granian")),
    "storefront.web": Layer(
        ours=OUTSIDE,
        foreign=(*FLASK, "prometheus_client", "brotli", "email_validator", "PIL"),
        types=ORM_TYPES,
    ),
    # These two alone know which faults of a database pass by themselves.
    "storefront.web.errors": Layer(
        ours=(*OUTSIDE, "storefront.web"), foreign=(*FLASK, "sqlalchemy.exc"), types=ORM_TYPES
    ),
    "storefront.worker": Layer(ours=OUTSIDE, foreign=("sqlalchemy.exc",), types=ORM_TYPES),
    "storefront.supervisor": Layer(),
    "storefront.programs": Layer(ours=("storefront.supervisor",)),
    "storefront.serving": Layer(ours=("storefront.supervisor",), foreign=("click", "granian")),
    "storefront.__main__": Layer(ours=("storefront.starting",)),
    "storefront.starting": Layer(
        ours=(
            "storefront.create_app",
            "storefront.db_command",
            "storefront.demo",
            "storefront.languages",
            "storefront.logs",
            "storefront.new_settings",
            "storefront.programs",
            "storefront.run_command",
            "storefront.settings",
            "storefront.web.compiled",
        ),
        foreign=("sqlalchemy.orm", "flask"),
        types=("click",),
    ),
    "storefront.commands": Layer(
        ours=("storefront.services.ailments",), foreign=("click", "sqlalchemy.exc")
    ),
    "storefront.db_command": Layer(
        ours=("storefront.commands", "storefront.db"),
        foreign=("click",),
        types=("storefront.settings",),
    ),
    "storefront.run_command": Layer(
        ours=("storefront.logs", "storefront.programs", "storefront.supervisor"),
        foreign=("click",),
        types=("storefront.settings",),
    ),
    "storefront.cli": Layer(
        ours=(
            *OUTSIDE,
            "storefront.commands",
            "storefront.db",
            "storefront.db_command",
            "storefront.import_command",
            "storefront.members_command",
            "storefront.logs",
            "storefront.run_command",
            "storefront.worker",
        ),
        foreign=("click",),
        types=ORM_TYPES,
    ),
    "storefront.import_command": Layer(ours=OUTSIDE, foreign=("click",)),
    "storefront.members_command": Layer(ours=OUTSIDE, foreign=("click",)),
    "storefront.new_settings": Layer(ours=(), foreign=("click",)),
    # The demo is a merchant with a past: people have sent gifts and spent them.
    "storefront.demo": Layer(
        ours=("storefront", "gifting"),
        not_ours=("storefront.app", "storefront.adapters"),
        foreign=(*FLASK, *ALCHEMY, "PIL"),
    ),
    "storefront.app": Layer(ours=("storefront", "gifting"), foreign=(*FLASK, *ALCHEMY)),
    "gifting": Layer(
        ours=("storefront",),
        not_ours=("storefront.app", "storefront.adapters", "storefront.sandbox"),
        foreign=(*FLASK, *ALCHEMY),
    ),
    "gifting.art": Layer(foreign=("PIL",)),
    "gifting.frames": Layer(ours=("storefront.errors",), foreign=("PIL", "zxingcpp")),
}

# What only one module may know, so that it can be replaced there.
HOMES = {
    "stripe": "storefront.adapters.stripe_gateway",
    "psycopg": "storefront.db.pipe",
    "urllib3": "storefront.adapters.wire",
    "smtplib": "storefront.adapters.smtp_mailer",
    "css_inline": "storefront.adapters.jinja_letters",
    "cryptography": "storefront.adapters.signer",
    "pyotp": "storefront.services.second_factor",
    "qrcode": "storefront.qr",
    "zxingcpp": "gifting.frames",
}


@dataclass(frozen=True)
class Arrow:
    """One import: the module it names, and whether only the type checker follows it."""

    target: str
    is_for_types: bool
    is_relative: bool
    node: ast.stmt


def violations(sources: Iterable[Source]) -> list[str]:
    """Name every arrow that the table does not allow."""
    return [
        f"{source.at(arrow.node)}: {fault}"
        for source in sources
        for arrow in arrows(source.tree)
        for fault in _faults(source.module, arrow)
    ]


def arrows(tree: ast.AST, *, is_for_types: bool = False) -> Iterator[Arrow]:
    """Walk every import of a file, those inside functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Arrow(alias.name, is_for_types, is_relative=False, node=node)
        elif isinstance(node, ast.ImportFrom):
            yield from _arrows_from(node, is_for_types=is_for_types)
        elif isinstance(node, ast.If) and _asks_for_types(node.test):
            body = ast.Module(body=node.body, type_ignores=[])
            yield from arrows(body, is_for_types=True)
            rest = ast.Module(body=node.orelse, type_ignores=[])
            yield from arrows(rest, is_for_types=is_for_types)
        else:
            yield from arrows(node, is_for_types=is_for_types)


def _asks_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _arrows_from(node: ast.ImportFrom, *, is_for_types: bool) -> Iterator[Arrow]:
    """Take ``from storefront import app`` for what it is: an arrow to storefront.app."""
    module = node.module or ""
    for alias in node.names:
        target = f"{module}.{alias.name}" if module in ("storefront", "gifting") else module
        yield Arrow(target, is_for_types, is_relative=node.level > 0, node=node)


def _faults(module: str, arrow: Arrow) -> Iterator[str]:
    if arrow.is_relative:
        yield "imports are absolute"
        return
    layer_name = _layer_of(module)
    if layer_name is None:
        yield f"{module} belongs to no layer; give it a row in the table"
        return
    if not _is_allowed(layer_name, arrow):
        yield f"{layer_name} may not import {arrow.target}"
    home = HOMES.get(arrow.target.partition(".")[0])
    if home and not is_within(module, home) and not arrow.is_for_types:
        yield f"only {home} may import {arrow.target}"


def _layer_of(module: str) -> str | None:
    names = [name for name in LAYERS if is_within(module, name)]
    longest = max(names, key=len, default=None)
    # The package itself is a layer of one file: what lies below it needs a row of its own.
    return None if longest == "storefront" != module else longest


def _is_allowed(layer_name: str, arrow: Arrow) -> bool:
    layer, target = LAYERS[layer_name], arrow.target
    top = target.partition(".")[0]
    if top in sys.stdlib_module_names or target == "__future__":
        return True
    if arrow.is_for_types and is_within(target, *layer.types):
        return True
    if top not in ("storefront", "gifting"):
        return is_within(target, *layer.foreign)
    if is_within(target, *layer.not_ours):
        return False
    return is_within(target, layer_name, *layer.ours, *EVERYWHERE) and (
        layer_name != "storefront" or is_within(target, *layer.ours)
    )


def test_imports_point_inwards() -> None:
    assert violations(project()) == []


def test_an_arrow_outwards_is_named() -> None:
    source = planted("storefront.domain.money", "from storefront.models.order import Order")

    fault = "storefront.domain may not import storefront.models.order"
    assert violations([source]) == [f"storefront/domain/money.py:1: {fault}"]


def test_an_arrow_inside_a_function_is_named() -> None:
    source = planted("storefront.services.offers", "def f():\n    import flask\n")

    expected = ["storefront/services/offers.py:2: storefront.services may not import flask"]
    assert violations([source]) == expected


def test_an_arrow_for_the_type_checker_alone_is_told_from_a_real_one() -> None:
    lazy = planted(
        "storefront.kinds",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from storefront.models.order import LineItem\n",
    )
    eager = planted("storefront.kinds", "from storefront.models.order import LineItem")

    assert violations([lazy]) == []
    expected = ["storefront/kinds.py:1: storefront.kinds may not import storefront.models.order"]
    assert violations([eager]) == expected


def test_the_shop_does_not_know_its_gifts() -> None:
    source = planted("storefront.web.checkout", "from gifting import domain")

    expected = ["storefront/web/checkout.py:1: storefront.web may not import gifting.domain"]
    assert violations([source]) == expected


def test_nothing_imports_the_composition_root() -> None:
    source = planted("gifting.web", "from storefront import app")

    assert violations([source]) == ["gifting/web.py:1: gifting may not import storefront.app"]


def test_a_library_outside_its_home_is_named() -> None:
    source = planted("storefront.services.letters", "import pyotp")

    fault = "only storefront.services.second_factor may import pyotp"
    assert violations([source]) == [f"storefront/services/letters.py:1: {fault}"]


def test_a_relative_import_is_named() -> None:
    source = planted("storefront.web.embed", "from .forms import PlaceOrderForm")

    assert violations([source]) == ["storefront/web/embed.py:1: imports are absolute"]


def test_a_module_without_a_layer_is_named() -> None:
    source = planted("storefront.helpers", "import storefront.errors")

    fault = "storefront.helpers belongs to no layer; give it a row in the table"
    assert violations([source]) == [f"storefront/helpers.py:1: {fault}"]
