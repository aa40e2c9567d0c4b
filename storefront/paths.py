"""Where templates, static files, migrations and translations lie, in a checkout and in a wheel.

A wheel carries the top-level folders inside the package, under ``_data``; a checkout has no such
folder, and keeps them beside the packages.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_WHEEL_DATA = _PACKAGE / "_data"
_DATA = _WHEEL_DATA if _WHEEL_DATA.is_dir() else _PACKAGE.parent

TEMPLATES = _DATA / "templates"
STATIC = _DATA / "static"
MIGRATIONS = _DATA / "migrations"
TRANSLATIONS = _PACKAGE / "translations"
