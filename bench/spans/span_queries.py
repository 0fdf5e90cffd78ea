#!/usr/bin/env python3
"""Times the searches of docs/jaeger.md against a running server.

  span_queries.py [--port 16686] [--xray-port 2000] [--rounds 200]
                  [--service S] [--tag KEY=VALUE] [--slow 100ms]
                  [--elsewhere KEY=VALUE]

Prints, per kind of query, the 50th and 99th percentile in milliseconds, from
sending the request until the last byte of the answer, over one connection.
--tag is an attribute that became an annotation, --elsewhere one that did not,
as of rpc.method. Look-ups by id ask for ids of other searches, each once. Without --service the
one with the most operations is asked for.
"""

import argparse
import http.client
import json
import math
import time
import urllib.parse


class Server:
    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, method, path, body=None):
        """Milliseconds and the body of the answer."""
        begin = time.perf_counter()
        self.http.request(method, path, body, {"Accept-Encoding": "identity"})
        answer = self.http.getresponse()
        text = answer.read()
        millis = (time.perf_counter() - begin) * 1000
        if answer.status not in (200, 404):
            raise SystemExit(f"{path}: {answer.status} {text[:200]!r}")
        return millis, text

    def get(self, path, **query):
        return self.call("GET", path + "?" + urllib.parse.urlencode(query))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def report(name, millis, note=""):
    print(
        f"{name:<34} p50 {percentile(millis, 0.5):8.2f} ms"
        f"  p99 {percentile(millis, 0.99):8.2f} ms  n={len(millis)} {note}",
        flush=True,
    )


def busiest_service(server):
    services = json.loads(server.get("/api/services")[1])["data"]
    count = {}
    for service in services:
        path = f"/api/services/{urllib.parse.quote(service)}/operations"
        count[service] = len(json.loads(server.get(path)[1])["data"])
    return max(services, key=lambda s: count[s])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=16686)
    options.add_argument("--xray-port", type=int, default=2000)
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--service")
    options.add_argument("--tag")
    options.add_argument("--elsewhere")
    options.add_argument("--slow", default="100ms")
    args = options.parse_args()

    server = Server(args.port)
    service = args.service or busiest_service(server)
    end = int(time.time() * 1e6)
    window = {"start": end - 6 * 3600 * 10**6, "end": end, "limit": 20}

    def search(**more):
        return server.get("/api/traces", service=service, **window, **more)

    ids = []
    for i in range(max(args.rounds // 100, 1)):
        _, text = server.get(
            "/api/traces", service=service, **{**window, "limit": 500, "end": end - i}
        )
        ids += [trace["traceID"] for trace in json.loads(text)["data"]]
    ids = list(dict.fromkeys(ids))[: args.rounds]
    report(
        "trace by id",
        [server.get(f"/api/v3/traces/{trace}")[0] for trace in ids],
    )

    def repeat(name, call):
        call()
        answers = [call() for _ in range(args.rounds)]
        found = len(json.loads(answers[-1][1]).get("data") or [])
        report(name, [millis for millis, _ in answers], f"traces={found}")

    repeat(f"newest 20 of {service}", search)
    for tag in filter(None, [args.tag, args.elsewhere]):
        key, value = tag.split("=", 1)
        repeat(f"service and {key}", lambda: search(tags=json.dumps({key: value})))
        absent = json.dumps({key: "no-such-value"})
        repeat(f"{key} that does not exist", lambda: search(tags=absent))
    repeat(f"service and over {args.slow}", lambda: search(minDuration=args.slow))

    xray = Server(args.xray_port)
    body = json.dumps(
        {"StartTime": end / 1e6 - 6 * 3600, "EndTime": end / 1e6}
    )
    repeat("service map over 6 h", lambda: xray.call("POST", "/ServiceGraph", body))


if __name__ == "__main__":
    main()
