"""What the shop imports it also asks for: nothing works only because the tests brought it along."""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions

from tests.house.source import ROOT, Source, planted, project
from tests.house.test_imports import arrows

# Parts of Flask that its own documentation tells us to import.
BROUGHT_BY_FLASK = {"babel", "click", "itsdangerous", "jinja2", "markupsafe"}
OURS = {"storefront", "gifting"}


def undeclared(sources: Iterable[Source]) -> list[str]:
    """Name the imports of packages that an installation would not bring."""
    declared = _declared()
    distributions = packages_distributions()
    return [
        f"{source.at(arrow.node)}: {top} is not among the dependencies"
        for source in sources
        for arrow in arrows(source.tree)
        for top in [arrow.target.partition(".")[0]]
        if not arrow.is_for_types and top not in OURS | BROUGHT_BY_FLASK
        if top not in sys.stdlib_module_names
        if not declared & {_normal(each) for each in distributions.get(top, [top])}
    ]


def _declared() -> set[str]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [each for extra in table["optional-dependencies"].values() for each in extra]
    return {_normal(re.split(r"[\s\[<>=!~;]", each)[0]) for each in table["dependencies"] + extras}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_shop_asks_for_what_it_imports() -> None:
    assert undeclared(project()) == []


def test_a_package_of_the_tests_is_named() -> None:
    source = planted("storefront.adapters.stripe_gateway", "import httpx\nimport stripe\n")

    expected = ["storefront/adapters/stripe_gateway.py:1: httpx is not among the dependencies"]
    assert undeclared([source]) == expected
