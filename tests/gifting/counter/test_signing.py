"""Beginning and ending at the counter."""

from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.counter.factories import PIN, a_clerk, a_counter
from tests.storefront.web.answers import PROGRAM, Refusal, refusal


def test_a_clerk_begins_with_their_name_and_pin_and_locks(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)
    asked = counter.get().text
    counter.begin()
    working = counter.get().text
    counter.post("/shifts/end")

    assert "Who is there?" in asked
    assert "Cleo" in working
    assert "Who is there?" in counter.get().text


def test_a_wrong_pin_is_said_at_the_field_and_keeps_the_name(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)

    answer = counter.begin(pin="111222")

    assert 422 == answer.status_code
    assert f'value="{counter.clerk}" required checked' in answer.text
    assert 'id="pin-error" role="alert"' in answer.text
    assert "111222" not in answer.text


def test_the_names_are_those_of_the_merchant_with_a_pin(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)
    a_clerk(bench, world, name="Nora", pin=None)
    a_clerk(bench, world_on(bench, slug="florist"), name="Flora")

    page = counter.get().text

    assert "Cleo" in page
    assert "Nora" not in page
    assert "Flora" not in page


def test_a_shift_opens_nothing_of_the_console(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world)

    answers = [counter.client.get(path) for path in ("/console/", "/console/orders")]

    assert [302, 302] == [answer.status_code for answer in answers]


def test_signing_in_to_the_console_opens_no_counter(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)
    client = bench.client()
    client.post("/console/sign-in", data={"email": world.owner_email, "password": "x" * 12})

    assert 403 == client.get("/counter").status_code
    assert (
        401
        == counter.client.post(
            "/counter/shifts/end", headers={**PROGRAM, "Origin": "https://shop.test"}
        ).status_code
    )


def test_a_stranger_is_told_what_to_do(bench: Bench) -> None:
    answer = bench.client().get("/counter")

    assert 403 == answer.status_code
    assert "This device is not a counter yet" in answer.text


def test_a_program_on_a_strange_device_is_refused_by_code(bench: Bench) -> None:
    with nothing_changes(bench.database):
        answer = bench.client().post("/counter/shifts", data={}, headers=PROGRAM)

    assert Refusal(403, "device_unknown") == refusal(answer)


def test_another_site_begins_no_shift(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)
    form = {"member": counter.clerk, "pin": PIN}

    with nothing_changes(bench.database):
        answer = counter.client.post(
            "/counter/shifts", data=form, headers={"Origin": "https://evil.test"}
        )

    assert 403 == answer.status_code
