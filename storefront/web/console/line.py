"""An order's line, put into words: the post, each act that is known, and the order at its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from babel.dates import format_timedelta
from flask_babel import get_locale, gettext

from storefront.values import frozen
from storefront.web.console import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from storefront.domain.money import Money
    from storefront.kinds import After
    from storefront.services.chains import Chain, Step
    from storefront.services.reporting.dossier import OrderDossier
    from storefront.services.views import PlacementView

ACROSS_AT_MOST = 6
"""So many steps stand side by side on a wide screen; a longer line runs downwards."""

A_MOMENT = timedelta(seconds=1)


@frozen
class Place:
    """Where something happened; `url` is "" where the post's address cannot be a link."""

    name: str
    channel: str
    url: str


@frozen
class Node:
    """One stop of the drawn line. `tone` is post, act, order or open (an order still unpaid);
    `later` is the time since the stop before; `place` is told where it changes."""

    tone: str
    icon: str
    title: str
    who: str = ""
    later: str = ""
    moment: datetime | None = None
    assurance: str = ""
    note: str = ""
    place: Place | None = None
    amount: Money | None = None
    is_origin: bool = False
    is_buyer: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether more than a page's word stands behind it."""
        return not self.assurance or self.assurance in words.SURE


@frozen
class CreditRow:
    """What one touch gets under each model: parts of 10,000 and money, by the model's code."""

    title: str
    where: str
    moment: datetime | None
    is_origin: bool
    shares: tuple[tuple[int, Money] | None, ...]


@frozen
class Line:
    """A line ready to be drawn."""

    nodes: tuple[Node, ...]
    is_direct: bool
    evidence: str
    models: tuple[str, ...]
    credits: tuple[CreditRow, ...]

    @property
    def is_across(self) -> bool:
        """Whether it is short enough to stand side by side."""
        return len(self.nodes) <= ACROSS_AT_MOST


def draw(chain: Chain, dossier: OrderDossier, after: Iterable[After] = ()) -> Line:
    """Return the line from the post to the order and what came of it, with its credits."""
    acts = [_act(step, dossier.visitor) for step in chain.steps]
    nodes = [_start(chain, dossier), *acts, _end(dossier), *map(_after, after)]
    models = tuple(dict.fromkeys(credit.model for credit in chain.credits))
    return Line(
        nodes=_told_once(nodes),
        is_direct=chain.is_direct,
        evidence=chain.evidence,
        models=models,
        credits=_credits(chain, models, dossier),
    )


def _start(chain: Chain, dossier: OrderDossier) -> Node:
    """Begin at the post; a direct order begins with the buyer, wherever they came from."""
    if chain.is_direct:
        return Node(
            tone="post",
            icon="home",
            title=gettext("Came directly"),
            note=gettext("No share, post or like that we know of led here."),
        )
    first = chain.steps[0] if chain.steps else None
    placement = dossier.order.placement
    return Node(
        tone="post",
        icon="picture",
        title=gettext("The post"),
        place=_place_of(first) if first else _place(placement),
    )


def _act(step: Step, buyer: str) -> Node:
    return Node(
        tone="act",
        icon=words.ICONS.get(step.kind, "info"),
        title=_title(step, is_buyer=step.visitor == buyer),
        who=step.visitor or "",
        moment=step.occurred_at,
        assurance=step.assurance,
        note=gettext("from %(host)s", host=step.referrer) if step.referrer else "",
        place=_place_of(step),
        is_origin=step.is_origin,
        is_buyer=step.visitor == buyer,
    )


def _place_of(step: Step) -> Place:
    return Place(step.placement, step.channel, _safe(step.post_url))


def _place(placement: PlacementView) -> Place:
    return Place(placement.name, placement.channel, _safe(placement.post_url))


def _title(step: Step, *, is_buyer: bool) -> str:
    who = gettext("the buyer") if is_buyer else gettext("visitor")
    if step.visitor is None:
        who = gettext("somebody")
    titles = {
        "view": gettext("Seen by %(who)s", who=who),
        "open": gettext("Link opened by %(who)s", who=who),
        "click": gettext("Clicked by %(who)s", who=who),
        "buy": gettext("“Buy” tapped by %(who)s", who=who),
        "like": gettext("Liked by %(who)s", who=who),
        "comment": gettext("Commented on by %(who)s", who=who),
        "share": gettext("Shared by %(who)s", who=who),
        "follow": gettext("Followed by %(who)s", who=who),
    }
    return str(titles.get(step.kind) or words.of(words.ACTS, step.kind))


def _end(dossier: OrderDossier) -> Node:
    order = dossier.order
    return Node(
        tone="order" if order.paid_at else "open",
        icon="check" if order.paid_at else "clock",
        title=gettext("Order #%(number)s", number=order.number)
        if order.number
        else gettext("Order placed"),
        who=dossier.visitor,
        moment=order.placed_at,
        place=_place(order.placement),
        amount=order.total,
        is_buyer=True,
    )


def _after(each: After) -> Node:
    return Node(
        tone="open" if each.is_over else "act",
        icon=words.ICONS.get(each.kind, "gift"),
        title=each.title,
        who=each.visitor,
        moment=each.at,
        note=each.note,
        amount=each.amount,
    )


def _told_once(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Say at each stop how much later it was, and where only if that is another place."""
    told = [
        replace(
            node,
            later=_later(before.moment, node.moment),
            place=None if node.place == before.place else node.place,
        )
        for before, node in pairwise(nodes)
    ]
    return (nodes[0], *told)


def _later(before: datetime | None, after: datetime | None) -> str:
    if before is None or after is None:
        return ""
    if after - before < A_MOMENT:
        return str(gettext("at once"))
    passed = format_timedelta(after - before, format="short", locale=str(get_locale() or "en"))
    return str(gettext("%(time)s later", time=passed))


def _safe(url: str) -> str:
    """Return an address that may be a link: whatever is not of the web is only text."""
    return url if url.startswith(("https://", "http://")) else ""


def _credits(chain: Chain, models: Sequence[str], dossier: OrderDossier) -> tuple[CreditRow, ...]:
    """Return a row for each touch that has credit, in the order in which they happened."""
    rest = {model: dict(_parts(chain, model, dossier.order.total)) for model in models}
    steps: list[Step | None] = [None] if chain.is_direct else list(chain.path)
    rows = []
    for step in steps:
        shares = tuple(rest[model].get(step.interaction if step else None) for model in models)
        if any(shares):
            rows.append(_credit(step, shares, dossier.visitor))
    return tuple(rows)


def _parts(chain: Chain, model: str, total: Money) -> list[tuple[str | None, tuple[int, Money]]]:
    """Share the order's money as its credit is shared, so that the parts sum to the total."""
    given = [credit for credit in chain.credits if credit.model == model]
    amounts = total.allocate([credit.share for credit in given])
    return [
        (credit.interaction, (credit.share, amount))
        for credit, amount in zip(given, amounts, strict=True)
    ]


def _credit(
    step: Step | None, shares: tuple[tuple[int, Money] | None, ...], buyer: str
) -> CreditRow:
    if step is None:
        return CreditRow(gettext("Came directly"), "", None, is_origin=True, shares=shares)
    return CreditRow(
        title=_title(step, is_buyer=step.visitor == buyer),
        where=f"{step.placement} · {step.channel}",
        moment=step.occurred_at,
        is_origin=step.is_origin,
        shares=shares,
    )
