"""The gift as a kind of line that the shop can sell: what it answers, and the jobs it promises.
The shop knows gifts by this value alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gifting import asking, audit, forgetting, form, issuing, order_panel, privacy, returns, wishes
from gifting.jobs import JOBS
from gifting.reporting import liability, line, naming, weighing
from storefront.kinds import LineKind, Panel

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models import LineItem
    from storefront.ports import Signer
    from storefront.settings import Settings

GIFT = "gift"


def gift_kind(settings: Settings, sign: Signer) -> LineKind:
    """Return the kind for one installation: its codes are sealed with this signer."""

    def issue(session: Session, line: LineItem, now: datetime) -> None:
        issuing.issue_gifts(session, line, sign=sign, is_live=settings.is_live, now=now)

    def glance(session: Session, merchant_id: int, now: datetime) -> Panel | None:
        return liability.glance(session, merchant_id, is_live=settings.is_live, now=now)

    shop = order_panel.Shop(settings, sign)
    return LineKind(
        name=GIFT,
        fulfilment=GIFT,
        fields=wishes.FIELDS,
        parse=wishes.parse,
        ask=asking.ask,
        on_placed=issuing.write_gifts,
        on_paid=issue,
        before_refund=returns.take_back,
        on_news=returns.hear,
        show=partial(order_panel.show, shop=shop),
        know=privacy.know,
        erase=privacy.erase,
        forget=forgetting.forget,
        door=form.door,
        door_question=form.OPEN,
        form=form.gift_form,
        jobs=JOBS,
        checks=audit.RULES,
        follow=line.follow,
        glance=glance,
        name_things=naming.name_things,
        weigh=weighing.weigh,
    )
