"""Alembic's environment: our own version table, so that a host's Alembic is untouched."""

from alembic import context

import gifting.models  # noqa: F401 - fills the metadata
import storefront.models  # noqa: F401 - fills the metadata
from storefront.db.base import Base
from storefront.db.schema import VERSION_TABLE


def run() -> None:
    """Run the migrations over the engine that `storefront.db.schema` hands in."""
    engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            version_table=VERSION_TABLE,
            render_as_batch=connection.dialect.name == "sqlite",
            include_name=lambda name, kind, _: kind != "table" or name.startswith("storefront_"),
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
