"""Merchants, who may frame them, and the people and machines that act for them."""

import pytest
from sqlalchemy import select, update

from storefront.errors import Conflict, Invalid, StorefrontError
from storefront.models import AllowedHost, ApiToken, Member, Membership
from storefront.services import carts, members, merchants
from storefront.services.facade import facade_of
from storefront.services.members import LONGEST_PASSWORD, SHORTEST_PASSWORD
from tests.contents import nothing_changes
from tests.factories import PASSWORD, World, world_on
from tests.fakes import Bench

GOOD = {
    "slug": "corner-bakery",
    "name": "Corner Bakery",
    "currency": "EUR",
    "zone": "Europe/Lisbon",
    "contact_email": "ask@bakery.test",
}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("slug", "Corner", "invalid_slug"),
        ("slug", "-corner", "invalid_slug"),
        ("slug", "a--b", "invalid_slug"),
        ("slug", "a\n", "invalid_slug"),
        ("slug", "", "invalid_slug"),
        ("contact_email", "ask", "invalid_email"),
        ("contact_email", "noreply@bakery.test", "no_reply_address"),
        ("currency", "eur", "invalid_currency"),
        ("currency", "ZZZ", "invalid_currency"),
        ("currency", "XAU", "invalid_currency"),
        ("zone", "Mars/Olympus", "invalid_zone"),
        ("zone", "localtime", "invalid_zone"),
        ("zone", "../../etc/passwd", "invalid_zone"),
        ("accent", "red", "invalid_colour"),
        ("accent", "#2F5BD7", "invalid_colour"),
        ("slug", "gelato", "slug_taken"),
    ],
)
def test_a_merchant_that_cannot_be_is_refused_by_its_field(
    bench: Bench, field: str, value: str, code: str
) -> None:
    with bench.database.begin() as session:
        merchants.add_merchant(session, **{**GOOD, "slug": "gelato"}, now=bench.clock.now())

    with (
        nothing_changes(bench.database),
        pytest.raises(StorefrontError) as refusal,
        bench.database.begin() as session,
    ):
        merchants.add_merchant(session, **{**GOOD, field: value}, now=bench.clock.now())

    kind = Conflict if code == "slug_taken" else Invalid
    assert (kind, code, field) == (type(refusal.value), refusal.value.code, refusal.value.field)


ORIGINS = {
    "https://blog.test": "https://blog.test",
    " HTTPS://Blog.TEST/ ": "https://blog.test",
    "http://localhost:8000": "http://localhost:8000",
    "https://*.blog.test": "https://*.blog.test",
}

NO_ORIGINS = (
    "blog.test", "//blog.test", "https://", "ftp://blog.test", "https://blog.test/path",
    "https://blog.test?x=1", "https://blog.test#x", "https://user@blog.test", "'self'", "*", "",
    "https://blog.test; script-src *", "https://blog.test https://evil.test", "https://a\r\nb",
    "javascript:alert(1)", "https://[::1", "null",
)  # fmt: skip


