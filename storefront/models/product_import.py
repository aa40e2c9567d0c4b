"""ProductImport: a file of products on its way into the shop, and what was wrong with its rows."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Member, Merchant


class ProductImport(Base):
    """One file. It is checked as a whole first (`checked_at`), then written in batches; `position`
    counts the groups of rows that are done. `stopped_at` and `stop_code` say why it ended early."""

    __tablename__ = "storefront_product_imports"
    __table_args__ = (UniqueConstraint("merchant_id", "public_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    member_id: Mapped[int | None] = mapped_column(ForeignKey(Member.id))
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    format: Mapped[str] = mapped_column(String(20))
    encoding: Mapped[str] = mapped_column(String(20))
    is_all_or_nothing: Mapped[bool]
    sets_stock: Mapped[bool]
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_code: Mapped[str | None] = mapped_column(String(40))
    groups: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(Integer)
    faults: Mapped[int] = mapped_column(Integer)
    added: Mapped[int] = mapped_column(Integer)
    changed: Mapped[int] = mapped_column(Integer)
    unchanged: Mapped[int] = mapped_column(Integer)


class ImportFault(Base):
    """What is wrong with one cell of a file: the row as a spreadsheet counts it, the column's name,
    the beginning of the value, and a code. `hint` is what the sentence about it needs."""

    __tablename__ = "storefront_import_faults"
    __table_args__ = (Index(None, "merchant_id", "import_id", "row"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    import_id: Mapped[int] = mapped_column(ForeignKey(ProductImport.id))
    row: Mapped[int] = mapped_column(Integer)
    column: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(80))
    code: Mapped[str] = mapped_column(String(40))
    hint: Mapped[str] = mapped_column(String(80))
