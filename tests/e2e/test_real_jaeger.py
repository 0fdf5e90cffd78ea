"""The real Jaeger over Roentgen, beside Roentgen's own endpoints and beside
Jaeger over its own memory: three servers with the same spans, asked the same.

What may differ, and why, is told where it is taken out: in `Flat`, and beside
the paths that memory is not asked.
"""

import json
import os
import random
import secrets
import socket
import subprocess
import time
import urllib.parse

import built_tools
import span_zoo
from harness import (Skip, clean_environment, equal, new_id, new_trace_id,
                     segment, test)
from jaeger_process import over, query_server
from otlp_client import (connect, connect_to, each_span, make_request,
                         make_span, plain_bytes, put_attributes,
                         query_service_pb2)

HOUR = 3600


def sorted_json(values):
    return sorted(values, key=lambda v: json.dumps(v, sort_keys=True))


class Flat:
    """Answers without what is Jaeger's own business.

    - Order: Jaeger sorts tags and events, groups spans by resource and numbers
      processes as they come.
    - Warnings, which its adjusters make of a trace: Roentgen adjusts nothing.
    - Empty things: Jaeger writes null for lists without elements of the older
      API, leaves them out in the newer one, and there writes an empty status.
    - `total`, `limit` and `offset`, which nobody uses.
    - Texts of errors; statuses are compared.
    """

    WARNINGS = "@jaeger@warnings"

    @staticmethod
    def span(span, processes):
        process = processes[span["processID"]]
        out = {key: span.get(key) for key in (
            "traceID", "spanID", "operationName", "startTime", "duration",
            "flags")}
        out["service"] = process["serviceName"]
        out["process"] = sorted_json(process["tags"])
        for name in ("references", "tags"):
            out[name] = sorted_json(span[name])
        out["logs"] = sorted_json(
            {"timestamp": log["timestamp"],
             "fields": sorted_json(log["fields"])} for log in span["logs"])
        return out

    @staticmethod
    def legacy(answer):
        data = answer["data"] or []
        if data and isinstance(data[0], dict) and "spans" in data[0]:
            data = [{"traceID": trace["traceID"], "spans": sorted_json(
                Flat.span(s, trace["processes"]) for s in trace["spans"])}
                for trace in data]
        else:
            data = sorted_json(data)
        return data, answer["errors"]

    @staticmethod
    def sorted_attributes(holder):
        attributes = [a for a in holder.get("attributes", ())
                      if a["key"] != Flat.WARNINGS]
        return {**holder, "attributes": sorted_json(attributes)}

    @staticmethod
    def v3(answer):
        if "result" not in answer:
            # This Jaeger says nothing for the kind of spans without one;
            # later ones say "internal".
            return {key: sorted_json(
                {"spanKind": "internal", **one} if isinstance(one, dict)
                else one for one in value) for key, value in answer.items()}
        spans = []
        for resource in answer["result"]["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    span = {"status": {}, **Flat.sorted_attributes(span)}
                    for name in ("events", "links"):
                        span[name] = sorted_json(
                            Flat.sorted_attributes(one)
                            for one in span.get(name, ()))
                    spans.append({
                        "resource": Flat.sorted_attributes(
                            resource["resource"]),
                        "resourceSchema": resource.get("schemaUrl", ""),
                        "scope": Flat.sorted_attributes(
                            scope.get("scope", {})),
                        "scopeSchema": scope.get("schemaUrl", ""),
                        "span": span})
        return sorted_json(spans)

    @staticmethod
    def without_schemas(spans):
        """Jaeger's memory does not keep the URLs of schemas."""
        return sorted_json({**span, "resourceSchema": "", "scopeSchema": ""}
                           for span in spans)


class Three:
    """Roentgen, Jaeger over it, and Jaeger over memory, with the same spans.

    What goes to Roentgen takes turns: through Jaeger's receiver and straight.
    """

    @classmethod
    def of(cls, server, jaeger):
        """Two of them, for checks without memory."""
        three = cls.__new__(cls)
        three.server, three.over = server, jaeger
        return three

    def __init__(self, env):
        self.server = env.server()
        self.over = query_server(env, "jaeger-over-roentgen",
                                 over(self.server))
        self.memory = query_server(env, "jaeger-over-memory",
                                   {"memory": {"max_traces": 100_000}})

    def send(self, requests):
        with (connect(self.server) as straight,
              connect_to(self.over.otlp) as through,
              connect_to(self.memory.otlp) as beside):
            for i, request in enumerate(requests):
                turn = through if i % 2 == 0 else straight
                for receiver in (beside, turn):
                    receiver.otlp.Export(request, timeout=30)

    def own(self, path):
        status, _, body = self.server.request("GET", path,
                                              address=self.server.admin)
        return status, json.loads(body)

    def check(self, path, *, memory=True):
        """Same statuses; same content where the status is 200."""
        flat = Flat.v3 if path.startswith("/api/v3/") else Flat.legacy
        answers = {"own": self.own(path), "over": self.over.get(path)}
        if memory:
            answers["memory"] = self.memory.get(path)
        statuses = {name: answer[0] for name, answer in answers.items()}
        equal(len(set(statuses.values())), 1, f"{path}: {statuses}")
        if statuses["own"] != 200:
            return None
        found = {name: flat(answer[1]) for name, answer in answers.items()}
        equal(found["own"], found["over"], f"{path}: own, over")
        if memory:
            own = found["own"]
            if isinstance(own, list):
                own = Flat.without_schemas(own)
            equal(own, found["memory"], f"{path}: own, memory")
        return found["own"]


def query(**parameters):
    return urllib.parse.urlencode(parameters)


def tags(**values):
    return query(service="shop", tags=json.dumps(values))


def window(**members):
    """Parameters of a search of the third API, around now."""
    now = time.time()
    stamp = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
             for at in (now - HOUR, now + 60)]
    return "/api/v3/traces?" + query(**{
        "query.start_time_min": stamp[0], "query.start_time_max": stamp[1],
        **{"query." + key: value for key, value in members.items()}})


