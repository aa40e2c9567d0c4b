"""Who gets what, for every address: a table written by hand beside the map that the code makes.
An address without a row fails, and so does a row without an address."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from gifting import devices
from gifting.models import Gift
from storefront.app import build_app
from storefront.models import Attempt
from storefront.services import catalog, delivery, members, offers, taxes
from storefront.services.fulfilment import Handling, pick_up
from storefront.services.taxes import TaxWish
from storefront.web.embed import ASSETS
from tests.contents import nothing_changes
from tests.factories import PASSWORD, a_draft, add_person, order_json, pay, place, quote_json
from tests.fakes import BASE_URL
from tests.gifting.factories import a_gift
from tests.gifting.tills import a_till, take
from tests.storefront.web.answers import PERSON
from tests.storefront.web.conftest import Shop

ROLES = (
    "nobody", "shopper", "other_shopper", "clerk", "manager", "owner",
    "rival_owner", "machine", "rival_machine",
)  # fmt: skip
AUTOMATIC = {"HEAD", "OPTIONS"}

ANYBODY = (200,) * 9
SHOPPERS = (404, 200, 404, 404, 404, 404, 404, 404, 404)

# Method and rule: the address, and what each role in the order of ROLES is answered.
TABLE: dict[tuple[str, str], tuple[str, tuple[int, ...]]] = {
    # Open to everybody
    ("GET", "/"): ("/", (302,) * 9),
    ("GET", "/healthz"): ("/healthz", ANYBODY),
    ("GET", "/readyz"): ("/readyz", (503,) * 9),  # no worker runs beside these tests
    ("GET", "/metrics"): ("/metrics", (404,) * 9),  # nobody here has its token
    ("GET", "/embed.js"): ("/embed.js", ANYBODY),
    ("GET", "/static/<path:path>"): ("/static/{asset}", ANYBODY),
    ("GET", "/media/<path:path>"): ("/media/cone.jpg", ANYBODY),
    ("GET", "/e/<placement>"): ("/e/{placement}", ANYBODY),
    ("GET", "/p/<placement>"): ("/p/{placement}", ANYBODY),
    ("GET", "/<any(e, p):family>/<placement>/products/<product>"): (
        "/e/{placement}/products/{product}", ANYBODY,
    ),
    ("GET", "/<any(e, p):family>/<placement>/cart"): ("/e/{placement}/cart", ANYBODY),
    ("GET", "/<any(e, p):family>/<placement>/checkout"): ("/p/{placement}/checkout", ANYBODY),
    ("GET", "/<any(e, p):family>/<placement>/gift"): ("/e/{placement}/gift", ANYBODY),
    ("POST", "/<any(e, p):family>/<placement>/gift/summary"): (
        "/p/{placement}/gift/summary", ANYBODY,
    ),
    ("POST", "/<any(e, p):family>/<placement>/gift/letter"): (
        "/p/{placement}/gift/letter", ANYBODY,
    ),
    ("GET", "/gift-designs/<design>.png"): ("/gift-designs/ribbon.png", ANYBODY),
    ("GET", "/shops/<merchant>/<any(terms, privacy, returns, imprint):kind>"): (
        "/shops/{merchant}/imprint", (404,) * 9,
    ),
    ("GET", "/s/<token>"): ("/s/{share}", (303,) * 9),
    ("GET", "/<any(e, p):family>/<placement>/offers/<link>"): (
        "/e/{placement}/offers/any", (303,) * 9,
    ),
    ("POST", "/carts"): ("/carts", (303,) * 9),
    ("POST", "/carts/codes"): ("/carts/codes", (303,) * 9),
    ("POST", "/interactions"): ("/interactions", (201,) * 9),
    ("POST", "/refusals/<placement>"): ("/refusals/{placement}", (204,) * 9),
    ("POST", "/strange"): ("/strange", (204,) * 9),
    ("POST", "/orders"): ("/orders", (201,) * 9),
    ("POST", "/quotes"): ("/quotes", ANYBODY),
    ("GET", "/api/v1/openapi.json"): ("/api/v1/openapi.json", ANYBODY),
    ("GET", "/gifts/lost"): ("/gifts/lost", ANYBODY),
    ("POST", "/gifts/lost"): ("/gifts/lost", (422,) * 9),
    # Whoever holds a gift's link, which nobody here does
    ("GET", "/g/<token>"): ("/g/any", (404,) * 9),
    ("GET", "/g/<token>/card"): ("/g/any/card", (404,) * 9),
    ("POST", "/g/<token>/code"): ("/g/any/code", (404,) * 9),
    ("POST", "/g/<token>/file"): ("/g/any/file", (404,) * 9),
    ("POST", "/g/<token>/thanks"): ("/g/any/thanks", (404,) * 9),
    ("GET", "/gift-reminders/<token>"): ("/gift-reminders/any", (404,) * 9),
    ("POST", "/gift-reminders/<token>"): ("/gift-reminders/any", (404,) * 9),
    # Whoever holds the order's token
    ("GET", "/orders/<public_id>"): ("/orders/{order}?t={t}", SHOPPERS),
    ("POST", "/orders/<public_id>/hold"): ("/orders/{order}/hold?t={t}", SHOPPERS),
    ("POST", "/orders/<public_id>/cancellation"): (
        "/orders/{order}/cancellation?t={t}", (404, 409, *(404,) * 7),
    ),
    ("POST", "/orders/<public_id>/question"): (
        "/orders/{order}/question?t={t}", (404, 202, *(404,) * 7),
    ),
    ("POST", "/orders/<public_id>/gifts/<gift>/resend"): (
        "/orders/{order}/gifts/gft_0000000000000000/resend?t={t}", (404,) * 9,
    ),
    ("POST", "/orders/<public_id>/gifts/<gift>/address"): (
        "/orders/{order}/gifts/gft_0000000000000000/address?t={t}", (404,) * 9,
    ),
    ("POST", "/orders/<public_id>/gifts/<gift>/cancellation"): (
        "/orders/{order}/gifts/gft_0000000000000000/cancellation?t={t}", (404,) * 9,
    ),
    # Signed messages only
    ("POST", "/webhooks/stripe"): ("/webhooks/stripe", (400,) * 9),
    # Machines of the merchant
    ("POST", "/api/v1/interactions"): (
        "/api/v1/interactions", (401, 401, 401, 401, 401, 401, 401, 201, 404),
    ),
    ("GET", "/api/v1/orders/<public_id>"): (
        "/api/v1/orders/{order}", (401, 401, 401, 401, 401, 401, 401, 200, 404),
    ),
    ("POST", "/api/v1/orders/<public_id>/refunds"): (
        "/api/v1/orders/{paid}/refunds", (401, 401, 401, 401, 401, 401, 401, 201, 404),
    ),
    # A gift is taken in a store, and the rival has another.
    ("POST", "/api/v1/gift-cards/lookup"): (
        "/api/v1/gift-cards/lookup", (401, 401, 401, 401, 401, 401, 401, 200, 422),
    ),
    ("POST", "/api/v1/redemptions"): (
        "/api/v1/redemptions", (401, 401, 401, 401, 401, 401, 401, 201, 422),
    ),
    ("POST", "/api/v1/redemptions/<public_id>/reversal"): (
        "/api/v1/redemptions/{redemption}/reversal",
        (401, 401, 401, 401, 401, 401, 401, 201, 404),
    ),
    # Members
    ("GET", "/console/sign-in"): (
        "/console/sign-in", (200, 200, 200, 302, 302, 302, 302, 200, 200),
    ),
    ("POST", "/console/sign-in"): ("/console/sign-in", (422,) * 9),
    ("POST", "/console/sign-out"): ("/console/sign-out", (303,) * 9),
    ("GET", "/console/password-resets"): ("/console/password-resets", ANYBODY),
    ("POST", "/console/password-resets"): ("/console/password-resets", (422,) * 9),
    ("GET", "/console/password-resets/<token>"): ("/console/password-resets/x", (410,) * 9),
    ("POST", "/console/password-resets/<token>"): ("/console/password-resets/x", (410,) * 9),
    ("GET", "/console/members"): (
        "/console/members", (302, 302, 302, 403, 403, 200, 200, 302, 302),
    ),
    ("POST", "/console/members/<public_id>/departure"): (
        "/console/members/{owner}/departure", (302, 302, 302, 403, 403, 409, 404, 302, 302),
    ),
    ("POST", "/console/alarms/<kind>/end"): (
        "/console/alarms/no_such/end", (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/given-up"): (
        "/console/given-up", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/given-up/<mark>/again"): (
        "/console/given-up/x/again", (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("POST", "/console/given-up/<mark>/aside"): (
        "/console/given-up/x/aside", (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/payments"): (
        "/console/payments", (302, 302, 302, 403, 403, 200, 200, 302, 302),
    ),
    ("POST", "/console/payments"): (
        "/console/payments", (302, 302, 302, 403, 403, 422, 422, 302, 302),
    ),
    ("POST", "/console/payments/check"): (
        "/console/payments/check", (302, 302, 302, 403, 403, 303, 303, 302, 302),
    ),
    ("POST", "/console/members/<public_id>/role"): (
        "/console/members/{owner}/role", (302, 302, 302, 403, 403, 422, 422, 302, 302),
    ),
    ("POST", "/console/invitations"): (
        "/console/invitations", (302, 302, 302, 403, 403, 422, 422, 302, 302),
    ),
    ("POST", "/console/invitations/<public_id>/mail"): (
        "/console/invitations/{owner}/mail", (302, 302, 302, 403, 403, 404, 404, 302, 302),
    ),
    ("POST", "/console/invitations/<public_id>/withdrawal"): (
        "/console/invitations/{owner}/withdrawal", (302, 302, 302, 403, 403, 404, 404, 302, 302),
    ),
    ("GET", "/console/joining/<token>"): ("/console/joining/x", (410,) * 9),
    ("POST", "/console/joining/<token>"): ("/console/joining/x", (410,) * 9),
    ("GET", "/console/settings"): (
        "/console/settings", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/log"): ("/console/log", (302, 302, 302, 403, 200, 200, 200, 302, 302)),
    ("GET", "/console/log.csv"): (
        "/console/log.csv", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/account/language"): (
        "/console/account/language", (302, 302, 302, 404, 404, 404, 404, 302, 302),
    ),
    ("POST", "/console/account/merchant"): (
        "/console/account/merchant", (302, 302, 302, 404, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/account"): (
        "/console/account", (302, 302, 302, 200, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/sign-in/code"): ("/console/sign-in/code", (302,) * 9),
    ("POST", "/console/sign-in/code"): ("/console/sign-in/code", (303,) * 9),
    ("GET", "/console/account/second-factor"): ("/console/account/second-factor", (302,) * 9),
    ("POST", "/console/account/second-factor"): (
        "/console/account/second-factor", (302, 302, 302, 422, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/account/second-factor/confirmation"): (
        "/console/account/second-factor/confirmation",
        (302, 302, 302, 422, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/account/second-factor/removal"): (
        "/console/account/second-factor/removal",
        (302, 302, 302, 422, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/account/password"): (
        "/console/account/password", (302, 302, 302, 422, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/"): ("/console/", (302, 302, 302, 302, 200, 200, 200, 302, 302)),
    ("POST", "/console/guide"): (
        "/console/guide", (302, 302, 302, 403, 303, 303, 303, 302, 302),
    ),
    ("GET", "/console/orders"): (
        "/console/orders", (302, 302, 302, 200, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/orders/<public_id>"): (
        "/console/orders/{order}", (302, 302, 302, 200, 200, 200, 404, 302, 302),
    ),
    ("GET", "/console/orders/<public_id>/refunds"): (
        "/console/orders/{paid}/refunds", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/refunds"): (
        "/console/orders/{paid}/refunds", (302, 302, 302, 403, 400, 400, 404, 302, 302),
    ),
    ("GET", "/console/gifts"): (
        "/console/gifts", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/gifts/list.csv"): (
        "/console/gifts/list.csv", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/gifts/figures"): (
        "/console/gifts/figures", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/gifts/figures.csv"): (
        "/console/gifts/figures.csv", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/gifts/terms"): (
        "/console/gifts/terms", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/gifts/terms"): (
        "/console/gifts/terms", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/gifts/<public_id>"): (
        "/console/gifts/{gift}", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/gifts/<public_id>/mails"): (
        "/console/gifts/{gift}/mails", (302, 302, 302, 403, 303, 303, 404, 302, 302),
    ),
    ("POST", "/console/gifts/<public_id>/address"): (
        "/console/gifts/{gift}/address", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/gifts/<public_id>/block"): (
        "/console/gifts/{gift}/block", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/gifts/<public_id>/voiding"): (
        "/console/gifts/{gift}/voiding", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/gifts/<public_id>/adjustments"): (
        "/console/gifts/{gift}/adjustments", (302, 302, 302, 403, 400, 400, 404, 302, 302),
    ),
    ("GET", "/console/report"): (
        "/console/report", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/report.csv"): (
        "/console/report.csv", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/orders.csv"): (
        "/console/orders.csv", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/orders/handovers"): (
        "/console/orders/handovers", (302, 302, 302, 303, 303, 303, 303, 302, 302),
    ),
    ("POST", "/console/orders/views"): (
        "/console/orders/views", (302, 302, 302, 422, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/orders/views/<public_id>/removal"): (
        "/console/orders/views/vew_0000000000000000/removal",
        (302, 302, 302, 303, 303, 303, 303, 302, 302),
    ),
    ("GET", "/console/delivery"): (
        "/console/delivery", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/delivery"): (
        "/console/delivery", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/delivery/rates/new"): (
        "/console/delivery/rates/new", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/delivery/rates"): (
        "/console/delivery/rates", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/delivery/rates/<public_id>"): (
        "/console/delivery/rates/{shipping_rate}",
        (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/delivery/rates/<public_id>"): (
        "/console/delivery/rates/{shipping_rate}",
        (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/delivery/rates/<public_id>/retirement"): (
        "/console/delivery/rates/shp_0000000000000000/retirement",
        (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/delivery/taxes/new"): (
        "/console/delivery/taxes/new", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/delivery/taxes"): (
        "/console/delivery/taxes", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/delivery/taxes/<public_id>"): (
        "/console/delivery/taxes/{tax_rate}",
        (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/delivery/taxes/<public_id>"): (
        "/console/delivery/taxes/{tax_rate}",
        (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/delivery/taxes/<public_id>/retirement"): (
        "/console/delivery/taxes/tax_0000000000000000/retirement",
        (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/orders/rules"): (
        "/console/orders/rules", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/orders/rules"): (
        "/console/orders/rules", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/readiness"): (
        "/console/orders/{order}/readiness", (302, 302, 302, 409, 409, 409, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/pick-up"): (
        "/console/orders/{order}/pick-up", (302, 302, 302, 409, 409, 409, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/pick-up/reversal"): (
        "/console/orders/{order}/pick-up/reversal",
        (302, 302, 302, 409, 409, 409, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/shipment"): (
        "/console/orders/{order}/shipment", (302, 302, 302, 409, 409, 409, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/shipment/correction"): (
        "/console/orders/{order}/shipment/correction",
        (302, 302, 302, 409, 409, 409, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/notes"): (
        "/console/orders/{order}/notes", (302, 302, 302, 422, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/messages"): (
        "/console/orders/{order}/messages", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/orders/<public_id>/cancellation"): (
        "/console/orders/{gone}/cancellation", (302, 302, 302, 403, 409, 409, 404, 302, 302),
    ),
    ("GET", "/console/placements"): (
        "/console/placements", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/placements/<public_id>"): (
        "/console/placements/{placement}", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("GET", "/console/placements/new"): (
        "/console/placements/new", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/placements/preview"): (
        "/console/placements/preview", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/placements"): (
        "/console/placements", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/placements/<public_id>/edit"): (
        "/console/placements/{placement}/edit", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("GET", "/console/placements/<public_id>/preview"): (
        "/console/placements/{placement}/preview", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("GET", "/console/placements/<public_id>/poster"): (
        "/console/placements/{placement}/poster", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/placements/<public_id>"): (
        "/console/placements/{placement}", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/placements/<public_id>/return"): (
        "/console/placements/{placement}/return", (302, 302, 302, 403, 303, 303, 404, 302, 302),
    ),
    ("POST", "/console/placements/<public_id>/retirement"): (
        "/console/placements/{retired}/retirement", (302, 302, 302, 403, 303, 303, 404, 302, 302),
    ),
    ("GET", "/console/shop"): ("/console/shop", (302, 302, 302, 403, 200, 200, 200, 302, 302)),
    ("POST", "/console/shop"): (
        "/console/shop", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/shop/texts/<kind>"): (
        "/console/shop/texts/rules", (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("POST", "/console/shop/pictures/<kind>"): (
        "/console/shop/pictures/logo", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/privacy"): (
        "/console/privacy", (302, 302, 302, 403, 403, 200, 200, 302, 302),
    ),
    ("POST", "/console/privacy"): (
        "/console/privacy", (302, 302, 302, 403, 403, 422, 422, 302, 302),
    ),
    ("POST", "/console/privacy/export"): (
        "/console/privacy/export", (302, 302, 302, 403, 403, 422, 422, 302, 302),
    ),
    ("POST", "/console/privacy/erasure"): (
        "/console/privacy/erasure", (302, 302, 302, 403, 403, 422, 422, 302, 302),
    ),
    ("GET", "/console/stores"): (
        "/console/stores", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/stores"): (
        "/console/stores", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/stores/<public_id>"): (
        "/console/stores/{owner}", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/stores/<public_id>/closing"): (
        "/console/stores/{owner}/closing", (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/tokens"): (
        "/console/tokens", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/tokens"): (
        "/console/tokens", (302, 302, 302, 403, 400, 400, 400, 302, 302),
    ),
    ("POST", "/console/tokens/<public_id>/revocation"): (
        "/console/tokens/{owner}/revocation", (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/hosts"): (
        "/console/hosts", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/hosts"): (
        "/console/hosts", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/hosts/removal"): (
        "/console/hosts/removal", (302, 302, 302, 403, 303, 303, 303, 302, 302),
    ),
    ("POST", "/console/hosts/silence"): (
        "/console/hosts/silence", (302, 302, 302, 403, 303, 303, 303, 302, 302),
    ),
    ("GET", "/console/labels"): (
        "/console/labels", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/campaigns/<public_id>"): (
        "/console/campaigns/{owner}", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/channels/<slug>"): (
        "/console/channels/blog", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/shares"): (
        "/console/shares", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/offers"): (
        "/console/offers", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/offers/lanes"): (
        "/console/offers/lanes", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/offers/preview"): (
        "/console/offers/preview", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/offers/<public_id>/preview"): (
        "/console/offers/{offer}/preview", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("GET", "/console/offers/new"): (
        "/console/offers/new", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/offers"): (
        "/console/offers", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/offers/<public_id>"): (
        "/console/offers/{offer}", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("GET", "/console/offers/<public_id>/draft"): (
        "/console/offers/{offer}/draft", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/offers/<public_id>"): (
        "/console/offers/{offer}", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/offers/<public_id>/state"): (
        "/console/offers/{offer}/state", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/offers/<public_id>/codes"): (
        "/console/offers/{offer}/codes", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("GET", "/console/offers/<public_id>/codes.csv"): (
        "/console/offers/{offer}/codes.csv", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("GET", "/console/products"): (
        "/console/products", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/products"): (
        "/console/products", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/products/new"): (
        "/console/products/new", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/products/changes"): (
        "/console/products/changes", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/products/export"): (
        "/console/products/export", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("GET", "/console/products/imports"): (
        "/console/products/imports", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/products/imports"): (
        "/console/products/imports", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/products/imports/<public_id>"): (
        "/console/products/imports/imp_0000000000000000",
        (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/products/imports/<public_id>/faults.csv"): (
        "/console/products/imports/imp_0000000000000000/faults.csv",
        (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("POST", "/console/products/imports/<public_id>/stop"): (
        "/console/products/imports/imp_0000000000000000/stop",
        (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("GET", "/console/products/<public_id>"): (
        "/console/products/{product}", (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/products/<public_id>"): (
        "/console/products/{product}", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/sale"): (
        "/console/products/{product}/sale", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/pictures"): (
        "/console/products/{product}/pictures", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/pictures/<picture_id>"): (
        "/console/products/{product}/pictures/pic_0000000000000000",
        (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("GET", "/console/products/<public_id>/variants/new"): (
        "/console/products/{product}/variants/new",
        (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/variants"): (
        "/console/products/{product}/variants", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("GET", "/console/products/<public_id>/variants/<variant_id>"): (
        "/console/products/{product}/variants/{variant}",
        (302, 302, 302, 403, 200, 200, 404, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/variants/<variant_id>"): (
        "/console/products/{product}/variants/{variant}",
        (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/variants/<variant_id>/sale"): (
        "/console/products/{product}/variants/{variant}/sale",
        (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/variants/<variant_id>/place"): (
        "/console/products/{product}/variants/{variant}/place",
        (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("POST", "/console/products/<public_id>/variants/<variant_id>/stock"): (
        "/console/products/{product}/variants/{variant}/stock",
        (302, 302, 302, 403, 400, 400, 400, 302, 302),
    ),
    # The counter's pages in the console
    ("GET", "/console/counter"): (
        "/console/counter", (302, 302, 302, 403, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/counter/devices"): (
        "/console/counter/devices", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/counter/devices/<public_id>"): (
        "/console/counter/devices/{device}", (302, 302, 302, 403, 200, 200, 303, 302, 302),
    ),
    ("POST", "/console/counter/devices/<public_id>"): (
        "/console/counter/devices/{device}", (302, 302, 302, 403, 422, 422, 404, 302, 302),
    ),
    ("POST", "/console/counter/devices/<public_id>/link"): (
        "/console/counter/devices/{device}/link", (302, 302, 302, 403, 303, 303, 404, 302, 302),
    ),
    ("POST", "/console/counter/devices/<public_id>/revocation"): (
        "/console/counter/devices/{owner}/revocation",
        (302, 302, 302, 403, 404, 404, 404, 302, 302),
    ),
    ("POST", "/console/counter/members/<public_id>/pin"): (
        "/console/counter/members/{owner}/pin", (302, 302, 302, 403, 422, 422, 422, 302, 302),
    ),
    ("GET", "/console/counter/pin"): (
        "/console/counter/pin", (302, 302, 302, 200, 200, 200, 200, 302, 302),
    ),
    ("POST", "/console/counter/pin"): (
        "/console/counter/pin", (302, 302, 302, 422, 422, 422, 422, 302, 302),
    ),
    # Enrolled devices only; nobody here stands on one
    ("GET", "/counter/enrolment/<token>"): ("/counter/enrolment/x", (410,) * 9),
    ("POST", "/counter/enrolment/<token>"): ("/counter/enrolment/x", (410,) * 9),
    ("GET", "/counter"): ("/counter", (403,) * 9),
    ("POST", "/counter/shifts"): ("/counter/shifts", (403,) * 9),
    ("POST", "/counter/shifts/end"): ("/counter/shifts/end", (403,) * 9),
    ("POST", "/counter/cards"): ("/counter/cards", (403,) * 9),
    ("GET", "/counter/cards/<public_id>"): ("/counter/cards/{owner}", (403,) * 9),
    ("POST", "/counter/searches"): ("/counter/searches", (403,) * 9),
    ("POST", "/counter/frames"): ("/counter/frames", (403,) * 9),
    ("POST", "/counter/redemptions"): ("/counter/redemptions", (403,) * 9),
    ("GET", "/counter/redemptions/<public_id>"): ("/counter/redemptions/{owner}", (403,) * 9),
    ("POST", "/counter/redemptions/<public_id>/reversal"): (
        "/counter/redemptions/{owner}/reversal", (403,) * 9,
    ),
    ("GET", "/counter/day"): ("/counter/day", (403,) * 9),
}  # fmt: skip

WITHOUT_MEMBER = {
    "console.sign_in", "console.check_sign_in", "console.sign_out", "console.ask_for_reset",
    "console.send_reset", "console.choose_password", "console.set_password",
    "console.enter_code", "console.check_code", "console.look_at_invitation", "console.join",
}  # fmt: skip
"""Views of the console that everybody may use."""


FOR_REPORTS = {
    "console.home", "console.placements", "console.placement", "console.preview_placement",
    "console.shares", "console.report", "console.report_csv",
    "gift_console.figures",
    "gift_console.figures_csv",
    "console.account", "console.change_password", "console.choose_language",
    "console.choose_merchant",
    "console.set_up_second_factor", "console.start_second_factor", "console.confirm_second_factor",
    "console.remove_second_factor",
}  # fmt: skip
"""What a member sees who is limited to reports: figures, and their own account. Elsewhere 403."""


def addresses(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """Yield (method, rule, view) for everything that the application answers."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - AUTOMATIC):
            yield method, rule.rule, app.view_functions[rule.endpoint]


