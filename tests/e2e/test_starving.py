"""One caller against all: whoever reads nothing, sends nothing or packs bombs
keeps nobody out, and memory stays bounded."""

import gzip
import json
import socket
import threading
import time

import grpc

import http2_flood
from grpc_client import pb, pb_grpc
from harness import equal, poll, segment, test

# At rest it is some 40 MiB; two readers of a large trace hold what one read may
# take each (memory.query is 256 MiB).
GROWTH_MAX_MIB = 600


def address_of(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def assert_others_are_served(server):
    """A put, a read of it, and what operators ask."""
    document = segment()
    server.put([document])
    equal(len(server.documents(document["trace_id"])), 1)
    for path in ("/healthz", "/readyz", "/metrics"):
        status, _, _ = server.request("GET", path, admin=True)
        equal(status, 200, path)


def put_large_trace(server, documents):
    trace_id = segment()["trace_id"]
    filler = {"metadata": {"default": {"x": "x" * 1000}}}
    for begin in range(0, documents, 500):
        server.put([segment(trace_id, **filler)
                    for _ in range(begin, min(documents, begin + 500))])
    return trace_id


@test
def test_readers_that_stop_reading(env):
    server = env.server(**{"http.write_timeout": "3s"})
    trace_id = put_large_trace(server, 20_000)
    options = [("grpc.http2.bdp_probe", 0), ("grpc.enable_http_proxy", 0),
               ("grpc.max_receive_message_length", -1)]
    before = http2_flood.resident(server.process.pid)
    with grpc.insecure_channel(server.grpc, options=options) as channel:
        stub = pb_grpc.TraceServiceStub(channel)
        request = pb.StreamTracesRequest(trace_ids=[trace_id])
        calls = [stub.StreamTraces(request) for _ in range(4)]
        begun = 0
        for call in calls:
            try:
                next(iter(call))
                begun += 1
            except grpc.RpcError as error:  # They share what one caller may have.
                equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        assert begun > 0, "nobody could read"
        assert_others_are_served(server)
        growth = http2_flood.resident(server.process.pid) - before
        assert growth < GROWTH_MAX_MIB, f"{growth} MiB more"
        # They lose their calls, and what they held is free.
        poll("the readers' end", lambda: held_bytes(server) == 0)
        for call in calls:
            equal(end_of(call) in (grpc.StatusCode.CANCELLED,
                                   grpc.StatusCode.RESOURCE_EXHAUSTED), True)
        # Whoever reads gets it all.
        chunks = list(stub.StreamTraces(request))
        equal(sum(len(chunk.segments) for chunk in chunks), 20_000)


def end_of(call):
    """Reads what has come; the code that the call ended with."""
    try:
        for _ in call:
            pass
    except grpc.RpcError as error:
        return error.code()
    return call.code()


def held_bytes(server):
    _, _, metrics = server.request("GET", "/metrics", admin=True)
    for line in metrics.decode().splitlines():
        if line.startswith("roentgen_request_memory_bytes "):
            return float(line.split()[1])
    raise AssertionError("no such metric")


@test
def test_acknowledgements_that_nobody_reads(env):
    server = env.server(**{"http.write_timeout": "3s"})
    before = most = http2_flood.resident(server.process.pid)
    batch = pb.PutTraceSegmentsBatch(trace_segment_documents=[b"{}"] * 10_000)
    options = [("grpc.enable_http_proxy", 0)]
    ended = threading.Event()

    def batches():
        # As many as it takes; the call ends them.
        while not ended.is_set():
            yield batch

    with grpc.insecure_channel(server.grpc, options=options) as channel:
        stub = pb_grpc.TraceServiceStub(channel)
        calls = [stub.PutTraceSegmentsAcked(batches()) for _ in range(8)]
        end = time.monotonic() + 6
        while time.monotonic() < end:
            most = max(most, http2_flood.resident(server.process.pid))
            time.sleep(0.05)
        assert_others_are_served(server)
        ended.set()
        for call in calls:
            call.cancel()
    growth = most - before
    assert growth < 250, f"{growth} MiB more"


@test
def test_bodies_that_are_announced(env):
    server = env.server()
    silent = []
    try:
        for _ in range(700):
            link = socket.create_connection(address_of(server.xray), timeout=30)
            link.sendall(b"POST /TraceSegments HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Length: 200000\r\n\r\n")
            silent.append(link)
        assert_others_are_served(server)
    finally:
        for link in silent:
            link.close()


@test
def test_bombs_hold_up_no_probe(env):
    server = env.server()
    bomb = gzip.compress(json.dumps(
        {"TraceSegmentDocuments": ["x" * 15_000_000]}).encode())
    stop = threading.Event()

    def throw():
        while not stop.is_set():
            server.post("/TraceSegments", bomb, {"Content-Encoding": "gzip"})

    throwers = [threading.Thread(target=throw) for _ in range(8)]
    for thrower in throwers:
        thrower.start()
    waits = []
    try:
        for _ in range(40):
            begun = time.monotonic()
            status, _, _ = server.request("GET", "/healthz", admin=True)
            equal(status, 200)
            waits.append(time.monotonic() - begun)
    finally:
        stop.set()
        for thrower in throwers:
            thrower.join()
    waits.sort()
    print(f"  /healthz under bombs: median {waits[20] * 1e3:.0f} ms, "
          f"longest {waits[-1] * 1e3:.0f} ms")
    assert_others_are_served(server)
