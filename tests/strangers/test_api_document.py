"""R-E9: whatever is asked of the API, it answers as its own description says: no 5xx, no status,
type or body that the description does not name. Single requests, and runs along its links."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.engines import ENGINES, Databases
from tests.factories import pay, place, world_on
from tests.fakes import BASE_URL, make_bench
from tests.gifting.factories import a_gift

OPERATIONS = (
    "recordInteraction", "readOrder", "refundOrder", "lookAtCard", "redeemCard", "undoRedemption",
)  # fmt: skip
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
FULL = [pytest.mark.prove, pytest.mark.timeout(1800)]
SIZES = (pytest.param(50, id="50"), pytest.param(500, id="500", marks=FULL))
RUNS = (pytest.param(30, id="30"), pytest.param(300, id="300", marks=FULL))
DOMAIN_MAY_REFUSE = (positive_data_acceptance,)
"""What is well written may still name a store that does not exist: 422 says so."""


@dataclass
class Api:
    """The API of a shop in which there is something to find, and what there is."""

    schema: Any
    headers: dict[str, str]
    orders: list[str]
    body: dict[str, list[Any]]

    def lead(self, case: Any, luck: int) -> None:
        """Let a well-written request name what there is; chance alone would never find it."""
        if case.meta.generation.mode is not GenerationMode.POSITIVE:
            return
        if "/orders/" in case.path:
            case.path_parameters["public_id"] = self.orders[luck % len(self.orders)]
        if isinstance(case.body, dict):
            if case.path.endswith("/redemptions"):
                case.body.setdefault("store", "")
            known = {name: each[luck % len(each)] for name, each in self.body.items()}
            case.body.update({name: known[name] for name in known.keys() & case.body.keys()})

    def ask(self, case: Any) -> Any:
        """Send a request, and hold the answer against the description."""
        return case.call_and_validate(
            base_url=BASE_URL, headers=self.headers, excluded_checks=list(DOMAIN_MAY_REFUSE)
        )


def from_everywhere(app: Any) -> Any:
    """Let each request come from an address of its own: one address has few tries at tokens."""
    numbers = count()

    def answer(environ: dict[str, Any], start: Any) -> Any:
        return app({**environ, "REMOTE_ADDR": str(IPv4Address("10.0.0.1") + next(numbers))}, start)

    return answer


@pytest.fixture(scope="module", params=ENGINES)
def api(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """Give the API to all tests of the module; the books must hold after all that was asked."""
    with databases.fresh(request.param) as url:
        now = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
        bench = make_bench(tmp_path_factory.mktemp("shop"), url, now)
        world = world_on(bench, stock=None)
        client = bench.client()
        orders = [place(bench, world) for _ in range(3)]
        for order in orders[1:]:
            pay(client, bench, order)
        gifts = [a_gift(bench, world, face_minor=2**40) for _ in range(3)]
        schema = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json)
        schema.app = client.application
        schema.app.wsgi_app = from_everywhere(schema.app.wsgi_app)
        yield Api(
            schema,
            {"Authorization": f"Bearer {world.api_token}"},
            [order.public_id for order in orders],
            {
                "code": [gift.code for gift in gifts],
                "store": [world.store.public_id],
                "holder": ["grace@example.com"],
                "placement": [world.placement.public_id],
                "amount_minor": [1, 25, 45],
                "basket_minor": [45],
            },
        )
        findings = bench.findings()
        bench.database.dispose()
        assert findings == []


def of_size(examples: int) -> settings:
    """Return what so many examples need: the same ones every day, so that no day has bad luck."""
    return settings(
        max_examples=examples,
        derandomize=examples <= 50,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        stateful_step_count=6,
    )


@pytest.mark.parametrize("examples", SIZES)
@pytest.mark.parametrize("mode", MODES, ids=lambda each: each.value)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_is_what_the_description_says(
    api: Api, operation: str, mode: GenerationMode, examples: int
) -> None:
    asked = api.schema.find_operation_by_id(operation)
    statuses: Counter[int] = Counter()

    @of_size(examples)
    @given(case=asked.as_strategy(mode), luck=st.integers(0, 8))
    def ask(case: Any, luck: int) -> None:
        if luck:
            api.lead(case, luck)
        statuses[api.ask(case).status_code] += 1

    ask()

    assert examples == statuses.total()
    wants_good = mode is GenerationMode.POSITIVE and operation != "undoRedemption"
    assert wants_good == bool({200, 201} & statuses.keys())


@pytest.mark.parametrize("runs", RUNS)
def test_runs_along_the_links_are_answered_as_described(api: Api, runs: int) -> None:
    answered: Counter[tuple[str, int]] = Counter()

    class Runs(api.schema.as_state_machine()):  # type: ignore[misc]
        """Go from answer to answer, as the description's links say."""

        def before_call(self, case: Any) -> None:
            api.lead(case, len(self.recorder.cases))

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": BASE_URL, "headers": api.headers}

        def after_call(self, response: Any, case: Any) -> None:
            super().after_call(response, case)
            answered[case.operation.label, response.status_code] += 1

        def validate_response(self, response: Any, case: Any, *_: Any, **kwargs: Any) -> None:
            case.validate_response(
                response,
                headers=api.headers,
                excluded_checks=list(DOMAIN_MAY_REFUSE),
                recorder=self.recorder,
                transport_kwargs=kwargs,
            )

    Runs.run(settings=of_size(runs))

    assert answered["POST /api/v1/redemptions/{public_id}/reversal", 201]
