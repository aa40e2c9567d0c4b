"""An application that says which process answers, and how often that looks for garbage;
`test_serving.py` serves it."""

import gc
import os
from collections.abc import Callable
from typing import Any


def create_app() -> Callable[..., list[bytes]]:
    """Return the application."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        if environ["PATH_INFO"] == "/garbage":
            return [f"{gc.isenabled()} {gc.get_threshold()[0]}".encode()]
        return [str(os.getpid()).encode()]

    return answer
