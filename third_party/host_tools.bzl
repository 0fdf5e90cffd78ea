"""Makes tools installed on this machine visible to actions as labels."""

def _host_tools_impl(ctx):
    for tool in ctx.attr.tools:
        path = ctx.which(tool)
        if not path:
            fail(tool + " is not installed; run deploy/install_deps.sh")
        ctx.symlink(path, tool)
    ctx.file("BUILD.bazel", "exports_files(%s)\n" % repr(ctx.attr.tools))

# A symlink's content is part of action keys, so an upgraded tool reruns them.
host_tools = repository_rule(
    _host_tools_impl,
    attrs = {"tools": attr.string_list()},
    environ = ["PATH"],
    local = True,
)
