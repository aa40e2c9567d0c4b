"""Mails to members about their own account. Whoever has left meanwhile gets none."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from storefront import links
from storefront.ports import Message
from storefront.services import invitations, members
from storefront.services.passwords import seal_link
from storefront.services.reporting.shop import get_shop

if TYPE_CHECKING:
    from storefront.ports import Ports
    from storefront.services.members import SignedIn


def send_password_reset(
    ports: Ports, member: str, ends_at: int, *, locale: str, reference: str
) -> None:
    """Send the link with which a member sets a new password."""
    found = _find(ports, member)
    if found is not None:
        token = seal_link(ports.sign, found, ends_at=ends_at)
        link = links.password_reset(ports.settings, token)
        _send(ports, found, "password_reset", locale=locale, reference=reference, url=link)


def send_account_changed(
    ports: Ports, member: str, what: str, *, locale: str, reference: str
) -> None:
    """Tell a member what has changed, so that they notice when it was not them."""
    found = _find(ports, member)
    if found is not None:
        link = links.password_resets(ports.settings)
        _send(
            ports, found, "account_changed", locale=locale, reference=reference, url=link, what=what
        )


def send_invitation(ports: Ports, invitation: str, number: int, *, locale: str) -> None:
    """Send the link with which somebody begins to work for a merchant; nothing once it is void."""
    with ports.reads() as session:
        found = invitations.find_open(session, invitation, number=number, now=ports.clock.now())
    if found is not None:
        link = links.joining(ports.settings, invitations.seal_link(ports.sign, invitation, number))
        _mail(
            ports,
            found.merchant_id,
            "invitation",
            to=found.email,
            locale=locale,
            reference=f"{invitation}.{number}",
            invitation=found,
            url=link,
        )


def _find(ports: Ports, member: str) -> SignedIn | None:
    with ports.reads() as session:
        return members.find_signed_in(session, member)


def _send(
    ports: Ports, member: SignedIn, name: str, *, locale: str, reference: str, **values: str
) -> None:
    _mail(
        ports,
        member.merchant_id,
        name,
        to=member.email,
        locale=locale,
        reference=reference,
        member=member,
        **values,
    )


def _mail(
    ports: Ports,
    merchant_id: int,
    name: str,
    *,
    to: str,
    locale: str,
    reference: str,
    **values: object,
) -> None:
    with ports.reads() as session:
        shop = get_shop(session, merchant_id)
    common = {"merchant": shop, "is_demo": ports.settings.demo}
    subject, text, html = ports.letters.write(name, locale, {**common, **values})
    _, address = parseaddr(ports.settings.mail_from)
    ports.mailer.send(
        Message(
            to=to,
            sender=formataddr((shop.name, address)),
            reply_to=formataddr((shop.name, shop.contact_email)),
            subject=subject,
            text=text,
            html=html,
            message_id=f"<{name}.{reference}@{address.rpartition('@')[2]}>",
        )
    )
