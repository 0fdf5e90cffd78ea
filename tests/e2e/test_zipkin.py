"""Zipkin's senders and readers."""

import json
import time

from harness import equal, test
from otlp_client import documents_by_id, get_json, send, xray_id


@test
def test_zipkin_exporter(env):
    server = env.server(**{"zipkin.http.listen": "127.0.0.1:0"})
    sent = send(server, "js", "zipkin", server.zipkin)
    id_ = sent["trace_id"]
    child, root = sent["spans"]

    def get(path, status=200):
        return get_json(server, path, status, server.zipkin)

    spans = {s["id"]: s for s in get(f"/api/v2/trace/{id_}")}
    equal(spans.keys(), {child["id"], root["id"]})
    for span in sent["spans"]:
        found = spans[span["id"]]
        equal((found["traceId"], found["name"], found["timestamp"],
               found["localEndpoint"]["serviceName"]),
              (id_, span["name"].lower(), int(span["start"]) // 1000,
               "otel-shop"))
    equal((spans[child["id"]]["parentId"], spans[child["id"]]["kind"]),
          (root["id"], "CLIENT"))
    equal(spans[root["id"]]["tags"]["order_id"], sent["order"])
    equal(get("/api/v2/services"), ["otel-shop"])
    equal(sorted(get("/api/v2/spans?serviceName=otel-shop")),
          sorted([root["name"].lower(), child["name"].lower()]))
    for query, count in (
        ("serviceName=otel-shop", 1),
        (f"annotationQuery=order_id={sent['order']}", 1),
        ("annotationQuery=order_id=other", 0),
        ("serviceName=other", 0),
        ("serviceName=otel-shop&minDuration=800000", 1),
        ("serviceName=otel-shop&minDuration=900000", 0),
    ):
        equal(len(get(f"/api/v2/traces?{query}")), count, query)
    equal(server.request("GET", "/api/v2/trace/" + "1" * 32,
                         address=server.zipkin)[0], 404)
    # The other APIs see it, too.
    found = documents_by_id(server.documents(xray_id(id_)))
    equal(found[root["id"]]["name"], "otel-shop")
    equal([s["id"] for s in found[root["id"]]["subsegments"]],
          [child["id"]])
    reply = get_json(server, f"/api/traces/{id_}")
    equal(len(reply["data"][0]["spans"]), 2)


@test
def test_zipkin_posts(env):
    server = env.server(**{"zipkin.http.listen": "127.0.0.1:0"})
    now = int(time.time() * 1e6) - 1_000_000
    halves = [
        {"traceId": "463ac35c9f6413ad", "id": "a2fb4a1d1a96d312",
         "name": "get", "kind": kind, "timestamp": now + shift,
         "duration": 1000, "localEndpoint": {"serviceName": service},
         **shared}
        for kind, shift, service, shared in (
            ("CLIENT", 0, "front", {}),
            ("SERVER", 100, "back", {"shared": True}))]

    def post(body):
        return server.request("POST", "/api/v2/spans", body,
                              {"Content-Type": "application/json"},
                              address=server.zipkin)

    status, _, body = post(json.dumps(halves).encode())
    equal((status, body), (202, b""))
    equal(post(b"[{")[0], 400)
    equal(post(b"[]")[0], 202)
    found = get_json(server, "/api/v2/trace/463ac35c9f6413ad",
                     address=server.zipkin)
    equal(sorted(s["kind"] for s in found), ["CLIENT", "SERVER"],
          "both halves that share an id")
    # A call that nobody answers goes to whom it names.
    query = {"traceId": "463ac35c9f6413ae", "id": "1", "kind": "CLIENT",
             "timestamp": now, "duration": 10, "tags": {"error": "late"},
             "localEndpoint": {"serviceName": "back"},
             "remoteEndpoint": {"serviceName": "db"}}
    equal(post(json.dumps([query]).encode())[0], 202)

    def get(path):
        return get_json(server, path, address=server.zipkin)

    equal(get("/api/v2/dependencies?lookback=3600000"), [
        {"parent": "back", "child": "db", "callCount": 1, "errorCount": 1},
        {"parent": "front", "child": "back", "callCount": 1}])
    equal(get("/api/v2/remoteServices?serviceName=back"), ["db"])
    # Jaeger counts spans of which both are there.
    reply = get_json(server, "/api/dependencies?lookback=3600000")
    equal([(d["parent"], d["child"]) for d in reply["data"]],
          [("front", "back")])