def without_row(app: Flask) -> set[tuple[str, str]]:
    """Return the addresses that the table does not know."""
    return {(method, rule) for method, rule, _ in addresses(app)} - set(TABLE)


@pytest.fixture(scope="module")
def app(shop: Shop) -> Flask:
    """Give the private application."""
    return shop.client.application


def test_every_address_has_a_row_and_every_row_an_address(app: Flask) -> None:
    assert set() == without_row(app)
    assert set() == set(TABLE) - {(method, rule) for method, rule, _ in addresses(app)}


def test_an_address_without_a_row_is_found(shop: Shop) -> None:
    app = build_app(shop.bench.ports)
    app.add_url_rule("/planted/<public_id>", "planted", lambda: "", methods=["GET", "DELETE"])

    found = without_row(app)

    assert {("GET", "/planted/<public_id>"), ("DELETE", "/planted/<public_id>")} == found


def test_the_table_says_what_the_views_say_of_roles(app: Flask) -> None:
    """A view's own mark and the table must agree: 403 for exactly the roles that it leaves out."""
    for method, rule, view in addresses(app):
        if not rule.startswith("/console"):
            assert not hasattr(view, "allowed_roles")
            continue
        statuses = dict(zip(ROLES, TABLE[method, rule][1], strict=True))
        shut_out = {role for role in ("clerk", "manager", "owner") if statuses[role] == 403}
        allowed = set(getattr(view, "allowed_roles", ("clerk", "manager", "owner")))
        assert {"clerk", "manager", "owner"} - allowed == shut_out


