"""What visitors of the demo's feed left behind: likes and comments, in a small file of its own."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS likes (
    slug TEXT NOT NULL, visitor TEXT NOT NULL, PRIMARY KEY (slug, visitor)
);
CREATE TABLE IF NOT EXISTS comments (
    id INTEGER PRIMARY KEY, slug TEXT NOT NULL, name TEXT NOT NULL, words TEXT NOT NULL,
    written_at INTEGER NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Likes:
    """How many visitors liked a post, and whether the one who looks is among them."""

    count: int = 0
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A comment that a visitor wrote; `written_at` in seconds since 1970."""

    name: str
    words: str
    written_at: int


def prepare(path: Path) -> None:
    """Create the file and its tables where they are missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened(path) as book:
        book.execute("PRAGMA journal_mode = WAL")
        book.executescript(_SCHEMA)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for a moment; every statement is a transaction of its own."""
    with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as book:
        yield book


def set_like(book: sqlite3.Connection, slug: str, visitor: str, *, is_liked: bool) -> None:
    """Remember that `visitor` likes the post, once however often it is said, or no longer does."""
    if is_liked:
        book.execute("INSERT INTO likes VALUES (?, ?) ON CONFLICT DO NOTHING", (slug, visitor))
    else:
        book.execute("DELETE FROM likes WHERE slug = ? AND visitor = ?", (slug, visitor))


def list_likes(book: sqlite3.Connection, visitor: str) -> Mapping[str, Likes]:
    """Count the likes of every post as `visitor` sees them."""
    rows = book.execute(
        "SELECT slug, count(*), max(visitor = ?) FROM likes GROUP BY slug", (visitor,)
    )
    return {slug: Likes(count, bool(is_mine)) for slug, count, is_mine in rows}


def add_comment(book: sqlite3.Connection, slug: str, comment: Written) -> None:
    """Write a comment under a post."""
    book.execute(
        "INSERT INTO comments (slug, name, words, written_at) VALUES (?, ?, ?, ?)",
        (slug, comment.name, comment.words, comment.written_at),
    )


def list_comments(book: sqlite3.Connection) -> Mapping[str, Sequence[Written]]:
    """List the comments of every post, oldest first."""
    found: dict[str, list[Written]] = defaultdict(list)
    rows = book.execute("SELECT slug, name, words, written_at FROM comments ORDER BY id")
    for slug, *comment in rows:
        found[slug].append(Written(*comment))
    return found