def services_and_operations():
    """Paths that all three answer alike."""
    awkward = urllib.parse.quote("queue/\u00e9 x", safe="")
    yield "/api/services"
    yield "/api/v3/services"
    for service in ("shop", "stock", awkward, "nobody"):
        yield f"/api/services/{service}/operations"
        for kind in ("", "client", "consumer"):
            yield f"/api/operations?service={service}&spanKind={kind}"
    yield "/api/operations"
    yield "/api/dependencies"
    yield "/api/dependencies?service=stock"
    yield "/api/dependencies?service=nobody"
    yield "/api/dependencies?lookback=x"
    yield "/api/dependencies?endTs=x"


def searches(ids):
    """Paths, and how many traces they find; None: they are refused."""
    at = int(time.time() * 1e6)
    for parameters, count in (
        ("service=shop", 2), ("service=stock", 1), ("service=nobody", 0),
        ("service=shop&limit=1", 1), ("service=shop&limit=x", None),
        ("", None), ("service=", None),
        ("service=shop&operation=ask", 1), ("service=stock&operation=ask", 0),
        ("service=shop&minDuration=450ms", 1),
        ("service=shop&minDuration=500ms&maxDuration=500ms", 1),
        ("service=shop&minDuration=0.5s&maxDuration=500000us", 1),
        ("service=shop&maxDuration=1us", 0),
        ("service=shop&minDuration=2s&maxDuration=1s", None),
        ("service=shop&minDuration=1", None),
        ("service=shop&maxDuration=soon", None),
        (f"service=shop&start={at - 60_000_000}", 0),
        (f"service=shop&end={at - 3_600_000_000}", 0),
        (f"service=shop&start=1&end={at}", 2), ("service=shop&start=x", None),
        ("service=shop&tag=span.kind:consumer", 0),
        ("service=stock&tag=where:stock", 1),
        ("service=shop&tag=where:stock", 0),
        ("service=shop&tag=small:7&tag=text:value", 1),
        ("service=shop&tag=text:value:x", 0), ("service=shop&tag=x", None),
        ("service=shop&tag=host.name:h1", 2),
        ("service=shop&tag=scope.tag:s", 2), ("service=shop&tag=at:door", 1),
        (tags(text="value", yes="true", no="false"), 1),
        (tags(ratio="72.5", negative="-1", large=str((1 << 60) + 1)), 1),
        (tags(whole="3"), 1), (tags(bytes="AAH+/w=="), 1),
        (tags(array='["a",1,true]'), 1), (tags(map='{"k":"v","n":2}'), 1),
        (tags(tiny="1e-7", huge="1e+21", whole="3"), 1),
        (tags(tiny="1e-07"), 0), (tags(empty="", nothing=""), 1),
        (tags(text="other"), 0), (tags(Text="value"), 0),
        (tags(unicode="h\u00e9 \u4e2d \U0001f600"), 1),
        ("service=shop&tags=%7B", None), ("service=shop&tags=[]", None),
        (f"traceID={ids[0]}&traceID={ids[2]}", 2),
        (f"traceID={ids[0]}&traceID=1234", 1), ("traceID=xyz", None),
    ):
        yield f"/api/traces?{parameters}", count


