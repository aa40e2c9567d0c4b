"""Mails about an order: read what they say, fill the template, hand them to the mail system."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront import links
from storefront.domain.money import Money
from storefront.models import Payment, Refund
from storefront.ports import Message
from storefront.services.order_tokens import order_token
from storefront.services.orders import get_order_by_id, panels_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storefront.ports import Ports
    from storefront.services.views import OrderView


def send_receipt(ports: Ports, order_id: int) -> None:
    """Send the buyer the receipt of a paid order."""
    send_about_order(ports, order_id, "receipt")


APOLOGIES = {
    "sold_out_before_payment": "apology",
    "cancelled_before_payment": "apology_cancelled",
    "paid_twice": "paid_twice",
}
"""The letter for each reason for which money goes back unasked."""


def send_apology(ports: Ports, order_id: int, *, payment_id: int, reason: str) -> None:
    """Tell the buyer why their money comes back: it was too late, or came twice."""
    with ports.reads() as session:
        payment = session.get_one(Payment, payment_id)
    name = APOLOGIES[reason]
    send_about_order(ports, order_id, name, about=payment.public_id, amount=payment.amount)


def send_ready(ports: Ports, order_id: int) -> None:
    """Tell the buyer that their things wait in the store."""
    send_about_order(ports, order_id, "ready")


def send_shipped(ports: Ports, order_id: int) -> None:
    """Tell the buyer that their things are on the way, and where to follow them."""
    send_about_order(ports, order_id, "shipped")


def send_tracking(ports: Ports, order_id: int, *, event_id: int) -> None:
    """Tell the buyer how their parcel can be followed after all; each correction is a letter."""
    send_about_order(ports, order_id, "tracking", about=f"correction-{event_id}")


def send_cancelled(ports: Ports, order_id: int) -> None:
    """Tell the buyer that their paid order is cancelled and their money comes back."""
    send_about_order(ports, order_id, "cancelled")


def send_refund_letter(ports: Ports, refund_id: int) -> None:
    """Tell the buyer how much money is on its way back."""
    _send_about_refund(ports, refund_id, "refund")


def send_refund_failed_letter(ports: Ports, refund_id: int) -> None:
    """Tell the buyer that the bank has not taken the refund, and that the shop will call."""
    _send_about_refund(ports, refund_id, "refund_failed")


def _send_about_refund(ports: Ports, refund_id: int, name: str) -> None:
    with ports.reads() as session:
        refund, order_id = session.execute(
            select(Refund, Payment.order_id)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Refund.id == refund_id)
        ).one()
    send_about_order(
        ports,
        order_id,
        name,
        about=refund.public_id,
        amount=refund.amount,
        refunded_shipping=Money(refund.shipping_minor, refund.currency),
        refunded_tax=Money(refund.tax_minor, refund.currency),
    )


def send_about_order(
    ports: Ports, order_id: int, name: str, *, about: str | None = None, **more: object
) -> None:
    """Send the buyer the letter of this name; `about` tells it from others about the order, and
    `more` are further values of its template. Nothing is sent once their address is erased."""
    message = _write(ports, order_id, name, about=about, more=more)
    if message is not None:
        ports.mailer.send(message)


def _write(
    ports: Ports, order_id: int, name: str, *, about: str | None, more: Mapping[str, object]
) -> Message | None:
    """Return the mail, or None when the buyer's address has been erased meanwhile."""
    with ports.reads() as session:
        now = ports.clock.now()
        order = get_order_by_id(session, order_id, settings=ports.settings, now=now)
        panels = panels_of(session, order, kinds=ports.kinds, now=now)
    if not order.email:
        return None
    token = order_token(ports, order.merchant.id, order.public_id)
    values = {
        "order": order,
        "panels": panels,
        "merchant": order.merchant,
        "order_url": links.order_page(ports.settings, order.public_id, token),
        "texts": {
            kind: links.shop_text(ports.settings, order.merchant.public_id, kind)
            for kind in order.merchant.facade.texts
        },
        "is_demo": ports.settings.demo,
        **more,
    }
    parts = ports.letters.write(name, order.locale, values)
    return _message(ports, order, f"{name}.{about or order.public_id}", parts=parts)


def _message(
    ports: Ports, order: OrderView, subject_id: str, *, parts: tuple[str, str, str]
) -> Message:
    """Address the mail: from the shop's own mailbox, answers to the merchant's."""
    _, address = parseaddr(ports.settings.mail_from)
    subject, text, html = parts
    return Message(
        to=order.email,
        sender=formataddr((order.merchant.name, address)),
        reply_to=formataddr((order.merchant.name, order.merchant.contact_email)),
        subject=subject,
        text=text,
        html=html,
        message_id=f"<{subject_id}@{address.rpartition('@')[2]}>",
    )
