"""C++ code from .proto files with the system's protoc."""

load("//tools/build:precompiled.bzl", "precompiled_copts", "precompiled_deps")

ProtoSourcesInfo = provider(fields = ["sources"])

def _generate_impl(ctx):
    root = ctx.label.package
    out_dir = ctx.bin_dir.path + "/" + root
    transitive = [d[ProtoSourcesInfo].sources for d in ctx.attr.deps]
    headers, sources, services = [], [], []
    for src in ctx.files.srcs:
        stem = src.path[len(root) + 1:-len(".proto")]
        outs_h = [ctx.actions.declare_file(stem + ".pb.h")]
        outs_cc = [ctx.actions.declare_file(stem + ".pb.cc")]
        outs_services = []
        args = ctx.actions.args()
        args.add("-I" + root)
        args.add("--cpp_out=" + out_dir)
        tools = []
        if ctx.attr.grpc:
            outs_h.append(ctx.actions.declare_file(stem + ".grpc.pb.h"))
            outs_services = [ctx.actions.declare_file(stem + ".grpc.pb.cc")]
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
            outputs = outs_h + outs_cc + outs_services,
        )
        headers += outs_h
        sources += outs_cc
        services += outs_services
    return [
        DefaultInfo(files = depset(headers + sources + services)),
        OutputGroupInfo(
            headers = depset(headers),
            sources = depset(sources),
            services = depset(services),
        ),
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

def _library(name, **kwargs):
    native.cc_library(
        name = name,
        copts = ["-w"] + precompiled_copts(),
        includes = ["."],
        **kwargs
    )

def rtg_proto_library(name, srcs, deps = [], services = None):
    """C++ library of `srcs`; `deps` are other rtg_proto_library targets.

    Where a file has services, `services` is the rtg_proto_services target of
    its package, which holds their code.
    """
    _generate(
        name = name + "_gen",
        srcs = srcs,
        deps = [d + "_gen" for d in deps],
        grpc = services != None,
    )
    for group in ["headers", "sources", "services"]:
        native.filegroup(
            name = name + "_" + group,
            srcs = [name + "_gen"],
            output_group = group,
        )
    messages = name + "_messages"
    _library(
        name = messages if services else name,
        srcs = [name + "_sources"],
        hdrs = [name + "_headers"],
        visibility = ["//:__subpackages__"],
        deps = [d + "_messages" for d in deps] + precompiled_deps() +
               ["//third_party:protobuf"],
    )
    if not services:
        native.alias(name = messages, actual = name)
    else:
        _library(
            name = name,
            hdrs = [name + "_headers"],
            visibility = ["//:__subpackages__"],
            deps = deps + [
                messages,
                services,
                "//third_party:grpc",
                "//third_party:protobuf",
            ],
        )

def rtg_proto_services(name, protos):
    """Stubs and service classes of `protos`, rtg_proto_library targets.

    They are one file to the compiler: most of the code is the same templates
    of gRPC, which it would otherwise make once for each file.
    """
    native.genrule(
        name = name + "_gen",
        srcs = [p + "_services" for p in protos],
        outs = [name + ".cc"],
        cmd = "printf '#include \"%s\"\n' $(SRCS) > $@",
    )
    _library(
        name = name,
        srcs = [name + ".cc"] + [p + "_headers" for p in protos],
        textual_hdrs = [p + "_services" for p in protos],
        deps = [p + "_messages" for p in protos] + precompiled_deps() +
               ["//third_party:grpc"],
    )
