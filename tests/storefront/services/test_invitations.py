"""Invitations: one mail, one link, one week, one use."""

import threading
from dataclasses import dataclass

import pytest

from storefront.errors import Conflict, Ended, Invalid, TooMany
from storefront.services import invitations, members
from storefront.services.member_letters import send_invitation
from storefront.services.members import SignedIn
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import PASSWORD, World, world_on
from tests.fakes import Bench

MIA = "mia@gelato.test"
RACERS = 4


@dataclass
class Desk:
    """An owner's desk: they invite, others answer."""

    bench: Bench
    world: World

    @property
    def owner(self) -> SignedIn:
        with self.bench.database.reads() as session:
            found = members.find_by_email(session, self.world.owner_email)
        assert found
        return found

    def invite(self, email: str = MIA, *, role: str = "manager") -> str:
        return invitations.invite(self.bench.ports, self.owner, email=email, role=role, locale="en")

    def token(self, invitation: str, number: int = 1) -> str:
        return invitations.seal_link(self.bench.ports.sign, invitation, number)

    def accept(self, token: str, *, name: str = "Mia", password: str = PASSWORD) -> SignedIn:
        return invitations.accept(self.bench.ports, token, name=name, password=password)


@pytest.fixture
def desk(bench: Bench, world: World) -> Desk:
    return Desk(bench, world)


def test_who_accepts_works_there_in_the_role_they_were_given(desk: Desk) -> None:
    joined = desk.accept(desk.token(desk.invite(role="reports")))

    assert (MIA, "reports", "gelato") == (joined.email, joined.role, joined.merchant_slug)
    with desk.bench.database.reads() as session:
        assert members.find_by_password(session, MIA, PASSWORD)


def test_the_mail_goes_to_who_is_invited(desk: Desk) -> None:
    desk.invite()

    while run_due(desk.bench.ports):
        pass

    assert [(MIA, "invitation (en)")] == [
        (mail.to, mail.subject) for mail in desk.bench.mailbox.sent
    ]


def test_a_link_works_once(desk: Desk) -> None:
    token = desk.token(desk.invite())
    desk.accept(token)

    with nothing_changes(desk.bench.database), pytest.raises(Ended, match="invitation_over"):
        desk.accept(token)


def test_of_two_who_use_a_link_together_one_is_too_late(desk: Desk) -> None:
    token, start, said = desk.token(desk.invite()), threading.Barrier(RACERS), []

    def go() -> None:
        start.wait(10)
        try:
            desk.accept(token)
        except (Ended, Conflict) as error:
            said.append(error.code)
        else:
            said.append("joined")

    threads = [threading.Thread(target=go) for _ in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert ["invitation_over"] * (RACERS - 1) + ["joined"] == sorted(said)


def test_a_link_is_over_after_a_week(desk: Desk) -> None:
    token = desk.token(desk.invite())
    desk.bench.clock.pass_time(days=7)

    with nothing_changes(desk.bench.database), pytest.raises(Ended, match="invitation_over"):
        desk.accept(token)


def test_an_altered_link_is_over(desk: Desk) -> None:
    token = desk.token(desk.invite())

    with nothing_changes(desk.bench.database), pytest.raises(Ended, match="invitation_over"):
        desk.accept(token[:-2] + ("aa" if token[-2:] != "aa" else "bb"))


def test_sending_again_makes_the_former_link_void_and_the_new_one_good(desk: Desk) -> None:
    invitation = desk.invite()
    invitations.send_again(desk.bench.ports, desk.owner, invitation, locale="en")

    with pytest.raises(Ended, match="invitation_over"):
        desk.accept(desk.token(invitation, 1))
    assert MIA == desk.accept(desk.token(invitation, 2)).email


def test_a_withdrawn_link_is_over_and_its_mail_is_not_sent(desk: Desk) -> None:
    invitation = desk.invite()
    with desk.bench.database.begin() as session:
        invitations.withdraw(session, desk.owner, invitation, now=desk.bench.clock.now())

    send_invitation(desk.bench.ports, invitation, 1, locale="en")
    with pytest.raises(Ended, match="invitation_over"):
        desk.accept(desk.token(invitation))
    assert [] == desk.bench.mailbox.sent


def test_who_has_an_account_joins_with_it(desk: Desk) -> None:
    florist = world_on(desk.bench, slug="florist")
    joined = desk.accept(desk.token(desk.invite(florist.owner_email)), name="", password="")

    assert ("gelato", "manager") == (joined.merchant_slug, joined.role)
    with desk.bench.database.reads() as session:
        places = members.list_workplaces(session, joined.member_id)
        assert members.find_by_password(session, florist.owner_email, PASSWORD)
    assert ["Florist & Sons", "Gelato & Sons"] == [place.name for place in places]


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [("", PASSWORD, "invalid_name"), ("Mia", "short", "password_length")],
)
def test_who_is_new_gives_a_name_and_a_good_password(
    desk: Desk, name: str, password: str, code: str
) -> None:
    token = desk.token(desk.invite())

    with nothing_changes(desk.bench.database), pytest.raises(Invalid, match=code):
        desk.accept(token, name=name, password=password)


def test_nobody_is_invited_twice_or_who_is_here(desk: Desk) -> None:
    desk.invite()

    with nothing_changes(desk.bench.database):
        with pytest.raises(Conflict, match="already_invited"):
            desk.invite(MIA.upper())
        with pytest.raises(Conflict, match="already_member"):
            desk.invite(desk.world.owner_email)


def test_a_merchant_sends_only_so_many_mails_an_hour(desk: Desk) -> None:
    invitation = desk.invite()
    for _ in range(invitations.MAILS.most - 1):
        invitations.send_again(desk.bench.ports, desk.owner, invitation, locale="en")

    with nothing_changes(desk.bench.database), pytest.raises(TooMany):
        desk.invite("one-too-many@gelato.test")
