"""Holds the numbers in documents against the code they speak of.

  python3 tools/tidy/claims.py [ROOT]

A document ends with a comment that its readers do not see:

  <!-- Held against the code by tools/tidy/claims.py:
  A trace takes {kTraceRecordsMax} spans
  no news | for {storage/rocks/rocks_engine_options.h:seal_idle}
  ~ 199 B a document
  -->

Each line is a piece of the document's text. In place of a number it has what
the number comes from, so that no number is written twice:

  {kName}           a constant of base/limits.h
  {path:name}       a constant, member or option of another source file
  {setting.name}    the default of a setting. docs/configuration.md has them;
                    tests/server/config/settings_test.cc holds that table
                    against the server's
  {a * b}, {a / b}, {a + b}, {a - b}   from left to right; numbers, `second`
                    and `day` may stand among them

Whatever number the document has there (`64 KiB`, `65,536`, `ten minutes`,
`a quarter`) must be equal, wherever the text occurs.

Sizes (`16 MiB`), numbers with a comma for thousands and counts of threads must
be in such a line. A line that begins with "~" excuses one which no constant
stands for: a measurement, an example, a limit of others.

The table of threads names every file that starts one:

  thread storage/rocks/recovery.cc: the text of the row
"""

import glob
import os
import re
import sys
from fractions import Fraction

DOCUMENTS = ("README.md", "docs/*.md")
LIMITS = "base/limits.h"
SETTINGS = "docs/configuration.md"
# Not `base`, which has the pool and the job that others start.
STARTERS = ("trace", "storage", "query", "server")

BLOCK = re.compile(r"<!-- Held against the code by tools/tidy/claims\.py:\n"
                   r"(.*?)-->", re.DOTALL)
FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
SETTING_ROW = re.compile(
    r"^\| `([\w.]+)` \| ((?:[^|`\\]|\\.)+) \| `([^`]*)` \|.*$", re.MULTILINE)

NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9,
      "h": 3600 * 10**9, "d": 86400 * 10**9}
NS.update({"second": NS["s"], "seconds": NS["s"], "minute": NS["min"],
           "minutes": NS["min"], "hour": NS["h"], "hours": NS["h"],
           "day": NS["d"], "days": NS["d"], "m": NS["min"]})
