"""The fuse: who may ask a line that was silent, and when."""

from dataclasses import dataclass

import pytest

from storefront.adapters.fuse import Fuse

PAUSE, LONGEST = 5, 10


@dataclass
class Watch:
    """Tells the seconds that it was told."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def fuse(watch: Watch) -> Fuse:
    return Fuse(pause=PAUSE, longest=LONGEST, clock=watch)


def test_a_line_that_answers_is_open_to_everybody(fuse: Fuse) -> None:
    asked = [fuse.lets_pass(), fuse.lets_pass()]
    fuse.note(is_silent=False)

    assert [*asked, fuse.lets_pass()] == [True, True, True]


def test_after_a_silence_nobody_asks_for_a_while(fuse: Fuse, watch: Watch) -> None:
    fuse.note(is_silent=True)
    watch.seconds = PAUSE - 0.1

    assert fuse.lets_pass() is False


def test_after_the_pause_one_asks_for_all(fuse: Fuse, watch: Watch) -> None:
    fuse.note(is_silent=True)
    watch.seconds = PAUSE
    asked = [fuse.lets_pass() for _ in range(3)]
    fuse.note(is_silent=False)

    assert asked == [True, False, False]
    assert fuse.lets_pass() is True


def test_who_asks_in_vain_begins_another_pause(fuse: Fuse, watch: Watch) -> None:
    fuse.note(is_silent=True)
    watch.seconds = PAUSE
    first = fuse.lets_pass()
    fuse.note(is_silent=True)
    watch.seconds += PAUSE - 0.1
    early = fuse.lets_pass()
    watch.seconds += 0.1

    assert (first, early, fuse.lets_pass()) == (True, False, True)


def test_who_asks_and_never_comes_back_is_not_waited_for_for_ever(fuse: Fuse, watch: Watch) -> None:
    fuse.note(is_silent=True)
    watch.seconds = PAUSE
    first = fuse.lets_pass()
    watch.seconds += LONGEST

    assert (first, fuse.lets_pass()) == (True, True)
