"""clang-tidy on the C++ files that changed.

  python3 tools/tidy/clang_tidy.py [--files-max N] [BASE]
  python3 tools/tidy/clang_tidy.py [--files-max N] --files FILE...

Without BASE the changes are those since the commit that this one has in common
with origin/main; where there is none, or it is this one, since the commit
before this one. The checks are in .clang-tidy. Generated headers are taken from
bazel-bin: build //proto/... first.

A changed header is looked at with the source of its name, else by itself. Of
more than N files (default 30) the first N are looked at, the server's before
its tests'; the others are named. Ends with code 1 when there are findings.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))
# In order of what is looked at first.
FOLDERS = ("base", "trace", "storage", "query", "server", "tests", "bench")
FILES_MAX = 30
# As tools/build/defs.bzl and third_party/BUILD.bazel have them, but for
# warnings: those are the compilers'.
FLAGS = ("-std=c++20", "-w", "-I.",
         # What is generated is not looked at.
         "-isystembazel-bin", "-isystembazel-bin/proto",
         "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_FMT_EXTERNAL",
         "-DBOOST_ASIO_NO_DEPRECATED", "-DBOOST_ASIO_DISABLE_BOOST_DATE_TIME")
# One finding's head; the lines after it belong to it.
FINDING = re.compile(r"^\S+:\d+:\d+: (?:warning|error):", re.MULTILINE)


def git(*args):
    """The output's lines; None when git refuses."""
    done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else None


def base_of_changes():
    head = git("rev-parse", "HEAD")
    common = git("merge-base", "HEAD", "origin/main")
    if common and common != head:
        return common[0]
    return "HEAD~1" if git("rev-parse", "HEAD~1") else None


def to_look_at(changed, exists):
    """The files to look at, in order, of those that changed."""
    files = set()
    for path in changed:
        if path.split("/")[0] not in FOLDERS or not path.endswith(
                (".h", ".cc")) or not exists(path):
            continue
        source = os.path.splitext(path)[0] + ".cc"
        files.add(source if exists(source) else path)
    return sorted(files,
                  key=lambda p: (FOLDERS.index(p.split("/")[0]), p))


def look_at(path):
    """clang-tidy's findings in one file, as text; empty: none."""
    options, flags = ["--quiet"], [*FLAGS]
    if path.endswith(".h"):
        flags.append("-xc++")
        # Those who include it use them.
        options.append("--checks=-misc-unused-using-decls")
    done = subprocess.run(["clang-tidy", *options, path, "--", *flags],
                          cwd=ROOT, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0 and not FINDING.search(done.stdout):
        return f"{path}: clang-tidy failed\n{done.stdout}{done.stderr}"
    return done.stdout if FINDING.search(done.stdout) else ""


def main(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--files-max", type=int, default=FILES_MAX)
    parser.add_argument("--files", nargs="+")
    parser.add_argument("base", nargs="?")
    args = parser.parse_args(argv)

    changed = args.files
    if changed is None:
        base = args.base or base_of_changes()
        if base is None:
            print("clang-tidy: there is no commit to compare with")
            return 0
        changed = git("diff", "--name-only", "--diff-filter=d", base, "--")
        if changed is None:
            print(f"clang-tidy: git knows no {base}")
            return 1
        print(f"clang-tidy: what changed since {base}")
    files = to_look_at(
        changed, lambda p: os.path.exists(os.path.join(ROOT, p)))
    for path in files[args.files_max:]:
        print(f"not looked at, too many changed: {path}")
    files = files[:args.files_max]

    found = set()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for text in pool.map(look_at, files):
            # What is wrong with a header is said by all that include it.
            for finding in re.split(r"(?m)^(?=\S+:\d+:\d+: (?:warning|error):)",
                                    text):
                if finding.strip() and finding not in found:
                    found.add(finding)
                    print(finding, end="")
    print(f"{len(files)} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
