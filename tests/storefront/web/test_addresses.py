"""Addresses of pages: rules that are prepared late build what others build at once."""

import pytest
from werkzeug.routing import Map, Rule

from storefront.web.addresses import LateRule

CASES = [
    ("/g/<name>", {"name": "ä b"}),
    ("/o/<name>/lines/<int:number>", {"name": "x", "number": 7}),
    ("/o/<name>/lines/<int:number>", {"name": "x", "number": 7, "page": 2, "q": "é"}),
    ("/files/<path:name>", {"name": "css/a.css"}),
    ("/plain", {}),
    ("/plain", {"page": [1, 2]}),
]


def build(kind: type[Rule], pattern: str, values: dict[str, object]) -> str:
    addresses = Map([kind(pattern, endpoint="page")]).bind("shop.test")
    return addresses.build("page", values)


@pytest.mark.parametrize(("pattern", "values"), CASES)
def test_a_late_rule_builds_the_address_that_any_rule_builds(
    pattern: str, values: dict[str, object]
) -> None:
    assert build(Rule, pattern, values) == build(LateRule, pattern, values)


def test_a_late_rule_prepares_each_builder_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[bool] = []
    compile_now = Rule._compile_builder

    def count(rule: Rule, append_unknown: bool = True) -> object:
        compiled.append(append_unknown)
        return compile_now(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", count)
    addresses = Map([LateRule("/g/<name>", endpoint="page")]).bind("shop.test")
    before = list(compiled)
    built = [addresses.build("page", {"name": "a"}) for _ in range(2)]

    assert [] == before
    assert ["/g/a", "/g/a"] == built
    assert [True] == compiled
