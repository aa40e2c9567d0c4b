"""Requests that work one after the other, for `demo.json`: how an outside program drives us.

Each has name, needs, method, url, headers, json, save. `save` maps a name to a dotted path in
the answer ("" is all of it); later ones use it as {{name.path}}; {{uuid}} is fresh each time.
"""

from typing import Any

JSON = {"Accept": "application/json", "Content-Type": "application/json"}
JSON_READER = {"Accept": "application/json", "User-Agent": "demo-example/1.0"}
"""A program that says so; without Accept it would be sent on to the post, as a person is."""


def examples(merchant: dict[str, Any], *, shop: str, sandbox: str, sandbox_key: str) -> list[Any]:
    """Return the examples for one demo merchant."""
    placement = next(each for each in merchant["placements"] if each["kind"] == "product")
    variant = _unlimited(merchant)
    bearer = {**JSON, "Authorization": f"Bearer {merchant['api_token']}"}
    return [
        _example(
            "record_interaction",
            "POST",
            f"{shop}/api/v1/interactions",
            headers={**bearer, "Idempotency-Key": "{{uuid}}"},
            json={"placement": placement["public_id"], "kind": "like"},
            save={"liked": ""},
        ),
        _example(
            "share",
            "POST",
            f"{shop}/api/v1/interactions",
            needs=["record_interaction"],
            headers={**bearer, "Idempotency-Key": "{{uuid}}"},
            json={
                "placement": placement["public_id"],
                "kind": "share",
                "visitor": "{{liked.visitor}}",
            },
            save={"shared": ""},
        ),
        _example(
            "open_share",
            "GET",
            "{{shared.share_url}}",
            needs=["share"],
            headers=JSON_READER,
            save={"opened": ""},
        ),
        _example(
            "place_order",
            "POST",
            f"{shop}/orders",
            needs=["open_share"],
            headers={**JSON, "Idempotency-Key": "{{uuid}}"},
            json={
                "placement": placement["public_id"],
                "v": "{{opened.v}}",
                "lines": [{"variant": variant, "quantity": 1}],
                "email": "ada@example.com",
                "name": "Ada Example",
                "fulfilment": "pickup",
                "store": merchant["stores"][0]["public_id"],
            },
            save={"order": ""},
        ),
        _example(
            "confirm_payment",
            "POST",
            f"{sandbox}/v1/payment_intents/{{{{order.payment_reference}}}}/confirm",
            needs=["place_order"],
            headers={
                "Authorization": f"Bearer {sandbox_key}",
                "Content-Type": "application/json",
            },
            json={"payment_method": "pm_card_visa"},
            save={"paid": ""},
        ),
        _example(
            "deliver_webhooks",
            "POST",
            f"{sandbox}/sandbox/deliveries/flush?wait=5",
            needs=["confirm_payment"],
        ),
        _example(
            "read_order",
            "GET",
            f"{shop}/orders/{{{{order.public_id}}}}?t={{{{order.token}}}}",
            needs=["deliver_webhooks"],
            headers={"Accept": "application/json"},
            save={"final": ""},
        ),
        _example(
            "read_order_as_merchant",
            "GET",
            f"{shop}/api/v1/orders/{{{{order.public_id}}}}",
            needs=["read_order"],
            headers=bearer,
            save={"credited": ""},
        ),
        *_gift_examples(merchant, placement, shop=shop, pay=_pay(sandbox, sandbox_key)),
    ]


def _pay(sandbox: str, sandbox_key: str) -> dict[str, Any]:
    """Return what the payment of any order is asked for with."""
    return {
        "url": f"{sandbox}/v1/payment_intents/{{{{gift_order.payment_reference}}}}/confirm",
        "headers": {
            "Authorization": f"Bearer {sandbox_key}",
            "Content-Type": "application/json",
        },
        "flush": f"{sandbox}/sandbox/deliveries/flush?wait=5",
    }


def _gift_examples(
    merchant: dict[str, Any], placement: dict[str, Any], *, shop: str, pay: dict[str, Any]
) -> list[Any]:
    """Return a gift sent by a link, looked up at a store's till, redeemed there and undone."""
    till = {**JSON, "Authorization": f"Bearer {merchant['stores'][0]['api_token']}"}
    keyed = {**till, "Idempotency-Key": "{{uuid}}"}
    link = "{{given.gifts.0.link}}"
    return [
        _example(
            "place_gift_order",
            "POST",
            f"{shop}/orders",
            headers={**JSON, "Idempotency-Key": "{{uuid}}"},
            json={
                "placement": placement["public_id"],
                "email": "ada@example.com",
                "name": "Ada Example",
                "gift": {
                    "amount_minor": 2500,
                    "way": "link",
                    "recipients": [{"name": "Ben"}],
                    "from": "Ada",
                    "words": "Enjoy the summer!",
                },
            },
            save={"gift_order": ""},
        ),
        _example(
            "confirm_gift_payment",
            "POST",
            pay["url"],
            needs=["place_gift_order"],
            headers=pay["headers"],
            json={"payment_method": "pm_card_visa"},
        ),
        _example("deliver_gift_webhooks", "POST", pay["flush"], needs=["confirm_gift_payment"]),
        _example(
            "read_gift_order",
            "GET",
            f"{shop}/orders/{{{{gift_order.public_id}}}}?t={{{{gift_order.token}}}}",
            needs=["deliver_gift_webhooks"],
            headers={"Accept": "application/json"},
            save={"given": ""},
        ),
        _example(
            "look_up_gift_card",
            "POST",
            f"{shop}/api/v1/gift-cards/lookup",
            needs=["read_gift_order"],
            headers=till,
            json={"code": link},
            save={"card": ""},
        ),
        _example(
            "redeem_gift_card",
            "POST",
            f"{shop}/api/v1/redemptions",
            needs=["look_up_gift_card"],
            headers=keyed,
            json={"code": link, "amount_minor": 1000, "basket_minor": 1450},
            save={"redemption": ""},
        ),
        _example(
            "reverse_redemption",
            "POST",
            f"{shop}/api/v1/redemptions/{{{{redemption.public_id}}}}/reversal",
            needs=["redeem_gift_card"],
            headers=keyed,
            json={"reason": "mistake"},
            save={"reversed": ""},
        ),
    ]


def _unlimited(merchant: dict[str, Any]) -> str:
    """Return a variant that never runs out, so that the examples can be repeated."""
    variants = [each for product in merchant["products"] for each in product["variants"]]
    return str(next(each["public_id"] for each in variants if each["stock"] is None))


def _example(
    name: str,
    method: str,
    url: str,
    *,
    needs: list[str] | None = None,
    headers: dict[str, str] | None = None,
    json: dict[str, Any] | None = None,
    save: dict[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "needs": needs or [],
        "method": method,
        "url": url,
        "headers": headers or {},
        "json": json,
        "save": save or {},
    }
