"""The searches of Jaeger's storage suite as data, through the real APIs.

The same cases as tests/query/spans/jaeger_queries_test.cc, sent over OTLP/gRPC
and asked with generated clients: TraceReader (attributes as text and typed),
QueryService, and /api/v3 over HTTP.
"""

import json
import time
import urllib.parse

from harness import equal, test
from otlp_client import (capabilities_pb2, connect, each_span, get_json,
                         make_request, make_span, put_attributes,
                         query_service_pb2, trace_storage_pb2)
from otlp_client import capabilities_pb2
from otlp_client import dependency_storage_pb2 as dependencies_pb2

TAGS = {"tag1": "value", "tag2": 123, "tag3": 72.5, "tag4": True,
        "blob": b"abc"}
# As a client that knows only texts asks for them.
TEXTS = {"tag1": "value", "tag2": "123", "tag3": "72.5", "tag4": "true",
         "blob": "YWJj"}
SOME = {key: TAGS[key] for key in ("tag1", "tag2")}
OTHERS = {key: TAGS[key] for key in ("tag3", "tag4", "blob")}
SPREAD = {"resource": {"tag1": TAGS["tag1"]}, "events": [
    {"tag2": TAGS["tag2"]}], "span": OTHERS}
TWO_EVENTS = {"events": [SOME, OTHERS]}
MINUTE = 60 * 10**9
MICRO = 1_000

# Caption, where attributes stand, name, durations in ns, and what is asked:
# attributes ("tags", or pairs), operation, shortest and longest duration.
CASES = [
    ("tags of the span", {"span": TAGS}, "op", [7000], {"tags": True}),
    ("of an event", {"events": [TAGS]}, "op", [7000], {"tags": True}),
    ("of the resource", {"resource": TAGS}, "op", [7000], {"tags": True}),
    ("of the scope", {"scope": TAGS}, "op", [7000], {"tags": True}),
    ("of a link", {"links": [TAGS]}, "op", [7000], {"tags": True}),
    ("in different spots", SPREAD, "op", [7000], {"tags": True}),
    ("of two events", TWO_EVENTS, "op", [7000], {"tags": True}),
    ("over midnight", {}, "op", [7000, 7000], {"hours": -18}),
    ("operation", {}, "op-name", [7000], {"operation": "op-name"}),
    ("operation, longest", {}, "op-name", [1000, 2000],
     {"operation": "op-name", "most": 2000}),
    ("operation, range", {}, "op-name", [5000],
     {"operation": "op-name", "least": 4500, "most": 5500}),
    ("range", {}, "op", [5000], {"least": 4500, "most": 5500}),
    ("longest", {}, "op", [1000], {"most": 1000}),
    ("service alone", {}, "op", [7000], {}),
    ("tags, operation", {"span": TAGS}, "op-name", [7000],
     {"tags": True, "operation": "op-name"}),
    ("tags, operation, longest", {"resource": TAGS}, "op-name", [2000],
     {"tags": True, "operation": "op-name", "most": 2000}),
    ("tags, operation, range", {"events": [TAGS]}, "op-name", [5000],
     {"tags": True, "operation": "op-name", "least": 4500, "most": 5500}),
    ("tags, range", {"span": TAGS}, "op", [5000],
     {"tags": True, "least": 4500, "most": 5500}),
    ("tags, longest", {"resource": TAGS}, "op", [1000],
     {"tags": True, "most": 1000}),
    ("spots, operation", TWO_EVENTS, "op-name", [7000],
     {"tags": True, "operation": "op-name"}),
    ("spots, operation, longest", SPREAD, "op-name", [2000],
     {"tags": True, "operation": "op-name", "most": 2000}),
    ("spots, operation, range", SPREAD, "op-name", [5000],
     {"tags": True, "operation": "op-name", "least": 4500, "most": 5500}),
    ("spots, range", TWO_EVENTS, "op", [5000],
     {"tags": True, "least": 4500, "most": 5500}),
    ("spots, longest", SPREAD, "op", [1000], {"tags": True, "most": 1000}),
    ("several traces", {}, "op", [7000], {"traces": 3}),
    ("scope", {"span": {}}, "op", [7000],
     {"pairs": {"scope.name": "library", "scope.version": "1.1.1"}}),
]


