"""The demo's levers: what goes wrong between the shop and its payment provider, to be tried out.

It pulls the sandbox's own controls, and knows nothing of the shop but where its console is.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from flask import Flask, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from storefront.demo.lever_choices import (
    ANSWERS,
    MESSAGES,
    PLACES,
    faults_for,
    find_answers,
    find_messages,
)
from storefront.demo.sandbox_line import SandboxLine, SandboxSilent
from storefront.demo.site import create_site
from storefront.domain.money import Money
from storefront.web.formats import money

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SHOWN_PAYMENTS = 12
LOOKED_AT = 100
SHOWN_MESSAGES = 8
SHOWN_ACCOUNTS = 6
_PATIENCE = 3


def create_levers(sandbox_url: str, shop_url: str, merchants: Mapping[str, str]) -> Flask:
    """Build the page; `merchants` names each merchant by its public id."""
    levers = create_site(
        "levers",
        policy=POLICY,
        SANDBOX=SandboxLine(sandbox_url),
        SHOP=shop_url.rstrip("/"),
        MERCHANTS=dict(merchants),
    )
    levers.jinja_env.filters["price"] = price
    levers.jinja_env.filters["moment"] = moment
    levers.add_url_rule("/", view_func=show)
    levers.add_url_rule("/faults", view_func=switch, methods=["POST"])
    levers.add_url_rule("/messages", view_func=deliver, methods=["POST"])
    levers.add_url_rule("/payments/<reference>/disputes", view_func=dispute, methods=["POST"])
    levers.add_url_rule("/disputes/<reference>", view_func=decide, methods=["POST"])
    levers.add_url_rule("/refunds/<reference>", view_func=fail_refund, methods=["POST"])
    levers.add_url_rule("/accounts/<account>/stop", view_func=stop_account, methods=["POST"])
    levers.add_url_rule("/accounts/<account>/departure", view_func=end_account, methods=["POST"])
    levers.register_error_handler(SandboxSilent, _silent)
    levers.register_error_handler(HTTPStatus.NOT_FOUND, _not_found)
    return levers


def show() -> str:
    """Show every lever, and what has become of the messages and the money."""
    line = _line()
    told = line.get("faults")
    deliveries = line.get(f"deliveries?limit={LOOKED_AT}")
    waiting = [each for each in deliveries["data"] if each["delivered_at"] is None]
    return render_template(
        "levers/levers.html",
        messages=MESSAGES,
        answers=ANSWERS,
        places=PLACES,
        pulled_messages=find_messages(told["faults"]),
        pulled_answers=find_answers(told["faults"]),
        tally=told["tally"],
        pending=deliveries["pending"],
        waiting=waiting[:SHOWN_MESSAGES],
        payments=line.get(f"payments?limit={SHOWN_PAYMENTS}")["data"],
        books=line.get("books")["data"],
        accounts=line.get(f"accounts?limit={SHOWN_ACCOUNTS}")["data"],
        shop=current_app.config["SHOP"],
        merchants=current_app.config["MERCHANTS"],
    )


def switch() -> AnyResponse:
    """Pull the levers that were chosen, and let go of all others."""
    chosen = request.form
    faults = faults_for(
        chosen.get("messages", ""), chosen.get("answers", ""), chosen.get("place", "")
    )
    _line().post("faults", **faults)
    return _back("levers")


def deliver() -> AnyResponse:
    """Let every message that waits be sent now."""
    _line().post(f"deliveries/flush?wait={_PATIENCE}")
    return _back("messages")


def dispute(reference: str) -> AnyResponse:
    """Let the buyer's bank take a payment back."""
    _line().post("disputes", payment_intent=reference)
    return _back("payments")


def decide(reference: str) -> AnyResponse:
    """Let the bank decide a dispute."""
    verdict = "won" if request.form.get("verdict") == "won" else "lost"
    _line().post(f"disputes/{reference}/end", verdict=verdict)
    return _back("payments")


def fail_refund(reference: str) -> AnyResponse:
    """Let the buyer's bank send a refund back."""
    _line().post(f"refunds/{reference}/fail")
    return _back("payments")


def stop_account(account: str) -> AnyResponse:
    """Let the bank stop payments to a merchant's own account until it knows more."""
    _line().post(f"accounts/{account}/stop")
    return _back("accounts")


def end_account(account: str) -> AnyResponse:
    """Let a merchant's owner cut the account's tie to the shop."""
    _line().post(f"accounts/{account}/departure")
    return _back("accounts")


def price(minor: int, currency: str) -> str:
    """Write an amount of the gateway's; the demo's currencies count as ISO 4217 does."""
    return money(Money(minor, currency.upper()))


def moment(seconds: float) -> datetime:
    """Return a moment of the gateway's as a date and time."""
    return datetime.fromtimestamp(seconds, UTC)


def _line() -> SandboxLine:
    line: SandboxLine = current_app.config["SANDBOX"]
    return line


def _back(part: str) -> AnyResponse:
    return redirect(url_for("show", _anchor=part), HTTPStatus.SEE_OTHER)


def _silent(_: Exception) -> tuple[str, HTTPStatus]:
    told = gettext("The test bank did not do that. It may have been done already.")
    return render_template("levers/missing.html", told=told), HTTPStatus.BAD_GATEWAY


def _not_found(_: Exception) -> tuple[str, HTTPStatus]:
    told = gettext("There is nothing at this address.")
    return render_template("levers/missing.html", told=told), HTTPStatus.NOT_FOUND
