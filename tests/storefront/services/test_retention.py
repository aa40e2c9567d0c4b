"""What is forgotten when its time has come, and what never is."""

import io
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from storefront.models import (
    Attempt,
    IdempotentRequest,
    Interaction,
    Invitation,
    Job,
    Member,
    Merchant,
    OrderTouchpoint,
    PaymentEvent,
    PaymentPayload,
    Product,
    ProductImage,
    Share,
    ShopPicture,
)
from storefront.ports import KeptPicture
from storefront.services import attempts, catalog, invitations, members, pictures, retention
from storefront.services.chains import chain_of
from storefront.services.visitors import read_mark
from storefront.worker import run_due, sweep
from tests.contents import nothing_changes
from tests.factories import World, pay, place
from tests.fakes import Bench

PATIENCE = 20
LONG = 401


def count(bench: Bench, table: Any) -> int:
    with bench.database.reads() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def record(bench: Bench, world: World, kind: str = "view", **changes: Any) -> dict[str, Any]:
    """Let somebody do something in the frame; return what the frame is told."""
    body = {"placement": world.placement.public_id, "kind": kind, **changes}
    told: dict[str, Any] = bench.client().post("/interactions", json=body).json
    return told


def interactions(bench: Bench) -> set[str]:
    with bench.database.reads() as session:
        return set(session.scalars(select(Interaction.public_id)))


def test_old_interactions_that_nothing_needs_go_and_young_ones_stay(
    bench: Bench, world: World
) -> None:
    for _ in range(3):
        record(bench, world)
    bench.clock.pass_time(days=LONG)
    young = record(bench, world)
    told = retention.forget(bench.ports)

    assert told.interactions == 3
    assert interactions(bench) == {young["interaction"]}


def test_what_an_order_a_share_or_a_young_answer_needs_stays(bench: Bench, world: World) -> None:
    shared = record(bench, world, "share")
    alone = record(bench, world)
    seen = record(bench, world, referrer="https://blog.test/post")
    clicked = record(bench, world, "click", v=seen["v"])
    merchant = world.merchant.public_id
    buyer = read_mark(bench.ports.sign, seen["v"], merchant, now=bench.clock.now())
    order = place(bench, world, visitor=buyer)
    pay(bench.client(), bench, order)
    with bench.database.reads() as session:
        before = chain_of(session, world.merchant.id, order.public_id)
    bench.clock.pass_time(days=LONG)
    retention.forget(bench.ports)
    with bench.database.reads() as session:
        after = chain_of(session, world.merchant.id, order.public_id)

    assert count(bench, OrderTouchpoint) > 0
    assert count(bench, Share) == 1
    assert after == before
    assert {shared["interaction"], seen["interaction"], clicked["interaction"]} <= interactions(
        bench
    )
    assert alone["interaction"] not in interactions(bench)


def test_an_old_chain_goes_link_by_link(bench: Bench, world: World) -> None:
    first = record(bench, world)
    second = record(bench, world, "like", parent=first["interaction"], v=first["v"])
    record(bench, world, "comment", parent=second["interaction"], v=first["v"])
    bench.clock.pass_time(days=LONG)

    assert retention.forget(bench.ports).interactions == 3
    assert interactions(bench) == set()


def test_nobody_else_can_delete_or_change_interactions(bench: Bench, world: World) -> None:
    record(bench, world)
    bench.clock.pass_time(days=LONG)
    record(bench, world)
    retention.forget(bench.ports)
    record(bench, world)

    with nothing_changes(bench.database):
        for statement in (delete(Interaction), update(Interaction).values(kind="like")):
            with pytest.raises(DBAPIError), bench.database.begin() as session:
                session.execute(statement)


def test_jobs_keys_and_words_go_after_their_own_time_and_facts_stay(
    bench: Bench, world: World
) -> None:
    pay(bench.client(), bench, place(bench, world))
    run_due(bench.ports)
    facts = count(bench, PaymentEvent)
    left = {}
    for days in (1, 2, 28, 60):
        bench.clock.pass_time(days=days, seconds=1)
        retention.forget(bench.ports)
        left[days] = (
            count(bench, IdempotentRequest),
            count(bench, Job),
            count(bench, PaymentPayload),
        )

    keys, jobs, payloads = left[1]
    assert min(keys, jobs, payloads) > 0
    assert left[2] == (0, jobs, payloads)
    assert left[28][:2] == (0, jobs - 1)
    assert left[60] == (0, jobs - 1, 0)
    assert count(bench, PaymentEvent) == facts > 0