@test
def test_real_jaeger_answers_alike(env):
    three = Three(env)
    ids, requests = span_zoo.requests()
    three.send(requests)
    for path in services_and_operations():
        three.check(path)
    # This Jaeger's memory does not look at kinds, and takes no text for true.
    for tag in ("span.kind:client", "error:true"):
        found = three.check("/api/traces?service=shop&tag=" + tag,
                            memory=False)
        equal(len(found[0]), 1, tag)
    for path, count in searches(ids):
        found = three.check(path)
        equal(None if found is None else len(found[0]), count, path)
    for id_ in (*ids, ids[1].lstrip("0"), ids[0].upper(), "1234", "xyz"):
        three.check(f"/api/traces/{id_}")
        three.check(f"/api/traces/{id_}?raw=true")
        three.check(f"/api/traces/{id_}?raw=x")
        three.check(f"/api/traces/{id_}?start=1&end=x")
        three.check(f"/api/v3/traces/{id_}")
        three.check(f"/api/v3/traces/{id_}?raw_traces=true")
        three.check(f"/api/v3/traces/{id_}?start_time=x")
    for members in (
        {"service_name": "shop"}, {"service_name": "shop", "num_traces": 1},
        {"service_name": "shop", "raw_traces": "true"},
        {"service_name": "shop", "raw_traces": "x"},
        {"service_name": "shop", "operation_name": "ask"},
        {"service_name": "shop", "duration_min": "450ms"},
        {"service_name": "shop", "duration_max": "1ms"},
        {"service_name": "nobody"}, {},
        {"service_name": "shop", "duration_min": "x"},
        {"service_name": "shop", "num_traces": "x"},
        {"service_name": "shop", "start_time_min": "yesterday"},
    ):
        # Memory has no default for the number of traces.
        three.check(window(**{"num_traces": 100, **members}))
        three.check(window(**members), memory=False)
    three.check("/api/v3/traces?query.service_name=shop")


