"""A session whose hot statements go to the driver on a bare connection. SQLAlchemy's own connection
and transaction, which cost ten times as much, are made around it once somebody asks for them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from storefront.db.bare import lend
from storefront.db.running import fetch, tell_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine, Executable

    from storefront.db.bare import Bare


class LateSession(Session):
    """A session in the transaction of a bare connection, which has begun already."""

    def __init__(self, engine: Engine, bare: Bare) -> None:
        # What a session of SQLAlchemy's has is made with the first of it that somebody wants: most
        # are never more than a name for what is bare, and making one takes longer than a statement.
        self.bare = bare
        self._engine = engine
        self._alchemy: Connection | None = None
        self._is_made = False

    def __getattr__(self, name: str) -> Any:
        if self._is_made:
            raise AttributeError(name)
        self._is_made = True
        super().__init__(
            self._engine, expire_on_commit=False, join_transaction_mode="control_fully"
        )
        return getattr(self, name)

    def close(self) -> None:
        """Let go of objects and of the transaction, where there are any."""
        if self._is_made:
            super().close()

    @property
    def is_bare(self) -> bool:
        """Whether nobody has asked SQLAlchemy for anything, so that it holds nothing to write."""
        return not self._is_made or (self._alchemy is None and not self.in_transaction())

    def get_bind(self, *_: Any, **__: Any) -> Connection:
        """Return SQLAlchemy's connection, which takes part in the transaction."""
        if self._alchemy is None:
            tell_now(self.bare)
            self._alchemy = Connection(self._engine, self.bare.connection)
            self._alchemy.begin()
        return self._alchemy


@contextmanager
def late_session(engine: Engine, beginning: Executable | None) -> Iterator[LateSession]:
    """Open a session in a transaction that begins with this statement, if there must be one; what
    is not committed in the end is undone when the pool has its connection back."""
    with lend(engine) as bare:
        if beginning is not None:
            fetch(bare, beginning, {})
        with LateSession(engine, bare) as session:
            yield session
