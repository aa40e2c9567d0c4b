"""The receipt of what was taken at the counter, and its undoing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, request, url_for

from gifting import receipts, reversal
from gifting.counter import access
from gifting.counter.blueprint import screen
from gifting.counter.desk import KEY, Problem, new_key, till_of
from gifting.reversal import Reverse
from storefront.errors import Conflict, NotAllowed
from storefront.web.bodies import form_body
from storefront.web.console.page import named
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from gifting.shifts import Shift
    from storefront.errors import StorefrontError

FRESH_SECONDS = 20
"""So long after the fact a page says loudly what was done; later it only shows it."""


@screen.route("/redemptions/<public_id>")
def receipt(public_id: str) -> AnyResponse:
    """Show what was taken: loudly when it has just happened."""
    shift, now = access.at_work(), ports().clock.now()
    with ports().reads() as session:
        found = receipts.get_receipt(session, shift.merchant_id, named(public_id))
    latest = found.undone_at or found.at
    return access.show(
        "counter/receipt.html",
        shift.device,
        shift=shift,
        receipt=found,
        can_undo=found.can_undo(shift, now=now),
        is_fresh=(now - latest).total_seconds() < FRESH_SECONDS,
        is_again="again" in request.args,
        undo_key=new_key(),
    )


@screen.route("/redemptions/<public_id>/reversal", methods=["POST"])
def undo(public_id: str) -> AnyResponse:
    """Put back what was taken by mistake: within ten minutes, or by a manager."""
    shift, wanted = access.at_work(), named(public_id)
    key = form_body().get("k", "")
    wish = Reverse(wanted, key if KEY.fullmatch(key) else new_key())
    try:
        reversal.reverse(ports(), till_of(shift), wish)
    except (Conflict, NotAllowed) as error:
        if wants_json():
            raise
        return _receipt_with(shift, wanted, error)
    return redirect(url_for("counter.receipt", public_id=wanted), 303)


def _receipt_with(shift: Shift, wanted: str, error: StorefrontError) -> Response:
    with ports().reads() as session:
        found = receipts.get_receipt(session, shift.merchant_id, wanted)
    return access.show(
        "counter/receipt.html",
        shift.device,
        status=status_of(error),
        shift=shift,
        receipt=found,
        can_undo=False,
        is_fresh=False,
        is_again=False,
        problem=Problem(error),
    )