class Dice:
    """Spans and searches of few words, so that many searches find something.

    No links and no "error": the memory of this Jaeger does not look at the
    attributes of links, and reads a text as false.
    """

    SEED = 20261128
    SERVICES = ("a", "b", "c")
    NAMES = ("x", "y", "z")
    KEYS = ("k1", "k2", "k3")
    VALUES = ("v", 1, 2.5, True, False, "1", "", b"\1", 1e-7)
    MICROS = (1, 2, 10, 999, 1000, 1001, 50_000)

    def __init__(self, begin):
        self.begin, self.random = begin, random.Random(self.SEED)

    def tags(self):
        return {key: self.random.choice(self.VALUES) for key in self.KEYS
                if self.random.random() < 0.3}

    def request(self, trace_id):
        start = self.begin + self.random.randrange(600) * 10**9
        micros = self.random.choice(self.MICROS)
        span = make_span(
            trace_id, name=self.random.choice(self.NAMES), tags=self.tags(),
            start_time_unix_nano=start,
            end_time_unix_nano=start + micros * 1000)
        span.status.code = self.random.choice((0, 0, 1, 2))
        put_attributes(span.events.add(
            name="e", time_unix_nano=start).attributes, self.tags())
        request = make_request(self.random.choice(self.SERVICES), [span])
        one = request.resource_spans[0]
        put_attributes(one.resource.attributes, self.tags())
        put_attributes(one.scope_spans[0].scope.attributes, self.tags())
        return request

    def search(self):
        choose, often = self.random.choice, self.random.random
        asked = {"service": choose(self.SERVICES), "limit": 1000}
        if often() < 0.3:
            asked["operation"] = choose(self.NAMES)
        wanted = {key: choose(("v", "1", "2.5", "true", "false", "", "AQ==",
                               "1e-7", "w"))
                  for key in self.KEYS if often() < 0.3}
        if wanted:
            asked["tags"] = json.dumps(wanted)
        least, most = sorted((choose(self.MICROS), choose(self.MICROS)))
        if often() < 0.3:
            asked["minDuration"] = f"{least}us"
        if often() < 0.3:
            asked["maxDuration"] = f"{most}us"
        if often() < 0.5:
            bounds = sorted(self.random.randrange(600) for _ in range(2))
            asked["start"], asked["end"] = (
                self.begin // 1000 + second * 10**6 for second in bounds)
        return asked


@test
def test_real_jaeger_finds_the_same_by_chance(env):
    three = Three(env)
    dice = Dice(time.time_ns() // 10**9 * 10**9 - 1200 * 10**9)
    ids = [f"{number:032x}" for number in range(1, 61)]
    three.send([dice.request(id_) for id_ in ids for _ in range(3)])
    found = 0
    for _ in range(300):
        asked = dice.search()
        path = "/api/traces?" + query(**asked)
        status, own = three.own(path)
        answers = [three.over.get(path), three.memory.get(path)]
        equal([status, *(answer[0] for answer in answers)], [200] * 3, asked)
        own = [trace["traceID"] for trace in own["data"]]
        through, beside = ([trace["traceID"] for trace in answer[1]["data"]]
                           for answer in answers)
        # Jaeger keeps the order that storages give it.
        equal(own, through, asked)
        equal(sorted(own), sorted(beside), asked)
        found += bool(own)
    print(f"  {found} of 300 searches found something")
    assert 60 < found < 300, found


def searched(stub, **members):
    """Spans by trace id, found through a query service over gRPC."""
    asked = query_service_pb2.FindTracesRequest()
    now = time.time_ns()
    asked.query.start_time_min.FromNanoseconds(now - HOUR * 10**9)
    asked.query.start_time_max.FromNanoseconds(now + 60 * 10**9)
    asked.query.search_depth = 1000
    asked.query.attributes.update(members.pop("attributes", {}))
    for name, value in members.items():
        setattr(asked.query, name, value)
    found = {}
    for _, _, span in each_span(stub.query.FindTraces(asked, timeout=60)):
        found.setdefault(span.trace_id.hex(), []).append(plain_bytes(span))
    return {id_: sorted(spans) for id_, spans in found.items()}


@test
def test_real_jaeger_finds_without_a_service(env):
    three = Three(env)
    ids = [secrets.token_hex(16) for _ in range(3)]
    three.send([
        make_request(service, [make_span(id_, tags={"across": value})])
        for service, id_, value in (("a", ids[0], "yes"), ("b", ids[1], "yes"),
                                    ("c", ids[2], "no"))])
    with (connect(three.server) as own, connect_to(three.over.grpc) as through,
          connect_to(three.memory.grpc) as beside):
        for attributes, expected in (({"across": "yes"}, ids[:2]),
                                     ({"across": "no"}, ids[2:]),
                                     ({"across": "x"}, []), ({}, ids)):
            found = [searched(stub, attributes=attributes)
                     for stub in (own, through, beside)]
            equal(found[0].keys(), set(expected), attributes)
            equal(found[1:], found[:1] * 2, attributes)


@test
def test_real_jaeger_reads_a_large_trace(env):
    three = Three(env)
    id_ = secrets.token_hex(16)
    spans = [make_span(id_, tags={"x": "y" * 300}) for _ in range(10_008)]
    three.send([make_request("big", spans[at:at + 2_000])
                for at in range(0, len(spans), 2_000)])
    sent = sorted(plain_bytes(span) for span in spans)
    asked = query_service_pb2.GetTraceRequest(trace_id=id_, raw_traces=True)
    for address in (three.server.grpc, three.over.grpc):
        with connect_to(address) as stub:
            chunks = list(stub.query.GetTrace(asked, timeout=60))
            assert len(chunks) > 1, "one message"
            found = [plain_bytes(span) for _, _, span in each_span(chunks)]
            equal(sorted(found) == sent, True, "the spans that were sent")
            equal(searched(stub, service_name="big") == {id_: sent}, True,
                  "those found")
    found = three.check(f"/api/traces/{id_}", memory=False)
    equal(len(found[0][0]["spans"]), len(spans))


@test
def test_real_jaeger_shows_segments(env):
    """X-Ray's segments as spans, beside a span that hangs on one."""
    server = env.server()
    jaeger = query_server(env, "jaeger-over-roentgen", over(server))
    id_ = new_trace_id()
    hex_id = id_[2:].replace("-", "")
    front = segment(
        id_, name="front", origin="AWS::ECS::Container", user="ann",
        annotations={"color": "red", "n": 7, "ok": True},
        metadata={"default": {"deep": {"list": [1, "a", None]}}},
        http={"request": {"method": "GET", "url": "http://shop/a?b=c"},
              "response": {"status": 502, "content_length": 12}})
    call = {"name": "back", "id": new_id(), "namespace": "remote",
            "start_time": front["start_time"], "end_time": front["end_time"],
            "fault": True, "cause": {"exceptions": [
                {"id": new_id(), "type": "Timeout", "message": "late"}]}}
    query_ = {"name": "orders@db", "id": new_id(), "namespace": "remote",
              "start_time": front["start_time"], "end_time": front["end_time"],
              "sql": {"sanitized_query": "select ?", "user": "u"}}
    front.update(fault=True, subsegments=[call, query_])
    server.put([front])
    with connect(server) as stub:
        stub.otlp.Export(make_request("back", [make_span(
            hex_id, parent_span_id=bytes.fromhex(call["id"]))]), timeout=30)
    three = Three.of(server, jaeger)
    for path, count in (
        (f"/api/traces/{hex_id}", 1), (f"/api/traces/{hex_id}?raw=true", 1),
        ("/api/services", 2), ("/api/services/front/operations", 3),
        ("/api/dependencies", 2), ("/api/traces?service=back", 1),
        ("/api/traces?service=front&tag=color:red&tag=n:7", 1),
        ("/api/traces?service=front&tag=color:blue", 0),
        ("/api/traces?service=front&tag=error:true", 1),
    ):
        equal(len(three.check(path, memory=False)[0]), count, path)
    spans = three.check(f"/api/v3/traces/{hex_id}", memory=False)
    equal(len(spans), 4)


def free_or_skip(ports):
    for port in ports:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                raise Skip(f"port {port} is in use, which Jaeger's suite "
                           "wants") from None


@test
def test_real_jaeger_suite(env):
    """Jaeger's own tests of a storage: its binary, its queries, our store."""
    folder = built_tools.folder("jaeger_suite")
    if not os.path.isdir(folder):
        raise Skip("Jaeger's suite was not built (deploy/test.sh readers "
                   "builds it)")
    free_or_skip((4317, 4318, 8888, 13133, 16685, 16686))
    server = env.server(**{"jaeger.purge_listen": "127.0.0.1:0"})
    with open(env.path("suite.log"), "w+", encoding="utf-8") as log:
        status = subprocess.run(
            [os.path.join(folder, "suite.test"), "-test.v",
             "-test.run=^TestGRPCStorage$"],
            cwd=os.path.join(folder, built_tools.SUITE), stdout=log, stderr=log,
            check=False, timeout=600,
            env=clean_environment() | {
                "STORAGE": "grpc", "CUSTOM_STORAGE": "true",
                "REMOTE_STORAGE_ENDPOINT": server.grpc,
                "REMOTE_STORAGE_WRITER_ENDPOINT": server.grpc,
                "PURGER_ENDPOINT": f"http://{server.purge}/purge"}).returncode
        log.seek(0)
        lines = log.read().splitlines()
    results = [line.strip() for line in lines
               if line.strip().startswith(("--- ", "goleak: "))]
    equal(status, 0, "\n".join(results))
    passed = [line for line in results if line.startswith("--- PASS")]
    print(f"  {len(passed)} of {len(results)} cases of Jaeger's suite")
    # GetServices and its like, and each query.
    equal(len(passed) >= 29, True, "\n".join(results))
