"""A refused form of the console: every fault is named above with the way to its field, the first
wrong field has the focus, and the place in the navigation stays marked. No script is needed."""

import re
from typing import Any

import pytest

from storefront.web.sentences import SENTENCES
from tests.factories import World
from tests.fakes import BASE_URL
from tests.storefront.web.answers import Marks

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

FORMS: dict[str, tuple[dict[str, str], str]] = {
    "products": ({"name": "", "price": "abc"}, "products"),
    "products/{product}/variants": ({"variant": "", "price": "abc"}, "products"),
    "placements": ({"name": "", "channel": ""}, "placements"),
    "offers": ({"name": "", "benefit": "percent", "rate": "abc", "scope": "chosen"}, "offers"),
    "delivery/rates": ({"country": "", "name": "", "amount": "abc"}, "settings"),
    "delivery/taxes": ({"country": "PT", "name": "", "rate": "abc"}, "settings"),
    "gifts/terms": ({"least": "abc", "most": "1"}, "settings"),
    "stores": ({"name": "", "address": ""}, "settings"),
    "invitations": ({"email": "x", "role": "clerk"}, "settings"),
    "counter/pin": ({"pin": "111111"}, ""),
}
"""What is sent to an address below /console/, and which place its form belongs to."""


@pytest.fixture
def refused(world: World, owner: Any) -> dict[str, Marks]:
    """Send every form as it is wrong, and give the pages that answer."""
    answers = {
        path: owner.post(
            f"/console/{path.format(product=world.product.public_id)}",
            data=form,
            headers={"Origin": BASE_URL},
        )
        for path, (form, _place) in FORMS.items()
    }
    assert dict.fromkeys(FORMS, 422) == {path: each.status_code for path, each in answers.items()}
    return {path: Marks(answer.text) for path, answer in answers.items()}


def test_every_fault_is_named_above_with_the_way_to_its_field(refused: dict[str, Marks]) -> None:
    lost = {path: set(page.wrong) - set(page.ways) for path, page in refused.items()}
    blind = {path: set(page.ways) - page.ids for path, page in refused.items()}

    assert dict.fromkeys(FORMS, True) == {path: bool(page.ways) for path, page in refused.items()}
    assert {path: set[str]() for path in FORMS} == lost == blind


def test_the_first_wrong_field_has_the_focus_without_script(refused: dict[str, Marks]) -> None:
    first = {path: page.ways[:1] for path, page in refused.items()}

    assert first == {path: page.focus for path, page in refused.items()}


def test_a_refused_form_stays_in_its_place(refused: dict[str, Marks]) -> None:
    places = {path: [place] if place else [] for path, (_form, place) in FORMS.items()}

    assert places == {path: page.here for path, page in refused.items()}


def test_a_fault_is_named_by_the_label_of_its_field(owner: Any) -> None:
    answer = owner.post("/console/products", data={"name": ""}, headers={"Origin": BASE_URL})

    assert re.search(rf'<a href="#name"><b>Name</b> {SENTENCES["text_missing"]}</a>', answer.text)


def test_a_form_that_nothing_is_wrong_with_takes_no_focus(owner: Any) -> None:
    page = Marks(owner.get("/console/products/new").text)

    assert ([], []) == (page.focus, page.wrong)