def test_failures_go_when_their_limit_ends_and_not_before(bench: Bench) -> None:
    now = bench.clock.now()
    for kind, within in {"short": timedelta(hours=1), "long": timedelta(days=2)}.items():
        bound = attempts.subject(bench.ports.sign, attempts.Limit(kind, 3, within), "somebody")
        with bench.database.begin() as session:
            attempts.count_failure(session, [bound], now=now)
    bench.clock.pass_time(hours=1)
    forgotten = retention.forget(bench.ports)
    with bench.database.reads() as session:
        left = session.scalars(select(Attempt.kind)).all()

    assert forgotten.attempts == 1
    assert left == ["long"]


def test_old_mail_files_go_and_nothing_else_of_the_folder(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    for name, days in {"old.eml": 31, "new.eml": 29, "notes.txt": 31}.items():
        file = folder / name
        file.write_text("…")
        then = (bench.clock.now() - timedelta(days=days)).timestamp()
        os.utime(file, (then, then))

    assert retention.forget(bench.ports).mails == 1
    assert sorted(path.name for path in folder.iterdir()) == ["new.eml", "notes.txt"]


def test_invitations_and_their_addresses_go_a_while_after_they_are_over(
    bench: Bench, world: World
) -> None:
    with bench.database.reads() as session:
        member = session.scalars(select(Member).where(Member.email == world.owner_email)).one()
        who = members.find_signed_in(session, member.public_id, merchant_id=world.merchant.id)
    assert who is not None
    invitations.invite(bench.ports, who, email="new@clerk.test", role="clerk", locale="en")
    left = []
    for days in (7, 29, 2):
        bench.clock.pass_time(days=days)
        left.append((retention.forget(bench.ports).invitations, count(bench, Invitation)))

    assert left == [(0, 1), (0, 1), (1, 0)]


def picture_in(bench: Bench, shade: int, *, days: int) -> KeptPicture:
    """Keep a picture of one colour, so many days ago."""
    content = io.BytesIO()
    Image.new("RGB", (700, 500), (shade, 90, 90)).save(content, "PNG")
    content.seek(0)
    kept = bench.ports.pictures.keep(content)
    then = (bench.clock.now() - timedelta(days=days)).timestamp()
    for path in (bench.ports.settings.media_dir / "p").glob(f"{Path(kept.file).stem}*"):
        os.utime(path, (then, then))
    return kept


def test_pictures_that_nothing_shows_go_with_their_copies(bench: Bench, world: World) -> None:
    shown, twice, off, logo, young = (
        picture_in(bench, shade, days=2 if shade < 250 else 0) for shade in (1, 60, 120, 200, 250)
    )
    with bench.database.begin() as session:
        product = session.get_one(Product, world.product.id)
        other = catalog.add_product(
            session,
            session.get_one(Merchant, world.merchant.id),
            name="Cup",
            description="",
            now=bench.clock.now(),
        )
        for kept in (shown, twice, off):
            pictures.add_kept_picture(session, product, kept, alt="")
        pictures.add_kept_picture(session, other, twice, alt="")
        session.add(
            ShopPicture(
                merchant_id=world.merchant.id, kind="logo", file=logo.file, alt="",
                width=logo.width, height=logo.height,
            )
        )  # fmt: skip
        session.execute(
            delete(ProductImage).where(
                ProductImage.product_id == product.id, ProductImage.file.in_([twice.file, off.file])
            )
        )
    told = retention.forget(bench.ports)
    folder = bench.ports.settings.media_dir
    stems = {path.stem.partition("-")[0] for path in (folder / "p").iterdir()}

    assert told.pictures == 1
    assert stems == {Path(kept.file).stem for kept in (shown, twice, logo, young)}


def test_a_worker_forgets_once_a_day(bench: Bench, world: World) -> None:
    gone = record(bench, world)
    bench.clock.pass_time(days=LONG)
    sweep(bench.ports)
    first = interactions(bench) & {gone["interaction"]}
    told = retention.forget_when_due(bench.ports)
    bench.clock.pass_time(days=1)

    assert (first, told) == (set(), None)
    assert retention.forget_when_due(bench.ports) is not None


def test_four_workers_at_once_forget_once(bench: Bench, world: World) -> None:
    record(bench, world)
    bench.clock.pass_time(days=LONG)
    told: list[retention.Forgotten | None] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait(PATIENCE)
        told.append(retention.forget_when_due(bench.ports))

    workers = [threading.Thread(target=ask) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    done = [each for each in told if each is not None]

    assert (len(told), [each.interactions for each in done]) == (4, [1])
