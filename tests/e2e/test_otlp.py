"""Spans that OpenTelemetry's SDKs send, read back by every API."""

import json
import signal
import time

import grpc

from harness import (Skip, boto3_client, contains, equal, store, test)
from otlp_client import (connect, documents_by_id, each_span, get_json,
                         make_request, make_span, send, trace_service_pb2,
                         xray_id)

PROTOBUF = {"Content-Type": "application/x-protobuf"}


def check_xray(server, sent):
    id_ = xray_id(sent["trace_id"])
    traces = boto3_client(server).batch_get_traces(TraceIds=[id_])["Traces"]
    equal([t["Id"] for t in traces], [id_])
    found = documents_by_id([json.loads(s["Document"])
                             for s in traces[0]["Segments"]])
    child, root = [found[s["id"]] for s in sent["spans"]]
    equal((root["name"], root["trace_id"]), ("otel-shop", id_))
    annotations = root["annotations"]
    for key, value in (("order_id", sent["order"]), ("count", 7),
                       ("ratio", 0.5), ("paid", True)):
        equal(annotations.get(key), value, key)
    equal((child["name"], child["namespace"], child["fault"]),
          ("stock", "remote", True))
    equal([s["id"] for s in root["subsegments"]], [child["id"]])
    for span, document in zip(sent["spans"], (child, root)):
        for key, name in (("start", "start_time"), ("end", "end_time")):
            apart = abs(int(span[key]) / 1e9 - document[name])
            assert apart < 2e-6, f"{name} differs by {apart} s"
    now = time.time()
    expression = f'annotation.order_id = "{sent["order"]}"'
    summaries = server.summaries(now - 600, now + 60,
                                 FilterExpression=expression)
    equal([s["Id"] for s in summaries], [id_], expression)


