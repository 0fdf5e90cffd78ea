"""roentgen.v1 from a Python client."""

import json
import time

import grpc

import grpc_client
from grpc_client import pb
from harness import contains, equal, new_trace_id, segment, test


def encode(document):
    return json.dumps(document).encode()


def time_range(request, start, end):
    request.start_time.FromNanoseconds(int(start * 1e9))
    request.end_time.FromNanoseconds(int(end * 1e9))
    return request


@test
def test_grpc_put_forms(env):
    server = env.server()
    with grpc_client.connect(server) as stub:
        documents = [segment() for _ in range(30)]
        reply = stub.PutTraceSegments(pb.PutTraceSegmentsRequest(
            trace_segment_documents=[encode(documents[0]), b"{",
                                     b"\xff\xfe"]))
        equal([u.error_code for u in reply.unprocessed_trace_segments],
              ["ParseError", "ParseError"])
        reply = stub.StreamTraceSegments(iter([
            pb.PutTraceSegmentsRequest(
                trace_segment_documents=[encode(d)])
            for d in documents[1:10]]))
        equal((reply.accepted_count, reply.unprocessed_count), (9, 0))
        batches = [
            pb.PutTraceSegmentsBatch(
                batch_id=100 + i, trace_segment_documents=[encode(d)])
            for i, d in enumerate(documents[10:])
        ]
        acks = list(stub.PutTraceSegmentsAcked(iter(batches)))
        equal(sorted(a.batch_id for a in acks), list(range(100, 120)))
        equal({a.accepted_count for a in acks}, {1})
        for document in documents:
            equal([json.loads(d) for d in grpc_client.documents(
                stub, document["trace_id"])], [document])


@test
def test_grpc_errors(env):
    server = env.server()
    some = new_trace_id()
    with grpc_client.connect(server) as stub:
        for call, message in (
            (lambda: stub.PutTraceSegments(pb.PutTraceSegmentsRequest()),
             "Segments can not be empty"),
            (lambda: stub.BatchGetTraces(pb.BatchGetTracesRequest(
                trace_ids=[new_trace_id() for _ in range(6)])),
             "Exceeding maximum query size: 5"),
            (lambda: stub.BatchGetTraces(pb.BatchGetTracesRequest(
                trace_ids=["zzz"])),
             "Invalid trace id zzz: incorrect id format"),
            (lambda: list(stub.StreamTraces(pb.StreamTracesRequest(
                trace_ids=[some, some]))),
             "Containing duplicate trace ids"),
            (lambda: stub.GetTraceSummaries(time_range(
                pb.GetTraceSummariesRequest(), 1000, 999)),
             "End time cannot be earlier than start time"),
        ):
            equal(grpc_client.refusal(call),
                  ("INVALID_ARGUMENT", message, "InvalidRequestException"))
        code, message, _ = grpc_client.refusal(
            lambda: stub.GetTraceSummaries(time_range(
                pb.GetTraceSummariesRequest(filter_expression="falt"),
                999, 1000)))
        equal(code, "INVALID_ARGUMENT")
        contains(message, "Invalid input symbol: 'falt'")


@test
def test_grpc_health_and_unknown_method(env):
    server = env.server()
    with grpc.insecure_channel(server.grpc) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        equal(check(b"", timeout=30), b"\x08\x01", "SERVING")
        nothing = channel.unary_unary("/roentgen.v1.TraceService/Nothing")
        equal(grpc_client.refusal(lambda: nothing(b"", timeout=30))[0],
              "UNIMPLEMENTED")


@test
def test_grpc_reflection(env):
    server = env.server()
    with grpc.insecure_channel(server.grpc) as channel:
        ask = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        list_services = b"\x3a\x00"
        reply = next(ask(iter([list_services]), timeout=30))
        for name in (b"roentgen.v1.TraceService", b"grpc.health.v1.Health"):
            contains(reply, name)


@test
def test_grpc_large_trace_streams_whole(env):
    server = env.server()
    trace_id = new_trace_id()
    filler = {"default": {"x": "y" * 60_000}}
    documents = [segment(trace_id, metadata=filler) for _ in range(120)]
    with grpc_client.connect(server) as stub:
        reply = stub.StreamTraceSegments(iter([
            pb.PutTraceSegmentsRequest(trace_segment_documents=[encode(d)])
            for d in documents]))
        equal(reply.accepted_count, 120)
        chunks = list(stub.StreamTraces(
            pb.StreamTracesRequest(trace_ids=[trace_id])))
        equal(len(chunks) >= 7, True, f"{len(chunks)} chunks")
        equal([c.last for c in chunks],
              [False] * (len(chunks) - 1) + [True])
        ids = {s.id for c in chunks for s in c.segments}
        equal(ids, {d["id"] for d in documents})
        originals = [
            s.document
            for c in stub.StreamTraces(pb.StreamTracesRequest(
                trace_ids=[trace_id],
                document_form=pb.DOCUMENT_FORM_ORIGINAL))
            for s in c.segments
        ]
        equal(originals, [encode(d) for d in documents], "original bytes")


@test
def test_grpc_summaries_stream(env):
    server = env.server()
    start = time.time() - 1
    server.put([segment() for _ in range(230)])
    expected = [s["Id"] for s in server.summaries(start, time.time() + 1)]
    with grpc_client.connect(server) as stub:
        request = time_range(pb.GetTraceSummariesRequest(), start,
                             time.time() + 1)
        pages = list(stub.StreamTraceSummaries(request))
        equal(len(pages), 3, "pages")
        streamed = [s.id for p in pages for s in p.trace_summaries]
        equal(streamed, expected, "gRPC and HTTP order")
        # A broken stream is resumed where it stopped.
        request.next_token = pages[0].next_token
        rest = [s.id for p in stub.StreamTraceSummaries(request)
                for s in p.trace_summaries]
        equal(rest, expected[100:])


@test
def test_grpc_idle_clients_may_ping(env):
    """Clients ask each ten seconds whether an idle connection still works; a
    GOAWAY would make them connect again and again."""
    server = env.server()
    channel = grpc.insecure_channel(server.grpc, options=[
        ("grpc.keepalive_time_ms", 1500),
        ("grpc.keepalive_timeout_ms", 5000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_time_between_pings_ms", 1500)])
    states = []
    channel.subscribe(states.append, try_to_connect=True)
    grpc.channel_ready_future(channel).result(timeout=30)
    time.sleep(9)  # Six pings; the third would be one too many.
    channel.close()
    ready = states.index(grpc.ChannelConnectivity.READY)
    equal([s for s in states[ready + 1:]
           if s != grpc.ChannelConnectivity.SHUTDOWN], [])