def test_every_view_of_the_console_names_its_roles(app: Flask) -> None:
    without = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
        and not hasattr(app.view_functions[rule.endpoint], "allowed_roles")
    }

    assert WITHOUT_MEMBER == without


@dataclass
class Cast:
    """Everybody in the table, and the things they ask for."""

    shop: Shop
    headers: dict[str, dict[str, str]]
    tokens: dict[str, str]
    names: dict[str, str]

    def ask(self, role: str, method: str, rule: str) -> Any:
        """Ask for an address as one of the roles does."""
        path = TABLE[method, rule][0].format(**self.names, t=self.tokens.get(role, ""))
        headers = {**PERSON, **self.headers.get(role, {})}
        client = self.shop.client.application.test_client(use_cookies=False)
        body = self._body(method, rule)
        # Each from an address of their own, for what opens nothing counts against it.
        here = {"REMOTE_ADDR": f"192.0.2.{(*ROLES, 'reports').index(role)}"}
        return client.open(
            path, method=method, headers=headers, buffered=True, environ_overrides=here, **body
        )

    def _body(self, method: str, rule: str) -> dict[str, Any]:
        world = self.shop.world
        bodies: dict[str, dict[str, Any]] = {
            "/carts": {"data": self.names_for_cart()},
            "/carts/codes": {
                "data": {"placement": self.names["placement"], "code": "any", "action": "enter"}
            },
            "/interactions": {"json": {"placement": self.names["placement"], "kind": "view"}},
            "/strange": {"json": {"count": 1}},
            "/api/v1/interactions": {
                "json": {"placement": self.names["placement"], "kind": "like"}
            },
            "/orders": {"json": order_json(world)},
            "/quotes": {"json": quote_json(world, fulfilment="pickup")},
            "/api/v1/orders/<public_id>/refunds": {"json": {"amount_minor": 1}},
            "/api/v1/gift-cards/lookup": {"json": self._shown_gift()},
            "/api/v1/redemptions": {"json": {**self._shown_gift(), "amount_minor": 1}},
            "/webhooks/stripe": {"json": {}},
        }
        return bodies.get(rule, {}) if method == "POST" else {}

    def _shown_gift(self) -> dict[str, str]:
        return {"code": self.names["code"], "store": self.shop.world.store.public_id}

    def names_for_cart(self) -> dict[str, str]:
        """Return the fields of the form that puts something into the cart."""
        return {
            "surface": "page",
            "placement": self.names["placement"],
            "variant": self.shop.world.variant.public_id,
            "quantity": "1",
            "action": "add",
        }


