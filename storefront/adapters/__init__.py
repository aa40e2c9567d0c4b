"""Implementations of the ports; each knows its one library, and no models and no services."""
