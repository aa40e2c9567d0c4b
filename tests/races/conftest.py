"""One running shop per engine for all races: each race brings a merchant of its own, and at the
end of each the books of the whole shop must hold."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.engines import ENGINES, Databases
from tests.races.clients import Answer, percentiles
from tests.races.market import Market
from tests.races.post_office import PostOffice
from tests.races.servers import Shop, running_shop
from tests.races.sizes import SIZES, Size

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=ENGINES)
def shop(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Run a shop with two web workers, a job worker and a sandbox that sends webhooks."""
    folder = tmp_path_factory.mktemp(f"shop-{request.param}")
    with (
        databases.fresh(request.param) as url,
        running_shop(url, folder, workers=2, job_workers=1) as shop,
    ):
        yield shop


@pytest.fixture
def market(shop: Shop) -> Iterator[Market]:
    """Give a merchant of the race's own."""
    yield Market(shop, slug=f"race-{next(_numbers)}")
    assert shop.findings() == []
    assert shop.complaints() == []


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> Size:
    """Give the number of attempts and of clients: those of every day, and those of the proof."""
    size: Size = request.param
    return size


@pytest.fixture(scope="session")
def post_office() -> Iterator[PostOffice]:
    """Give a mail server that counts."""
    office = PostOffice()
    yield office
    office.close()


@pytest.fixture(scope="session", params=ENGINES)
def quiet_shop(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    post_office: PostOffice,
) -> Iterator[Shop]:
    """Run a shop in which nothing happens by itself: the sandbox sends no events, and no job
    is run unless the test starts a worker."""
    folder = tmp_path_factory.mktemp(f"quiet-shop-{request.param}")
    with (
        databases.fresh(request.param) as url,
        running_shop(
            url, folder, job_workers=0, has_webhooks=False, mail_url=post_office.url
        ) as shop,
    ):
        yield shop


OpenMarket = Callable[[], Market]
Figure = Callable[[Sequence[Answer]], None]


@pytest.fixture
def open_market(quiet_shop: Shop) -> Iterator[OpenMarket]:
    """Make merchants of the race's own where nothing happens by itself."""
    yield lambda: Market(quiet_shop, slug=f"quiet-{next(_numbers)}")
    quiet_shop.end_workers()
    quiet_shop.forget_jobs()
    assert quiet_shop.findings() == []
    assert quiet_shop.complaints() == []


@pytest.fixture
def quiet_market(open_market: OpenMarket) -> Market:
    """Give a merchant of the race's own where nothing happens by itself."""
    return open_market()


@pytest.fixture
def figure(
    record_property: Callable[[str, object], None],
) -> Figure:
    """Note how long the answers of a race took; printed at the end, never asserted."""

    def note(answers: Sequence[Answer]) -> None:
        record_property("figure", f"{len(answers)} requests, {percentiles(answers)}")

    return note