def rates_of(shop: Shop) -> dict[str, str]:
    """Return the public ids of a delivery rate and of a tax rate in use."""
    merchant_id = shop.world.merchant.id
    with shop.bench.database.begin() as session:
        tax = taxes.add_tax_rate(
            session,
            merchant_id,
            TaxWish("NO", "", "MVA", 250_000),
            now=shop.bench.clock.now(),
        )
        shipping = delivery.list_shipping_rates(session, merchant_id)[0].public_id
    return {"shipping_rate": shipping, "tax_rate": tax}


def add_member(shop: Shop, role: str) -> str:
    """Add a member and return their address."""
    email = f"{role}@gelato.test"
    with shop.bench.database.begin() as session:
        add_person(
            session,
            shop.world.merchant,
            email=email,
            name=role.title(),
            role=role,
            now=shop.bench.clock.now(),
        )
    return email


def retired_placement(shop: Shop) -> str:
    """Put a placement up and take it down."""
    now = shop.bench.clock.now()
    with shop.bench.database.begin() as session:
        channel = catalog.get_or_add_channel(session, shop.world.merchant.id, "blog", name="Blog")
        product = session.merge(shop.world.product, load=False)
        placement = catalog.add_placement(
            session, channel, [product], name="Old post", post_url="", now=now
        )
        placement.retired_at = now
        return placement.public_id


