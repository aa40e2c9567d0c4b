"""LineKind: what a kind of thing that can be sold must answer, so that the shop can sell it
without knowing it. Goods are the shop's own kind; other packages bring theirs."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storefront.domain.finding import Finding
    from storefront.domain.money import Money
    from storefront.errors import StorefrontError
    from storefront.models.order import LineItem, Order

    Parse = Callable[[Mapping[str, Any]], object | None]
    Ask = Callable[[Session, Any, "Asking"], "Asked"]
    OnPlaced = Callable[[Session, LineItem, "Wished"], None]
    OnPaid = Callable[[Session, LineItem, datetime], None]
    BeforeRefund = Callable[[Session, LineItem, "Taken"], None]
    OnNews = Callable[[Session, LineItem, "News"], None]
    Know = Callable[[Session, int, str], Sequence[dict[str, object]]]
    Forget = Callable[[Any, datetime], int]
    Show = Callable[[Session, Order, datetime], "Panel | None"]
    FindDoor = Callable[[Session, int, str | None], "Door | None"]
    Fill = Callable[[Session, Any, Mapping[str, Any]], "Form"]
    Follow = Callable[[Session, Order], Sequence["After"]]
    Glance = Callable[[Session, int, datetime], "Panel | None"]
    NameThings = Callable[
        [Session, int, Iterable[tuple[str, str]]], Mapping[tuple[str, str], "Thing"]
    ]
    Check = Callable[[Session], Iterable[Finding]]


@frozen
class Asking:
    """Who asks a kind for a line, and when. The buyer is the key of an address that anybody can
    type; the visitor is who types it, "" where nobody knows."""

    merchant_id: int
    buyer_key: str
    visitor: str
    now: datetime


@frozen
class Asked:
    """The line that a kind asks the shop to sell: so many of a variant, named by its public id, or
    of a `value` of the kind's own, under a title."""

    quantity: int
    variant: str | None = None
    value: Money | None = None
    title: str = ""
    is_promotable: bool = True


@frozen
class Wished:
    """What a kind made of an order's body, and when the order was placed."""

    wish: Any
    at: datetime


@frozen
class Panel:
    """What a kind adds to an order: a template with its values for the buyer's page, and the same
    for programs, under a name. `picture` is the address of one that stands for its line."""

    name: str
    template: str
    values: Mapping[str, object]
    as_json: object
    picture: str = ""


@frozen
class Door:
    """A way from a placement into a page of the kind's own: an endpoint below the placement with
    further values of its address, and the words and icon of the link."""

    endpoint: str
    words: str
    icon: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)


@frozen
class Form:
    """The form that a kind is ordered with, as it is shown once more with what was typed: a
    template with its values, the total if it can be told, and what stands against ordering it. The
    page may hold a frame of ours."""

    template: str
    values: Mapping[str, Any]
    total: Money | None = None
    fault: StorefrontError | None = None
    holds_ours: bool = False


@frozen
class After:
    """What came of an order, for the end of its line: the kind of the act, in words, who did it by
    a short pseudonym, and what it brought. `is_over` says that it was undone."""

    kind: str
    title: str
    at: datetime
    visitor: str = ""
    note: str = ""
    amount: Money | None = None
    is_over: bool = False


@frozen
class Thing:
    """What the members' log calls a thing of the shop's or a kind's: `within` is the public id of
    what it is a part of; a kind names the endpoint of its page, whose address has its own id."""

    name: str
    within: str = ""
    endpoint: str = ""
    public_id: str = ""


@frozen
class Taken:
    """What a refund takes from a line: units, and minor units of money; `reference` is the
    refund's public id, "" where no money moves. Forced, it is taken even if it was used up."""

    reference: str
    quantity: int
    minor: int
    at: datetime
    is_forced: bool = False


@frozen
class News:
    """What has become of an order's money, by the public id of the refund or dispute: the cause is
    refund_failed, dispute, dispute_won or dispute_lost."""

    cause: str
    reference: str
    at: datetime


def nothing_more(session: Session, line: LineItem, *what: object) -> None:
    """Do nothing: goods are handed over, and come back, by people's hands."""
    del session, line, what


def ask_nothing(body: Mapping[str, Any]) -> None:
    """Ask for nothing: goods are asked for by their lines."""
    del body


def no_line(session: Session, wish: object, asking: Asking) -> Asked:
    """Raise `LookupError`: goods have no line that they ask for themselves."""
    del session, wish, asking
    raise LookupError


