"""Jaeger's readers, over gRPC and HTTP."""

import json
import secrets
import time
import urllib.parse

from harness import equal, new_id, new_trace_id, segment, test
from otlp_client import (connect, documents_by_id, each_span, get_json,
                         make_request, make_span, query_service_pb2,
                         trace_pb2, trace_storage_pb2, xray_id)
from otlp_client import dependency_storage_pb2 as dependencies_pb2

MS = 1_000_000
CLIENT = trace_pb2.Span.SPAN_KIND_CLIENT


def send_three(jaeger):
    """Trace ids, oldest first: shop calls stock; shop; other."""
    now = time.time_ns() - 10_000 * MS
    ids = [secrets.token_hex(16) for _ in range(3)]

    def timed(milliseconds, second=0):
        start = now + second * 1000 * MS
        return {"start_time_unix_nano": start,
                "end_time_unix_nano": start + milliseconds * MS}

    root = make_span(ids[0], name="buy", tags={"n": 1, "paid": True},
                     **timed(500))
    call = make_span(ids[0], name="ask", kind=CLIENT, tags={"ratio": 72.5},
                     parent_span_id=root.span_id, **timed(400))
    answer = make_span(ids[0], name="answer", parent_span_id=call.span_id,
                       **timed(300))
    requests = [
        make_request("shop", [root, call]),
        make_request("stock", [answer]),
        make_request("shop", [make_span(ids[1], name="buy", tags={"n": 2},
                                        **timed(50, 1))]),
        make_request("other", [make_span(ids[2], name="rest",
                                         tags={"n": 1}, **timed(5, 2))]),
    ]
    for request in requests:
        reply = jaeger.otlp.Export(request, timeout=30)
        equal(reply.HasField("partial_success"), False)
    return ids


def query(service="", operation="", tags=(), least=0, most=0, depth=20):
    """One search as gRPC's message and as HTTP's parameters."""
    now = time.time_ns()
    message = trace_storage_pb2.TraceQueryParameters(
        service_name=service, operation_name=operation, search_depth=depth)
    for key, value in tags:
        message.attributes.add(key=key).value.string_value = value
    message.start_time_min.FromNanoseconds(now - 3_600_000 * MS)
    message.start_time_max.FromNanoseconds(now + 60_000 * MS)
    message.duration_min.FromMilliseconds(least)
    message.duration_max.FromMilliseconds(most)
    parameters = [("service", service), ("limit", depth),
                  ("tags", json.dumps(dict(tags)))]
    parameters += [(key, value) for key, value in (
        ("operation", operation), ("minDuration", least and f"{least}ms"),
        ("maxDuration", most and f"{most}ms")) if value]
    return message, urllib.parse.urlencode(parameters)


def trace_ids(chunks):
    """Ids in the order they came."""
    return list(dict.fromkeys(
        span.trace_id.hex() for _, _, span in each_span(chunks)))


@test
def test_jaeger_searches(env):
    server = env.server()
    with connect(server) as jaeger:
        one, two, three = send_three(jaeger)
        for options, expected in (
            ({"service": "shop"}, [two, one]),
            ({"service": "shop", "depth": 1}, [two]),
            ({"service": "stock"}, [one]),
            ({"service": "shop", "operation": "ask"}, [one]),
            ({"service": "stock", "operation": "ask"}, []),
            ({"service": "shop", "tags": [("n", "1")]}, [one]),
            ({"service": "shop", "tags": [("ratio", "72.5")]}, [one]),
            ({"service": "shop", "tags": [("n", "1"), ("paid", "true")]},
             [one]),
            ({"service": "shop", "tags": [("n", "1"), ("ratio", "72.5")]},
             []),
            ({"service": "shop", "least": 100}, [one]),
            ({"service": "shop", "most": 100}, [two]),
            ({"service": "shop", "least": 51, "most": 399}, []),
            ({"service": "nobody"}, []),
        ):
            message, parameters = query(**options)
            request = trace_storage_pb2.FindTracesRequest(query=message)
            chunks = list(jaeger.reader.FindTraces(request, timeout=30))
            equal(trace_ids(chunks), expected, options)
            found = jaeger.reader.FindTraceIDs(request, timeout=30)
            equal([t.trace_id.hex() for t in found.trace_ids], expected,
                  options)
            reply = get_json(server, f"/api/traces?{parameters}")
            equal([t["traceID"] for t in reply["data"]], expected, options)
        # Without a service, which only the storage API allows.
        request = trace_storage_pb2.FindTracesRequest(
            query=query(tags=[("n", "1")])[0])
        chunks = list(jaeger.reader.FindTraces(request, timeout=30))
        equal(trace_ids(chunks), [three, one])
        equal(len(list(each_span(chunks))), 4, "spans of whole traces")


