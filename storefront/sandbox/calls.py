"""One call of Stripe's API: read, identify, check, run in a transaction, remember, answer."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Response, request

from storefront.sandbox import idempotency
from storefront.sandbox.access import (
    Caller,
    check_client_secret,
    identify,
    need_secret_key,
    public,
)
from storefront.sandbox.errors import StripeError, invalid
from storefront.sandbox.events import API_VERSION
from storefront.sandbox.expand import check_expand, expand
from storefront.sandbox.idempotency import Answer
from storefront.sandbox.ids import random_text
from storefront.sandbox.params import Params, Tree, flatten, nest, read

if TYPE_CHECKING:
    from storefront.sandbox.endpoints import Endpoint
    from storefront.sandbox.machine import Machine
    from storefront.sandbox.work import Work

_log = logging.getLogger(__name__)


def perform(machine: Machine, endpoint: Endpoint, path: dict[str, str]) -> Response:
    """Answer the current request."""
    request_id = f"req_{random_text(14)}"
    replayed = False
    try:
        answer, replayed = _answer(machine, endpoint, path, request_id=request_id)
    except StripeError as refusal:
        answer = Answer(refusal.status, _json(refusal.body), request_id)
    except Exception:  # noqa: BLE001 - whoever calls is answered
        _log.exception("the sandbox failed")
        fault = StripeError(500, "api_error", "An unknown error occurred in the sandbox.")
        answer = Answer(fault.status, _json(fault.body), request_id)
    return respond(answer, request_id=request_id, replayed=replayed)


def respond(answer: Answer, *, request_id: str, replayed: bool = False) -> Response:
    """Make the HTTP response with Stripe's headers."""
    response = Response(answer.body, answer.status, mimetype="application/json")
    headers = response.headers
    headers["Request-Id"] = request_id
    headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
    if key := request.headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = key
        headers["Original-Request"] = answer.request_id
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return response


def read_tree() -> Tree:
    """Return the parameters of the current request: its query and its form or JSON body."""
    pairs = parse_qsl(request.query_string.decode(), keep_blank_values=True)
    if request.method == "POST":
        pairs += _body_pairs()
    return nest(pairs)


def _body_pairs() -> list[tuple[str, str]]:
    try:
        body = request.get_data().decode()
        if request.mimetype != "application/json":
            return parse_qsl(body, keep_blank_values=True)
        tree = json.loads(body or "{}")
    except ValueError:
        raise invalid("Invalid request body: it could not be read.") from None
    if not isinstance(tree, dict):
        raise invalid("Invalid request body: it must be an object.")
    return flatten(tree)


def _answer(
    machine: Machine, endpoint: Endpoint, path: dict[str, str], *, request_id: str
) -> tuple[Answer, bool]:
    tree = read_tree()
    caller = identify(request, tree, machine.config)
    if not endpoint.is_public:
        need_secret_key(caller)
    asked = idempotency.fingerprint(request.method, request.path, tree)
    params = read(tree, endpoint.schema, required=endpoint.required)
    check_expand(endpoint.kind, params.get("expand", []))
    key = request.headers.get("Idempotency-Key") if endpoint.writes else None
    call = _Call(
        machine=machine,
        endpoint=endpoint,
        path=path,
        caller=caller,
        params=params,
        request_id=request_id,
        key=key,
        now=machine.clock(),
    )
    if not endpoint.writes:
        return call.read(), False
    if key is None:
        return call.write(), False
    idempotency.check_key(key)
    with machine.in_flight.hold(caller.account, key):
        return call.write_once(key, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A checked request on its way through one transaction."""

    machine: Machine
    endpoint: Endpoint
    path: dict[str, str]
    caller: Caller
    params: Params
    request_id: str
    key: str | None
    now: float

    def read(self) -> Answer:
        with self.machine.store.reading() as tx:
            return self._run(self._work(tx))

    def write(self) -> Answer:
        with self.machine.store.writing() as tx:
            return self._run(self._work(tx))

    def write_once(self, key: str, asked: str) -> tuple[Answer, bool]:
        account = self.caller.account
        with self.machine.store.writing() as tx:
            kept = idempotency.find_answer(tx, account, key, asked=asked, now=self.now)
            if kept is not None:
                return kept, True
            answer = self._run(self._work(tx))
            idempotency.keep_answer(tx, account, key, asked=asked, now=self.now, answer=answer)
        return answer, False

    def _run(self, work: Work) -> Answer:
        # A refusal is an answer like any other: what was written before it, such as the failed
        # charge of a declined card, is to stay. Checks come before the first write.
        status = 200
        try:
            if self.caller.is_publishable and "intent_id" in self.path:
                intent = work.get("payment_intent", self.path["intent_id"], param="intent")
                check_client_secret(intent, self.params.get("client_secret"))
            body = self.endpoint.run(work, self.params, **self.path)
            body = expand(work, body, self.params.get("expand", []))
        except StripeError as refusal:
            status, body = refusal.status, refusal.body
        shown = public(body) if self.caller.is_publishable else body
        return Answer(status, _json(shown), self.request_id)

    def _work(self, tx: Any) -> Work:
        return self.machine.work(
            tx,
            self.caller.account,
            now=self.now,
            request_id=self.request_id,
            idempotency_key=self.key,
            base_url=request.host_url.rstrip("/"),
            is_publishable=self.caller.is_publishable,
        )


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)
