"""Random parameters to every page and random fields to every form, as the owner, a clerk and
anybody: refused or taken, never a fault of ours."""

import re
from collections import Counter
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.house.source import files
from tests.storefront.web.answers import PERSON
from tests.strangers.addresses import addresses
from tests.strangers.forms import Form, read_page
from tests.strangers.shop import OWN, Furnished

NASTY = (
    "", " ", "0", "-1", "-0", "1.5", "1,2,3", "1e999", "NaN", "9" * 5_000, str(2**31), str(2**63),
    "\uff12", "\u0663", "\u00b2", "\u00bd", "0x10", "true", "null", "[]", "{}", "on", "\0", "a\0b",
    "\u202e", "\U0001f600", "\xff", "\n\n", "%", "%(x)s", "{{7*7}}", "'\"><", "../", "x" * 9_000,
    "0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00", "9999-12-31T23:59", "10000-01-01",
    "2026-03-08T02:30", "23:61", "Mars/Phobos", "zz", "http://[", "//x", "https://x:9999999/",
)  # fmt: skip
"""What forms and addresses have been broken with before, by others and by us."""

ANY = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
KNOWN = {
    name
    for file in files()
    for name in re.findall(r'\bargs(?:\.get\(|\[)"(\w+)"', file.read_text("utf-8"))
} | {"amount", "campaign", "first", "last", "lines", "quantity", "status", "to", "variant", "way"}
"""Every parameter that some page reads, and those that pages read with others of their forms."""

LEFT_OUT = (
    "/console/sign-out", "/console/account/password", "/console/password-resets/",
    "/counter/shifts/end",
)  # fmt: skip
"""Forms that end what the next request needs."""

SIZES = (
    pytest.param(150, id="150"),
    pytest.param(5_000, id="5000", marks=[pytest.mark.prove, pytest.mark.timeout(3600)]),
)


def of_size(examples: int) -> settings:
    """Return what so many examples need; every day the same ones."""
    return settings(
        max_examples=examples,
        derandomize=examples <= 150,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def is_fault(status: int, address: str) -> bool:
    """Return whether an answer is our fault; without a worker, /readyz rightly says 503."""
    return status >= 500 and address != "/readyz"


@pytest.mark.parametrize("examples", SIZES)
def test_no_parameters_of_an_address_are_a_fault(
    furnished_on_each: Furnished, examples: int
) -> None:
    furnished = furnished_on_each
    asked: Counter[int] = Counter()
    known = sorted(set(addresses(furnished.names)))

    @of_size(examples)
    @given(
        st.sampled_from([address for _, address in known]),
        st.dictionaries(st.sampled_from(sorted(KNOWN)), ANY, min_size=1),
    )
    def ask(address: str, given_: dict[str, str]) -> None:
        path, _, query = address.partition("?")
        values = {**given_, **(dict(parse_qsl(query)) if len(given_) % 2 else {})}
        client = furnished.client_for(path)
        answer = client.get(path, query_string=values, headers=PERSON, buffered=True)
        asked[answer.status_code] += 1
        assert not is_fault(answer.status_code, path), (path, values)

    ask()

    assert asked[200] > examples // 5


@pytest.fixture(scope="module")
def forms(furnished_on_each: Furnished) -> list[Form]:
    """Return every form of every page, as a browser would send it."""
    furnished = furnished_on_each
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for _, address in addresses(furnished.names):
        answer = furnished.client_for(address).get(address, headers=PERSON, buffered=True)
        if answer.mimetype == "text/html":
            for form in read_page(address, answer.text).forms:
                found.setdefault((form.action.partition("?")[0], tuple(form.fields)), form)
    return [
        form
        for form in found.values()
        if form.method == "post" and not form.action.startswith(LEFT_OUT)
    ]


@pytest.mark.parametrize("examples", SIZES)
def test_no_fields_of_a_form_are_a_fault(
    furnished_on_each: Furnished, forms: list[Form], examples: int
) -> None:
    furnished = furnished_on_each
    asked: Counter[int] = Counter()
    names = st.sampled_from(sorted({name for form in forms for name in form.fields} | {"extra"}))

    @of_size(examples)
    @given(st.sampled_from(forms), st.data(), st.booleans())
    def send(form: Form, data: st.DataObject, is_anybody: bool) -> None:
        own = st.sampled_from(sorted(form.fields)) if form.fields else names
        changes = data.draw(st.dictionaries(st.one_of(own, own, names), ANY, max_size=3))
        client = furnished.bench.client() if is_anybody else furnished.client_for(form.action)
        fields = {**form.fields, **changes}
        answer = client.post(form.action, data=fields, headers={**OWN, **PERSON}, buffered=True)
        asked[answer.status_code] += 1
        assert not is_fault(answer.status_code, form.action), (form.action, fields)

    send()

    assert asked[303] > examples // 20
    assert asked[422] > examples // 20
