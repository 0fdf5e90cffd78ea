"""Checks the tree against tools/tidy/rules.json.

  python3 tools/tidy/tidy.py [ROOT]

Prints one line per fault and ends with code 1 when there are any. A known
fault is listed in the rules under "exceptions" as "RULE FILE" with its reason;
an exception that nothing needs is a fault too, so the list only shrinks.
"""

import fnmatch
import json
import os
import re
import sys

PRODUCT = ("base", "trace", "storage", "query", "server")
CODE = PRODUCT + ("tests", "bench", "tools")
CPP = (".h", ".cc")
TEXT = CPP + (".py", ".sh", ".js", ".json", ".md", ".bzl", ".bazel", ".proto",
              ".yaml", ".yml", ".txt")
# What a document may leave out of the name of a file.
SOURCE_ENDS = (".h", ".cc", ".py", ".sh", ".proto")
SKIPPED = {".git", ".cache", "node_modules", "__pycache__", "third_party",
           "roentgen-data", ".run"}

# Comments and literals of C++, longest first.
TOKEN = re.compile(
    r'R"(?P<mark>[^(\s]{0,16})\(.*?\)(?P=mark)"'
    r"|//[^\n]*|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def blank(text, raw_strings_only=False):
    """`text` with comments and literals made of spaces, line for line."""

    def spaces(match):
        token = match.group()
        if raw_strings_only and not token.startswith("R"):
            return token
        return re.sub(r"[^\n]", " ", token)

    return TOKEN.sub(spaces, text)


class Tree:
    """The files under a root, read once."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        self.names = []  # Of all files, whatever they hold.
        for folder, names, files in os.walk(root):
            names[:] = sorted(n for n in names if n not in SKIPPED
                              and not n.startswith("bazel-"))
            for name in sorted(files):
                path = os.path.relpath(os.path.join(folder, name), root)
                self.names.append(path)
                if path.endswith(TEXT) and not os.path.islink(
                        os.path.join(folder, name)):
                    self.files[path] = self._read(path)

    def _read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8",
                  errors="replace") as file:
            return file.read()

    def cpp(self):
        """(path, text) of our C++ files."""
        for path, text in self.files.items():
            if path.endswith(CPP) and path.split("/")[0] in CODE:
                yield path, text


class Checker:
    def __init__(self, tree, rules):
        self.tree = tree
        self.rules = rules
        self.faults = []
        self.used = set()
        self.known = None  # Paths that documents may name.

    def fault(self, rule, path, line, message):
        key = f"{rule} {path}"
        if key in self.rules.get("exceptions", {}):
            self.used.add(key)
            return
        self.faults.append(f"{path}:{line}: {rule}: {message}")

    def run(self):
        for path, text in self.tree.cpp():
            self.check_includes(path, text)
            self.check_banned(path, text)
            self.check_columns(path, text)
            self.check_functions(path, text)
            if path.endswith(".h"):
                self.check_header(path, text)
            self.check_is_built(path)
            self.check_comment_paths(path, text)
            self.check_thread_tag(path, text)
        for path, text in self.tree.files.items():
            self.check_size(path, text)
            self.check_text(path, text)
            self.check_doc_paths(path, text)
        for key in self.rules.get("exceptions", {}):
            if key not in self.used:
                self.faults.append(f"rules.json: exception not needed: {key}")
        return self.faults

    def check_includes(self, path, text):
        folder = os.path.dirname(path)
        product = path.split("/")[0] in PRODUCT
        floors = self.rules["floors"]
        if product and folder not in floors:
            self.fault("floor", path, 1, f"{folder} has no floor in the rules")
            return
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'#include ["<]([^">]+)[">]', line)
            if match and product:
                self.check_include(path, number, match.group(1))

    def check_include(self, path, number, target):
        floors = self.rules["floors"]
        folder, other = os.path.dirname(path), os.path.dirname(target)
        for prefix, allowed in self.rules["foreign"].items():
            if target.startswith(prefix) and folder not in allowed:
                self.fault("foreign-header", path, number,
                           f"{target}: only in {', '.join(allowed)}")
        if other == folder:
            return
        if other.split("/")[0] in ("tests", "bench", "tools"):
            self.fault("floor", path, number, f"product includes {target}")
        if other not in floors:
            return
        if floors[other] >= floors[folder]:
            self.fault("floor", path, number,
                       f"floor {floors[folder]} includes {target} of floor "
                       f"{floors[other]}")
        allowed = self.rules["only_included_by"].get(other)
        if allowed is not None and folder not in allowed:
            self.fault("floor", path, number,
                       f"{target}: only {', '.join(allowed)} may know it")

    def check_banned(self, path, text):
        lines = blank(text).splitlines()
        for rule in self.rules["banned"]:
            if rule.get("headers_only") and not path.endswith(".h"):
                continue
            top = path.split("/")[0]
            if (top in rule.get("not_in", [])
                    or top not in rule.get("only_in", [top])):
                continue
            unless = rule.get("unless_line_or_previous")
            for index, line in enumerate(lines):
                if not re.search(rule["pattern"], line):
                    continue
                around = "".join(lines[max(0, index - 1):index + 1])
                if unless and re.search(unless, around):
                    continue
                self.fault(rule["name"], path, index + 1, rule["why"])

    def check_columns(self, path, text):
        columns = self.rules["columns_max"]
        shown = text.splitlines()
        for index, line in enumerate(blank(text, True).splitlines()):
            if len(line.rstrip()) <= columns:
                continue
            # What no line break can help.
            if re.search(r'://|R"|^#(include|ifndef|define|endif)',
                         shown[index]):
                continue
            self.fault("columns", path, index + 1,
                       f"{len(line.rstrip())} characters, at most {columns}")

    def check_functions(self, path, text):
        """Bodies that begin at a line without indent and end with "}"."""
        begin = None
        kind = "product" if path.split("/")[0] in PRODUCT else "tests"
        most = self.rules["function_lines_max"][kind]
        for number, line in enumerate(blank(text).splitlines(), 1):
            if begin is None and re.match(r"[A-Za-z~: ].*(?<!=)(?<!= )\{\s*$", line):
                head = line.split()[0]
                if line[0] != " " and head not in (
                        "namespace", "class", "struct", "enum", "union",
                        "extern", "template", "typedef"):
                    begin = number
            elif begin is not None and line.startswith("}"):
                if number - begin + 1 > most:
                    self.fault("function-size", path, begin,
                               f"{number - begin + 1} lines, at most {most}")
                begin = None

    def check_header(self, path, text):
        if not text.startswith("//"):
            self.fault("header-comment", path, 1,
                       "a header begins with what it is for")
        guard = "ROENTGEN_" + re.sub(r"[/.]", "_", path).upper() + "_"
        for part in (f"#ifndef {guard}\n#define {guard}\n",
                     f"#endif  // {guard}\n"):
            if part not in text:
                self.fault("header-guard", path, 1, f"expected {guard}")
                return

    def check_is_built(self, path):
        folder = os.path.dirname(path)
        while folder:
            build = self.tree.files.get(f"{folder}/BUILD.bazel")
            if build is not None:
                name = os.path.relpath(path, folder)
                if f'"{name}"' not in build:
                    self.fault("not-built", path, 1,
                               f"{folder}/BUILD.bazel does not name it")
                return
            folder = os.path.dirname(folder)
        self.fault("not-built", path, 1, "no BUILD.bazel above it")

    def check_thread_tag(self, path, text):
        """Tests that start threads are among those of the thread sanitizer."""
        folder, name = os.path.split(path)
        build = self.tree.files.get(f"{folder}/BUILD.bazel", "")
        if not path.startswith("tests/") or not re.search(
                r"\bstd::(j?thread|async)\b|\b(PeriodicJob|WorkerPool)\b",
                blank(text)):
            return
        for rule in re.findall(r"^\w+_test\(\n.*?^\)", build,
                               re.DOTALL | re.MULTILINE):
            if f'"{name}"' in rule and not re.search(
                    r'"(threads|no_tsan)"', rule):
                self.fault("thread-tag", path, 1,
                           'its test needs the tag "threads"')

    def check_size(self, path, text):
        if path.endswith((".md", ".json", ".txt", ".yaml", ".yml")):
            return
        kind = "tests" if path.split("/")[0] in ("tests", "bench") else (
            "product")
        most = self.rules["lines_max"][kind]
        count = text.count("\n")
        if count > most:
            self.fault("file-size", path, 1, f"{count} lines, at most {most}")

    def check_doc_paths(self, path, text):
        """Files and folders that documents name in backquotes are there; the
        ending of a source file may be left out."""
        if not path.endswith(".md") or path.startswith("bench/results/"):
            return
        known = self.known_paths()
        for number, line in enumerate(text.splitlines(), 1):
            for name in re.findall(r"`([\w./*-]+)`", line):
                name = name.rstrip("/")
                if "/" not in name:
                    if not re.search(r"\w\.(h|cc)$", name):
                        continue
                    name = "*/" + name
                elif name.split("/")[0] not in known["tops"]:
                    continue
                if not any(fnmatch.filter(known["paths"], name + end)
                           for end in ("", *SOURCE_ENDS)):
                    self.fault("doc-path", path, number,
                               f"{name} is not in the tree")

    def check_comment_paths(self, path, text):
        """Files that comments of C++ name are there, or of a library."""
        known = self.known_paths()
        for number, line in enumerate(text.splitlines(), 1):
            comment = re.search(r"(?:^|\s)// .*", line)
            for name in re.findall(
                    r"(?<![\w./<-])[\w/-]+\.(?:h|cc|md|py|sh)\b",
                    comment.group() if comment else ""):
                if name not in self.rules["foreign"] and not (
                        name in known["paths"]
                        or os.path.basename(name) in known["files"]
                        and fnmatch.filter(known["paths"], "*/" + name)):
                    self.fault("doc-path", path, number,
                               f"{name} is not in the tree")

    def known_paths(self):
        if self.known is None:
            paths = set(self.tree.names)
            for name in self.tree.names:
                folder = os.path.dirname(name)
                while folder:
                    paths.add(folder)
                    folder = os.path.dirname(folder)
            tops = {p.split("/")[0] for p in paths if "/" in p}
            files = {os.path.basename(name) for name in self.tree.names}
            self.known = {"paths": sorted(paths), "tops": tops,
                          "files": files}
        return self.known

    def check_text(self, path, text):
        if path.startswith("tools/tidy/"):
            return  # The rules and their tests name what they forbid.
        for rule in self.rules["text"]:
            if path.split("/")[0] in rule.get("not_in", []):
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(rule["pattern"], line):
                    self.fault(rule["name"], path, number, rule["why"])


def check(root, rules):
    """The faults of the tree under `root`, one line each."""
    return Checker(Tree(root), rules).run()


def main():
    here = os.path.dirname(os.path.realpath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(
        os.path.dirname(here))
    with open(os.path.join(here, "rules.json"), encoding="utf-8") as file:
        rules = json.load(file)
    faults = check(root, rules)
    for line in faults:
        print(line)
    print(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