def test_an_origin_is_scheme_host_and_port_and_kept_once(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        for given, kept in [*ORIGINS.items(), *ORIGINS.items()]:
            merchant = world.merchant.id
            assert kept == merchants.allow_host(session, merchant, given, now=bench.clock.now())

    with bench.database.reads() as session:
        stored = session.scalars(select(AllowedHost.origin)).all()
        _facade, listed = facade_of(session, world.merchant.id)
    assert sorted(set(ORIGINS.values())) == sorted(stored) == list(listed)


def test_nothing_else_gets_into_a_header_as_an_origin(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database):
        for given in NO_ORIGINS:
            with pytest.raises(Invalid) as refusal, bench.database.begin() as session:
                merchants.allow_host(session, world.merchant.id, given, now=bench.clock.now())
            assert ("invalid_origin", "origin") == (refusal.value.code, refusal.value.field), given


def test_a_token_is_known_by_its_digest_until_it_is_revoked(bench: Bench, world: World) -> None:
    sign = bench.ports.sign
    with bench.database.begin() as session:
        row = session.scalars(select(ApiToken)).one()
        digest = merchants.digest_of_token(sign, world.api_token)
        known = merchants.find_by_digest(session, digest)
        other = merchants.digest_of_token(sign, world.api_token[:-1])
        unknown = merchants.find_by_digest(session, other)
        session.execute(update(ApiToken).values(revoked_at=bench.clock.now()))
        revoked = merchants.find_by_digest(session, digest)

    assert (row.public_id, None, None) == (known and known.public_id, unknown, revoked)
    assert world.api_token not in repr(vars(row))
    assert world.api_token[-4:] == row.last_four


def sign_in(bench: Bench, email: str, password: str) -> members.SignedIn | None:
    """Look a member up by their password."""
    with bench.database.reads() as session:
        return members.find_by_password(session, email, password)


def test_a_member_is_found_by_address_and_password_and_nothing_less(
    bench: Bench, world: World
) -> None:
    found = sign_in(bench, f" {world.owner_email.upper()} ", PASSWORD)

    assert found is not None
    assert (world.merchant.id, "owner") == (found.merchant_id, found.role)
    assert sign_in(bench, world.owner_email, PASSWORD + "x") is None
    assert sign_in(bench, "nobody@gelato.test", PASSWORD) is None


def test_a_password_that_is_too_long_is_refused_before_it_is_hashed(
    bench: Bench, world: World
) -> None:
    """Row 46: a hash costs 100 ms; 10,000 characters must not cost more."""
    for password in ("x" * (LONGEST_PASSWORD + 1), "x" * 10_000, "a\0b"):
        with pytest.raises(Invalid) as refusal:
            sign_in(bench, world.owner_email, password)
        assert ("password_length", "password") == (refusal.value.code, refusal.value.field)


def test_a_password_has_limits_at_both_ends() -> None:
    assert "x" * SHORTEST_PASSWORD == members.check_password("x" * SHORTEST_PASSWORD)
    assert "x" * LONGEST_PASSWORD == members.check_password("x" * LONGEST_PASSWORD)
    for password in ("x" * (SHORTEST_PASSWORD - 1), "x" * (LONGEST_PASSWORD + 1), "x" * 20 + "\0"):
        with pytest.raises(Invalid):
            members.check_password(password)


def test_a_session_ends_with_its_epoch_and_with_its_membership(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        member = session.scalars(select(Member)).one()
        name, epoch = member.public_id, member.session_epoch
        before = members.find_signed_in(session, name, epoch=epoch)
        members.end_sessions(session, member.id)
        ended = members.find_signed_in(session, name, epoch=epoch)
        again = members.find_signed_in(session, name, epoch=epoch + 1)
        session.execute(update(Membership).values(left_at=bench.clock.now()))
        gone = members.find_signed_in(session, name, epoch=epoch + 1)

    assert before is not None
    assert again is not None
    assert (None, None) == (ended, gone)
    assert sign_in(bench, world.owner_email, PASSWORD) is None


def test_a_person_of_two_merchants_keeps_one_password(bench: Bench) -> None:
    world, rival = world_on(bench), world_on(bench, slug="rival")
    person = {"email": world.owner_email.upper(), "name": "Olive", "role": "clerk"}

    with bench.database.begin() as session:
        members.add_member(
            session, rival.merchant.id, **person, password="another-password", now=bench.clock.now()
        )
        people = session.scalars(select(Member.email)).all()

    assert 2 == len(people)
    assert sign_in(bench, world.owner_email, PASSWORD) is not None
    assert sign_in(bench, world.owner_email, "another-password") is None


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"role": "king"}, "unknown_role", "role"),
        ({"password": "short"}, "password_length", "password"),
        ({"email": "owner@gelato.test"}, "already_member", "email"),
    ],
)
def test_a_member_that_cannot_be_is_refused(
    bench: Bench, world: World, *, changes: dict[str, str], code: str, field: str
) -> None:
    person = {"email": "c@gelato.test", "name": "C", "role": "clerk", "password": PASSWORD}

    with (
        nothing_changes(bench.database),
        pytest.raises(StorefrontError) as refusal,
        bench.database.begin() as session,
    ):
        members.add_member(
            session, world.merchant.id, **{**person, **changes}, now=bench.clock.now()
        )

    assert (code, field) == (refusal.value.code, refusal.value.field)


def test_a_cart_holds_twenty_lines_of_ninety_nine() -> None:
    lines: dict[str, int] = {}
    for number in range(20):
        lines = carts.changed(lines, f"var_{number}", 99)

    with pytest.raises(Invalid) as full:
        carts.changed(lines, "var_20", 1)
    with pytest.raises(Invalid) as many:
        carts.changed(lines, "var_1", 100)

    assert ("cart_full", "invalid_quantity") == (full.value.code, many.value.code)
    assert 20 == len(lines)
    assert 19 == len(carts.changed(lines, "var_1", 0))
    assert {**lines, "var_1": 5} == carts.changed(lines, "var_1", 5)


def test_a_cart_is_read_by_its_own_merchant_only(bench: Bench) -> None:
    sign, lines = bench.ports.sign, {"var_1": 2, "var_2": 1}
    token = carts.seal_cart(sign, lines, "mer_1")

    assert lines == carts.read_cart(sign, token, "mer_1")
    assert {} == carts.read_cart(sign, None, "mer_1")
    assert carts.read_cart(sign, token, "mer_2") is None
    assert carts.read_cart(sign, token[:-1], "mer_1") is None
    assert carts.read_cart(sign, sign.seal("visitor", ["mer_1", []]), "mer_1") is None