def check_jaeger_http(server, sent):
    id_ = sent["trace_id"]
    reply = get_json(server, f"/api/traces/{id_}")
    equal([t["traceID"] for t in reply["data"]], [id_])
    spans = {s["spanID"]: s for s in reply["data"][0]["spans"]}
    equal(spans.keys(), {s["id"] for s in sent["spans"]})
    for span in sent["spans"]:
        found = spans[span["id"]]
        equal((found["operationName"], found["startTime"]),
              (span["name"], int(span["start"]) // 1000))
        equal([r["spanID"] for r in found["references"]],
              [span["parent"]] if span["parent"] else [])
    processes = reply["data"][0]["processes"]
    equal({p["serviceName"] for p in processes.values()}, {"otel-shop"})
    reply = get_json(server, f"/api/v3/traces/{id_}")
    found = [
        (s["traceId"], s["spanId"], s.get("parentSpanId", ""), s["name"],
         s["startTimeUnixNano"], s["endTimeUnixNano"])
        for resource in reply["result"]["resourceSpans"]
        for scope in resource["scopeSpans"] for s in scope["spans"]]
    equal(sorted(found), sorted(
        (id_, s["id"], s["parent"], s["name"], s["start"], s["end"])
        for s in sent["spans"]))


def check_jaeger_grpc(server, sent):
    with connect(server) as jaeger:
        found = {span.span_id.hex(): (resource, scope, span)
                 for resource, scope, span
                 in each_span(jaeger.traces(sent["trace_id"]))}
    equal(found.keys(), {s["id"] for s in sent["spans"]})
    for span in sent["spans"]:
        _, scope, stored = found[span["id"]]
        equal((stored.start_time_unix_nano, stored.end_time_unix_nano),
              (int(span["start"]), int(span["end"])), "nanoseconds")
        equal((stored.name, stored.parent_span_id.hex()),
              (span["name"], span["parent"]))
        equal((scope.name, scope.version), ("e2e", "1.2.3"))
    child = found[sent["spans"][0]["id"]][2]
    equal((child.status.message, [e.name for e in child.events]),
          ("out of stock", ["retry"]))


def check(server, sent):
    check_xray(server, sent)
    check_jaeger_http(server, sent)
    check_jaeger_grpc(server, sent)


def check_senders_in(env, language):
    server = env.server()
    for kind, address in (("grpc", server.grpc), ("proto", server.otlp),
                          ("proto", server.xray)):
        for compression in ("none", "gzip"):
            check(server, send(server, language, kind, address, compression))


@test
def test_otlp_from_javascript(env):
    server = env.server()
    for kind, address in (("grpc", server.grpc), ("proto", server.otlp),
                          ("json", server.otlp)):
        for compression in ("none", "gzip"):
            check(server, send(server, "js", kind, address, compression))


@test
def test_otlp_from_python(env):
    check_senders_in(env, "python")


@test
def test_otlp_from_go(env):
    check_senders_in(env, "go")


@test
def test_otlp_from_java(env):
    check_senders_in(env, "java")


@test
def test_otlp_partial_success(env):
    server = env.server()
    good = make_span()
    zero = make_span("0" * 32)
    short = make_span(span_id=b"\x01\x02")
    request = make_request("shop", [zero, good, short])
    with connect(server) as jaeger:
        reply = jaeger.otlp.Export(request, timeout=30)
        equal(reply.partial_success.rejected_spans, 2)
        contains(reply.partial_success.error_message, "trace")
        status, headers, body = server.request(
            "POST", "/v1/traces", request.SerializeToString(), PROTOBUF,
            address=server.otlp)
        equal((status, headers["content-type"]),
              (200, "application/x-protobuf"))
        reply = trace_service_pb2.ExportTraceServiceResponse.FromString(body)
        equal(reply.partial_success.rejected_spans, 2)
        # Full success leaves the field unset, also without any span.
        for whole in (make_request("shop", [good]),
                      trace_service_pb2.ExportTraceServiceRequest()):
            reply = jaeger.otlp.Export(whole, timeout=30)
            equal(reply.HasField("partial_success"), False)
        spans = [span for _, _, span
                 in each_span(jaeger.traces(good.trace_id.hex()))]
        equal({s.span_id for s in spans}, {good.span_id})


@test
def test_otlp_refusals(env):
    server = env.server(**{"otlp.request_bytes_max": "1MiB",
                           "http.body_bytes_max": "1MiB"})
    big = make_request("shop", [make_span(tags={"x": "y" * 2_000_000})])
    with connect(server) as jaeger:
        try:
            jaeger.otlp.Export(big, timeout=30)
            raise AssertionError("a request too large was accepted")
        except grpc.RpcError as error:
            equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def post(body, method="POST", **headers):
        return server.request(method, "/v1/traces", body, headers,
                              address=server.otlp)[0]

    kind = {"Content-Type": "application/x-protobuf"}
    for status, got in (
        (413, post(big.SerializeToString(), **kind)),
        (400, post(b"\xff\xff\xff", **kind)),
        (400, post(b"{", **{"Content-Type": "application/json"})),
        (415, post(b"x", **{"Content-Type": "text/plain"})),
        (405, post(None, "GET")),
        (200, post(b"", **kind)),
    ):
        equal(got, status)


@test
def test_otlp_survives_a_kill(env):
    if store() == "memory":
        raise Skip("the memory store forgets on purpose")
    server = env.server()
    sent = [send(server, "python", "grpc", server.grpc),
            send(server, "python", "proto", server.otlp, "gzip")]
    server.stop(signal.SIGKILL)
    server = env.server()
    for one in sent:
        check(server, one)


@test
def test_otlp_texts_that_cannot_be_shown(env):
    """Half a surrogate pair and bytes that are not UTF-8 cost nothing, and
    strict clients read what is there."""
    server = env.server()
    id_ = "0af7651916cd43dd8448eb211c80319c"
    now = int(time.time() * 1e9)
    body = {"resource_spans": [{"scope_spans": [{"spans": [
        {"trace_id": id_, "span_id": f"000000000000000{n}",
         "name": name, "kind": "SPAN_KIND_SERVER",
         "start_time_unix_nano": str(now), "end_time_unix_nano": str(now + 1),
         "attributes": [{"key": name, "value": {"string_value": name}}]}
        for n, name in ((1, "cut \ud83d"), (2, "swapped \ude00\ud83d"),
                        (3, "whole \U0001f600"))]}]}]}
    status, _, reply = server.request(
        "POST", "/v1/traces", json.dumps(body).encode(),
        {"Content-Type": "application/json"}, address=server.otlp)
    equal((status, json.loads(reply)), (200, {}))
    bad = make_request("shop", [make_span(id_, name="bytes XXXX")])
    status, _, _ = server.request(
        "POST", "/v1/traces",
        bad.SerializeToString().replace(b"XXXX", b"\xff\xfe\xc3\x28"), PROTOBUF,
        address=server.otlp)
    equal(status, 200)
    names = {"cut \ufffd", "swapped \ufffd\ufffd", "whole \U0001f600",
             "bytes \ufffd\ufffd\ufffd("}
    with connect(server) as jaeger:
        equal({span.name for _, _, span in each_span(jaeger.traces(id_))},
              names, "gRPC")
    reply = get_json(server, f"/api/traces/{id_}")
    equal({s["operationName"] for s in reply["data"][0]["spans"]}, names)
    traces = boto3_client(server).batch_get_traces(
        TraceIds=[xray_id(id_)])["Traces"]
    for segment in traces[0]["Segments"]:
        json.loads(segment["Document"])
        segment["Document"].encode()
    status, _, reply = server.request(
        "POST", "/v1/traces", b'{"resourceSpans": [x]}',
        {"Content-Type": "application/json"}, address=server.otlp)
    equal(status, 400)
    contains(reply.decode(), "at byte 19 stands")
