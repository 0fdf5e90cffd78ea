#!/usr/bin/env python3
"""Whether a program was built so that faults in it are hard to use.

    tools/hardening/check_binary.py PROGRAM [--release]

Reads with readelf and objdump (binutils): position independence, memory that
is never both written and run, relocations that are read-only and resolved at
the start, guarded stacks, marks for indirect branches (Intel CET), no paths to
libraries; with --release also the checked functions of _FORTIFY_SOURCE, which
need an optimised build. Prints a line for each and fails where one is missing.
"""

import argparse
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def starts_with_mark(program, symbol):
    """Whether the function begins with endbr64."""
    text = output("objdump", "-d", "--no-show-raw-insn",
                  f"--disassemble={symbol}", program)
    body = text.split(f"<{symbol}>:", 1)
    return len(body) == 2 and "endbr64" in body[1].split("\n")[1]


def findings(program, release):
    """(what, whether it holds)"""
    header = output("readelf", "-hW", program)
    segments = output("readelf", "-lW", program)
    dynamic = output("readelf", "-dW", program)
    symbols = output("readelf", "--dyn-syms", "-W", program)
    loads = re.findall(r"^\s*LOAD .* ([R ][W ][E ]) 0x", segments, re.M)
    stack = re.search(r"GNU_STACK .* ([R ][W ][E ]) 0x", segments)
    yield "position independent", ("Type:" in header and "DYN" in header
                                   and "FLAGS_1" in dynamic
                                   and "PIE" in dynamic)
    yield "no segment is written and run", (bool(loads) and not any(
        "W" in flags and "E" in flags for flags in loads))
    yield "the stack is not run", stack is not None and "E" not in stack[1]
    yield "relocations are read-only", "GNU_RELRO" in segments
    yield "and resolved at the start", ("BIND_NOW" in dynamic
                                        or re.search(r"FLAGS_1.*NOW", dynamic)
                                        is not None)
    yield "guarded stacks", "__stack_chk_fail" in symbols
    yield "marks for indirect branches", starts_with_mark(program, "main")
    yield "no path to libraries", "RPATH" not in dynamic and "RUNPATH" not in dynamic
    if release:
        yield "checked functions", re.search(r"__\w+_chk@", symbols.replace(
            "__stack_chk", "")) is not None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--release", action="store_true")
    options = parser.parse_args()
    missing = 0
    for what, holds in findings(options.program, options.release):
        print(f"{'ok  ' if holds else 'FAIL'} {what}")
        missing += not holds
    sys.exit(missing > 0)


if __name__ == "__main__":
    main()
