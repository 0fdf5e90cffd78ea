"""The real Zipkin beside Roentgen: the same spans, asked the same.

What differs, and is not asked: Zipkin writes names in lower case, takes no id
in upper case, and wants `endTs` of dependencies; the service "all" is one to
it. Roentgen's newest trace is the one with the latest span, and its
dependencies show who takes what a producer sends beside the broker, too. Zipkin
hangs a span whose parent never came on the trace's root.
"""

import http.client
import json
import os
import time

import built_tools
from harness import Skip, clean_environment, equal, poll, test
from jaeger_process import LOCAL, free_ports

ORDINARY = "463ac35c9f6413ad48485a3953bb6124"
HALVES = "463ac35c9f6413ae"
ORPHANS = "d63ac35c9f6413ad68485a3953bb6124"
LONE = "c63ac35c9f6413ad58485a3953bb6124"


class Zipkin:
    def __init__(self, env):
        jar = os.path.join(built_tools.folder("zipkin"), "target", "lib",
                           "zipkin-server-exec.jar")
        if not os.path.exists(jar):
            raise Skip("no Zipkin was fetched (deploy/test.sh readers does)")
        port, = free_ports(1)
        self.address = f"{LOCAL}:{port}"
        with open(env.path("zipkin.log"), "wb") as log:
            self.process = env.start(
                ["java", "-Xmx256m", "-jar", jar], stdout=log, stderr=log,
                env=clean_environment() | {"QUERY_PORT": str(port),
                                           "STORAGE_TYPE": "mem"})
        poll("Zipkin", self._is_up, 120)

    def _is_up(self):
        equal(self.process.poll(), None, "Zipkin's exit code")
        try:
            return ask(self.address, "/health")[0] == 200
        except ConnectionError:
            return False


def ask(address, path, spans=None):
    """(status, parsed JSON; None for what is none)."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("GET" if spans is None else "POST", path,
                           None if spans is None else json.dumps(spans),
                           {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        try:
            return response.status, json.loads(body)
        except ValueError:
            return response.status, None
    finally:
        connection.close()


def ordered(value):
    if isinstance(value, list):
        return sorted((ordered(v) for v in value),
                      key=lambda v: json.dumps(v, sort_keys=True))
    if isinstance(value, dict):
        return {key: ordered(v) for key, v in value.items()}
    return value


def spans_from(begin):
    """Spans that begin then, in microseconds."""
    def span(trace, number, service, kind=None, parent=None, remote=None,
             after=0, duration=1000, name="get", **more):
        made = {"traceId": trace, "id": f"{number:016x}", "name": name,
                "timestamp": begin + number * 100 + after,
                "duration": duration,
                "localEndpoint": {"serviceName": service}, **more}
        if kind:
            made["kind"] = kind
        if parent:
            made["parentId"] = f"{parent:016x}"
        if remote:
            made["remoteEndpoint"] = {"serviceName": remote}
        return made

    return [
        span(ORDINARY, 1, "front", "SERVER", remote="browser", duration=9000,
             name="get /buy", tags={"http.path": "/buy", "x": "1"},
             annotations=[{"timestamp": begin + 110, "value": "started"}]),
        span(ORDINARY, 2, "front", "CLIENT", 1, "alias", name="ask"),
        span(ORDINARY, 3, "back", "SERVER", 2, duration=500, name="answer",
             tags={"error": "boom"}),
        span(ORDINARY, 4, "back", "CLIENT", 3, "db", duration=50,
             name="query", tags={"error": "late"}),
        span(ORDINARY, 5, "back", None, 3, duration=20, name="work"),
        span(ORDINARY, 6, "back", None, 3, "cache", duration=20,
             name="lookup"),
        span(ORDINARY, 7, "front", "PRODUCER", 1, "kafka", name="send"),
        span(HALVES, 1, "front", "CLIENT", remote="back", name="call"),
        span(HALVES, 1, "back", "SERVER", after=10, shared=True, name="call"),
        span(HALVES, 2, "back", "CLIENT", 1, "db2"),
        span(ORPHANS, 1, "mail", "CONSUMER", remote="kafka"),
        span(ORPHANS, 2, "mail", None, 1),
        span(ORPHANS, 3, "post", "SERVER", 2),
        span(LONE, 1, "lone", duration=3, name="n", debug=True,
             localEndpoint={"serviceName": "lone", "ipv4": "10.0.0.1",
                            "port": 80}),
    ]


def paths(begin):
    end = begin // 1000 + 60_000
    names = ("front", "back", "mail", "lone", "nobody")
    yield "/api/v2/services"
    for kind in ("spans", "remoteServices"):
        yield f"/api/v2/{kind}"
        for name in names:
            yield f"/api/v2/{kind}?serviceName={name}"
    for lookback in ("&lookback=3600000", "", "&lookback=1000",
                     "&lookback=0", "&lookback=x"):
        yield f"/api/v2/dependencies?endTs={end}{lookback}"
    for id_ in (ORDINARY, HALVES, ORPHANS, LONE, "1", "xyz", "0" * 33):
        yield f"/api/v2/trace/{id_}"
    for ids in (f"{ORDINARY},{HALVES}", ORDINARY, f"{ORDINARY},{ORDINARY}",
                "1,2", f"{ORDINARY},1", ""):
        yield f"/api/v2/traceMany?traceIds={ids}"
    for name in names:
        yield f"/api/v2/traces?serviceName={name}"
    for query in (
        "", "serviceName=front&spanName=ask", "serviceName=back&spanName=ask",
        "serviceName=front&spanName=all", "spanName=ask",
        "serviceName=front&remoteServiceName=alias",
        "serviceName=front&remoteServiceName=db", "remoteServiceName=db",
        "serviceName=mail&remoteServiceName=kafka",
        "annotationQuery=error", "annotationQuery=error%3Dboom",
        "annotationQuery=error%3Dother", "annotationQuery=started",
        "annotationQuery=http.path%3D/buy%20and%20x%3D1",
        "annotationQuery=http.path%3D/buy%20and%20started",
        "annotationQuery=http.path%3D/buy%20and%20y", "annotationQuery=no",
        "serviceName=front&annotationQuery=http.path",
        "serviceName=back&annotationQuery=http.path",
        "minDuration=9000", "minDuration=9001", "maxDuration=500",
        "minDuration=500&maxDuration=500", "minDuration=x",
        "serviceName=back&minDuration=1000", "limit=0", "limit=x",
        "endTs=0", "lookback=0", f"endTs={end}&lookback=120000",
        f"endTs={end}&lookback=1000", "endTs=1000",
    ):
        yield f"/api/v2/traces?{query}"
    yield "/api/v2/autocompleteKeys"
    yield "/api/v2/autocompleteValues?key=x"


@test
def test_real_zipkin_answers_alike(env):
    zipkin = Zipkin(env)
    server = env.server(**{"zipkin.http.listen": "127.0.0.1:0"})
    begin = int(time.time() * 1e6) - 60_000_000
    for address in (zipkin.address, server.zipkin):
        equal(ask(address, "/api/v2/spans", spans_from(begin))[0], 202)
    # It stores after it has answered.
    poll("Zipkin's spans", lambda: len(
        ask(zipkin.address, "/api/v2/traces?limit=100")[1]) == 4)
    asked = 0
    for path in paths(begin):
        own, its = ask(server.zipkin, path), ask(zipkin.address, path)
        equal(own[0], its[0], path)
        if own[0] == 200:
            equal(ordered(own[1]), ordered(its[1]), path)
        asked += 1
    print(f"  {asked} calls")
