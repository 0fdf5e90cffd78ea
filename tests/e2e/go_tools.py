"""Programs in Go that tests start: each folder of tools is a module that pins
what they are made of, and `go` builds them.

  go_tools.py jaeger jaeger_suite send_otlp    builds them, but for what is there

A cold build of Jaeger takes minutes, so that tests never start one: they ask
for the folder, and skip when the program was not built before.
"""

import hashlib
import os
import shutil
import subprocess
import sys

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tools")
JAEGER = "github.com/jaegertracing/jaeger"
# Its tests of storages, which start Jaeger themselves.
SUITE = "cmd/jaeger/internal/integration"


def module(name):
    return os.path.join(TOOLS, "jaeger" if name == "jaeger_suite" else name)


def folder(name):
    """Where the program is, or will be: one place for each set of versions."""
    digest = hashlib.sha256()
    for file in sorted(os.listdir(module(name))):
        with open(os.path.join(module(name), file), "rb") as text:
            digest.update(text.read())
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "roentgen-go-tools",
                        f"{name}-{digest.hexdigest()[:16]}")


def go(*words, cwd):
    try:
        subprocess.run(["go", *words], cwd=cwd, check=True)
    except FileNotFoundError:
        sys.exit("go_tools.py: there is no `go`; 1.25 or newer is needed")


def make_jaeger(out):
    go("build", "-o", os.path.join(out, "jaeger"), JAEGER + "/cmd/jaeger",
       cwd=module("jaeger"))


def make_jaeger_suite(out):
    """The whole module, as its tests want files around them."""
    found = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", JAEGER],
        cwd=module("jaeger"), check=True, capture_output=True, text=True)
    shutil.copytree(found.stdout.strip(), out, dirs_exist_ok=True,
                    copy_function=shutil.copyfile)
    # Folders of the module cache are read-only.
    for inside, _, _ in os.walk(out):
        os.chmod(inside, 0o755)
    go("test", "-c", "-o", "suite.test", "./" + SUITE, cwd=out)
    os.symlink(os.path.join(folder("jaeger"), "jaeger"),
               os.path.join(out, "cmd", "jaeger", "jaeger"))


def make_send_otlp(out):
    go("build", "-o", os.path.join(out, "send_otlp"), ".",
       cwd=module("send_otlp"))


MAKERS = {"jaeger": make_jaeger, "jaeger_suite": make_jaeger_suite,
          "send_otlp": make_send_otlp}


def build(name):
    done = folder(name)
    if os.path.exists(done):
        return
    begun = f"{done}.{os.getpid()}"
    os.makedirs(begun)
    MAKERS[name](begun)
    os.rename(begun, done)


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        build(wanted)
