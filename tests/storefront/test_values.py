"""Frozen values behave as frozen dataclasses do."""

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from storefront.values import frozen

Decorator = Callable[[type[Any]], type[Any]]


def parcel_class(decorate: Decorator) -> type[Any]:
    """Return a class with every kind of field that ours have."""

    class Parcel:
        """Something sent."""

        name: str
        weight: int = 1
        tags: tuple[str, ...] = ()
        notes: Mapping[str, str] = field(default_factory=dict, hash=False)
        secret: str = field(default="", repr=False, compare=False)

        def __post_init__(self) -> None:
            if self.weight < 0:
                raise ValueError("lighter than air")

        @cached_property
        def label(self) -> str:
            return f"{self.name}: {self.weight}"

    return decorate(Parcel)


PARCELS = [parcel_class(frozen), parcel_class(dataclass(frozen=True))]
Ours, Theirs = PARCELS


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(repr, id="its text"),
        pytest.param(hash, id="its hash"),
        pytest.param(asdict, id="its content"),
        pytest.param(lambda parcel: parcel.label, id="what is kept on it"),
        pytest.param(lambda parcel: [part.name for part in fields(parcel)], id="its fields"),
        pytest.param(lambda parcel: asdict(replace(parcel, weight=9)), id="a changed copy"),
        pytest.param(lambda parcel: type(parcel).__match_args__, id="how it is matched"),
        pytest.param(lambda parcel: parcel == replace(parcel), id="an equal one"),
        pytest.param(lambda parcel: parcel == replace(parcel, secret="x"), id="what counts not"),
        pytest.param(lambda parcel: parcel == replace(parcel, notes={"a": "b"}), id="another"),
        pytest.param(lambda parcel: parcel == asdict(parcel), id="something else"),
    ],
)
@pytest.mark.parametrize(
    "given",
    [
        (("tea",), {}),
        (("tea", 2, ("green",)), {"notes": {"to": "Ana"}, "secret": "s"}),
        ((), {"weight": 3, "name": "cup"}),
    ],
)
def test_a_value_is_what_a_frozen_dataclass_is(
    look: Callable[[Any], object], given: tuple[tuple[Any, ...], dict[str, Any]]
) -> None:
    places, names = given
    ours, theirs = (make(*places, **names) for make in PARCELS)

    assert look(theirs) == look(ours)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda cls: cls(), id="nothing given"),
        pytest.param(lambda cls: cls("tea", colour="red"), id="an unknown field"),
        pytest.param(lambda cls: cls("tea", 1, (), {}, "", 6), id="too much"),
    ],
)
def test_what_does_not_fit_is_refused(make: Callable[[type[Any]], object]) -> None:
    for parcel in PARCELS:
        with pytest.raises(TypeError):
            make(parcel)


def test_a_value_that_must_not_be_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="lighter than air"):
        Ours("tea", -1)


@pytest.mark.parametrize("name", ["weight", "colour"])
def test_a_value_never_changes(name: str) -> None:
    tea = Ours("tea")
    with pytest.raises(FrozenInstanceError):
        setattr(tea, name, 2)
    with pytest.raises(FrozenInstanceError):
        delattr(tea, name)

    assert Ours("tea") == tea


def test_each_value_has_its_own_default_that_is_made() -> None:
    assert Ours("tea").notes is not Ours("tea").notes


def test_a_class_of_the_same_fields_is_another_value() -> None:
    assert Ours("tea") != parcel_class(frozen)("tea")


def test_a_value_without_fields_is_equal_to_any_other() -> None:
    @frozen
    class Nothing:
        """Nothing at all."""

    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_what_a_class_says_itself_stays() -> None:
    @frozen
    class Name:
        """A name that is the same in any case."""

        word: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Name) and self.word.lower() == other.word.lower()

        def __hash__(self) -> int:
            return hash(self.word.lower())

    assert {Name("Ana")} == {Name("ANA")}


def test_a_class_below_a_value_is_made_like_it_before_and_after_the_first() -> None:
    @frozen
    class Above:
        name: str

    class Below(Above):
        pass

    assert ["a", "b", "c"] == [Below("a").name, Above("b").name, Below(name="c").name]
