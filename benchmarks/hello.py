"""The least that Flask can do, on the server that serves the shop: rates are held against it."""

from flask import Flask

APPLICATION = "benchmarks.hello:create_app"


def create_app() -> Flask:
    """Return an application that says hello."""
    app = Flask("hello", static_folder=None)
    app.add_url_rule("/", "hello", lambda: "hello")
    return app
