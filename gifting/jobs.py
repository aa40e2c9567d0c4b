"""The jobs of delivering gifts, by their names, for the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gifting import delivery, opening, reminders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JOBS: Mapping[str, Callable[..., object]] = {
    "deliver_gift": delivery.deliver_gift,
    "remind_gift": reminders.remind_gift,
    "resend_gift": delivery.resend_gift,
    "send_gift_late": delivery.send_gift_late,
    "send_gift_thanks": opening.send_gift_thanks,
    "send_gift_undelivered": delivery.send_gift_undelivered,
}
