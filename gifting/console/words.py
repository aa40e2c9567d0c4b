"""What the console calls the states, ways and happenings of gifts."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

STATUSES = {
    "pending": _("Not paid yet"),
    "active": _("Good"),
    "partly_redeemed": _("Partly spent"),
    "redeemed": _("Spent"),
    "blocked": _("Blocked"),
    "expired": _("Expired"),
    "void": _("Void"),
}
TONES = {
    "pending": "info",
    "active": "good",
    "partly_redeemed": "info",
    "blocked": "warn",
    "expired": "warn",
}
WAYS = {
    "email": _("By mail"),
    "link": _("By a link of the buyer's"),
    "self": _("For the buyer"),
}
TRAVELS = {
    "waiting": _("Waits for the payment"),
    "scheduled": _("Scheduled"),
    "sending": _("On its way"),
    "sent": _("Sent"),
    "undeliverable": _("Did not arrive"),
    "link": _("Handed out as a link"),
}
OPENINGS = {
    "unopened": _("Not opened yet"),
    "opened": _("Opened"),
    "thanked": _("Thanked for"),
}
SORTS = {
    "newest": _("Newest first"),
    "oldest": _("Oldest first"),
    "fullest": _("Most left first"),
    "largest": _("Largest first"),
}
HAPPENINGS = {
    "ordered": _("Ordered"),
    "issue": _("Paid, and the card issued"),
    "gift_sent": _("Sent to the recipient"),
    "gift_later": _("The mail system was busy; it is tried again"),
    "gift_refused": _("The address took no mail"),
    "corrected_sent": _("Sent to the corrected address"),
    "corrected_later": _("The mail system was busy; it is tried again"),
    "corrected_refused": _("The corrected address took no mail"),
    "resent_sent": _("Sent once more"),
    "resent_later": _("The mail system was busy; it is tried again"),
    "resent_refused": _("The address took no mail"),
    "reminder_sent": _("Reminded"),
    "reminder_later": _("The mail system was busy; it is tried again"),
    "reminder_refused": _("The address took no mail"),
    "opened": _("Opened by the recipient"),
    "redeem": _("Redeemed"),
    "reverse": _("Redemption undone"),
    "adjust": _("Changed by hand"),
    "refund": _("Taken back, for money went back"),
    "refund_failed": _("On the card again, for a refund failed"),
    "void": _("Void: what was left is gone"),
    "unvoid": _("Good again, for the dispute was won"),
    "blocked": _("Blocked"),
    "unblocked": _("Good again"),
    "thanked": _("The recipient said thank you"),
    "cancelled": _("Cancelled by the buyer"),
}
GOOD = frozenset({"issue", "gift_sent", "corrected_sent", "opened", "redeem", "thanked", "unvoid"})
BAD = frozenset(
    {"gift_refused", "corrected_refused", "resent_refused", "void", "blocked", "refund"}
)
REASONS = {
    "reported_lost": _("Reported lost"),
    "holder_gone": _("Was for one person alone, who is erased"),
    "suspicion": _("Something is suspicious"),
    "found": _("Found again"),
    "cleared": _("All is well"),
    "mistake": _("A mistake"),
    "fraud": _("Fraud"),
    "replaced": _("Replaced by another"),
    "goodwill": _("Goodwill"),
    "correction": _("A correction"),
    "paid_out": _("Paid out in cash"),
    "goods_returned": _("The goods came back"),
    "wrong_card": _("The wrong card"),
    "other": _("Something else"),
    "refunded": _("its money went back"),
    "refund_failed": _("the refund failed"),
    "dispute": _("the buyer disputes the payment"),
    "dispute_lost": _("the dispute was lost"),
    "dispute_won": _("the dispute was won"),
}
MOVES = {
    "first": _("Outstanding at first"),
    "issued": _("Issued"),
    "redeemed": _("Redeemed, less what was undone"),
    "given_back": _("Taken back, for money went back"),
    "voided": _("Void"),
    "adjusted": _("Changed by hand"),
    "last": _("Outstanding at last"),
    "expired_last": _("Of it on expired cards"),
    "expired": _("Expired in this period"),
}
"""What a `Movement` has, in the order in which it adds up."""


def origin_name(name: str, *, is_by_campaign: bool) -> Any:
    """Return what to call the placement or campaign of a row of figures; "" is none."""
    return name or (_("No campaign") if is_by_campaign else _("Direct"))
