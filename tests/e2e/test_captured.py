"""Traces that AWS X-Ray itself returned, replayed: what differs, exactly.

Every segment that is not inferred is sent again with ids and times shifted.
Reading back must give the same documents, inferred segments (matched by the
subsegment they stand below) and durations. captured_differences.md lists what
differs and why; a difference more or less fails the test.
"""

import json
import os
import secrets
import time
from decimal import Decimal

from harness import HERE, equal, new_trace_id, shared_data, test

TIMES = ("start_time", "end_time")


def parse(text):
    """JSON with numbers as they are written."""
    return json.loads(text, parse_float=Decimal)


class Shift:
    """Gives a captured trace new ids and the present time."""

    def __init__(self, trace):
        self.documents = [parse(s["Document"]) for s in trace["Segments"]]
        start = min(d["start_time"] for d in self.documents)
        self.seconds = int(time.time()) - 60 - int(start)
        self.names = {trace["Id"]: new_trace_id()}
        for document in self.documents:
            self._collect(document)

    def _collect(self, value):
        if isinstance(value, dict):
            for key, member in value.items():
                if key == "id" and isinstance(member, str):
                    self.names.setdefault(member, secrets.token_hex(8))
                self._collect(member)
        elif isinstance(value, list):
            for member in value:
                self._collect(member)

    def apply(self, value, key=None):
        if isinstance(value, dict):
            return {k: self.apply(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.apply(v) for v in value]
        if key in TIMES and isinstance(value, (int, Decimal)):
            return value + self.seconds
        if isinstance(value, str):
            return self.names.get(value, value)
        return value

    def back(self, id_):
        """The captured id that became `id_`."""
        for old, new in self.names.items():
            if new == id_:
                return old
        return id_


def dump(value):
    """JSON text that keeps decimals exactly."""
    marks = {}

    def mark(decimal):
        name = f"@{len(marks)}@"
        marks[name] = format(decimal, "f")
        return name

    text = json.dumps(value, default=mark)
    for name, number in marks.items():
        text = text.replace(f'"{name}"', number)
    return text


def differences(expected, actual, path=""):
    """Lines that say where two JSON values differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            here = f"{path}.{key}" if path else key
            if key not in actual:
                yield f"{here} is left out"
            elif key not in expected:
                yield f"{here} is added"
            else:
                yield from differences(expected[key], actual[key], here)
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{path} has {len(actual)} entries, not {len(expected)}"
            return
        for index, (one, other) in enumerate(zip(expected, actual)):
            yield from differences(one, other, f"{path}[{index}]")
    elif expected != actual or isinstance(expected, bool) != isinstance(
            actual, bool):
        yield f"{path} is {show(actual)}, not {show(expected)}"


def show(value):
    return f"`{value}`" if isinstance(value, str) else str(value)


def where(document):
    kind = "inferred " if document.get("inferred") else ""
    return f"{kind}{document['name']}"


def compare(shift, trace, duration, captured):
    """(place, difference) pairs of one replayed trace."""
    ours = {d["id"]: d for d in map(parse, (
        s["Document"] for s in trace["Segments"]))}
    by_parent = {d["parent_id"]: d for d in ours.values()
                 if d.get("inferred")}
    found = []
    for old in shift.documents:
        expected = shift.apply(old)
        if expected.get("inferred"):
            actual = by_parent.pop(expected["parent_id"], None)
        else:
            actual = ours.get(expected["id"])
        if actual is None:
            found.append((where(old), "is missing"))
            continue
        if expected.get("inferred"):
            expected = rename(expected, actual)
        for difference in differences(expected, actual):
            found.append((where(old), difference))
    for extra in by_parent.values():
        found.append((where(extra), "is extra"))
    equal(len(ours), len(trace["Segments"]), "distinct ids")
    if duration is None or abs(duration - captured) > 1e-6:
        found.append(("trace", f"Duration is {duration}, not {captured}"))
    return found


def rename(expected, actual):
    """An inferred segment's own ids are made by the server."""
    renamed = {**expected, "id": actual["id"]}
    mine = expected.get("subsegments", [])
    theirs = actual.get("subsegments", [])
    if mine and len(mine) == len(theirs):
        renamed["subsegments"] = [
            {**one, "id": other.get("id")} for one, other in zip(mine, theirs)
        ]
    return renamed


def listed_differences():
    """Rows of captured_differences.md: (file, place, difference)."""
    rows = set()
    with open(os.path.join(HERE, "captured_differences.md")) as file:
        for line in file:
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if len(cells) == 4 and cells[0].endswith(".json"):
                assert cells[3], f"no reason given: {line}"
                rows.add(tuple(cells[:3]))
    return rows


@test
def test_captured_traces_come_back(env):
    folder = os.path.join(shared_data(), "xray-captured")
    server = env.server()
    found = set()
    names = sorted(n for n in os.listdir(folder) if n.endswith(".json"))
    equal(len(names) > 0, True, "captured files")
    for name in names:
        with open(os.path.join(folder, name)) as file:
            captured = json.load(file)
        shift = Shift(captured)
        server.put([dump(shift.apply(d)) for d in shift.documents
                    if not d.get("inferred")])
        trace, = server.traces([shift.names[captured["Id"]]])
        for place, difference in compare(
                shift, trace, trace.get("Duration"), captured["Duration"]):
            found.add((name, place, difference))
    unlisted = sorted(found - listed_differences())
    gone = sorted(listed_differences() - found)
    message = "".join(f"\nnot listed: | {' | '.join(r)} |" for r in unlisted)
    message += "".join(f"\nlisted, gone: | {' | '.join(r)} |" for r in gone)
    if message:
        raise AssertionError(message)