def public_id_of(shop: Shop, email: str) -> str:
    """Return a member's public id."""
    with shop.bench.database.reads() as session:
        found = members.find_by_email(session, email)
    assert found
    return found.member_public_id


def draft_offer(shop: Shop) -> str:
    """Write an offer down."""
    with shop.bench.database.begin() as session:
        draft = a_draft(shop.world)
        return offers.add_draft(
            session, shop.world.merchant, draft, now=shop.bench.clock.now()
        ).public_id


def waiting_device(shop: Shop) -> str:
    """Prepare a place for a device at the counter."""
    with shop.bench.database.begin() as session:
        owner = members.find_by_email(session, shop.world.owner_email)
        assert owner
        store, now = shop.world.store.public_id, shop.bench.clock.now()
        return devices.invite(session, owner, name="Till 1", store=store, now=now)


def gift_name(shop: Shop, gift_id: int) -> str:
    """Return the public id of a gift."""
    with shop.bench.database.reads() as session:
        return session.get_one(Gift, gift_id).public_id


def hand_over(shop: Shop, order: str) -> None:
    """Let the buyer of an order pick it up."""
    with shop.bench.database.begin() as session:
        owner = members.find_by_email(session, shop.world.owner_email)
        assert owner
        hand = Handling(shop.world.merchant.id, order, owner.member_id)
        pick_up(session, hand, now=shop.bench.clock.now())


