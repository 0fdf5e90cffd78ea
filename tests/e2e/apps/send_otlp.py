"""As send_otlp.js, with OpenTelemetry's SDK for Python.

python send_otlp.py grpc|proto ADDRESS none|gzip ORDER

With TLS where OTEL_EXPORTER_OTLP_CERTIFICATE names authorities.
"""

import json
import os
import sys
import time

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (SimpleSpanProcessor,
                                            SpanExportResult)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter)


def make_exporter(kind, address, compression):
    has_tls = "OTEL_EXPORTER_OTLP_CERTIFICATE" in os.environ
    url = f"{'https' if has_tls else 'http'}://{address}"
    if kind == "grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
            OTLPSpanExporter)

        modes = {"gzip": grpc.Compression.Gzip,
                 "none": grpc.Compression.NoCompression}
        return OTLPSpanExporter(endpoint=url, insecure=not has_tls,
                                compression=modes[compression])
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
        OTLPSpanExporter)

    return OTLPSpanExporter(endpoint=f"{url}/v1/traces",
                            compression=Compression(compression))


def main():
    kind, address, compression, order = sys.argv[1:]
    memory = InMemorySpanExporter()
    provider = TracerProvider(
        resource=Resource.create({"service.name": "otel-shop"}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("e2e", "1.2.3")
    base = (int(time.time()) - 2) * 10**9
    root = tracer.start_span(
        "GET /buy", kind=trace.SpanKind.SERVER, start_time=base + 123456789,
        attributes={"order_id": order, "count": 7, "ratio": 0.5,
                    "paid": True})
    child = tracer.start_span(
        "look up", trace.set_span_in_context(root),
        kind=trace.SpanKind.CLIENT, start_time=base + 223456781,
        attributes={"peer.service": "stock", "list": ["a", "b"]})
    child.add_event("retry", {"attempt": 2}, base + 300000001)
    child.set_status(trace.StatusCode.ERROR, "out of stock")
    child.end(base + 723456783)
    root.end(base + 987654321)
    spans = memory.get_finished_spans()
    exporter = make_exporter(kind, address, compression)
    result = exporter.export(spans)
    exporter.shutdown()
    print(json.dumps({
        "error": None if result is SpanExportResult.SUCCESS else str(result),
        "trace_id": f"{root.get_span_context().trace_id:032x}",
        "spans": [{
            "id": f"{span.context.span_id:016x}",
            "parent": f"{span.parent.span_id:016x}" if span.parent else "",
            "name": span.name,
            "start": str(span.start_time),
            "end": str(span.end_time),
        } for span in spans],
    }))


main()
