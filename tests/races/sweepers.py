"""Run as a program: a worker that waits for a word and then does once what a worker does at its
start, so that several of them do so at one moment. It tells whether it was its turn to forget."""

import sys

from storefront import create_app
from storefront.services import retention
from storefront.worker import sweep


def main() -> None:
    """Say that all is loaded, wait, look after everything, and end."""
    mounted = create_app().extensions["storefront"]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    forgotten = retention.forget_when_due(mounted.ports)
    sweep(mounted.ports)
    sys.stdout.write("forgot\n" if forgotten is not None else "had no turn\n")


if __name__ == "__main__":
    main()
