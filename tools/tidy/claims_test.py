"""Each kind of untrue claim is found; then: our own documents have none, and
none of their claims could be untrue unseen.

Runs outside the sandbox (tag "local"): the real tree is where the links of the
test's data files lead.
"""

import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
import claims  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))

LIMITS = """
// inline constexpr size_t kGone = 3;
inline constexpr size_t kRecordsMax = 120'000;
inline constexpr size_t kBytesMax = 4 * 16 * 1024;
inline constexpr int kDepthMax = 10 + 4 * (kLevels + 1);
inline constexpr int kLevels = 32;
inline constexpr int64_t kStepSeconds = 3'600;
inline constexpr int kPingIntervalMinMs = 1'000;
inline constexpr size_t kPart = 4;
"""
OTHERS = """
constexpr absl::Duration kTick = absl::Milliseconds(200);
static constexpr std::chrono::microseconds kWait{300};
constexpr double kShare = 0.05;
struct Options {
  absl::Duration age = absl::Hours(24 * 30);
  size_t bytes = limits::kBytesMax;
};
WorkerPool pool({.threads = 3, .queue = static_cast<size_t>(x)});
Run(.threads = static_cast<size_t>(y));
int twice = 1;
int twice = 2;
"""
SETTINGS = """
| `read_workers` | number | `4` | Threads. |
| `memory.query` | size | `256MiB` | Of 9,999 B. |
| `idle` | duration | `1m15s` | Between requests. |
| `listen` | list of addresses | `127.0.0.1:2000` | Where. |
| `mode` | off\\|on | `off` | Whether. |
"""


class ClaimsTest(unittest.TestCase):
    def faults(self, text, lines, files=None):
        """Of one document with this text and these lines in its comment."""
        with tempfile.TemporaryDirectory() as root:
            comment = "\n".join(["<!-- Held against the code by "
                                 "tools/tidy/claims.py:", *lines, "-->"])
            for path, content in {
                    "base/limits.h": LIMITS, "query/a.h": OTHERS,
                    "docs/configuration.md": SETTINGS, **(files or {}),
                    "docs/x.md": f"{text}\n{comment if lines else ''}\n",
            }.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(content)
            return claims.check(root)

    def holds(self, text, line):
        self.assertEqual(self.faults(text, [line]), [])

    def fails(self, text, lines, part, **more):
        found = self.faults(text, lines, **more)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_numbers_are_what_the_code_has(self):
        for said, name in (
            ("120,000", "kRecordsMax"),
            ("120000", "kRecordsMax"),
            ("64 KiB", "kBytesMax"),
            ("65,536", "kBytesMax"),
            ("142", "kDepthMax"),
            ("an hour", "kStepSeconds"),
            ("60 minutes", "kStepSeconds"),
            ("a second", "kPingIntervalMinMs"),
            ("a quarter", "1 / kPart"),
            ("Five", "second / query/a.h:kTick"),
            ("0.2 s", "query/a.h:kTick"),
            ("0.3 ms", "query/a.h:kWait"),
            ("5 %", "query/a.h:kShare"),
            ("0.05", "query/a.h:kShare"),
            ("thirty-three", None),
            ("33", "kLevels + 1"),
            ("30 days", "query/a.h:age"),
            ("64 KiB", "query/a.h:bytes"),
            ("three", "query/a.h:threads"),
            ("four", "read_workers"),
            ("256 MiB", "memory.query"),
            ("75 s", "idle"),
            ("127.0.0.1:2000", "listen"),
            ("off", "mode"),
        ):
            if name is None:  # A number that is not understood.
                self.fails(f"At most {said} of\nthem.", ["most {kLevels} of"],
                           "no such text")
                continue
            line = f"most {{{name}}} of them."
            self.holds(f"At most {said} of\nthem.", line)
            # As much in a table, and when it is said twice.
            self.holds(f"| a | most {said} of them. |\n\nmost {said}   of them.",
                       line)

    def test_other_numbers_are_faults(self):
        for said, name in (
            ("119,999", "kRecordsMax"), ("12", "kRecordsMax"),
            ("64 kB", "kBytesMax"), ("64 MiB", "kBytesMax"),
            ("64", "kBytesMax"), ("two hours", "kStepSeconds"),
            ("3,600", "kStepSeconds"), ("a third", "1 / kPart"),
            ("six", "second / query/a.h:kTick"), ("200", "query/a.h:kTick"),
            ("6 %", "query/a.h:kShare"), ("four", "query/a.h:threads"),
            ("five", "read_workers"), ("75", "idle"),
            ("127.0.0.1:2001", "listen"), ("on", "mode"),
        ):
            self.fails(f"At most {said} of them.", [f"most {{{name}}} of"],
                       f"x.md:1: claim: says {said}, but {name} is")
        self.fails("most 32 of them\nmost 33 of them", ["most {kLevels} of"],
                   "x.md:2: claim: says 33")

    def test_lines_must_mean_something(self):
        for line, part in (
            ("most {kLevels} or", "no such text"),
            ("most 32 of", "nothing is held"),
            ("most {kGone} of", "base/limits.h sets no kGone"),
            ("most {gone} of", "no setting"),
            ("most {query/gone.h:kTick} of", "not in the tree"),
            ("most {query/a.h:twice} of", "more than once"),
            ("most {query/a.h:queue} of", "sets no queue"),
            ("~ most 32 of", "needs no excuse"),
            ("~ 1,000 of", "no such text"),
        ):
            self.fails("At most 32 of them.", [line], part)

    def test_notable_numbers_must_be_held(self):
        for said in ("16 MiB", "64KiB", "5.7 MB", "1,000", "1,048,576"):
            self.fails(f"some {said} more", [], f"{said} is held against nothi")
            self.assertEqual(self.faults(f"some {said} more",
                                         [f"~ some {said}"]), [])
            # Held elsewhere is not held here.
            self.fails(f"some {said} more\n{said}", [f"~ some {said}"], "x.md:2")
        self.fails("all 120,000 of 1,000", ["all {kRecordsMax} of"], "1,000 is")
        self.assertEqual(self.faults(
            "12, 2026-11-30, 1.5, port:4317, kA1,000\n```\n1,000\n```\n", []), [])

    def test_threads(self):
        table = "| thread | does |\n| --- | --- |\n| io (4) | reads |\n\nmore"
        claim = "| io ({read_workers}) |"
        self.holds(table, claim)
        self.fails(table, [], "4 is held against nothing")
        for starts in ("thread_ = std::thread([this] { Run(); });",
                       "std::vector<std::thread> workers;",
                       "std::optional<PeriodicJob> job_;",
                       "p = std::make_unique<WorkerPool>(o);",
                       "WorkerPool pool{{.threads = 1}};"):
            files = {"server/b.cc": starts}
            row = "thread server/b.cc: | io ("
            self.assertEqual(self.faults(table, [claim, row], files), [])
            self.fails(table, [claim], "b.cc:1: claim: starts a thread",
                       files=files)
            self.fails(table, [claim, row + "5"], "no such text", files=files)
            self.fails(table, [claim, row], "starts no thread",
                       files={"server/b.cc": "// " + starts})
        self.fails(table, [claim, "thread server/c.cc: | io ("], "not in the")