def cookie_of(shop: Shop, email: str) -> str:
    """Sign in and return the cookie."""
    client = shop.client.application.test_client()
    answer = client.post("/console/sign-in", data={"email": email, "password": PASSWORD})
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


@pytest.fixture(scope="module")
def cast(shop: Shop) -> Cast:
    """Give everybody their credentials."""
    emails = {
        "clerk": add_member(shop, "clerk"),
        "manager": add_member(shop, "manager"),
        "reports": add_member(shop, "reports"),
        "owner": shop.world.owner_email,
        "rival_owner": shop.rival.owner_email,
    }
    own = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}
    headers = {role: {"Cookie": cookie_of(shop, email), **own} for role, email in emails.items()}
    headers["machine"] = {"Authorization": f"Bearer {shop.world.api_token}"}
    headers["rival_machine"] = {"Authorization": f"Bearer {shop.rival.api_token}"}
    for number, role in enumerate(ROLES):
        headers.setdefault(role, {})["Idempotency-Key"] = f"key-of-{role}-{number:022}"
    order, other = place(shop.bench, shop.world), place(shop.bench, shop.world)
    media = shop.bench.ports.settings.media_dir
    media.mkdir(parents=True, exist_ok=True)
    (media / "cone.jpg").write_bytes(b"picture")
    paid = place(shop.bench, shop.world)
    pay(shop.client, shop.bench, paid)
    gone = place(shop.bench, shop.world)
    pay(shop.client, shop.bench, gone)
    hand_over(shop, gone.public_id)
    body = {"placement": shop.world.placement.public_id, "kind": "share"}
    shared = shop.client.post("/interactions", json=body).json["share_url"]
    gift = a_gift(shop.bench, shop.world)
    names = {
        "code": gift.code,
        "redemption": take(shop.bench, a_till(shop.world), gift, 5).public_id,
        "gift": gift_name(shop, gift.gift_id),
        "offer": draft_offer(shop),
        "device": waiting_device(shop),
        "owner": public_id_of(shop, shop.world.owner_email),
        "order": order.public_id,
        "paid": paid.public_id,
        "gone": gone.public_id,
        "placement": shop.world.placement.public_id,
        "merchant": shop.world.merchant.public_id,
        "retired": retired_placement(shop),
        "product": shop.world.product.public_id,
        "variant": shop.world.variant.public_id,
        **rates_of(shop),
        "share": shared.rpartition("/")[2],
        "asset": shop.client.application.extensions[ASSETS].path("css/frame.css"),
    }
    return Cast(shop, headers, {"shopper": order.token, "other_shopper": other.token}, names)


