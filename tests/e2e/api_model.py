"""The server's table of X-Ray's API, and answers held against it."""

import datetime
import json
import os
import re

from harness import ROOT

with open(os.path.join(ROOT, "server", "xray", "model",
                       "xray_model.json")) as f:
    _MODEL = json.load(f)
OPERATIONS = {o["name"]: o for o in _MODEL["operations"]}
ERRORS = _MODEL["errors"]
SHAPES = _MODEL["shapes"]

_TYPES = {
    "structure": dict, "union": dict, "map": dict, "list": list,
    "string": str, "boolean": bool, "integer": int, "long": int,
    "double": (int, float), "timestamp": (int, float),
}


def _members(shape):
    """name -> (shape name, required, own) of a structure."""
    return {
        name: (kind.rstrip("!+"), kind.endswith("!"), kind.endswith("+"))
        for name, kind in shape.get("members", {}).items()
    }


def _outside(shape, size):
    return size < shape.get("min", size) or size > shape.get("max", size)


def faults(name, value, path=""):
    """What differs from the shape, as texts; empty when all is well."""
    shape = SHAPES[name]
    kind = shape["type"]
    is_number = kind not in ("boolean",) and isinstance(value, bool)
    if is_number or not isinstance(value, _TYPES[kind]):
        return [f"{path}: {value!r} is no {kind}"]
    if kind in ("structure", "union"):
        return _structure_faults(shape, value, path)
    found = []
    if kind in ("list", "map", "string"):
        if _outside(shape, len(value)):
            found.append(f"{path}: length {len(value)}")
    elif kind in ("integer", "long", "double") and _outside(shape, value):
        found.append(f"{path}: {value}")
    if kind == "list":
        for i, one in enumerate(value):
            found += faults(shape["element"], one, f"{path}[{i}]")
    elif kind == "map":
        for key, one in value.items():
            found += faults(shape["key"], key, f"{path} key")
            found += faults(shape["value"], one, f"{path}.{key}")
    elif kind == "string":
        if value not in shape.get("enum", [value]):
            found.append(f"{path}: {value!r} is not in the enum")
        if not re.fullmatch(shape.get("pattern", ".*"), value, re.S):
            found.append(f"{path}: {value!r} against the pattern")
    return found


def _structure_faults(shape, value, path):
    found = []
    members = _members(shape)
    if shape["type"] == "union" and len(value) != 1:
        found.append(f"{path}: a union of {sorted(value)}")
    for name, one in value.items():
        if name not in members:
            found.append(f"{path}.{name} is not in the model")
        else:
            found += faults(members[name][0], one, f"{path}.{name}")
    found += [f"{path}.{name} is missing" for name, member in members.items()
              if member[1] and name not in value]
    return found


def _seconds(value):
    """A time as any client shows it."""
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value


def lost(name, raw, seen, path=""):
    """Where what a client shows (`seen`) differs from what was sent."""
    shape = SHAPES[name]
    kind = shape["type"]
    if kind in ("structure", "union"):
        of = {n: m[0] for n, m in _members(shape).items() if not m[2]}
    elif kind == "map":
        of = {key: shape["value"] for key in raw}
    elif kind == "list":
        if len(raw) != len(seen):
            return [f"{path}: {len(seen)} of {len(raw)} items"]
        return [fault for i, one in enumerate(raw)
                for fault in lost(shape["element"], one, seen[i],
                                  f"{path}[{i}]")]
    elif kind == "timestamp":
        # JavaScript's dates have milliseconds.
        same = abs(raw - _seconds(seen)) < 0.001
        return [] if same else [f"{path}: {raw!r} became {seen!r}"]
    else:
        return [] if raw == seen else [f"{path}: {raw!r} became {seen!r}"]
    names = {n for n in raw if n in of}
    if names != set(seen):
        return [f"{path}: {sorted(names ^ set(seen))} in one only"]
    return [fault for n in sorted(names)
            for fault in lost(of[n], raw[n], seen[n], f"{path}.{n}")]
