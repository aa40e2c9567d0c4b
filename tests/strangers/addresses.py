"""Every address that is looked at with GET, filled with what the furnished shop calls its things.
The table of routes and roles says where they are; here stands what takes its place when a page
that shows something is wanted."""

from collections.abc import Iterator

from tests.storefront.web.test_routes import TABLE

FULL = {
    "/orders/<public_id>": ("/orders/{order}?t={t}", "/orders/{sent}?t={sent_t}",
                            "/orders/{gift_order}?t={gift_t}"),
    "/<any(e, p):family>/<placement>/offers/<link>": ("/e/{placement}/offers/any",),
    "/console/orders/<public_id>": ("/console/orders/{order}", "/console/orders/{sent}",
                                    "/console/orders/{gone}", "/console/orders/{gift_order}"),
    "/console/products/imports/<public_id>": ("/console/products/imports/{import}",),
    "/console/products/imports/<public_id>/faults.csv": (
        "/console/products/imports/{import}/faults.csv",
    ),
    "/console/products/export": ("/console/products/export?format=shopify",
                                 "/console/products/export?format=google"),
    "/console/joining/<token>": ("/console/joining/{invitation_link}",),
    "/console/password-resets/<token>": ("/console/password-resets/{reset_link}",),
    "/console/offers/<public_id>": ("/console/offers/{running}", "/console/offers/{offer}"),
    "/counter/enrolment/<token>": ("/counter/enrolment/{link_of_device}",),
    "/counter/cards/<public_id>": ("/counter/cards/{card}",),
    "/counter/redemptions/<public_id>": ("/counter/redemptions/{redemption}",),
    "/g/<token>": ("/g/{gift_link}",),
    "/gift-reminders/<token>": ("/gift-reminders/{stop_link}",),
}  # fmt: skip
"""Where one address of the table shows too little."""

TWIN = {"/e/": "/p/", "/p/": "/e/"}


def addresses(names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each rule that answers GET with an address of it; frames and pages in both families."""
    for method, rule in TABLE:
        if method != "GET":
            continue
        for template in FULL.get(rule, (TABLE[method, rule][0],)):
            address = template.format(**names)
            yield rule, address
            if "<any(e, p):family>" in rule:
                yield rule, TWIN[address[:3]] + address[3:]