def nothing_known(session: Session, merchant_id: int, email: str) -> Sequence[dict[str, object]]:
    """Know nothing of a person beyond their orders."""
    del session, merchant_id, email
    return ()


class Erase(Protocol):
    """Lets a person go, known by their address in small letters."""

    def __call__(self, session: Session, merchant_id: int, email: str, *, now: datetime) -> int:
        """Erase what is kept of them, and count it."""


def nothing_erased(session: Session, merchant_id: int, email: str, *, now: datetime) -> int:
    """Erase nothing beyond a person's orders."""
    del session, merchant_id, email, now
    return 0


def nothing_to_forget(ports: object, now: datetime) -> int:
    """Keep nothing that could be forgotten."""
    del ports, now
    return 0


def nothing_to_show(session: Session, order: Order, now: datetime) -> None:
    """Add nothing to an order: its lines say it all."""
    del session, order, now


def no_door(session: Session, merchant_id: int, product: str | None) -> None:
    """Lead nowhere else: goods are bought where they are shown."""
    del session, merchant_id, product


def no_form(session: Session, state: object, body: Mapping[str, Any]) -> Form:
    """Raise `LookupError`: goods have the shop's own checkout."""
    del session, state, body
    raise LookupError


def nothing_after(session: Session, order: Order) -> Sequence[After]:
    """Let nothing come of an order that its own line does not say."""
    del session, order
    return ()


def no_things(
    session: Session, merchant_id: int, things: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], Thing]:
    """Name nothing in the members' log: goods are the shop's own things."""
    del session, merchant_id, things
    return {}


def nothing_at_a_glance(session: Session, merchant_id: int, now: datetime) -> None:
    """Add nothing to the first page of the console."""
    del session, merchant_id, now


@frozen
class LineKind:
    """One kind of line; each answer joins the transaction of what it answers to.

    `fields` are what an order's form may hold for this kind; `parse` makes a wish of them, or None
    where there is none, and raises `Invalid`; `ask` turns the wish into a line; `on_placed` keeps
    what the wish said beside that line. Such an order reaches its buyer by `fulfilment`.
    `on_paid` runs when the order is marked paid, `before_refund` when money for a line is about to
    go back (it raises `Conflict` where the line is used up), and `on_news` when a refund came to
    nothing or a dispute went on. `show` adds to the buyer's page, `know` says what is kept about a
    person by their address in small letters, `erase` lets it go and counts it, `forget` does so
    once a day with what nobody needs any more, and `jobs` are handlers of the promises that the
    kind makes. `door` leads from a placement, or one product of it, to where the kind is ordered,
    and reads `door_question` for it, by `merchant_id` and `product` ("" for none), so that a page
    can ask it together with what else it asks. `form` is that form for what was typed, and `checks`
    are rules of the self-audit that must hold for its rows. In the console, `follow` says what came
    of an order, `glance` adds to the first page, `name_things` tells the members' log what things
    of the kind are called, by their kind and id, and `weigh` adds to the page on which money is
    given back how much of it was used up.
    """

    name: str
    fulfilment: str = ""
    fields: frozenset[str] = frozenset()
    parse: Parse = ask_nothing
    ask: Ask = no_line
    on_placed: OnPlaced = nothing_more
    on_paid: OnPaid = nothing_more
    before_refund: BeforeRefund = nothing_more
    on_news: OnNews = nothing_more
    show: Show = nothing_to_show
    know: Know = nothing_known
    erase: Erase = nothing_erased
    forget: Forget = nothing_to_forget
    jobs: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    door: FindDoor = no_door
    door_question: Select[Any] | None = None
    form: Fill = no_form
    checks: tuple[Check, ...] = ()
    follow: Follow = nothing_after
    glance: Glance = nothing_at_a_glance
    name_things: NameThings = no_things
    weigh: Show = nothing_to_show


GOODS = LineKind(name="goods")


def kind_named(name: str, kinds: Iterable[LineKind]) -> LineKind:
    """Return the kind of this name; raise `LookupError` where none of ours is called so."""
    for kind in kinds:
        if kind.name == name:
            return kind
    message = f"no kind of line is called {name!r}"
    raise LookupError(message)


def kind_of_fields(given: Iterable[str], kinds: Iterable[LineKind]) -> LineKind | None:
    """Return the kind whose fields an order's form holds; None for goods."""
    names = set(given)
    return next((kind for kind in kinds if not kind.fields.isdisjoint(names)), None)