@test
def test_jaeger_catalog(env):
    server = env.server()
    with connect(server) as jaeger:
        send_three(jaeger)
        names = ["other", "shop", "stock"]
        reply = jaeger.reader.GetServices(
            trace_storage_pb2.GetServicesRequest(), timeout=30)
        equal(sorted(reply.services), names)
        equal(sorted(get_json(server, "/api/services")["data"]), names)
        equal(sorted(get_json(server, "/api/v3/services")["services"]), names)
        for kind, expected in (
            ("", [("ask", "client"), ("buy", "server")]),
            ("client", [("ask", "client")]),
            ("consumer", []),
        ):
            reply = jaeger.reader.GetOperations(
                trace_storage_pb2.GetOperationsRequest(
                    service="shop", span_kind=kind), timeout=30)
            equal(sorted((o.name, o.span_kind) for o in reply.operations),
                  expected, kind)
            reply = get_json(
                server, f"/api/v3/operations?service=shop&spanKind={kind}")
            equal(sorted((o["name"], o["spanKind"])
                         for o in reply["operations"]), expected, kind)
        reply = get_json(server, "/api/services/shop/operations")
        equal(sorted(reply["data"]), ["ask", "buy"])
        request = dependencies_pb2.GetDependenciesRequest()
        now = time.time_ns()
        request.start_time.FromNanoseconds(now - 3_600_000 * MS)
        request.end_time.FromNanoseconds(now + 60_000 * MS)
        reply = jaeger.dependencies.GetDependencies(request, timeout=30)
        equal({(d.parent, d.child): d.call_count
               for d in reply.dependencies if d.parent != d.child},
              {("shop", "stock"): 1})
        reply = get_json(server, "/api/dependencies?lookback=3600000")
        equal({(d["parent"], d["child"]): d["callCount"]
               for d in reply["data"] if d["parent"] != d["child"]},
              {("shop", "stock"): 1})


@test
def test_jaeger_large_trace_and_purge(env):
    server = env.server(**{"jaeger.purge_listen": "127.0.0.1:0"})
    id_ = secrets.token_hex(16)
    spans = [make_span(id_, tags={"x": "y" * 300}) for _ in range(10_008)]
    with connect(server) as jaeger:
        for at in range(0, len(spans), 2_000):
            jaeger.otlp.Export(make_request("big", spans[at:at + 2_000]),
                               timeout=30)
        chunks = jaeger.traces(id_)
        assert len(chunks) > 1, "one chunk"
        assert max(c.ByteSize() for c in chunks) <= 4 << 20
        found = [span for _, _, span in each_span(chunks)]
        equal(len(found), len(spans))
        equal({s.SerializeToString() for s in found}
              == {s.SerializeToString() for s in spans}, True, "same spans")
        status, _, _ = server.request("POST", "/purge", address=server.purge)
        equal(status, 200)
        equal(jaeger.traces(id_), [])
        reply = jaeger.reader.GetServices(
            trace_storage_pb2.GetServicesRequest(), timeout=30)
        equal(list(reply.services), [])
        get_json(server, f"/api/traces/{id_}", 404)
        # And takes new ones.
        jaeger.otlp.Export(make_request("big", spans[:1]), timeout=30)
        equal(len(list(each_span(jaeger.traces(id_)))), 1)


@test
def test_jaeger_mixed_trace(env):
    server = env.server()
    id_ = new_trace_id()
    hex_id = id_[2:].replace("-", "")
    call = new_id()
    front = segment(id_, name="front")
    front["subsegments"] = [{
        "name": "back", "id": call, "namespace": "remote",
        "start_time": front["start_time"], "end_time": front["end_time"]}]
    server.put([front])
    back = make_span(hex_id, name="work",
                     parent_span_id=bytes.fromhex(call))
    with connect(server) as jaeger:
        jaeger.otlp.Export(make_request("back", [back]), timeout=30)
        ids = {front["id"], call, back.span_id.hex()}
        found = {span.span_id.hex(): span
                 for _, _, span in each_span(jaeger.traces(hex_id))}
        equal(found.keys(), ids)
        equal(found[call].parent_span_id.hex(), front["id"])
        equal(found[back.span_id.hex()], back)
    equal(xray_id(hex_id), id_)
    documents = documents_by_id(server.documents(id_))
    equal(ids - documents.keys(), set())
    equal(documents[back.span_id.hex()]["parent_id"], call)
    reply = get_json(server, f"/api/traces/{hex_id}")
    equal({s["spanID"] for s in reply["data"][0]["spans"]}, ids)


