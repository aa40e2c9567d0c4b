"""A region is the same however it is typed."""

import pytest

from storefront.domain.regions import is_known_region, region_key, region_name


@pytest.mark.parametrize("typed", ["RI", "ri", " R.I. ", "Rhode Island", "rhode-island"])
def test_a_state_is_known_by_its_name_and_its_letters(typed: str) -> None:
    assert ("RI", "RI", True) == (
        region_key("US", typed), region_name("US", typed), is_known_region("US", typed),
    )  # fmt: skip


def test_accents_and_case_make_no_other_region() -> None:
    assert region_key("CA", "Québec") == region_key("CA", "QC")
    assert region_key("ES", "Cádiz") == region_key("ES", "CADIZ")


def test_a_region_that_does_not_exist_is_told_apart_where_we_list_them() -> None:
    assert not is_known_region("US", "Ontario")
    assert is_known_region("PT", "Madeira")
    assert ("Madeira", "") == (region_name("PT", "Madeira"), region_key("US", " "))
