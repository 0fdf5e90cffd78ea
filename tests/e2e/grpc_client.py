"""The gRPC service from Python: stubs made from the repository's .proto files."""

import contextlib
import os
import sys

import grpc

from harness import ROOT, cache


def _stubs():
    """The generated modules, made once per set of .proto files."""
    from grpc_tools import protoc

    out = cache("stubs")
    if out not in sys.path:
        os.makedirs(out, exist_ok=True)
        folder = os.path.join(ROOT, "proto")
        # OpenTelemetry's come with its Python packages.
        for name in ("roentgen/v1/trace.proto",
                     "roentgen/v1/trace_service.proto",
                     "roentgen/rpc/status.proto",
                     "jaeger/api_v3/query_service.proto",
                     "jaeger/expression/v1/expression.proto",
                     "jaeger/storage/v2/capabilities.proto",
                     "jaeger/storage/v2/dependency_storage.proto",
                     "jaeger/storage/v2/trace_storage.proto"):
            code = protoc.main([
                "protoc", f"-I{folder}",
                f"-I{os.path.dirname(protoc.__file__)}/_proto",
                f"--python_out={out}", f"--grpc_python_out={out}",
                name,
            ])
            assert code == 0, f"protoc failed on {name}"
        sys.path.insert(0, out)
    from roentgen.rpc import status_pb2
    from roentgen.v1 import trace_service_pb2, trace_service_pb2_grpc

    return trace_service_pb2, trace_service_pb2_grpc, status_pb2


pb, pb_grpc, status_pb = _stubs()


def methods():
    """(path, is the request a stream, is the reply) of every method of every
    service in the repository's .proto files."""
    from google.protobuf import descriptor_pb2
    from grpc_tools import protoc

    folder = os.path.join(ROOT, "proto")
    files = [os.path.relpath(os.path.join(at, name), folder)
             for at, _, names in os.walk(folder)
             for name in names if name.endswith(".proto")]
    out = cache("methods.bin")
    code = protoc.main([
        "protoc", f"-I{folder}",
        f"-I{os.path.dirname(protoc.__file__)}/_proto",
        f"--descriptor_set_out={out}", *sorted(files)])
    assert code == 0, "protoc failed"
    with open(out, "rb") as data:
        found = descriptor_pb2.FileDescriptorSet.FromString(data.read())
    return [(f"/{file.package}.{service.name}/{method.name}",
             method.client_streaming, method.server_streaming)
            for file in found.file for service in file.service
            for method in service.method]


@contextlib.contextmanager
def connect(server):
    options = [("grpc.max_receive_message_length", -1),
               ("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(server.grpc, options=options) as channel:
        yield pb_grpc.TraceServiceStub(channel)


def documents(stub, trace_id):
    """Texts of the trace's documents."""
    request = pb.StreamTracesRequest(trace_ids=[trace_id])
    return [
        segment.document.decode()
        for chunk in stub.StreamTraces(request, timeout=30)
        for segment in chunk.segments
    ]


def refusal(call):
    """(code name, message, AWS name) of the error that `call` ends with."""
    try:
        call()
    except grpc.RpcError as error:
        reason = None
        for key, value in error.trailing_metadata() or ():
            if key != "grpc-status-details-bin":
                continue
            details = status_pb.Status.FromString(value)
            for detail in details.details:
                if detail.type_url.endswith("google.rpc.ErrorInfo"):
                    info = status_pb.ErrorInfo.FromString(detail.value)
                    reason = info.reason
        return error.code().name, error.details(), reason
    raise AssertionError("the call succeeded")