class OurDocumentsTest(unittest.TestCase):
    def setUp(self):
        self.assertTrue(os.path.exists(os.path.join(ROOT, "WORKSPACE")), ROOT)
        self.tree = claims.Claims(ROOT)
        self.found = self.tree.run()

    def test_no_faults(self):
        self.assertEqual(self.found, [], "\n" + "\n".join(self.found))

    def test_every_number_of_a_document_is_looked_at(self):
        """Whichever is changed alone makes a fault."""
        for document in self.tree.documents:
            with open(os.path.join(ROOT, document.path),
                      encoding="utf-8") as file:
                text = file.read()
            self.assertTrue(document.numbers or not document.lines)
            for place, said in document.numbers:
                other = "1" + said if said[0].isdigit() else "eleven"
                changed = text[:place] + other + text[place + len(said):]
                fresh = claims.Claims(ROOT)
                fresh.code = self.tree.code
                fresh.check(claims.Document(document.path, changed))
                self.assertTrue(fresh.faults, (document.path, said))

    def test_every_constant_is_looked_at(self):
        """So does whichever constant is changed alone."""
        used = dict(self.tree.code.used)
        self.assertIn((claims.LIMITS, "kTraceRecordsMax"), used)
        for key in used:
            fresh = claims.Claims(ROOT)
            fresh.code = ChangedCode(self.tree.code, key)
            named = [d for d in self.tree.documents
                     if key[1] in "\n".join(d.lines)]
            # One that none names is part of one that some do.
            for document in named or self.tree.documents:
                with open(os.path.join(ROOT, document.path),
                          encoding="utf-8") as file:
                    fresh.check(claims.Document(document.path, file.read()))
            self.assertTrue(fresh.faults, key)


class ChangedCode(claims.Code):
    """The code with one constant that is one more."""

    def __init__(self, code, key):
        super().__init__(code.root)
        self.texts = code.texts
        self.key = key

    def constant(self, path, name):
        value = super().constant(path, name)
        if (path, name) == self.key:
            return claims.Value(value.number + 1, value.kind)
        return value


if __name__ == "__main__":
    unittest.main(verbosity=1)
