"""OTLP and Jaeger's storage API from Python, and what a sent trace must show.

`send` runs an SDK in a process of its own; the rest builds spans by hand.
"""

import contextlib
import json
import os
import secrets
import sys
import time

import grpc

import built_tools
import grpc_client  # Makes Jaeger's stubs.
from harness import HERE, Skip, cache, equal, run_json

from jaeger.api_v3 import query_service_pb2, query_service_pb2_grpc
from jaeger.storage.v2 import (capabilities_pb2, capabilities_pb2_grpc,
                               dependency_storage_pb2,
                               dependency_storage_pb2_grpc, trace_storage_pb2,
                               trace_storage_pb2_grpc)
from opentelemetry.proto.collector.trace.v1 import (trace_service_pb2,
                                                    trace_service_pb2_grpc)
from opentelemetry.proto.trace.v1 import trace_pb2

PACKAGES = {
    "grpc": "@opentelemetry/exporter-trace-otlp-grpc",
    "proto": "@opentelemetry/exporter-trace-otlp-proto",
    "json": "@opentelemetry/exporter-trace-otlp-http",
    "udp": "@aws/aws-distro-opentelemetry-exporter-xray-udp",
    "zipkin": "@opentelemetry/exporter-zipkin",
}


class Jaeger:
    """Every service a trace backend of Jaeger has, and OTLP beside them."""

    def __init__(self, channel):
        self.reader = trace_storage_pb2_grpc.TraceReaderStub(channel)
        self.dependencies = (
            dependency_storage_pb2_grpc.DependencyReaderStub(channel))
        self.capabilities = capabilities_pb2_grpc.CapabilitiesStub(channel)
        self.query = query_service_pb2_grpc.QueryServiceStub(channel)
        self.otlp = trace_service_pb2_grpc.TraceServiceStub(channel)

    def traces(self, *ids):
        """The chunks of these traces (hex ids)."""
        request = trace_storage_pb2.GetTracesRequest()
        for id_ in ids:
            request.query.add(trace_id=bytes.fromhex(id_))
        return list(self.reader.GetTraces(request, timeout=30))


@contextlib.contextmanager
def connect_to(address):
    options = [("grpc.max_receive_message_length", -1),
               ("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(address, options=options) as channel:
        yield Jaeger(channel)


def connect(server):
    return connect_to(server.grpc)


def send(server, language, kind, address, compression="none"):
    """Sends one trace with an SDK; what it sent, with its order's name."""
    order = "order-" + secrets.token_hex(6)
    if language == "js":
        if not os.path.isdir(cache("node", "node_modules",
                                   *PACKAGES[kind].split("/"))):
            raise Skip(f"no package {PACKAGES[kind]}")
        command = ["node", os.path.join(HERE, "apps", "send_otlp.js")]
    elif language in ("go", "java"):
        folder = built_tools.folder("send_otlp_" + language)
        if not os.path.isdir(folder):
            raise Skip(f"the sender in {language} was not built "
                       "(deploy/test.sh readers builds it)")
        command = [os.path.join(folder, "send_otlp")]
        if language == "java":
            target = os.path.join(folder, "target")
            command = ["java", "-cp", f"{target}/classes:{target}/lib/*",
                       "SendOtlp"]
    else:
        command = [sys.executable, os.path.join(HERE, "apps", "send_otlp.py")]
    sent = run_json(command + [kind, address, compression, order], server)
    equal(sent["error"], None, f"export by {language} {kind} {compression}")
    sent["order"] = order
    return sent


def xray_id(trace_id):
    return f"1-{trace_id[:8]}-{trace_id[8:]}"


def make_span(trace_id=None, **members):
    """A good span that ended just now."""
    now = time.time_ns()
    made = {
        "trace_id": bytes.fromhex(trace_id or secrets.token_hex(16)),
        "span_id": secrets.token_bytes(8),
        "name": "work",
        "kind": trace_pb2.Span.SPAN_KIND_SERVER,
        "start_time_unix_nano": now - 250_000_001,
        "end_time_unix_nano": now,
    }
    tags = members.pop("tags", {})
    made.update(members)
    span = trace_pb2.Span(**made)
    put_attributes(span.attributes, tags)
    return span


def put_attributes(attributes, values):
    names = {bool: "bool_value", int: "int_value", float: "double_value",
             str: "string_value", bytes: "bytes_value"}
    for key, value in values.items():
        setattr(attributes.add(key=key).value, names[type(value)], value)


def make_request(service, spans):
    request = trace_service_pb2.ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    put_attributes(resource_spans.resource.attributes,
                   {"service.name": service})
    resource_spans.scope_spans.add().spans.extend(spans)
    return request


def each_span(messages):
    """(resource, scope, span) of every span in requests or chunks."""
    for message in messages:
        for resource_spans in message.resource_spans:
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    yield resource_spans.resource, scope_spans.scope, span


def plain_bytes(span):
    """A span to compare: an empty status, which Go writes, is none."""
    copy = type(span)()
    copy.CopyFrom(span)
    if not copy.status.ByteSize():
        copy.ClearField("status")
    return copy.SerializeToString(deterministic=True)


def get_json(server, path, status=200, address=None):
    got, _, body = server.request("GET", path, address=address or server.admin)
    equal(got, status, f"{path}: {body[:500]}")
    return json.loads(body)


def documents_by_id(documents):
    found = {}
    for document in documents:
        found[document["id"]] = document
        found.update(documents_by_id(document.get("subsegments", [])))
    return found
