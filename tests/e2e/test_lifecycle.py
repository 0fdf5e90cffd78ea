"""Start, stop, start again."""

import os
import pty
import signal
import threading
import time

import grpc_client
from grpc_client import pb
from harness import (Skip, binary, clean_environment, equal, poll, segment,
                     store, test)


def need_disk():
    if store() == "memory":
        raise Skip("the memory store forgets on purpose")


@test
def test_sigterm_exits_cleanly(env):
    for sent in (signal.SIGTERM, signal.SIGINT):
        server = env.server(data=f"data{int(sent)}")
        server.put([segment()])
        equal(server.stop(sent), 0, f"exit code after {sent.name}")


@test
def test_a_terminal_that_closes_stops(env):
    """Its SIGHUP is not the one that reads certificates again."""
    ports = env.path("ports.json")
    child, terminal = pty.fork()
    if child == 0:
        os.execve(binary(), [binary(), "serve", "--store=memory",
                             "--xray.http.listen=127.0.0.1:0",
                             "--xray.udp.listen=", "--grpc.listen=",
                             "--otlp.http.listen=", "--admin.http.listen=",
                             "--ports_file=" + ports], clean_environment())
    poll("the server's ports", lambda: os.path.exists(ports))
    os.kill(child, signal.SIGHUP)
    said = b""
    while b"reading certificates and keys again" not in said:
        said += os.read(terminal, 4096)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    equal(os.waitstatus_to_exitcode(status), 0, "exit code")


@test
def test_sigterm_ends_an_idle_ingest_stream(env):
    server = env.server(shutdown_grace="20s")
    with grpc_client.connect(server) as stub:
        ended = threading.Event()

        def one_then_silence():
            yield pb.PutTraceSegmentsBatch(
                batch_id=1,
                trace_segment_documents=[
                    str(segment()).replace("'", '"').encode()])
            ended.wait()  # The client keeps the stream open.

        call = stub.PutTraceSegmentsAcked(one_then_silence())
        equal(next(call).accepted_count, 1)
        begin = time.monotonic()
        equal(server.stop(), 0, "exit code")
        took = time.monotonic() - begin
        equal(took < 10, True, f"took {took:.1f} s")
        ended.set()
        call.cancel()


@test
def test_restart_keeps_data(env):
    need_disk()
    documents = [segment() for _ in range(150)]
    start = min(d["start_time"] for d in documents) - 1
    server = env.server()
    server.put(documents)
    equal(server.stop(), 0, "exit code")
    server = env.server()
    check_all_there(server, documents, start)
    # Once more on top, then a kill instead of a goodbye.
    more = [segment() for _ in range(150)]
    server.put(more)
    server.stop(signal.SIGKILL)
    server = env.server()
    check_all_there(server, documents + more, start)


def check_all_there(server, documents, start):
    for document in documents:
        equal(server.documents(document["trace_id"]), [document])
    found = [s["Id"] for s in server.summaries(start, time.time() + 1)]
    equal(sorted(found), sorted(d["trace_id"] for d in documents))