SIZES = {"B": 1, "bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9,
         "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
WORDS = {word: Fraction(number) for number, word in enumerate(
    "one two three four five six seven eight nine ten eleven twelve".split(),
    1)}
WORDS.update({"a": Fraction(1), "an": Fraction(1), "half": Fraction(1, 2),
              "half an": Fraction(1, 2), "a quarter": Fraction(1, 4),
              "a third": Fraction(1, 3), "a tenth": Fraction(1, 10),
              "a hundredth": Fraction(1, 100), "a hundred": Fraction(100),
              "a million": Fraction(10**6), "three quarters": Fraction(3, 4),
              "five quarters": Fraction(5, 4)})


def any_of(words):
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


DIGITS = r"\d+(?:,\d{3})*(?:\.\d+)?"
UNITS = r"(?:" + any_of([*NS, *SIZES]) + r")\b|%"
NUMBER_PARTS = (r"(" + DIGITS + r"|\b(?i:" + any_of(WORDS) + r")\b)"
                r"(?:[ -]?(" + UNITS + r"))?")
# The same without groups.
NUMBER = re.sub(r"\((?!\?)", "(?:", NUMBER_PARTS)
# What has to be in a line of the comment.
NOTABLE = re.compile(
    r"(?<![\w.,:/-])(?:\d{1,3}(?:,\d{3})+(?: ?(?:" + any_of(SIZES) + r")\b)?"
    r"|\d+(?:\.\d+)? ?(?:[kMGT]B|[KMGT]iB)\b)")
THREADS = re.compile(r"^\| thread \|.*?\n\n", re.DOTALL | re.MULTILINE)
THREAD_COUNT = re.compile(r"(?<=\()\d+(?=\) \|)")
STARTS_THREAD = re.compile(
    r"= std::thread\(|std::thread\(\[|vector<std::thread> \w|"
    r"optional<PeriodicJob>|make_unique<WorkerPool>|\bWorkerPool \w+\{")

CPP_TIMES = {"absl::Nanoseconds": "ns", "absl::Microseconds": "us",
             "absl::Milliseconds": "ms", "absl::Seconds": "s",
             "absl::Minutes": "min", "absl::Hours": "h",
             "std::chrono::nanoseconds": "ns",
             "std::chrono::microseconds": "us",
             "std::chrono::milliseconds": "ms", "std::chrono::seconds": "s"}
NAME_TIMES = (("Ms", "ms"), ("Seconds", "s"), ("Minutes", "min"))


class Fault(Exception):
    pass


class Value:
    """A number and what it counts: "ns" for times, "text" for no number,
    else nothing."""

    def __init__(self, number, kind=""):
        self.number = number
        self.kind = kind

    def __eq__(self, other):
        return (self.number, self.kind) == (other.number, other.kind)

    def __str__(self):
        if self.kind == "text":
            return self.number
        shown = (f"{int(self.number):,}" if self.number == int(self.number)
                 else str(self.number))
        return shown + (" ns" if self.kind == "ns" else "")


def parse_number(text):
    """What a document says: "64 KiB", "ten minutes", "5 %"."""
    digits, unit = re.fullmatch(NUMBER_PARTS, text).groups()
    number = WORDS.get(digits.lower())
    if number is None:
        number = Fraction(digits.replace(",", ""))
    if unit in NS:
        return Value(number * NS[unit], "ns")
    if unit == "%":
        return Value(number / 100)
    return Value(number * SIZES.get(unit, 1))


def parse_setting(kind, text):
    """A default as docs/configuration.md spells it."""
    if kind == "duration":
        parts = re.findall(r"(\d+)([a-z]+)", text)
        return Value(Fraction(sum(int(n) * NS[u] for n, u in parts)), "ns")
    if kind in ("size", "number"):
        return parse_number(text)
    return Value(text, "text")


def expression_at(source, begin):
    """The text from `begin` to what ends an expression of C++."""
    depth = 0
    for end in range(begin, len(source)):
        char = source[end]
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        if depth < 0 or (depth == 0 and char in ";,"):
            return source[begin:end].strip()
    return ""


class Code:
    """Constants and defaults, read from the sources."""

    def __init__(self, root):
        self.root = root
        self.texts = {}  # Without comments.
        self.used = {}  # (path, constant) -> value.
        self.settings = {
            name: (kind, default)
            for name, kind, default in SETTING_ROW.findall(self.text(SETTINGS))}

    def text(self, path):
        if path not in self.texts:
            full = os.path.join(self.root, path)
            if not os.path.exists(full):
                raise Fault(f"{path} is not in the tree")
            with open(full, encoding="utf-8") as file:
                text = file.read()
            if path.endswith((".h", ".cc")):
                text = re.sub(r"//[^\n]*", "", text)
            self.texts[path] = text
        return self.texts[path]

    def expression(self, text):
        """{...} of a line."""
        parts = re.split(r" ([*/+-]) ", text)
        total = self.atom(parts[0])
        for operator, part in zip(parts[1::2], parts[2::2]):
            value = self.atom(part)
            kinds = (total.kind, value.kind)
            number = {"*": lambda a, b: a * b, "/": lambda a, b: a / b,
                      "+": lambda a, b: a + b, "-": lambda a, b: a - b,
                      }[operator](total.number, value.number)
            kind = max(kinds)
            if operator == "/" and kinds == ("ns", "ns"):
                kind = ""
            total = Value(number, kind)
        return total

    def atom(self, name):
        if re.fullmatch(r"\d+", name):
            return Value(Fraction(name))
        if name in ("second", "day"):
            return Value(Fraction(NS[name]), "ns")
        if name in self.settings:
            return parse_setting(*self.settings[name])
        path, _, member = name.rpartition(":")
        if not path and not member.startswith("k"):
            raise Fault(f"{name}: no setting has this name")
        return self.constant(path or LIMITS, member)

    def constant(self, path, name):
        """`name` as `path` sets it; it may do so once only, or always so."""
        if (path, name) in self.used:
            return self.used[path, name]
        found = []
        source = self.text(path)
        for match in re.finditer(r"(?:([\w:]+)\s+)?(?<![\w:])" +
                                 re.escape(name) + r"\s*(?:=(?!=)|[({])",
                                 source):
            try:
                found.append(self.evaluate(
                    path, match.group(1), name,
                    expression_at(source, match.end())))
            except Fault:
                continue  # A use, or no number.
        if not found:
            raise Fault(f"{path} sets no {name}")
        if any(value != found[0] for value in found):
            raise Fault(f"{path} sets {name} more than once")
        self.used[path, name] = found[0]
        return found[0]

    def evaluate(self, path, kind, name, text):
        unit = CPP_TIMES.get(kind)
        call = re.fullmatch(r"([\w:]+)\((.*)\)", text)
        if call and call.group(1) in CPP_TIMES:
            unit, text = CPP_TIMES[call.group(1)], call.group(2)
        text = re.sub(r"(?<=\d)'(?=\d)", "", text)
        text = re.sub(r"(?<=\d)[uUlL]+\b", "", text)

        def resolve(match):
            other = match.group()
            if other.startswith("limits::"):
                return str(self.constant(LIMITS, other[8:]).number)
            if re.fullmatch(r"k[A-Z]\w*", other) and other != name:
                return str(self.constant(path, other).number)
            raise Fault(f"{other} is no number")

        text = re.sub(r"(?<![\w.])[A-Za-z_][\w:]*", resolve, text)
        if not re.fullmatch(r"[\d.()+*/<\s-]+", text):
            raise Fault(f"{text} is no number")
        try:  # Digits and operators, no names: nothing can be called.
            number = Fraction(str(eval(text, {"__builtins__": {}})))
        except (SyntaxError, TypeError, ZeroDivisionError) as error:
            raise Fault(f"{text}: {error}") from error
        if unit is None:
            # A time in whole units says so by its name.
            unit = next((u for part, u in NAME_TIMES
                         if re.search(part + r"(?![a-z])", name)), None)
        if unit is None:
            return Value(number)
        return Value(number * NS[unit], "ns")


class Document:
    """A document's text with single blanks, and the lines of its comment."""

    def __init__(self, path, text):
        self.path = path
        block = BLOCK.search(text)
        self.lines = block.group(1).splitlines() if block else []
        if block:
            text = text[:block.start()] + text[block.end():]
        self.raw = text
        kept = []
        self.places = []  # Of each character of `text` in `raw`.
        blank = True
        for place, char in enumerate(text):
            if char.isspace() and blank:
                continue
            blank = char.isspace()
            kept.append(" " if blank else char)
            self.places.append(place)
        self.text = "".join(kept)
        self.held = []  # Stretches of `raw`.
        self.numbers = []  # Those of them that the code decides.

    def hold(self, begin, end):
        self.held.append((self.places[begin], self.places[end - 1] + 1))

    def line(self, place):
        return self.raw.count("\n", 0, place) + 1


class Claims:
    def __init__(self, root):
        self.root = root
        self.code = Code(root)
        self.faults = []
        self.documents = []
        self.starters = {}  # Files that start threads -> the row's text.

    def run(self):
        for pattern in DOCUMENTS:
            for full in sorted(glob.glob(os.path.join(self.root, pattern))):
                path = os.path.relpath(full, self.root)
                with open(full, encoding="utf-8") as file:
                    self.documents.append(Document(path, file.read()))
                self.check(self.documents[-1])
        self.check_starters()
        return self.faults

    def fault(self, path, line, message):
        self.faults.append(f"{path}:{line}: claim: {message}")

    def check(self, document):
        for line in document.lines:
            try:
                if line.startswith("~ "):
                    self.check_excuse(document, line[2:])
                elif line.startswith("thread "):
                    path, text = line[7:].split(": ", 1)
                    self.starters[path] = text
                    if text not in document.text:
                        raise Fault("the document has no such text")
                else:
                    self.check_claim(document, line)
            except Fault as fault:
                self.fault(document.path, 1, f'"{line}": {fault}')
        self.check_notable(document)

    def check_claim(self, document, line):
        pieces = re.split(r"\{([^}]*)\}", line)
        if len(pieces) == 1:
            raise Fault("nothing is held against it")
        values = [self.code.expression(p) for p in pieces[1::2]]
        pattern = re.escape(pieces[0])
        for value, piece in zip(values, pieces[2::2]):
            slot = r"[\w./:-]*\w" if value.kind == "text" else NUMBER
            pattern += f"({slot}){re.escape(piece)}"
        pattern = re.sub(r"^(?=\()", r"(?<![\\w,.])", pattern)
        found = list(re.finditer(pattern, document.text))
        if not found:
            raise Fault("the document has no such text")
        for match in found:
            document.hold(*match.span())
            for index, value in enumerate(values, 1):
                said = match.group(index)
                begin = document.places[match.start(index)]
                document.numbers.append((begin, said))
                meant = (Value(said, "text") if value.kind == "text"
                         else parse_number(said))
                if meant != value:
                    self.fault(
                        document.path, document.line(begin),
                        f"says {said}, but {pieces[2 * index - 1]} is {value}")

    def check_excuse(self, document, text):
        place = document.text.find(text)
        if place < 0:
            raise Fault("the document has no such text")
        if not NOTABLE.search(text):
            raise Fault("needs no excuse")
        while place >= 0:
            document.hold(place, place + len(text))
            place = document.text.find(text, place + 1)

    def check_notable(self, document):
        text = FENCE.sub(lambda m: " " * len(m.group()), document.raw)
        if document.path == SETTINGS:
            text = SETTING_ROW.sub(lambda m: " " * len(m.group()), text)
        found = list(NOTABLE.finditer(text))
        for table in THREADS.finditer(text):
            found += THREAD_COUNT.finditer(text, *table.span())
        for match in found:
            if not any(begin <= match.start() and match.end() <= end
                       for begin, end in document.held):
                self.fault(document.path, document.line(match.start()),
                           f"{match.group()} is held against nothing")

    def check_starters(self):
        for top in STARTERS:
            for path in sorted(glob.glob(os.path.join(self.root, top, "**"),
                                         recursive=True)):
                name = os.path.relpath(path, self.root)
                if not name.endswith((".h", ".cc")):
                    continue
                match = STARTS_THREAD.search(self.code.text(name))
                named = self.starters.pop(name, None)
                if match and named is None:
                    self.fault(name, 1, "starts a thread that no document's "
                               "table of threads has")
                if named is not None and not match:
                    self.fault(name, 1, "starts no thread any more")
        for name in self.starters:
            self.fault(name, 1, "is not in the tree")


def check(root):
    """The faults of the documents under `root`, one line each."""
    return Claims(root).run()


def main():
    here = os.path.dirname(os.path.realpath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(
        os.path.dirname(here))
    faults = check(root)
    for line in faults:
        print(line)
    print(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
