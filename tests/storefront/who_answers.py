"""An application that says which process answers; `test_serving.py` serves it."""

import os
from collections.abc import Callable
from typing import Any


def create_app() -> Callable[..., list[bytes]]:
    """Return the application."""

    def answer(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(os.getpid()).encode()]

    return answer
