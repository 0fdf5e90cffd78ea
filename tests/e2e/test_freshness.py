"""What is acknowledged is visible at once, on every way to read."""

import json
import socket
import time

import grpc_client
from grpc_client import pb
from harness import equal, poll, segment, test


def seen_everywhere(server, stub, document):
    """Checks each read path once, without waiting."""
    trace_id = document["trace_id"]
    equal(server.documents(trace_id), [document], "BatchGetTraces")
    end = time.time() + 1
    found = [s["Id"] for s in server.summaries(
        document["start_time"] - 1, end)]
    equal(trace_id in found, True, "GetTraceSummaries")
    for kind in ("Event", "Service"):
        found = [s["Id"] for s in server.summaries(
            document["start_time"] - 1, end, TimeRangeType=kind)]
        equal(trace_id in found, True, f"GetTraceSummaries by {kind}")
    equal([json.loads(d) for d in grpc_client.documents(stub, trace_id)],
          [document], "StreamTraces")
    request = pb.GetTraceSummariesRequest()
    request.start_time.FromNanoseconds(
        int((document["start_time"] - 1) * 1e9))
    request.end_time.FromNanoseconds(int(end * 1e9))
    found = [s.id for p in stub.StreamTraceSummaries(request)
             for s in p.trace_summaries]
    equal(trace_id in found, True, "StreamTraceSummaries")


@test
def test_freshness_http_and_grpc(env):
    server = env.server()
    with grpc_client.connect(server) as stub:
        for _ in range(20):
            document = segment()
            server.put([document])
            seen_everywhere(server, stub, document)
            document = segment()
            stub.PutTraceSegments(pb.PutTraceSegmentsRequest(
                trace_segment_documents=[json.dumps(document).encode()]))
            seen_everywhere(server, stub, document)


@test
def test_freshness_udp(env):
    server = env.server()
    host, port = server.udp.rsplit(":", 1)
    slowest = 0.0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        for _ in range(20):
            document = segment()
            sent = time.monotonic()
            link.sendto(b'{"format":"json","version":1}\n'
                        + json.dumps(document).encode(), (host, int(port)))
            poll("the datagram",
                 lambda: server.documents(document["trace_id"]))
            slowest = max(slowest, time.monotonic() - sent)
    equal(slowest < 1, True, f"slowest was {slowest:.3f} s")
