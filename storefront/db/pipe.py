"""PostgreSQL's protocol as hot statements speak it, past psycopg's cursors: each statement is
prepared once for a connection, and several go there together. No session is known here."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Connection
    from psycopg.abc import Buffer
    from psycopg.pq.abc import PGresult

    Rows = list[tuple[Any, ...]]
    Values = Sequence[Buffer | None]

MOST_PREPARED = 250
"""So many statements a connection keeps, which cost the server memory; then it begins anew."""

MOST_UNTOLD = 100
"""So many wait for the next at most: what is sent without being answered fills the line."""


class Said(NamedTuple):
    """A statement with PostgreSQL's own numbers for its values, and these in their order."""

    sql: bytes
    values: Sequence[Any] = ()


BEGIN, COMMIT = Said(b"BEGIN"), Said(b"COMMIT")


class Pipe:
    """What goes to PostgreSQL over one connection of psycopg's, and comes back."""

    def __init__(self, connection: Connection) -> None:
        import psycopg  # noqa: PLC0415 - only who uses PostgreSQL has it

        self.untold: list[Said] = []
        self.blamed = b""
        """The statement that has failed last."""
        self._connection, self._server = connection, connection.pgconn
        self._driver, self._status = psycopg, psycopg.pq.ExecStatus
        self._values = psycopg.adapt.Transformer.from_context(connection)
        self._names: dict[bytes, bytes] = {}
        self._to_read, self._to_send = select.poll(), select.poll()
        self._to_read.register(self._server.socket, select.POLLIN)
        self._to_send.register(self._server.socket, select.POLLIN | select.POLLOUT)

    def tell(self, said: Said) -> None:
        """Run a statement, whose rows nobody wants, with the next that is asked; at once where each
        commits by itself."""
        self.untold.append(said)
        if self.commits_each or len(self.untold) >= MOST_UNTOLD:
            self.ask(())

    def ask(self, said: Sequence[Said]) -> list[Rows]:
        """Run what was told and then these, and return the rows of each of these. A transaction
        begins with them where none is open, unless the connection lets each commit by itself.

        Raises what psycopg raises for the first that fails; those behind it are not run.
        """
        before, self.untold = self.untold, []
        if not before and not said:
            return []
        if self._is_idle and not self.commits_each:
            before.insert(0, BEGIN)
        return self._ask((*before, *said))[len(before) :]

    def finish(self) -> None:
        """Commit the transaction, if there is one, with what was told."""
        if self.untold or not self._is_idle:
            self.ask((COMMIT,))

    @property
    def commits_each(self) -> bool:
        """Whether each statement is a transaction of its own."""
        return self._connection.autocommit

    @property
    def _is_idle(self) -> bool:
        idle: bool = self._server.transaction_status == self._driver.pq.TransactionStatus.IDLE
        return idle

    def _ask(self, said: Sequence[Said]) -> list[Rows]:
        self.blamed = said[0].sql
        told = [(each.sql, self._told(each.values)) for each in said]
        if len(told) > 1 or self.blamed not in self._names:
            return self._all(told)
        name, (_, values) = self._names[self.blamed], told[0]
        return [self._rows(self._server.exec_prepared(name, values))]  # type: ignore[arg-type]

    def _all(self, told: Sequence[tuple[bytes, Values]]) -> list[Rows]:
        """Send statements at once, each that is new behind what prepares it."""
        self._forget_too_many()
        names = dict(self._names)
        try:
            steps = list(self._send(told, names))
            answers = list(self._answers())
            self._server.exit_pipeline_mode()
        except BaseException:  # nobody else may read what is still to come
            self._connection.close()
            raise
        found = []
        for (sql, is_prepared), answer in zip(steps, answers, strict=True):
            self.blamed = sql
            rows = self._rows(answer)
            if is_prepared:
                self._names[sql] = names[sql]
            else:
                found.append(rows)
        return found

    def _forget_too_many(self) -> None:
        if len(self._names) > MOST_PREPARED:
            each = (b"DEALLOCATE " + name for name in self._names.values())
            answer = self._server.exec_(b"; ".join(each))  # psycopg may have some of its own
            if answer.status == self._status.COMMAND_OK:
                self._names.clear()

    def _send(
        self, told: Sequence[tuple[bytes, Values]], names: dict[bytes, bytes]
    ) -> Iterator[tuple[bytes, bool]]:
        """Yield for each answer that will come which statement it is about, and whether it only
        says that this is prepared."""
        self._server.enter_pipeline_mode()
        for sql, values in told:
            if sql not in names:
                names[sql] = b"hot_%d" % len(names)
                self._server.send_prepare(names[sql], sql)
                yield sql, True
            self._server.send_query_prepared(names[sql], values)
            yield sql, False
        self._server.pipeline_sync()

    def _answers(self) -> Iterator[PGresult]:
        """Yield what comes back, up to the end of what was sent together."""
        while True:
            # Other threads run while this one waits, which they would not within `get_result`.
            while self._server.is_busy():
                (self._to_send if self._server.flush() else self._to_read).poll()
                self._server.consume_input()
            answer = self._server.get_result()
            if answer is None:
                self._refuse_if_lost()
            elif answer.status == self._status.PIPELINE_SYNC:
                return
            else:
                yield answer

    def _told(self, values: Sequence[Any]) -> Values:
        """Return values as texts: what each is, the statement says."""
        told: Values = self._values.dump_sequence(
            values, [self._driver.adapt.PyFormat.TEXT] * len(values)
        )
        return told

    def _rows(self, answer: PGresult) -> Rows:
        if answer.status == self._status.TUPLES_OK:
            self._values.set_pgresult(answer)
            rows: Rows = self._values.load_rows(0, answer.ntuples, tuple)
            return rows
        if answer.status == self._status.COMMAND_OK:
            return []
        if answer.error_field(self._driver.pq.DiagnosticField.SQLSTATE) is None:
            self._refuse_if_lost()
        raise self._driver.errors.error_from_result(answer)

    def _refuse_if_lost(self) -> None:
        if self._server.status == self._driver.pq.ConnStatus.BAD:
            raise self._driver.OperationalError(self._server.get_error_message())
