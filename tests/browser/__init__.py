"""Chromium against the whole demo: feed and shop on two sites, sandbox and worker beside them."""
