"""The X-Ray HTTP form, byte by byte; admin endpoints."""

import gzip
import json
import re
import socket

from harness import contains, equal, poll, segment, test


def raw_exchange(server, request):
    """Everything the server answers to `request` until it closes."""
    host, port = server.xray.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as link:
        link.sendall(request)
        answer = b""
        while True:
            part = link.recv(65536)
            if not part:
                return answer
            answer += part


def put_body(document):
    return json.dumps({"TraceSegmentDocuments": [json.dumps(document)]}).encode()


@test
def test_http_chunked_body(env):
    server = env.server()
    document = segment()
    body = put_body(document)
    chunks = b""
    for i in range(0, len(body), 37):
        part = body[i : i + 37]
        chunks += b"%x\r\n%s\r\n" % (len(part), part)
    answer = raw_exchange(
        server,
        b"POST /TraceSegments HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n",
    )
    contains(answer, b"HTTP/1.1 200")
    contains(answer, b'"UnprocessedTraceSegments":[]')
    equal(len(server.documents(document["trace_id"])), 1)


@test
def test_http_gzip_body(env):
    server = env.server()
    document = segment()
    status, _, reply = server.post(
        "/TraceSegments",
        gzip.compress(put_body(document)),
        {"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )
    equal((status, reply), (200, {"UnprocessedTraceSegments": []}))
    equal(len(server.documents(document["trace_id"])), 1)
    status, reply_headers, reply = server.post(
        "/TraceSegments", b"not gzip", {"Content-Encoding": "gzip"}
    )
    equal(status, 400, reply)
    contains(reply_headers, "x-amzn-errortype")


@test
def test_http_content_type_is_optional(env):
    server = env.server()
    for kind in (None, "application/x-amz-json-1.1", "text/plain"):
        document = segment()
        headers = {"Content-Type": kind} if kind else {}
        status, _, reply = server.post(
            "/TraceSegments", put_body(document), headers
        )
        equal((status, reply), (200, {"UnprocessedTraceSegments": []}))


@test
def test_http_keep_alive(env):
    server = env.server()
    body = put_body(segment())
    one = (
        b"POST /TraceSegments HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n"
        % len(body)
    )
    answer = raw_exchange(
        server, one + b"\r\n" + body + one + b"Connection: close\r\n\r\n" + body
    )
    equal(answer.count(b"HTTP/1.1 200"), 2)


@test
def test_http_every_answer_has_a_request_id(env):
    server = env.server()
    seen = set()
    for method, path, body in (
        ("POST", "/TraceSegments", put_body(segment())),
        ("POST", "/Nowhere", b"{}"),
        ("GET", "/TraceSegments", None),
        ("POST", "/TraceSegments", b"{"),
    ):
        _, headers, _ = server.request(method, path, body)
        request_id = headers["x-amzn-requestid"]
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                            request_id):
            raise AssertionError(f"{request_id!r} is no UUID")
        seen.add(request_id)
    equal(len(seen), 4, "different ids")


def check_error(answer, status, name):
    actual, headers, body = answer
    equal(
        (actual, headers.get("x-amzn-errortype"), headers["content-type"]),
        (status, name, "application/json"),
        body,
    )
    contains(json.loads(body), "Message")


@test
def test_http_errors_are_in_aws_form(env):
    server = env.server(**{"http.body_bytes_max": "100KiB"})
    check_error(server.request("POST", "/Nowhere", b"{}"), 404,
                "UnknownOperationException")
    actual, headers, body = server.request("GET", "/TraceSegments")
    equal(actual, 405, body)
    contains(headers, "x-amzn-errortype")
    json.loads(body)
    check_error(
        server.request("POST", "/TraceSegments", b"x" * 200_000), 413,
        "RequestEntityTooLargeException",
    )
    for broken in (b"{", b"[]", b'{"TraceSegmentDocuments":7}'):
        check_error(server.request("POST", "/TraceSegments", broken), 400,
                    "SerializationException")


@test
def test_http_empty_body(env):
    server = env.server()
    for path in ("/TraceSegments", "/Traces", "/TraceSummaries"):
        status, headers, body = server.request("POST", path)
        equal(status, 400, body)
        contains(headers, "x-amzn-errortype")
        contains(json.loads(body), "Message")
    check_error(
        server.request("POST", "/TraceSegments",
                       b'{"TraceSegmentDocuments":[]}'),
        400, "InvalidRequestException",
    )


@test
def test_http_hostile_input_does_not_end_the_server(env):
    server = env.server()
    for request in (
        b"\x00\x01\x02\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST /TraceSegments HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /TraceSegments HTTP/1.1\r\nHost: x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ):
        try:
            raw_exchange(server, request)
        except ConnectionError:
            pass
    deep = "[" * 100_000
    status, _, reply = server.post(
        "/TraceSegments", {"TraceSegmentDocuments": [deep, "{" * 60_000]}
    )
    equal(status, 200, reply)
    equal(len(reply["UnprocessedTraceSegments"]), 2)
    document = segment()
    server.put([document])
    equal(len(server.documents(document["trace_id"])), 1)


@test
def test_admin_health_readiness_metrics(env):
    server = env.server()
    server.put([segment(), segment()])
    for path in ("/healthz", "/readyz"):
        status, _, body = server.request("GET", path, admin=True)
        equal(status, 200, body)
    status, headers, body = server.request("GET", "/metrics", admin=True)
    equal(status, 200)
    contains(headers["content-type"], "text/plain")
    values = {}
    for line in body.decode().splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    name = 'roentgen_ingest_documents_accepted_total{source="http"}'
    equal(values.get(name), 2.0, f"{name} in {sorted(values)}")


@test
def test_udp_datagrams_and_garbage(env):
    server = env.server()
    host, port = server.udp.rsplit(":", 1)
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    header = b'{"format":"json","version":1}'
    spaced = b'{"format": "json", "version": 1}'
    good = []
    for line in (header, spaced):
        document = segment(metadata={"default": {"x": "y" * 20_000}})
        good.append(document)
        for datagram in (b"", b"garbage", header, header + b"\n",
                         header + b"\n{", b"\xff" * 60_000):
            link.sendto(datagram, (host, int(port)))
        link.sendto(line + b"\n" + json.dumps(document).encode(),
                    (host, int(port)))
    for document in good:
        poll("the datagram's trace",
             lambda: server.documents(document["trace_id"]))
        equal(server.documents(document["trace_id"]), [document])
    link.close()
    equal(server.process.poll(), None, "exit code")
