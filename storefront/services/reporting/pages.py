"""Lists in pages: which page, of how many, and where it starts. No queries here."""

from __future__ import annotations

from storefront.values import frozen


@frozen
class Slice:
    """One page of a list. Pages count from 1; an empty list has one empty page."""

    page: int
    pages: int
    total: int
    size: int

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.page - 1) * self.size


def cut(total: int, page: int, *, size: int) -> Slice:
    """Return the asked page of a list; a page beyond the end becomes the last one."""
    pages = max(1, -(-total // size))
    return Slice(page=min(max(page, 1), pages), pages=pages, total=total, size=size)
