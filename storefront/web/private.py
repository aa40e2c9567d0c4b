"""Flask as our private application uses it: as always, without the work that is not needed here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flask import Flask, Request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.datastructures import ImmutableMultiDict

from storefront.web.shortcuts import take_shortcut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Response
    from flask.sessions import SecureCookieSession, SessionMixin

    from storefront.web.shortcuts import Shortcut


class Fields(ImmutableMultiDict[str, str]):
    """Fields of an address or a form; asking for one that is not there raises nothing inside."""

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override] # noqa: A002
        """Return a field's first value, as the base class does."""
        return super().get(key, default, type) if key in self else default


class Incoming(Request):
    """A request to our private application."""

    parameter_storage_class = Fields


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own sessions; whoever brings no cookie gets an empty one without cryptography."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session from its cookie, if there is one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the session into its cookie; one that nobody has looked at stays as it was."""
        if session.accessed or session.modified:
            super().save_session(app, session, response)


class PrivateFlask(Flask):
    """Our application: every view and hook of it is a plain function."""

    request_class = Incoming
    session_interface = CookieSessions()
    shortcuts: Mapping[str, Shortcut] = MappingProxyType({})
    """By what their addresses begin with."""

    def wsgi_app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a request: by a shortcut where one takes it, else as Flask does."""
        answer = take_shortcut(self, environ, start_response)
        return super().wsgi_app(environ, start_response) if answer is None else answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is; Flask would look at each, at each request."""
        return func
