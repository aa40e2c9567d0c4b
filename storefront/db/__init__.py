"""The database: engines, column types, the base of all tables, and how the schema is made."""
