"""Reading parameters: Stripe's bracket notation into trees, and trees against what is known.

What the parameters mean is decided where they are used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from storefront.sandbox.errors import StripeError, invalid

Tree = dict[str, Any]
Params = dict[str, Any]
Reader = Callable[[Any, str], Any]
Schema = Mapping[str, "Reader | Schema"]

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_WHOLE = re.compile(r"^-?\d{1,18}$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_MOST_METADATA_KEYS = 50
_LONGEST_METADATA_KEY = 40
_LONGEST_METADATA_VALUE = 500


def nest(pairs: Iterable[tuple[str, str]]) -> Tree:
    """Turn `metadata[order]=1` and its like into nested dictionaries; lists are keyed by index."""
    tree: Tree = {}
    for key, value in pairs:
        found = _KEY.match(key)
        if found is None:
            raise _unknown([key])
        steps = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        _plant(tree, steps, value)
    return tree


def _plant(tree: Tree, steps: list[str], value: str) -> None:
    node = tree
    for step in steps[:-1]:
        node = node.setdefault(step or str(len(node)), {})
        if not isinstance(node, dict):
            raise invalid("Invalid hash", param=step)
    node[steps[-1] or str(len(node))] = value


def flatten(tree: object, prefix: str = "") -> list[tuple[str, str]]:
    """Write a JSON body as the pairs that a form would have sent."""
    if isinstance(tree, Mapping):
        steps = [(str(key), value) for key, value in tree.items()]
    elif isinstance(tree, list):
        steps = [(str(index), value) for index, value in enumerate(tree)]
    else:
        return [(prefix, _as_text(tree))]
    named = [(f"{prefix}[{step}]" if prefix else step, value) for step, value in steps]
    return [pair for name, value in named for pair in flatten(value, name)]


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(tree: Tree, schema: Schema, *, required: Iterable[str] = ()) -> Params:
    """Check a tree against a schema and return typed values.

    Raises `StripeError` 400: `parameter_unknown`, `parameter_missing`, or what a reader refuses.
    """
    params = _read_level(tree, schema, prefix="")
    for name in required:
        if name not in params:
            raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return params


def _read_level(tree: Tree, schema: Schema, *, prefix: str) -> Params:
    unknown = [_join(prefix, name) for name in tree if name not in schema]
    if unknown:
        raise _unknown(unknown)
    return {
        name: _read_value(value, schema[name], _join(prefix, name)) for name, value in tree.items()
    }


def _read_value(value: object, how: Reader | Schema, name: str) -> object:
    if callable(how):
        return how(value, name)
    if value == "":
        return None
    if not isinstance(value, dict):
        raise invalid("Invalid object", param=name)
    return _read_level(value, how, prefix=name)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def _unknown(names: list[str]) -> StripeError:
    plural = "s" if len(names) > 1 else ""
    message = f"Received unknown parameter{plural}: {', '.join(names)}"
    return invalid(message, code="parameter_unknown", param=names[0])


def text(value: object, name: str) -> str | None:
    """Read a string; the empty one unsets."""
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {value}", param=name)
    return value or None


def needed_text(value: object, name: str) -> str:
    """Read a string that may not be empty."""
    found = text(value, name)
    if found is None:
        raise _empty(name)
    return found


def integer(value: object, name: str) -> int:
    """Read a whole number."""
    if value == "":
        raise _empty(name)
    if not isinstance(value, str) or not _WHOLE.match(value):
        raise invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def boolean(value: object, name: str) -> bool:
    """Read `true` or `false`."""
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {value}", param=name)
    return value == "true"


def email(value: object, name: str) -> str | None:
    """Read an e-mail address."""
    found = text(value, name)
    if found is not None and not _EMAIL.match(found):
        raise invalid(f"Invalid email address: {found}", code="email_invalid", param=name)
    return found


def one_of(*choices: str) -> Reader:
    """Make a reader of one word out of several."""

    def read_choice(value: object, name: str) -> str:
        if value not in choices:
            allowed = ", ".join(choices[:-1]) + f" or {choices[-1]}" if choices[1:] else choices[0]
            raise invalid(f"Invalid {name}: must be one of {allowed}", param=name)
        return str(value)

    return read_choice


def texts(value: object, name: str) -> list[str]:
    """Read a list of strings."""
    if value == "":
        return []
    if not isinstance(value, dict) or not all(step.isdigit() for step in value):
        raise invalid("Invalid array", param=name)
    return [needed_text(value[step], f"{name}[{step}]") for step in sorted(value, key=int)]


def moment(value: object, name: str) -> dict[str, int]:
    """Read a time as `=` or a range of `gt`, `gte`, `lt`, `lte`, in Unix seconds."""
    if isinstance(value, dict):
        return _read_level(value, dict.fromkeys(("gt", "gte", "lt", "lte"), integer), prefix=name)
    return {"eq": integer(value, name)}


def metadata(value: object, name: str) -> dict[str, str]:
    """Read metadata; an empty value removes its key, an empty whole removes all."""
    if value == "":
        return {"": ""}
    if not isinstance(value, dict):
        raise invalid("Invalid hash", param=name)
    for key, entry in value.items():
        _check_metadata(key, entry, f"{name}[{key}]")
    return {str(key): str(entry) for key, entry in value.items()}


def _check_metadata(key: str, entry: object, name: str) -> None:
    if len(key) > _LONGEST_METADATA_KEY:
        raise invalid(
            f"Metadata keys can be up to {_LONGEST_METADATA_KEY} characters long", param=name
        )
    if not isinstance(entry, str):
        raise invalid("Metadata values must be strings", param=name)
    if len(entry) > _LONGEST_METADATA_VALUE:
        most = _LONGEST_METADATA_VALUE
        raise invalid(f"Metadata values can have up to {most} characters", param=name)


def merge_metadata(old: dict[str, str], change: dict[str, str]) -> dict[str, str]:
    """Apply a change of metadata as Stripe does; raises when more than 50 keys would remain."""
    kept = {} if change == {"": ""} else {**old, **change}
    merged = {key: value for key, value in kept.items() if value != ""}
    if len(merged) > _MOST_METADATA_KEYS:
        message = f"Metadata can have up to {_MOST_METADATA_KEYS} keys"
        raise invalid(message, param="metadata")
    return merged


def _empty(name: str) -> StripeError:
    message = (
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{name}' cannot be unset."
    )
    return invalid(message, code="parameter_invalid_empty", param=name)
