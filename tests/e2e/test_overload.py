"""Ten times what the server can take, from one address: memory stays bounded,
others are served, what is refused is counted and told when to come back, and
nothing that was acknowledged is lost."""

import http.client
import json
import os
import subprocess
import sys
import time

import http2_flood
from harness import HERE, equal, poll, segment, test

FLOOD_SECONDS = 8
# docs/operations.md, "Memory": the sum of the defaults, and what the allocator
# keeps.
RESIDENT_MAX_MIB = 600
ROUNDS = 150


class Neighbour:
    """A client at another address, one small request at a time."""

    def __init__(self, server):
        host, port = server.xray.rsplit(":", 1)
        self._connection = http.client.HTTPConnection(
            host, int(port), timeout=30, source_address=("127.0.0.2", 0))
        self.refused = 0

    def put_and_read(self):
        """How long each of both took, in seconds."""
        document = segment()
        times = []
        for path, body in (
                ("/TraceSegments",
                 {"TraceSegmentDocuments": [json.dumps(document)]}),
                ("/Traces", {"TraceIds": [document["trace_id"]]})):
            begun = time.monotonic()
            self._connection.request("POST", path, json.dumps(body))
            response = self._connection.getresponse()
            reply = json.loads(response.read())
            times.append(time.monotonic() - begun)
            if response.status != 200:
                self.refused += 1
                print(f"  {path} of the neighbour: {response.status} {reply}")
                return times
        equal(len(reply["Traces"]), 1, "the trace just put")
        return times


def p99(times):
    return sorted(times)[len(times) * 99 // 100] * 1e3


def measure(name, neighbour, until):
    puts, reads = [], []
    while not until(len(puts)):
        put, read = neighbour.put_and_read()
        puts.append(put)
        reads.append(read)
    print(f"  {name}: {len(puts)} small puts, p99 {p99(puts):.1f} ms; "
          f"reads, p99 {p99(reads):.1f} ms")


def refused_puts(server):
    _, _, metrics = server.request("GET", "/metrics", admin=True)
    total = 0
    for line in metrics.decode().splitlines():
        if (line.startswith("roentgen_http_requests_total{")
                and 'status="200"' not in line):
            total += float(line.rsplit(" ", 1)[1])
    return total


@test
def test_overload(env):
    # So that there is more than fits, however slow the machine is.
    server = env.server(**{"memory.request_buffers": "8MiB"})
    pid = server.process.pid
    neighbour = Neighbour(server)
    measure("at rest", neighbour, lambda count: count >= ROUNDS)
    # As if it came from other machines: it takes what the server leaves.
    flood = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, os.path.join(HERE, "put_flood.py"), server.xray,
         str(FLOOD_SECONDS), "2", "350"],
        stdout=subprocess.PIPE)
    most = 0

    def over(_):
        nonlocal most
        most = max(most, http2_flood.resident(pid))
        return flood.poll() is not None

    try:
        measure("in the flood", neighbour, over)
        told = json.loads(flood.stdout.read())
    finally:
        flood.kill()
        flood.wait()
    time.sleep(1)
    measure("a second later", neighbour, lambda count: count >= ROUNDS)
    statuses = told["statuses"]
    print(f"  answers to the flood: {statuses}, at most {most} MiB")
    equal(neighbour.refused, 0, "requests of the neighbour that were refused")
    equal(set(statuses) <= {"200", "429", "503", "closed"}, True, f"statuses {statuses}")
    equal(told["without_hint"], 0, "refusals without Retry-After")
    # Whoever is refused before its body was read loses its connection, too.
    refused = statuses.get("429", 0) + statuses.get("503", 0)
    assert refused > 0, "nothing was refused: this is no overload"
    assert refused_puts(server) >= refused, "refusals that are not counted"
    assert most < RESIDENT_MAX_MIB, f"{most} MiB"
    # All that was acknowledged is there, also after a kill.
    server.process.kill()
    server.process.wait()
    server = env.server()
    ids = told["acknowledged"]
    assert len(ids) > 10, "hardly anything was taken"
    for begin in range(0, len(ids), 5):
        some = ids[begin:begin + 5]
        equal(len(server.traces(some)), len(some), "acknowledged traces")
