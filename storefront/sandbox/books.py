"""The sandbox's own books, to be laid beside a shop's: what was charged, refunded, disputed, kept.

Only amounts of buyers count: the sandbox takes no fees.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storefront.sandbox.store import Object, Transaction

_CHARGED = """
    SELECT account, json_extract(body, '$.currency'), count(*),
        sum(json_extract(body, '$.amount_captured'))
    FROM objects WHERE kind = 'charge' AND json_extract(body, '$.captured') GROUP BY 1, 2
"""
_REFUNDED = """
    SELECT account, json_extract(body, '$.currency'), count(*), sum(json_extract(body, '$.amount'))
    FROM objects
    WHERE kind = 'refund' AND json_extract(body, '$.status') IN ('pending', 'succeeded')
    GROUP BY 1, 2
"""
# What a dispute has taken is what its movements of the balance say: none, one way, or both ways.
_DISPUTED = """
    SELECT account, json_extract(objects.body, '$.currency'), count(DISTINCT objects.id),
        -coalesce(sum(json_extract(movement.value, '$.amount')), 0)
    FROM objects LEFT JOIN json_each(objects.body, '$.balance_transactions') AS movement
    WHERE kind = 'dispute' GROUP BY 1, 2
"""
_COLUMNS = {"charged": _CHARGED, "refunded": _REFUNDED, "disputed": _DISPUTED}
_COUNTS = {"charged": "charges", "refunded": "refunds", "disputed": "disputes"}
_PAYMENTS = """
    SELECT account, body FROM objects WHERE kind = 'payment_intent' ORDER BY seq DESC LIMIT ?
"""
_ACCOUNTS = "SELECT body FROM objects WHERE kind = 'account' ORDER BY seq DESC LIMIT ?"
_TOLD_OF_ACCOUNT = ("id", "created", "charges_enabled", "details_submitted", "metadata")
_FOLLOWERS = """
    SELECT kind, body FROM objects
    WHERE topic = ?1 AND kind IN ('refund', 'dispute')
        AND account = (SELECT account FROM objects WHERE id = ?1)
    ORDER BY seq
"""
_SHOWN = ("id", "amount", "currency", "status", "created", "latest_charge", "metadata")


def read_books(tx: Transaction) -> list[Object]:
    """Return a row for each account and currency, in minor units; the platform's account is empty.

    `charges`, `refunds` and `disputes` count them; kept = charged - refunded - disputed.
    """
    rows: dict[tuple[str, str], Object] = defaultdict(
        lambda: dict.fromkeys(("charges", "refunds", "disputes", *_COLUMNS), 0)
    )
    for column, query in _COLUMNS.items():
        for account, currency, count, amount in tx.execute(query).fetchall():
            rows[account, currency][column] = amount
            rows[account, currency][_COUNTS[column]] = count
    return [
        {
            "account": account,
            "currency": currency,
            **row,
            "kept": row["charged"] - row["refunded"] - row["disputed"],
        }
        for (account, currency), row in sorted(rows.items())
    ]


def read_payments(tx: Transaction, *, limit: int) -> list[Object]:
    """Return the newest payments of every account, with their refunds and disputes."""
    rows = tx.execute(_PAYMENTS, (limit,)).fetchall()
    return [_payment(tx, account, json.loads(body)) for account, body in rows]


def read_accounts(tx: Transaction, *, limit: int) -> list[Object]:
    """Return the newest connected accounts, and how each stands."""
    bodies = [json.loads(row[0]) for row in tx.execute(_ACCOUNTS, (limit,)).fetchall()]
    return [{name: body[name] for name in _TOLD_OF_ACCOUNT} for body in bodies]


def _payment(tx: Transaction, account: str, intent: Object) -> Object:
    followers: dict[str, list[Object]] = {"refund": [], "dispute": []}
    for kind, body in tx.execute(_FOLLOWERS, (intent["id"],)).fetchall():
        follower = json.loads(body)
        followers[kind].append({name: follower[name] for name in ("id", "amount", "status")})
    shown = {name: intent[name] for name in _SHOWN}
    refunds, disputes = followers["refund"], followers["dispute"]
    return {"account": account, **shown, "refunds": refunds, "disputes": disputes}
