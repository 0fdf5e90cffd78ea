"""A real OpenTelemetry collector in front of Roentgen: the one that Jaeger's
binary is, with its batch processor and its exporters of OTLP.
"""

import http.client
import json
import signal

import span_zoo
from harness import Skip, equal, poll, store, test
from jaeger_process import JaegerProcess
from otlp_client import connect, connect_to, each_span, plain_bytes

BATCH = {"batch": {"timeout": "20ms"}}
RETRY = {"enabled": True, "initial_interval": "50ms", "max_interval": "200ms"}


def collector(env, name, exporter, settings, processors=None):
    settings = {"tls": {"insecure": True}, "retry_on_failure": RETRY,
                **settings}
    return JaegerProcess(env, name, {}, {exporter: settings},
                         BATCH if processors is None else processors)


def whole(messages):
    """Each span with all that it shares, in an order of its own."""
    out = []
    for message in messages:
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                out += [(resource.resource.SerializeToString(
                             deterministic=True),
                         resource.schema_url,
                         scope.scope.SerializeToString(deterministic=True),
                         scope.schema_url,
                         plain_bytes(span))
                        for span in scope.spans]
    return sorted(out)


def check_arrival(server, ids, requests):
    expected = whole(requests)
    with connect(server) as jaeger:
        poll(f"{len(expected)} spans",
             lambda: len(list(each_span(jaeger.traces(*ids))))
             >= len(expected))
        equal(whole(jaeger.traces(*ids)) == expected, True,
              "what was sent is what is stored")


def renamed(ids, requests, first_digit):
    """The requests as other traces."""
    new = {bytes.fromhex(id_): bytes.fromhex(first_digit + id_[1:])
           for id_ in ids}
    out = []
    for request in requests:
        copy = type(request)()
        copy.CopyFrom(request)
        for _, _, span in each_span([copy]):
            span.trace_id = new[span.trace_id]
            for link in span.links:
                link.trace_id = new[link.trace_id]
        out.append(copy)
    return [id_.hex() for id_ in new.values()], out


@test
def test_real_collector_exports(env):
    server = env.server()
    original, requests = span_zoo.requests()
    # gRPC for C++ knows no other compression than gzip and deflate, which the
    # collector does not do.
    ways = [("otlp", {"endpoint": server.grpc, "compression": compression})
            for compression in ("none", "gzip")]
    ways += [("otlphttp", {"endpoint": f"http://{server.otlp}",
                           "compression": compression, "encoding": encoding})
             for encoding in ("proto", "json")
             for compression in ("none", "gzip", "zstd", "deflate")]
    for number, (exporter, settings) in enumerate(ways):
        ids, copies = renamed(original, requests, f"{number + 2:x}")
        sender = collector(env, f"collector{number}", exporter, settings)
        with connect_to(sender.otlp) as stub:
            for request in copies:
                stub.otlp.Export(request, timeout=30)
        check_arrival(server, ids, copies)
        sender.process.terminate()
        print(f"  {exporter} {settings}")


@test
def test_real_collector_receives_what_we_are_sent(env):
    """From OTLP/HTTP and from Zipkin, by way of the collector."""
    server = env.server()
    ids, requests = span_zoo.requests()
    sender = collector(env, "collector", "otlp", {"endpoint": server.grpc})

    def post(address, path, kind, body):
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("POST", path, body, {"Content-Type": kind})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    for request in requests:
        equal(post(sender.otlp_http, "/v1/traces", "application/x-protobuf",
                   request.SerializeToString()), 200)
    check_arrival(server, ids, requests)
    spans = [{"traceId": "e" * 32, "id": "00000000000000a1", "name": "get",
              "kind": "CLIENT", "timestamp": 1_700_000_000_000_000,
              "duration": 1500, "localEndpoint": {"serviceName": "front"},
              "remoteEndpoint": {"serviceName": "back"}}]
    equal(post(sender.zipkin, "/api/v2/spans", "application/json",
               json.dumps(spans)), 202)
    with connect(server) as jaeger:
        found = poll("the span of Zipkin",
                     lambda: list(each_span(jaeger.traces("e" * 32))))
    equal([(s.name, s.span_id.hex()) for _, _, s in found],
          [("get", "00000000000000a1")])


@test
def test_real_collector_waits_for_a_restart(env):
    if store() == "memory":
        raise Skip("the memory store forgets on purpose")
    server = env.server()
    ids, requests = span_zoo.requests()
    senders = [
        collector(env, "grpc", "otlp", {"endpoint": server.grpc}),
        collector(env, "http", "otlphttp",
                  {"endpoint": f"http://{server.otlp}"})]
    ports = {"grpc.listen": server.grpc, "otlp.http.listen": server.otlp}
    server.stop(signal.SIGKILL)
    sent = []
    for number, sender in enumerate(senders):
        sent.append(renamed(ids, requests, f"{number + 8:x}"))
        with connect_to(sender.otlp) as stub:
            for request in sent[-1][1]:
                stub.otlp.Export(request, timeout=30)
    server = env.server(**ports)
    for copies in sent:
        check_arrival(server, *copies)