class Case:
    def __init__(self, number, noon, case):
        self.caption, self.places, self.name, durations, self.asked = case
        self.service = f"query{number:02}-service"
        self.ids = [f"{number * 16 + i:032x}"
                    for i in range(1, self.asked.get("traces", 1) + 1)]
        self.requests = [
            self._request(id_, durations, noon) for id_ in self.ids]

    def _request(self, id_, durations, noon):
        spans = []
        for i, ns in enumerate(durations):
            # The second one begins the day before, where hours say so.
            start = noon + i * self.asked.get("hours", 0) * 60 * MINUTE
            span = make_span(id_, name=self.name, kind=0,
                             tags=self.places.get("span", {}),
                             start_time_unix_nano=start,
                             end_time_unix_nano=start + ns)
            for tags in self.places.get("events", ()):
                put_attributes(span.events.add(
                    name="e", time_unix_nano=start).attributes, tags)
            for tags in self.places.get("links", ()):
                put_attributes(span.links.add(
                    trace_id=b"\1" * 16, span_id=b"\2" * 8).attributes, tags)
            spans.append(span)
        request = make_request(self.service, spans)
        one = request.resource_spans[0]
        put_attributes(one.resource.attributes,
                       self.places.get("resource", {}))
        scope = one.scope_spans[0].scope
        scope.name, scope.version = "library", "1.1.1"
        put_attributes(scope.attributes, self.places.get("scope", {}))
        return request

    def attributes(self, tags):
        return tags if self.asked.get("tags") else self.asked.get("pairs", {})

    def fill(self, message, noon):
        """What both query messages have."""
        message.service_name = self.service
        message.operation_name = self.asked.get("operation", "")
        message.start_time_min.FromNanoseconds(noon - 10 * MINUTE)
        message.start_time_max.FromNanoseconds(noon + 10 * MINUTE)
        message.duration_min.FromNanoseconds(self.asked.get("least", 0))
        message.duration_max.FromNanoseconds(self.asked.get("most", 0))
        message.search_depth = 1000


def spans_of(messages):
    """Whole spans by trace id, each with what it shares."""
    found = {}
    for message in messages:
        ids = {span.trace_id.hex() for _, _, span in each_span([message])}
        equal(len(ids), 1, "traces of one message")
        for resource, scope, span in each_span([message]):
            found.setdefault(span.trace_id.hex(), []).append(tuple(
                part.SerializeToString(deterministic=True)
                for part in (resource, scope, span)))
    return {id_: sorted(spans) for id_, spans in found.items()}


def check_storage_api(jaeger, case, noon):
    expected = spans_of(case.requests)
    for attributes in (case.attributes(TEXTS), case.attributes(TAGS)):
        request = trace_storage_pb2.FindTracesRequest()
        case.fill(request.query, noon)
        put_attributes(request.query.attributes, attributes)
        found = spans_of(jaeger.reader.FindTraces(request, timeout=30))
        equal(found == expected, True,
              f"{case.caption}: {found.keys()} {attributes}")
        reply = jaeger.reader.FindTraceIDs(request, timeout=30)
        equal(sorted(t.trace_id.hex() for t in reply.trace_ids), case.ids,
              case.caption)
        for one in reply.trace_ids:
            assert one.start.ToNanoseconds() <= noon <= (
                one.end.ToNanoseconds()), case.caption
        summaries = [s for chunk
                     in jaeger.reader.FindTraceSummaries(request, timeout=30)
                     for s in chunk.summaries]
        equal(sorted((s.trace_id.hex(), s.span_count) for s in summaries),
              sorted((id_, len(spans)) for id_, spans in expected.items()),
              case.caption)
    # One thing that is not so, and there is nothing.
    put_attributes(request.query.attributes, {"tag1": "another"})
    equal(list(jaeger.reader.FindTraces(request, timeout=30)), [],
          case.caption)


