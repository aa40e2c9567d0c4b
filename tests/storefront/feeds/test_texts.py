"""Cells and descriptions: safe on the way out, the same on the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.feeds import descriptions
from storefront.feeds.cells import guard, unguard

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\N{FULLWIDTH EQUALS SIGN}1",
    "'=1",
    "''=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_in_a_spreadsheet(text: str) -> None:
    assert guard(text) == f"'{text}"
    assert text == unguard(guard(text))


@given(st.text() | st.sampled_from(FORMULAS))
def test_no_cell_begins_as_a_formula_and_every_cell_comes_back(text: str) -> None:
    guarded = guard(text)

    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert text == unguard(guarded)


PAYLOADS = [
    ("<script>alert(1)</script>Cone", "Cone"),
    ("<img src=x onerror=alert(1)>Cone", "Cone"),
    ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
    ("<ul><li>Green</li><li>Good</li></ul>", "• Green\n\n• Good"),
    ("<style>p{}</style><svg><script>1</script></svg>Cone &amp; cup", "Cone & cup"),
    ("<a href='javascript:alert(1)'>Cone</a>", "Cone"),
    ("a < b and c", "a < b and c"),
    ("Plain\n\n\n\ntext  here", "Plain\n\ntext here"),
    ("<scr<script>ipt>alert(1)</script>", "ipt>alert(1)"),
    ("&lt;b&gt;literally&lt;/b&gt;", "<b>literally</b>"),
    ("<p>never closed", "never closed"),
]


@pytest.mark.parametrize(("markup", "text"), PAYLOADS)
def test_of_markup_only_the_words_are_left(markup: str, text: str) -> None:
    assert text == descriptions.from_html(markup)


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n<&>;a "))
)
def test_a_description_comes_back_as_it_was(text: str) -> None:
    clean = descriptions.plain(text)

    assert clean == descriptions.from_html(descriptions.to_html(clean))
    assert clean == descriptions.from_html(descriptions.to_feed(clean))
