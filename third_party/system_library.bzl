"""Wraps a library installed by a Debian package as a Bazel target."""

def system_library(name, libs, deps = [], **kwargs):
    """Link flags for `libs`; headers come from the compiler's own search path.

    Bazel's unix toolchain passes --no-as-needed, so each wrapper switches
    as-needed on around its own flags: a binary then needs only what it uses.
    """
    native.cc_library(
        name = name,
        linkopts = (["-Wl,--push-state,--as-needed"] +
                    ["-l" + lib for lib in libs] +
                    ["-Wl,--pop-state"]) if libs else [],
        visibility = ["//visibility:public"],
        deps = deps,
        **kwargs
    )
