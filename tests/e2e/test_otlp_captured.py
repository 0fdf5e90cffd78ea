"""The OpenTelemetry demo's captured load: what goes in comes out."""

import collections
import os
import struct

from harness import Skip, equal, shared_data, test
from otlp_client import connect, each_span, trace_service_pb2

PROTOBUF = {"Content-Type": "application/x-protobuf"}


def captured():
    path = os.path.join(shared_data(), "otel-demo", "requests.bin")
    if not os.path.exists(path):
        raise Skip("no captured OTLP requests")
    with open(path, "rb") as file:
        while size := file.read(4):
            yield file.read(struct.unpack(">I", size)[0])


def multiset(messages):
    """Each span's bytes with those of its resource and scope."""
    return collections.Counter(
        tuple(part.SerializeToString(deterministic=True) for part in parts)
        for parts in each_span(messages))


@test
def test_otlp_captured(env):
    server = env.server()
    bodies = list(captured())
    for body in bodies:
        status, _, reply = server.request("POST", "/v1/traces", body,
                                          PROTOBUF, address=server.otlp)
        equal((status, reply), (200, b""))
    sent = [trace_service_pb2.ExportTraceServiceRequest.FromString(body)
            for body in bodies]
    spans = [span for _, _, span in each_span(sent)]
    ids = sorted({span.trace_id.hex() for span in spans})
    with connect(server) as jaeger:
        chunks = [chunk for at in range(0, len(ids), 100)
                  for chunk in jaeger.traces(*ids[at:at + 100])]
    for chunk in chunks:
        equal(len({s.trace_id for _, _, s in each_span([chunk])}), 1,
              "traces in one chunk")
    before, after = multiset(sent), multiset(chunks)
    equal((sum((before - after).values()), sum((after - before).values())),
          (0, 0), "spans lost and spans added")
    start = min(s.start_time_unix_nano for s in spans) // 10**9
    # The map answers for six hours at most.
    status, _, reply = server.post("/ServiceGraph", {
        "StartTime": start, "EndTime": start + 6 * 3600})
    equal(status, 200, f"status of {reply}")
    names = {service["Name"] for service in reply["Services"]}
    assert len(names) > 5, f"services on the map: {names}"
    assert any(service["Edges"] for service in reply["Services"])
