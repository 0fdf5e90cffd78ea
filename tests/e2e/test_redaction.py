"""What rules say is not to be kept, comes back through no API."""

import json
import os
import socket
import time

from harness import equal, new_id, new_trace_id, poll, segment, test
from otlp_client import get_json

CANARY = "canary-7f3a"
ADDRESS = "192.0.2.77"
RULES = """
hash_key: "a key of many, many bytes"
rules:
  - {of: attribute, name: "secret*", action: drop}
  - {of: attribute, name: user.email, action: hash}
  - {of: attribute, name: user, action: mask}
  - {of: header, name: authorization, action: mask}
  - {of: query_parameter, name: token, action: mask}
  - {of: sql, action: mask}
  - {of: client_address, action: mask}
"""


def document(trace_id):
    return segment(
        trace_id, user=CANARY,
        http={"request": {"method": "GET", "client_ip": ADDRESS,
                          "url": f"http://shop/pay?token={CANARY}&kept=yes"},
              "response": {"status": 200}},
        annotations={"secret_a": CANARY, "user_email": CANARY, "kept": "yes"},
        metadata={"default": {"user": {"email": CANARY}, "secrets": [CANARY]}},
        subsegments=[{
            "id": new_id(), "name": "db", "start_time": time.time() - 0.2,
            "end_time": time.time(), "namespace": "remote",
            "sql": {"sanitized_query": f"SELECT * WHERE n='{CANARY}'"},
            "annotations": {"secret_b": CANARY}}])


def attribute(key, text):
    return {"key": key, "value": {"stringValue": text}}


def spans(trace_id):
    now = time.time_ns()
    return {"resourceSpans": [{
        "resource": {"attributes": [attribute("service.name", "pay"),
                                    attribute("secret.host", CANARY)]},
        "scopeSpans": [{"scope": {"name": "s", "attributes": [
            attribute("secret", CANARY)]}, "spans": [{
                "traceId": trace_id, "spanId": new_id(), "kind": 2,
                "name": f"GET /pay?token={CANARY}",
                "startTimeUnixNano": str(now - 10**9),
                "endTimeUnixNano": str(now),
                "attributes": [
                    attribute("user.email", CANARY),
                    attribute("kept", "yes"),
                    attribute("client.address", ADDRESS),
                    attribute("http.request.header.authorization", CANARY),
                    attribute("url.query", f"token={CANARY}"),
                    attribute("db.query.text", f"SELECT '{CANARY}'"),
                    {"key": "user", "value": {"kvlistValue": {"values": [
                        attribute("email", CANARY)]}}}],
                "events": [{"timeUnixNano": str(now), "name": "e",
                            "attributes": [attribute("secret", CANARY)]}],
                "links": [{"traceId": "1" * 32, "spanId": "2" * 16,
                           "attributes": [attribute("secret", CANARY)]}],
            }]}]}]}


def zipkin_spans(trace_id):
    return [{"traceId": trace_id, "id": new_id(), "name": "get",
             "kind": "SERVER", "timestamp": time.time_ns() // 1000,
             "duration": 1000, "localEndpoint": {"serviceName": "pay"},
             "remoteEndpoint": {"ipv4": ADDRESS},
             "tags": {"secret": CANARY, "user.email": CANARY, "kept": "yes",
                      "http.url": f"http://x/?token={CANARY}"}}]


def hex_id(trace_id):
    return trace_id[2:].replace("-", "")


@test
def test_redaction(env):
    path = env.path("redaction.yaml")
    with open(path, "w") as f:
        f.write(RULES)
    os.chmod(path, 0o600)
    settings = {"redaction.file": path, "zipkin.http.listen": "127.0.0.1:0"}
    server = env.server(**settings)
    xray, udp, otlp, zipkin = (new_trace_id() for _ in range(4))
    server.put([document(xray)])
    host, port = server.udp.rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b'{"format":"json","version":1}\n'
                      + json.dumps(document(udp)).encode(), (host, int(port)))
    for address, where, body in (
            (server.otlp, "/v1/traces", spans(hex_id(otlp))),
            (server.zipkin, "/api/v2/spans", zipkin_spans(hex_id(zipkin)))):
        status, _, reply = server.request(
            "POST", where, json.dumps(body).encode(),
            {"Content-Type": "application/json"}, address=address)
        equal(status // 100, 2, f"{where}: {reply}")
    poll("the datagram", lambda: server.traces([udp]))

    def look(server):
        ids = [xray, udp, otlp, zipkin]
        seen = [json.dumps(server.traces(ids))]
        equal(len(server.traces(ids)), 4, "traces")
        now = time.time()
        seen.append(json.dumps(server.summaries(now - 600, now + 60)))
        for id_ in ids:
            seen.append(json.dumps(
                get_json(server, f"/api/traces/{hex_id(id_)}")))
            seen.append(json.dumps(get_json(
                server, f"/api/v2/trace/{hex_id(id_)}", 200, server.zipkin)))
            seen.append(server.client("trace", id_)[0])
        for text in seen:
            equal(CANARY in text, False, f"the canary in {text}")
            equal(ADDRESS in text, False, f"the address in {text}")
        for kept in ("kept", "192.0.2.0", "token=***", "kept=yes"):
            equal(kept in seen[0], True, f"{kept} in {seen[0]}")
        return seen[0]

    told = look(server)
    # Equal values join, whichever way they came.
    hashes = {part[:32] for part in told.split("hash-")[1:]}
    equal(len(hashes), 1, f"hashes {hashes}")
    (value,) = hashes
    now = time.time()
    found = server.summaries(
        now - 600, now + 60,
        FilterExpression=f'annotation.user_email = "hash-{value}" OR '
                         f'annotation[user.email] = "hash-{value}"')
    equal(len(found), 4, "found by the hash")
    server.process.kill()
    server.process.wait()
    for folder, _, files in os.walk(env.path("data")):
        for name in files:
            with open(os.path.join(folder, name), "rb") as f:
                equal(CANARY.encode() in f.read(), False, name)
    look(env.server(**settings))


@test
def test_redaction_that_cannot_be_read(env):
    path = env.path("redaction.yaml")
    with open(path, "w") as f:
        f.write("rules:\n- {of: body, action: drop}\n")
    try:
        env.server(**{"redaction.file": path})
    except AssertionError:
        pass
    else:
        raise AssertionError("it started without the rules")
    with open(env.path("server1.log")) as log:
        equal("rules[0].of: 'body' is none of" in log.read(), True, "the reason")
