"""Views of the list of orders that members keep under names of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect

from storefront.errors import Conflict, Invalid
from storefront.services import saved_views
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.orders import orders_page
from storefront.web.console.page import named
from storefront.web.console.searching import address, asked
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

LONGEST_NAME = 60


@blueprint.route("/orders/views", methods=["POST"])
@roles("owner", "manager", "clerk")
def keep_view() -> AnyResponse:
    """Keep what the address asks the list for, under the name in the form."""
    try:
        name = forms.line(form_body().get("name"), field="name", longest=LONGEST_NAME)
        with ports().sessions.begin() as session:
            saved_views.keep_view(session, member(), name=name, fields=asked())
    except (Conflict, Invalid) as error:
        if wants_json():
            raise
        return make_response(orders_page(error=sentence_of(error)), status_of(error))
    return redirect(address(), 303)


@blueprint.route("/orders/views/<public_id>/removal", methods=["POST"])
@roles("owner", "manager", "clerk")
def remove_view(public_id: str) -> AnyResponse:
    """Keep a view no longer; the list stays as it is shown."""
    name = named(public_id)
    with ports().sessions.begin() as session:
        saved_views.remove_view(session, member(), name)
    return redirect(address(), 303)
