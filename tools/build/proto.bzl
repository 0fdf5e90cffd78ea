"""C++ code from .proto files with the system's protoc."""

ProtoSourcesInfo = provider(fields = ["sources"])

def _generate_impl(ctx):
    root = ctx.label.package
    out_dir = ctx.bin_dir.path + "/" + root
    transitive = [d[ProtoSourcesInfo].sources for d in ctx.attr.deps]
    headers, sources = [], []
    for src in ctx.files.srcs:
        stem = src.path[len(root) + 1:-len(".proto")]
        outs_h = [ctx.actions.declare_file(stem + ".pb.h")]
        outs_cc = [ctx.actions.declare_file(stem + ".pb.cc")]
        args = ctx.actions.args()
        args.add("-I" + root)
        args.add("--cpp_out=" + out_dir)
        tools = []
        if ctx.attr.grpc:
            outs_h.append(ctx.actions.declare_file(stem + ".grpc.pb.h"))
            outs_cc.append(ctx.actions.declare_file(stem + ".grpc.pb.cc"))
            args.add("--plugin=protoc-gen-grpc=" + ctx.file._plugin.path)
            args.add("--grpc_out=" + out_dir)
            tools.append(ctx.file._plugin)
        args.add(src.path)
        ctx.actions.run(
            executable = ctx.file._protoc,
            arguments = [args],
            mnemonic = "ProtoCpp",
            inputs = depset(ctx.files.srcs, transitive = transitive),
            tools = tools,
            outputs = outs_h + outs_cc,
        )
        headers += outs_h
        sources += outs_cc
    return [
        DefaultInfo(files = depset(headers + sources)),
        OutputGroupInfo(headers = depset(headers), sources = depset(sources)),
        ProtoSourcesInfo(sources = depset(ctx.files.srcs, transitive = transitive)),
    ]

_generate = rule(
    _generate_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".proto"]),
        "deps": attr.label_list(providers = [ProtoSourcesInfo]),
        "grpc": attr.bool(),
        "_protoc": attr.label(default = "@host_tools//:protoc", allow_single_file = True),
        "_plugin": attr.label(default = "@host_tools//:grpc_cpp_plugin", allow_single_file = True),
    },
)

def rtg_proto_library(name, srcs, deps = [], grpc = False):
    """C++ library of `srcs`; `deps` are other rtg_proto_library targets."""
    _generate(
        name = name + "_gen",
        srcs = srcs,
        deps = [d + "_gen" for d in deps],
        grpc = grpc,
    )
    for group in ["headers", "sources"]:
        native.filegroup(
            name = name + "_" + group,
            srcs = [name + "_gen"],
            output_group = group,
        )
    native.cc_library(
        name = name,
        srcs = [name + "_sources"],
        hdrs = [name + "_headers"],
        copts = ["-w"],
        includes = ["."],
        visibility = ["//:__subpackages__"],
        deps = deps + ["//third_party:grpc" if grpc else "//third_party:protobuf"],
    )
