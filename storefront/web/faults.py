"""What a page says is wrong with a form: noted while its fields are drawn, so that one summary can
name all of it and the first wrong field has the focus, with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import g

from storefront.web.context import surface

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask


class Fault(NamedTuple):
    """Where something is wrong (the id of an element), what that is called, and what is wrong."""

    place: str
    label: str
    sentence: str


def init_faults(app: Flask) -> None:
    """Let the templates of `app` note what is wrong, and name it."""
    app.jinja_env.globals.update(
        note_fault=note_fault,
        noted_faults=noted_faults,
        takes_focus=takes_focus,
        unplaced=unplaced,
    )


def note_fault(place: str, sentence: str, label: str = "") -> bool:
    """Keep a fault for the summary; return whether its field shall have the focus, as the first."""
    noted = noted_faults()
    g.storefront_faults = (*noted, Fault(place, label, sentence))
    return not noted and takes_focus()


def unplaced(errors: Mapping[str, str]) -> list[str]:
    """Return the sentences that none of the fields drawn so far has at it."""
    noted = {fault.sentence for fault in noted_faults()}
    return [sentence for sentence in errors.values() if sentence not in noted]


def takes_focus() -> bool:
    """Return whether the page may have the focus when it is shown: a frame takes none from the
    page around it. Its script may, when somebody has just been at work in it."""
    return surface() != "frame"


def noted_faults() -> tuple[Fault, ...]:
    """Return what is wrong with the page as far as it is drawn, in its order."""
    faults: tuple[Fault, ...] = g.get("storefront_faults", ())
    return faults
