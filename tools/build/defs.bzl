"""Every C++ target goes through these macros: one place for flags."""

load("//tools/build:precompiled.bzl", "precompiled_copts", "precompiled_deps")

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wunused-result",
    "-Werror",
    # GCC 12 reports these on inlined standard-library code that is correct.
    "-Wno-maybe-uninitialized",
    "-Wno-restrict",
    "-Wno-stringop-overflow",
    "-Wno-array-bounds",
    # Clang: designated initializers leave the rest to member defaults.
    "-Wno-missing-field-initializers",
]

def rtg_cc_library(name, visibility = None, deps = [], **kwargs):
    """A library: what one header offers, or parts that only its package uses.

    Headers in `hdrs` are for who may see the library, those in `srcs` for the
    library alone. Without `visibility` it is a part of its package: only that
    and its tests may use it; fuzz targets may use all.
    """
    native.cc_library(
        name = name,
        copts = _COPTS + precompiled_copts(),
        visibility = (visibility or []) + [
            "//tests/%s:__subpackages__" % native.package_name(),
            "//tests/fuzz:__subpackages__",
        ],
        deps = deps + precompiled_deps(),
        **kwargs
    )

def rtg_cc_binary(name, deps = [], **kwargs):
    """A program."""
    native.cc_binary(
        name = name,
        copts = _COPTS + precompiled_copts(),
        visibility = ["//:__subpackages__"],
        deps = deps + precompiled_deps(),
        **kwargs
    )

def rtg_cc_test(name, deps = [], **kwargs):
    """A GoogleTest test; `main` comes with it."""
    native.cc_test(
        name = name,
        copts = _COPTS,
        deps = deps + ["//third_party:gtest", "//third_party:gtest_main"],
        **kwargs
    )

def rtg_cc_bench(name, deps = [], **kwargs):
    """A Google Benchmark binary; never a timed test."""
    native.cc_binary(
        name = name,
        testonly = True,
        copts = _COPTS,
        tags = ["benchmark", "manual"],
        deps = deps + ["//third_party:benchmark", "//third_party:benchmark_main"],
        **kwargs
    )

def rtg_cc_fuzz_test(name, srcs, corpus, deps = []):
    """A fuzz target: `name` replays the corpus in every test run.

    `<name>er` is the libFuzzer binary of the same code, for --config=fuzz.
    """
    native.cc_test(
        name = name,
        srcs = srcs,
        copts = _COPTS,
        data = corpus,
        args = ["$(locations %s)" % c for c in corpus],
        deps = deps + ["//tests/fuzz:replay_main"],
    )
    native.cc_binary(
        name = name + "er",
        testonly = True,
        srcs = srcs,
        copts = _COPTS,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = deps,
    )

def rtg_script_test(name, script, data = [], **kwargs):
    """Runs a Python or Node script against real binaries."""
    native.sh_test(
        name = name,
        srcs = ["//tools/build:script_test.sh"],
        args = ["$(location %s)" % script],
        data = [script] + data,
        **kwargs
    )

def rtg_cc_golden_test(name, srcs, goldens, deps):
    """Text in, text out: a program that takes golden files as arguments."""
    native.cc_test(
        name = name,
        srcs = srcs,
        copts = _COPTS,
        data = goldens,
        args = ["$(location %s)" % g for g in goldens],
        deps = deps,
    )
