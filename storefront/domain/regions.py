"""States and provinces as people type them: "Rhode Island", "rhode island" and "RI" are one.
Only countries whose tax differs by region are spelled out; elsewhere the words themselves count."""

from __future__ import annotations

import unicodedata

ELSEWHERE = "*"
"""Stands for every country that is not named."""

CODES = {
    "US": "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,"
    "DE Delaware,DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,"
    "IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,"
    "MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,"
    "NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
    "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,"
    "RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,"
    "VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming",
    "CA": "AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,"
    "NL Newfoundland and Labrador,NS Nova Scotia,NT Northwest Territories,NU Nunavut,ON Ontario,"
    "PE Prince Edward Island,QC Quebec,SK Saskatchewan,YT Yukon",
    "AU": "ACT Australian Capital Territory,NSW New South Wales,NT Northern Territory,"
    "QLD Queensland,SA South Australia,TAS Tasmania,VIC Victoria,WA Western Australia",
}
"""ISO 3166-2 codes with their names, by country."""


def _plain(words: str) -> str:
    """Return the letters and digits alone, without case and accents."""
    split = unicodedata.normalize("NFKD", words).casefold()
    return "".join(symbol for symbol in split if symbol.isalnum())


_BY_WORDS = {
    (country, _plain(words)): code
    for country, listed in CODES.items()
    for code, _, name in (each.partition(" ") for each in listed.split(","))
    for words in (code, name)
}


def region_key(country: str, typed: str) -> str:
    """Return what stands for a region however it was typed; "" for none."""
    plain = _plain(typed)
    return _BY_WORDS.get((country, plain), plain)


def region_name(country: str, typed: str) -> str:
    """Return how a region is kept: by its code where we know it, else as it was typed."""
    return _BY_WORDS.get((country, _plain(typed)), typed)


def is_known_region(country: str, typed: str) -> bool:
    """Return whether the country has such a region; True where we do not list its regions."""
    return country not in CODES or (country, _plain(typed)) in _BY_WORDS
