"""The shop's rules as pure functions on frozen values: no Flask, no SQLAlchemy, no clock."""
