"""Work that was given up: look at it, let it be tried again, or set it aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for

from storefront.errors import NotFound
from storefront.services import actions, given_up
from storefront.services.reporting.given_up import list_given_up
from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import page_number, shop, show
from storefront.web.context import ports

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

PURPOSE = "given_up"


@blueprint.route("/given-up")
@roles("owner", "manager")
def list_of_given_up() -> str:
    """List what was given up and waits for somebody, latest first."""
    merchant = shop()
    with ports().reads() as session:
        found = list_given_up(session, merchant.id, page=page_number())
    return show("console/given_up.html", merchant, found=found, mark_of=mark_of)


@blueprint.route("/given-up/<mark>/again", methods=["POST"])
@roles("owner", "manager")
def try_again(mark: str) -> AnyResponse:
    """Let it be tried again, at once."""
    who, thing, now = member(), ("merchant", shop().public_id), ports().clock.now()
    with ports().sessions.begin() as session:
        name = given_up.try_again(session, who.merchant_id, _job(mark), now=now)
        if name:
            actions.note(session, who, "job_tried_again", of=thing, now=now, job=name)
    return redirect(url_for("console.list_of_given_up"), 303)


@blueprint.route("/given-up/<mark>/aside", methods=["POST"])
@roles("owner", "manager")
def set_aside(mark: str) -> AnyResponse:
    """Take it from the list: somebody has dealt with it, or it does not matter any more."""
    who, thing, now = member(), ("merchant", shop().public_id), ports().clock.now()
    with ports().sessions.begin() as session:
        name = given_up.set_aside(session, who.merchant_id, _job(mark), now=now)
        if name:
            actions.note(session, who, "job_set_aside", of=thing, now=now, job=name)
    return redirect(url_for("console.list_of_given_up"), 303)


def mark_of(job_id: int) -> str:
    """Return what a form calls a job, which has no name for the world."""
    return ports().sign.seal(PURPOSE, job_id)


def _job(mark: str) -> int:
    job_id = ports().sign.unseal(PURPOSE, mark)
    if not isinstance(job_id, int):
        raise NotFound
    return job_id