@test
def test_jaeger_v3_searches(env):
    server = env.server()
    with connect(server) as jaeger:
        one, two, _ = send_three(jaeger)
    now = time.time()

    def moment(at):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))

    window = {"query.startTimeMin": moment(now - 3600),
              "query.startTimeMax": moment(now + 60)}

    def ask(path, status=200, **members):
        asked = window | {f"query.{k}": v for k, v in members.items()}
        return get_json(
            server, f"/api/v3/{path}?{urllib.parse.urlencode(asked)}", status)

    for members, expected in (
        ({"serviceName": "shop"}, {one, two}),
        ({"serviceName": "shop", "searchDepth": 1}, {two}),
        ({"serviceName": "shop", "attributes": '{"n":"1"}'}, {one}),
        ({"serviceName": "shop", "durationMin": "100ms"}, {one}),
    ):
        reply = ask("traces", **members)
        equal({s["traceId"] for r in reply["result"]["resourceSpans"]
               for scope in r["scopeSpans"] for s in scope["spans"]},
              expected, members)
        reply = ask("trace-summaries", **members)
        equal({s["traceId"] for s in reply["summaries"]}, expected, members)
    summary = ask("trace-summaries", serviceName="stock")["summaries"][0]
    equal((summary["rootServiceName"], summary["rootOperationName"],
           summary["spanCount"]), ("shop", "buy", 3))
    reply = ask("traces", 404, serviceName="nobody")
    equal(reply["error"]["httpCode"], 404)
    window.clear()
    reply = ask("traces", 400, serviceName="shop")
    equal(reply["error"]["httpCode"], 400)


@test
def test_jaeger_adjusts_traces(env):
    """A retried export shows once, and Zipkin's shared ids are parted; raw
    answers and the storage API show what is stored."""
    server = env.server()
    trace_id = secrets.token_hex(16)
    shared, child = b"\x09" * 8, b"\x08" * 8
    spans = [make_span(trace_id, span_id=shared, kind=3, name="client"),
             make_span(trace_id, span_id=shared, kind=2, name="server"),
             make_span(trace_id, span_id=child, parent_span_id=shared,
                       name="child")]
    stored = sorted([("client", shared.hex()), ("server", shared.hex()),
                     ("child", child.hex())] * 2)
    own = (1).to_bytes(8, "big").hex()
    shown = sorted([("client", shared.hex()), ("server", own),
                    ("child", child.hex())])
    with connect(server) as jaeger:
        for _ in range(2):
            jaeger.otlp.Export(make_request("shared", spans), timeout=30)
        check_adjusted_http(server, trace_id, shown, stored)
        for raw, expected in ((False, shown), (True, stored)):
            request = query_service_pb2.GetTraceRequest(
                trace_id=trace_id, raw_traces=raw)
            equal(named_ids(jaeger.query.GetTrace(request, timeout=30)),
                  expected, f"query service, raw {raw}")
        equal(named_ids(jaeger.traces(trace_id)), stored, "storage API")
        parents = {span.name: span.parent_span_id.hex() for _, _, span
                   in each_span(jaeger.query.GetTrace(
                       query_service_pb2.GetTraceRequest(trace_id=trace_id),
                       timeout=30))}
        equal(parents, {"client": "", "server": shared.hex(), "child": own})


def named_ids(messages):
    return sorted((span.name, span.span_id.hex())
                  for _, _, span in each_span(messages))


def check_adjusted_http(server, trace_id, shown, stored):
    search = "/api/traces?service=shared&limit=5"
    for path, expected in ((f"/api/traces/{trace_id}", shown),
                           (f"/api/traces/{trace_id}?raw=true", stored),
                           (search, shown), (search + "&raw=true", stored)):
        found = [(s["operationName"], s["spanID"])
                 for t in get_json(server, path)["data"] for s in t["spans"]]
        equal(sorted(found), expected, path)
    for path, expected in (
            (f"/api/v3/traces/{trace_id}", shown),
            (f"/api/v3/traces/{trace_id}?rawTraces=true", stored)):
        found = [(span["name"], span["spanId"])
                 for resource in get_json(server, path)["result"][
                     "resourceSpans"]
                 for scope in resource["scopeSpans"]
                 for span in scope["spans"]]
        equal(sorted(found), expected, path)