@pytest.mark.parametrize(("method", "rule"), TABLE, ids=lambda each: each)
def test_each_role_gets_what_the_table_says(cast: Cast, method: str, rule: str) -> None:
    expected = dict(zip(ROLES, TABLE[method, rule][1], strict=True))

    given = {role: cast.ask(role, method, rule).status_code for role in ROLES}

    assert expected == given


def test_reports_only_opens_figures_and_its_own_account(cast: Cast, app: Flask) -> None:
    views = {
        (method, rule.rule): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - AUTOMATIC
        if hasattr(app.view_functions[rule.endpoint], "allowed_roles")
    }

    given = {each: cast.ask("reports", *each).status_code for each in views}

    as_manager = {each: TABLE[each][1][ROLES.index("manager")] for each in views}
    expected = {
        each: as_manager[each] if endpoint in FOR_REPORTS else 403
        for each, endpoint in views.items()
    }
    assert expected == given


@pytest.mark.parametrize(("method", "rule"), [each for each in TABLE if each[0] != "GET"])
def test_a_refused_request_changes_nothing(cast: Cast, method: str, rule: str) -> None:
    refused = [role for role, status in zip(ROLES, TABLE[method, rule][1], strict=True)
               if status >= 400]  # fmt: skip

    # That somebody has tried what opens nothing is counted, and is all that is kept of it.
    with nothing_changes(cast.shop.bench.database, but=Attempt.__tablename__):
        for role in refused:
            cast.ask(role, method, rule)


FOREIGN = (
    "/e/{ours}/products/{theirs}",
    "/p/{ours}/products/{theirs}",
    "/e/{nowhere}",
    "/console/orders/{their_order}",
    "/console/placements/{their_placement}",
    "/console/products/{theirs}",
    "/console/products/{theirs}/variants/new",
    "/api/v1/orders/{their_order}",
    "/orders/{their_order}?t={our_token}",
)


@pytest.mark.parametrize("path", FOREIGN)
def test_things_of_another_merchant_are_not_found(cast: Cast, path: str) -> None:
    shop = cast.shop
    order = place(shop.bench, shop.rival)
    address = path.format(
        ours=shop.world.placement.public_id,
        theirs=shop.rival.product.public_id,
        nowhere="plc_0000000000000000",
        their_order=order.public_id,
        their_placement=shop.rival.placement.public_id,
        our_token=cast.tokens["shopper"],
    )
    role = "machine" if path.startswith("/api") else "owner"
    client = shop.client.application.test_client(use_cookies=False)

    answer = client.get(address, headers={**PERSON, **cast.headers[role]})

    assert 404 == answer.status_code
    assert "Florist" not in answer.text
