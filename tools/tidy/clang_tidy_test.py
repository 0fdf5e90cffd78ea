"""What changed is found in a repository made for the test, and the real
clang-tidy looks at it with our checks."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
import clang_tidy  # noqa: E402

CHECKS = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".clang-tidy")
GOOD = "int Twice(int n) { return n + n; }\n"
BAD = "bool Same(int n) { return n == n; }\n"


class ClangTidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        before = clang_tidy.ROOT
        self.addCleanup(setattr, clang_tidy, "ROOT", before)
        clang_tidy.ROOT = folder.name
        shutil.copy(CHECKS, folder.name)
        self.git("init", "-q", "-b", "main")
        self.commit({"base/a.cc": GOOD, "base/b.cc": GOOD})

    def git(self, *args):
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@t", *args],
            cwd=clang_tidy.ROOT, check=True, capture_output=True)

    def write(self, files):
        for path, text in files.items():
            full = os.path.join(clang_tidy.ROOT, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)

    def commit(self, files):
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-qm", "x")

    def run_it(self, *args):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = clang_tidy.main(args)
        return code, out.getvalue()

    def expect(self, code, part, *args):
        got, text = self.run_it(*args)
        self.assertEqual(got, code, text)
        self.assertIn(part, text)
        return text

    def test_first_commit_has_nothing_before_it(self):
        self.expect(0, "no commit to compare with")

    def test_what_changed_since_the_commit_before(self):
        self.commit({"base/a.cc": BAD})
        self.expect(1, "misc-redundant-expression")
        self.commit({"base/b.cc": GOOD + GOOD.replace("Twice", "Again")})
        self.expect(0, "1 files, 0 findings")
        self.expect(1, "2 files, 1 findings", "HEAD~2")

    def test_what_changed_since_main(self):
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.commit({"base/a.cc": BAD})
        self.commit({"base/b.cc": BAD})
        self.expect(1, "2 files, 2 findings")
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.expect(1, "1 files, 1 findings")

    def test_what_is_not_committed_counts(self):
        self.write({"base/a.cc": BAD})
        self.expect(1, "base/a.cc:1:", "HEAD")

    def test_headers(self):
        header = "inline " + BAD
        self.commit({"base/b.h": header, "base/c.h": header,
                     "base/b.cc": '#include "base/b.h"\n'})
        text = self.expect(1, "2 files, 2 findings")
        self.assertIn("base/b.h:1:", text)
        self.assertIn("base/c.h:1:", text)

    def test_a_file_that_cannot_be_read_is_a_finding(self):
        self.commit({"base/a.cc": '#include "base/gone.h"\n'})
        self.expect(1, "base/gone.h")
        self.expect(1, "git knows no", "gone")

    def test_too_many(self):
        self.commit({"tests/a.cc": BAD, "server/z.cc": GOOD, "docs/a.md": BAD,
                     "third_party/a.cc": BAD})
        text = self.expect(0, "1 files, 0 findings", "--files-max", "1")
        self.assertIn("not looked at, too many changed: tests/a.cc", text)
        self.expect(1, "2 files, 1 findings")

    def test_named_files(self):
        self.write({"base/a.cc": BAD})
        self.expect(0, "1 files, 0 findings", "--files", "base/b.cc")
        self.expect(1, "1 files, 1 findings", "--files", "base/a.cc")


if __name__ == "__main__":
    unittest.main(verbosity=1)
