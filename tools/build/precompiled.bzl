"""Headers that nearly every file includes, compiled once.

Parsing them is more than a third of a cold optimised build. Only headers of the
standard library and of third_party belong in here: they change with the
system, not with a commit.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )

    # GCC takes X.h.gch for X.h where both stand in one folder.
    header = ctx.actions.declare_file(ctx.attr.name + ".h")
    ctx.actions.expand_template(
        template = ctx.file.src,
        output = header,
        substitutions = {},
    )
    compiled = ctx.actions.declare_file(header.basename + ".gch")
    arguments = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = cc_common.create_compile_variables(
            cc_toolchain = toolchain,
            feature_configuration = features,
            user_compile_flags = ctx.fragments.cpp.copts +
                                 ctx.fragments.cpp.cxxopts +
                                 ["-x", "c++-header"],
            source_file = header.path,
            output_file = compiled.path,
            use_pic = True,
        ),
    )
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
        ),
        arguments = arguments,
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = cc_common.empty_variables(),
        ),
        mnemonic = "PrecompileHeader",
        progress_message = "Precompiling " + header.short_path,
        inputs = depset([header], transitive = [toolchain.all_files]),
        outputs = [compiled],
    )
    files = depset([header, compiled])
    return [
        DefaultInfo(files = files),
        CcInfo(compilation_context = cc_common.create_compilation_context(
            headers = files,
        )),
    ]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    doc = "`src`, included before all else by who depends on it.",
    attrs = {
        "src": attr.label(allow_single_file = [".h"], mandatory = True),
        "_cc_toolchain": attr.label(
            default = "@bazel_tools//tools/cpp:current_cc_toolchain",
        ),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

# Where gRPC is spoken (//tools/tidy/rules.json, "grpcpp/").
_RPC = ["proto", "server/cli", "server/jaeger", "server/otlp", "server/rpc", "server/v1"]

def _header_of_package():
    return "rpc" if native.package_name() in _RPC else "core"

# Only optimised builds with GCC use them: every other build, the tests' and Clang's,
# shows that each file includes what it needs.

def precompiled_copts():
    """Flags of the files of the package that is being loaded."""
    header = "$(BINDIR)/tools/build/precompiled/%s.h" % _header_of_package()
    return select({
        "//tools/build/precompiled:opt": [
            "-include",
            header,
            "-Winvalid-pch",
            "-Wno-error=invalid-pch",
            # GCC collects garbage once there are 128 MB, which is at once.
            "--param=ggc-min-heapsize=524288",
        ],
        "//tools/build/precompiled:opt_clang": [],
        "//conditions:default": [],
    })

def precompiled_deps():
    """What targets with these flags depend on."""
    return select({
        "//tools/build/precompiled:opt": [
            "//tools/build/precompiled:" + _header_of_package(),
        ],
        "//tools/build/precompiled:opt_clang": [],
        "//conditions:default": [],
    })
