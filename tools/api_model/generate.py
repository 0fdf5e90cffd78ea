#!/usr/bin/env python3
"""Compiles server/xray/model/xray_model.json into a C++ table.

    generate.py xray_model.json > api_table.cc

The file's shapes are named; a member is its shape's name, with "!" when it is
required and "+" when it is Roentgen's own and not X-Ray's. A timestamp with
"sender" is read by the clock of its sender, in any unit.
"""

import json
import sys

TYPES = {
    "structure": "kStructure",
    "union": "kUnion",
    "list": "kList",
    "map": "kMap",
    "string": "kString",
    "integer": "kInteger",
    "long": "kLong",
    "double": "kDouble",
    "boolean": "kBoolean",
    "timestamp": "kTimestamp",
}
KNOWN = {"type", "min", "max", "pattern", "enum", "members", "element", "key",
         "value", "sender"}


def quoted(text):
    return json.dumps(text)


def strings(name, values):
    items = ", ".join(quoted(v) for v in values)
    return f"constexpr std::string_view {name}[] = {{{items}}};"


class Compiler:
    def __init__(self, model):
        self.shapes = model["shapes"]
        self.errors = model["errors"]
        self.operations = sorted(model["operations"], key=lambda o: o["name"])
        self.index = {n: i for i, n in enumerate(sorted(self.shapes))}

    def shape(self, name):
        if name not in self.index:
            raise SystemExit(f"no shape is called {name}")
        return f"&kShapes[{self.index[name]}]"

    def arrays_of(self, name):
        shape = self.shapes[name]
        unknown = set(shape) - KNOWN
        if unknown:
            raise SystemExit(f"{name}: unknown {sorted(unknown)}")
        if shape.get("enum"):
            yield strings(f"kEnum{name}", shape["enum"])
        if shape.get("members"):
            rows = []
            for member, target in shape["members"].items():
                flags = target[len(target.rstrip("!+")):]
                rows.append(
                    f"    {{{quoted(member)}, "
                    f"{self.shape(target.rstrip('!+'))}, "
                    f"{str('!' in flags).lower()}, "
                    f"{str('+' in flags).lower()}}},")
            yield (f"constexpr ApiMember kMembers{name}[] = {{\n" +
                   "\n".join(rows) + "\n};")

    def row_of(self, name):
        shape = self.shapes[name]
        fields = [f".name = {quoted(name)}",
                  f".type = ShapeType::{TYPES[shape['type']]}"]
        for bound in ("min", "max"):
            if bound in shape:
                fields.append(f".{bound} = {float(shape[bound])!r}")
        if shape.get("sender"):
            fields.append(".sender = true")
        if "pattern" in shape:
            fields.append(f".pattern = {quoted(shape['pattern'])}")
        if shape.get("enum"):
            fields.append(f".values = kEnum{name}")
        if shape.get("members"):
            fields.append(f".members = kMembers{name}")
        if "key" in shape:
            fields.append(f".key = {self.shape(shape['key'])}")
        element = shape.get("element", shape.get("value"))
        if element:
            fields.append(f".element = {self.shape(element)}")
        return "    {" + ", ".join(fields) + "},"

    def operation(self, op):
        return ("    {" + ", ".join([
            f".name = {quoted(op['name'])}",
            f".path = {quoted(op['path'])}",
            f".input = {self.shape(op['input'])}",
            f".output = {self.shape(op['output'])}",
            f".errors = kErrors{op['name']}",
            f".paginated = {str(op['paginated']).lower()}",
        ]) + "},")

    def lines(self):
        yield "// Made by tools/api_model/generate.py; not for editing."
        yield '#include "server/xray/model/api_model.h"'
        yield "namespace roentgen::server {"
        yield "namespace {"
        yield f"extern const ApiShape kShapes[{len(self.index)}];"
        for name in self.index:
            yield from self.arrays_of(name)
        yield f"constexpr ApiShape kShapes[{len(self.index)}] = {{"
        for name in self.index:
            yield self.row_of(name)
        yield "};"
        for op in self.operations:
            rows = ", ".join(
                f"{{{quoted(e)}, {self.errors[e]['status']}, "
                f"{str('ResourceName' in self.errors[e]['members']).lower()}}}"
                for e in op["errors"])
            yield (f"constexpr ApiError kErrors{op['name']}[] = "
                   f"{{{rows}}};")
        yield "constexpr ApiOperation kOperations[] = {"
        for op in self.operations:
            yield self.operation(op)
        yield "};"
        yield "}  // namespace"
        yield ("std::span<const ApiOperation> ApiOperations() "
               "{ return kOperations; }")
        yield "}  // namespace roentgen::server"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join(Compiler(json.load(file)).lines()))


if __name__ == "__main__":
    main()
