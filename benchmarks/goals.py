"""What is measured, how much of it there must be, and what bounds it: the figures' one list. How
each is measured lies in the module that its line names."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Goal:
    """One number of a figure: what must hold, and what is aimed at. Without either it is a limit
    that was measured beside it. `is_least` says that more is better."""

    name: str
    unit: str
    must: float | None = None
    aim: float | None = None
    is_least: bool = False

    def is_met(self, value: float) -> bool | None:
        """Return whether a median is good enough; None where nothing is asked."""
        if self.must is None:
            return None
        return value >= self.must if self.is_least else value <= self.must


@dataclass(frozen=True)
class Figure:
    """A figure: its goals, the module that measures it, the steps that one of its units takes, and
    what bounds it now."""

    title: str
    module: str
    steps: str
    bound: str
    goals: tuple[Goal, ...]


def _least(name: str, unit: str, *goals: float) -> Goal:
    return Goal(name, unit, *goals, is_least=True)


FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "F1": Figure(
            "Frame page with live price, stock and offer clock, 8 clients",
            "pages",
            "1 request",
            "What the database says, by which the page is kept: nine small statements of SQLite's, "
            "one of PostgreSQL's that answers them all. Kept pages are answered before Flask.",
            (
                _least("of hello", TIMES, 0.15, 0.5),
                Goal("p99", "ms", 25, 10),
                Goal("CPU of web and database", "ms", 1.2, 0.4),
                Goal("pages", "/s"),
                Goal("hello", "/s"),
            ),
        ),
        "F2": Figure(
            "Shared link: one interaction is durable before the redirect, 8 clients",
            "redirects",
            "1 request, 1 transaction",
            "The commit's way to the disk, for up to four openings of a process at once. Where "
            "they may wait (`STOREFRONT_OPENINGS_WAIT_MS`), the server around the application, the "
            "log's line and the row itself.",
            (
                _least("of hello", TIMES, 0.18, 0.25),
                _least("of hello, durable within 50 ms", TIMES, 0.5, 0.7),
                Goal("p99", "ms"),
                Goal("CPU of web and database", "ms"),
                Goal("CPU within 50 ms", "ms"),
                Goal("redirects", "/s"),
                Goal("redirects within 50 ms", "/s"),
            ),
        ),
        "F3": Figure(
            "Whole sale: frame, view, quote, order, signed webhook, paid; 8 clients",
            "sales",
            "6 requests, 1 call of the gateway, 1 receipt by the worker",
            "Python's way through six requests; on PostgreSQL also the 27 ways there and back that "
            "a sale takes.",
            (
                _least("sales", "/s", 120, 320),
                Goal("CPU of web, database and worker", "ms", 12, 5),
            ),
        ),
        "F4": Figure(
            "POST /orders alone, the gateway answers at once, 8 clients",
            "orders",
            "1 request, 2 transactions, 1 call of the gateway",
            "Python's processor time: reading what is asked, Stripe's library, and 8 ways to "
            "PostgreSQL and back.",
            (
                _least("of seven bare statements", TIMES, 0.12, 0.3),
                Goal("p99", "ms"),
                Goal("CPU of web and database", "ms"),
                Goal("orders", "/s"),
                Goal("seven bare statements", "/s"),
            ),
        ),
        "F5": Figure(
            "One hot variant with an offer's quota against orders spread over 32 merchants, "
            "32 clients",
            "hot",
            "1 request, 2 transactions",
            "The hot rows are locked last and briefly, so the rate is that of any order.",
            (
                Goal("oversold", "orders", 0, 0),
                _least("of spread orders", TIMES, 0.7, 0.9),
                Goal("hot orders", "/s"),
                Goal("spread orders", "/s"),
            ),
        ),
        "F6": Figure(
            "Redemptions of gift cards through HTTP, 32 clients",
            "redemptions",
            "1 request, 1 transaction",
            "Python's way to the view; on PostgreSQL also nine foreign keys and fifteen indexes "
            "that each redemption's one statement enters it into.",
            (
                _least("of one bare statement", TIMES, 0.08, 0.2),
                Goal("p99", "ms", 30, 15),
                Goal("CPU of web and database", "ms"),
                Goal("redemptions", "/s"),
                Goal("one bare statement", "/s"),
            ),
        ),
        "F7": Figure(
            "Gift codes issued for a paid order",
            "gift_codes",
            "card, code, ledger entry and delivery job for each",
            "Encrypting each code, a third of Python's part; on PostgreSQL also the foreign keys "
            "and indexes of a gift's three rows. An order of a shopper has ten gifts at most.",
            (_least("codes", "/s", 5_000, 20_000),),
        ),
        "F8": Figure(
            "SQLite, 16 writing clients, synchronous FULL: nine interactions and an order in ten",
            "writers",
            "1 request, 1 or 2 transactions",
            "Python's processor time in the requests, and one durable commit after the other: "
            "threads and processes take turns at the file.",
            (Goal("p99", "ms", 60, 25), Goal("requests", "/s")),
        ),
        "F9": Figure(
            "embed.js, brotli",
            "sizes",
            "1 file",
            "What it does.",
            (Goal("size", "bytes", 2_000, 1_500),),
        ),
        "F10": Figure(
            "An interactive card: page, sheet and script, brotli",
            "sizes",
            "3 requests",
            "The sheet, which every page of the frame shares.",
            (Goal("size", "bytes", 20_000, 10_000), Goal("requests", "", 3, 2)),
        ),
        "F11": Figure(
            "Reports over 10 million interactions and 100,000 orders",
            "history",
            "1 to 2 statements",
            "Revenue: the credit of every order is added up, from an index that holds it all. "
            "Counts: a row for each placement, kind and day. Raw rows: one look into the index for "
            "each order.",
            (
                Goal("revenue by placement", "ms", 60, 20),
                Goal("counts by placement and kind", "ms", 50, 15),
                Goal("another window, over raw rows", "ms", 600, 400),
            ),
        ),
        "F12": Figure(
            "Interactions written into 10 million rows and their four indexes",
            "history",
            "batches of 10,000 (SQLite) and COPY (PostgreSQL)",
            "Four indexes, and the pages of the one by visitor that belong to whoever comes back: "
            "a third of all rows, with marks of the last 90 days. SQLite: writing each page twice, "
            "to the log and to the file.",
            (
                _least("rows into SQLite", "/s", 25_000, 50_000),
                _least("rows into PostgreSQL", "/s", 80_000, 180_000),
            ),
        ),
        "F13": Figure(
            "Start to first answer with 2 workers, an empty shop with its migrations, memory",
            "starts",
            "as `storefront run` starts the web",
            "Importing, once for all workers: SQLAlchemy and our models, Flask, "
            "Stripe's library. Memory: each worker copies what Python counts references in.",
            (
                Goal("start", "s", 0.65, 0.45),
                Goal("empty shop with migrations", "s", 3, 1),
                Goal("memory under load", "MiB", 160, 125),
            ),
        ),
        "F14": Figure(
            "`make test` on this machine",
            "suite",
            "every test, on both engines and in Chromium",
            "Browsers, and processes that are started and killed.",
            (Goal("time", "min", 12, 6),),
        ),
    }
)
