"""The checker finds each kind of fault; then: our own tree has none.

Runs outside the sandbox (tag "local"): the real tree is where the links of the
test's data files lead.
"""

import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
import tidy  # noqa: E402

with open(os.path.join(HERE, "rules.json"), encoding="utf-8") as file:
    RULES = json.load(file)


def header(path, body=""):
    guard = "ROENTGEN_" + path.replace("/", "_").replace(".", "_").upper() + "_"
    return (f"// What it is.\n#ifndef {guard}\n#define {guard}\n{body}\n"
            f"#endif  // {guard}\n")


class CheckerTest(unittest.TestCase):
    def faults(self, files, exceptions=None):
        """Faults of a tree of these files; each folder gets a BUILD file."""
        with tempfile.TemporaryDirectory() as root:
            builds = {}
            for path in files:
                folder, name = os.path.split(path)
                if path.endswith(tidy.CPP):
                    builds.setdefault(folder, []).append(f'"{name}"')
            all_files = {f"{folder}/BUILD.bazel": " ".join(names)
                         for folder, names in builds.items()}
            all_files.update(files)
            for path, text in all_files.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as out:
                    out.write(text)
            return tidy.check(root, {**RULES, "exceptions": exceptions or {}})

    def only(self, rule, files):
        found = self.faults(files)
        self.assertEqual([f.split(": ")[1] for f in found], [rule], found)

    def clean(self, files):
        self.assertEqual(self.faults(files), [])

    def test_good_tree(self):
        self.clean({
            "base/a.h": header("base/a.h"),
            "base/a.cc": '#include "base/a.h"\n',
            "trace/model/b.cc": '#include "base/a.h"\n',
        })

    def test_paths_in_documents(self):
        tree = {"base/a.h": header("base/a.h"),
                "base/a.cc": '#include "base/a.h"\n'}
        self.clean({**tree, "docs/x.md": "`base/a`, `base/a.h`, `base/*.cc`, "
                    "`base/`, `a.h`, `other/thing`, `/base/gone`, gone.h\n"})
        for gone in ("base/gone", "base/gone.h", "base/gone/", "gone.h",
                     "base/*.py"):
            self.only("doc-path", {**tree, "docs/x.md": f"See `{gone}`.\n"})

    def test_paths_in_comments(self):
        tree = {"base/a.h": header("base/a.h"), "docs/b.md": ""}
        self.clean({**tree, "base/a.cc": "// See base/a.h, a.h, docs/b.md, "
                    "simdjson.h.\nint x;  // a.h: i.e. rootcause.json\n"
                    'auto s = "// gone.h";\n'})
        for gone in ("gone.h", "base/gone.cc", "query/a.h", "docs/c.md"):
            self.only("doc-path", {**tree, "base/a.cc": f"// See {gone}.\n"})
            self.only("doc-path", {**tree, "base/a.cc": f"int x;  // {gone}\n"})

    def test_floors(self):
        self.only("floor", {"base/a.cc": '#include "trace/model/b.h"\n'})
        self.only("floor", {"server/http/a.cc": '#include "server/rpc/b.h"\n'})
        self.only("floor", {"query/maps/a.cc": '#include "storage/rocks/b.h"\n'})
        self.only("floor", {"query/maps/a.cc": '#include "tests/support/b.h"\n'})
        self.only("floor", {"server/new_one/a.cc": "int x;\n"})
        self.clean({"query/maps/a.cc": '#include "storage/engine/b.h"\n'})
        self.clean({"tests/a.cc": '#include "storage/rocks/b.h"\n'})

    def test_foreign_headers(self):
        self.only("foreign-header",
                  {"query/maps/a.cc": '#include "rocksdb/db.h"\n'})
        self.only("foreign-header",
                  {"storage/rocks/a.cc": "#include <grpcpp/server.h>\n"})
        self.clean({"storage/rocks/a.cc": '#include "rocksdb/db.h"\n'})

    def test_banned_calls(self):
        for rule, line in (
            ("wall-clock", "auto t = absl::Now();"),
            ("std-regex", 'std::regex r("x");'),
            ("rand", "int i = rand();"),
            ("sleep", "sleep(1);"),
            ("sleep", "std::this_thread::sleep_for(x);"),
            ("busy-loop", "while (!done) std::this_thread::yield();"),
            ("busy-loop", "  std::this_thread::yield();"),
            ("naked-new", "int* i = new int;"),
            ("naked-delete", "delete i;"),
        ):
            self.only(rule, {"base/a.cc": line + "\n"})
        self.only("default-case", {"query/maps/a.cc": "  default:\n"})
        self.clean({"base/a.cc": "  default:\n",
                    "query/maps/a.cc": "A() = default;\n// default: none\n"})
        self.only("busy-loop", {
            "tests/a.cc": "while (!done) std::this_thread::yield();\n"})
        self.only("absl-string-view", {"base/a.h": header(
            "base/a.h", "void F(absl::string_view s);")})
        self.clean({"base/a.cc": "// a new day: delete it, sleep(1)\n"
                                 'auto s = "delete me; rand()";\n'
                                 "A(const A&) = delete;\n"
                                 "std::unique_ptr<int> p(new int);\n"
                                 "std::unique_ptr<int> p(\n    new int);\n"
                                 "int strand(int);\n"
                                 "double Yield();\n"})

    def test_columns(self):
        self.only("columns", {"base/a.cc": "int " + "x" * 80 + ";\n"})
        self.clean({"base/a.cc": "// https://example.com/" + "x" * 80 + "\n"
                                 'auto s = R"(\n' + "x" * 99 + '\n)";\n'})

    def test_sizes(self):
        self.only("file-size", {"base/a.cc": "int x;\n" * 601})
        self.only("file-size", {"tests/a.cc": "int x;\n" * 601})
        self.only("function-size", {
            "base/a.cc": "void F() {\n" + "  G();\n" * 70 + "}\n"})
        self.clean({"base/a.cc": "void F() {\n" + "  G();\n" * 68 + "}\n"
                                 "const int kTable[] = {\n" + "  1,\n" * 90
                                 + "};\n"})

    def test_headers(self):
        self.only("header-comment", {
            "base/a.h": header("base/a.h").split("\n", 1)[1]})
        self.only("header-guard", {"base/a.h": header("base/b.h")})

    def test_every_file_is_built(self):
        self.only("not-built", {"base/a.cc": "", "base/BUILD.bazel": '"b.cc"'})
        self.clean({"tests/x/a.cc": ""})

    def test_tests_with_threads_are_tagged(self):
        def tree(line, tags, name="a_test.cc"):
            rule = (f'rtg_cc_test(\n    name = "a_test",\n    srcs = ["{name}"],'
                    f"\n    tags = [{tags}],\n)\n")
            return {"tests/a_test.cc": line + "\n", "tests/BUILD.bazel":
                    'rtg_cc_library(\n    srcs = ["a_test.cc"],\n)\n' + rule}

        for line in ("std::thread t;", "auto f = std::async(g);",
                     "PeriodicJob job(g);", "WorkerPool pool({});"):
            self.only("thread-tag", tree(line, '"external"'))
            self.clean(tree(line, '"threads"'))
            self.clean(tree(line, '"external", "no_tsan"'))
            self.clean(tree(line, "", "b_test.cc"))
        self.clean(tree("// std::thread\nstd::this_thread::get_id();", ""))

    def test_texts(self):
        self.only("unfinished", {"docs/a.md": "TO" + "DO: more\n"})
        self.only("machine-path", {"docs/a.md": "see /" + "root/x\n"})
        self.only("shared-folder", {"docs/a.md": "see ../" + "shared/x\n"})
        self.clean({"tests/a.py": "see ../" + "shared/x\n"})
        self.only("registry-host", {"docs/a.md": "https://pypi." + "org/x\n"})

    def test_exceptions_excuse_and_must_be_needed(self):
        files = {"base/a.cc": "int i = rand();\n"}
        self.assertEqual(
            self.faults(files, {"rand base/a.cc": "a reason"}), [])
        found = self.faults({"base/a.cc": "int x;\n"},
                            {"rand base/a.cc": "a reason"})
        self.assertEqual(len(found), 1)
        self.assertIn("not needed", found[0])


class OurTreeTest(unittest.TestCase):
    def test_no_faults(self):
        root = os.path.dirname(os.path.dirname(HERE))
        self.assertTrue(os.path.exists(os.path.join(root, "WORKSPACE")), root)
        faults = tidy.check(root, RULES)
        self.assertEqual(faults, [], "\n" + "\n".join(faults))


if __name__ == "__main__":
    unittest.main(verbosity=1)
