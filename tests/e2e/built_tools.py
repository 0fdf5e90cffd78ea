"""Programs in Go and Java that tests start: each folder of tools pins what one
is made of, and `go` or `mvn` builds it.

  built_tools.py [NAME...]    builds these, or all, but for what is there

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
    for at, _, files in sorted(os.walk(module(name))):
        for file in sorted(files):
            with open(os.path.join(at, file), "rb") as text:
                digest.update(text.read())
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "roentgen-test-tools",
                        f"{name}-{digest.hexdigest()[:16]}")


def run(*command, cwd):
    try:
        subprocess.run(command, cwd=cwd, check=True)
    except FileNotFoundError:
        sys.exit(f"built_tools.py: there is no `{command[0]}`; Go 1.25, Java "
                 "17 and Maven are needed")


def make_jaeger(out):
    run("go", "build", "-o", os.path.join(out, "jaeger"),
        JAEGER + "/cmd/jaeger", cwd=module("jaeger"))


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
    run("go", "test", "-c", "-o", "suite.test", "./" + SUITE, cwd=out)
    beside = os.path.basename(folder("jaeger"))
    os.symlink(os.path.join("..", "..", "..", beside, "jaeger"),
               os.path.join(out, "cmd", "jaeger", "jaeger"))


def make_send_otlp_go(out):
    run("go", "build", "-o", os.path.join(out, "send_otlp"), ".",
        cwd=module("send_otlp_go"))


def make_java(name, out):
    """Classes and jars below target."""
    shutil.copytree(module(name), out, dirs_exist_ok=True)
    run("mvn", "-q", "-B", "compile", "dependency:copy-dependencies",
        "-DoutputDirectory=target/lib", "-DincludeScope=runtime", cwd=out)


def make_send_otlp_java(out):
    make_java("send_otlp_java", out)


def make_sample_otel_java(out):
    make_java("sample_otel_java", out)


# Each reads answers in its way, see docs/xray_api.md.
XRAY_SDKS_FOR_JAVA = ("2.18.2", "2.20.0")


def make_sample_java(out):
    """A folder for each version, with classes and jars below target."""
    for version in XRAY_SDKS_FOR_JAVA:
        at = os.path.join(out, version)
        shutil.copytree(module("sample_java"), at)
        run("mvn", "-q", "-B", f"-Dxray.version={version}", "compile",
            "dependency:copy-dependencies", "-DoutputDirectory=target/lib",
            "-DincludeScope=runtime", cwd=at)


def make_zipkin(out):
    """No build: its jar, by the ordinary client."""
    shutil.copytree(module("zipkin"), out, dirs_exist_ok=True)
    run("mvn", "-q", "-B", "dependency:copy-dependencies",
        "-DoutputDirectory=target/lib", "-Dmdep.stripVersion=true", cwd=out)


# In this order: the suite starts Jaeger.
MAKERS = {"jaeger": make_jaeger, "jaeger_suite": make_jaeger_suite,
          "send_otlp_go": make_send_otlp_go,
          "send_otlp_java": make_send_otlp_java,
          "sample_java": make_sample_java,
          "sample_otel_java": make_sample_otel_java, "zipkin": make_zipkin}


def build(name):
    done = folder(name)
    if os.path.exists(done):
        return
    begun = f"{done}.{os.getpid()}"
    os.makedirs(begun)
    MAKERS[name](begun)
    os.rename(begun, done)


if __name__ == "__main__":
    for wanted in sys.argv[1:] or MAKERS:
        build(wanted)