def check_query_api(jaeger, server, case, noon):
    expected = spans_of(case.requests)
    request = query_service_pb2.FindTracesRequest()
    case.fill(request.query, noon)
    request.query.attributes.update(case.attributes(TEXTS))
    found = spans_of(jaeger.query.FindTraces(request, timeout=30))
    equal(found == expected, True, f"{case.caption}: {found.keys()}")

    def moment(ns):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ns // 10**9))

    parameters = {
        "query.serviceName": case.service,
        "query.operationName": case.asked.get("operation", ""),
        "query.startTimeMin": moment(noon - 10 * MINUTE),
        "query.startTimeMax": moment(noon + 10 * MINUTE),
        "query.durationMin": f"{case.asked.get('least', 0)}ns",
        "query.durationMax": f"{case.asked.get('most', 0)}ns",
        "query.attributes": json.dumps(case.attributes(TEXTS))}
    reply = get_json(server,
                     "/api/v3/traces?" + urllib.parse.urlencode(parameters))
    found = sorted(
        (span["traceId"], span["spanId"], span["startTimeUnixNano"])
        for resource in reply["result"]["resourceSpans"]
        for scope in resource["scopeSpans"] for span in scope["spans"])
    equal(found, sorted(
        (span.trace_id.hex(), span.span_id.hex(),
         str(span.start_time_unix_nano))
        for _, _, span in each_span(case.requests)), case.caption)


@test
def test_jaeger_queries(env):
    server = env.server()
    # Yesterday's noon: no window of a case reaches the end of its day.
    noon = (time.time_ns() // (1440 * MINUTE) * 1440 - 720) * MINUTE
    cases = [Case(i, noon, case) for i, case in enumerate(CASES)]
    with connect(server) as jaeger:
        for case in cases:
            for request in case.requests:
                jaeger.otlp.Export(request, timeout=30)
        for case in cases:
            check_storage_api(jaeger, case, noon)
            check_query_api(jaeger, server, case, noon)
        reply = jaeger.reader.GetServices(
            trace_storage_pb2.GetServicesRequest(), timeout=30)
        equal(sorted(reply.services), [case.service for case in cases])
    print(f"  {len(cases)} cases")


@test
def test_jaeger_depth_and_unknown_ids(env):
    server = env.server()
    noon = time.time_ns() - 30 * MINUTE
    spans = [make_span(f"{i:032x}", start_time_unix_nano=noon + i * MICRO,
                       end_time_unix_nano=noon + i * MICRO)
             for i in range(1, 121)]
    newest = [f"{i:032x}" for i in range(120, 0, -1)]
    with connect(server) as jaeger:
        jaeger.otlp.Export(make_request("many", spans), timeout=30)
        request = trace_storage_pb2.FindTracesRequest()
        request.query.service_name = "many"
        for depth, count in ((1, 1), (7, 7), (120, 120), (1000, 120),
                             (0, 100), (-1, 100)):
            request.query.search_depth = depth
            found = [span.trace_id.hex() for _, _, span in each_span(
                jaeger.reader.FindTraces(request, timeout=30))]
            equal(found, newest[:count], f"depth {depth}")
            reply = jaeger.reader.FindTraceIDs(request, timeout=30)
            equal([t.trace_id.hex() for t in reply.trace_ids],
                  newest[:count], f"depth {depth}")
        # Unknown ids are skipped; the others come, each in a message.
        chunks = jaeger.traces(newest[0], "f" * 32, newest[1])
        equal([span.trace_id.hex() for _, _, span in each_span(chunks)],
              newest[:2])
        equal(jaeger.traces("f" * 32), [])
        equal(jaeger.traces(), [])


@test
def test_jaeger_capabilities_and_dependencies(env):
    server = env.server()
    now = time.time_ns()
    spans = [make_span("a" * 32) for _ in range(3)]
    spans[1].parent_span_id = spans[0].span_id
    spans[2].parent_span_id = spans[1].span_id
    with connect(server) as jaeger:
        search = jaeger.capabilities.GetCapabilities(
            capabilities_pb2.GetCapabilitiesRequest(), timeout=30).search
        equal((search.without_service_name, search.same_span_conjunction,
               search.HasField("filter")), (True, True, False))
        for service, span in zip("abc", spans):
            jaeger.otlp.Export(make_request(service, [span]), timeout=30)
        for stub, module in ((jaeger.dependencies, dependencies_pb2),
                             (jaeger.query, query_service_pb2)):
            request = module.GetDependenciesRequest()
            request.start_time.FromNanoseconds(now - 60 * MINUTE)
            request.end_time.FromNanoseconds(now + MINUTE)
            reply = stub.GetDependencies(request, timeout=30)
            equal(sorted((d.parent, d.child, d.call_count)
                         for d in reply.dependencies),
                  [("a", "b", 1), ("b", "c", 1)], module.__name__)
