"""Spans with one of everything, for tests that compare two readers."""

import time

from otlp_client import (make_request, make_span, put_attributes, trace_pb2)

MS = 1_000_000
KINDS = ("internal", "server", "client", "producer", "consumer")
Span = trace_pb2.Span


def _timed(begin, offset_ms, milliseconds):
    start = begin + offset_ms * MS + 123  # Below what Jaeger's JSON shows.
    return {"start_time_unix_nano": start,
            "end_time_unix_nano": start + int(milliseconds * MS)}


def _tags():
    return {"text": "value", "empty": "", "yes": True, "no": False,
            "small": 7, "large": (1 << 60) + 1, "negative": -1,
            "largest.exact": (1 << 53) - 1, "over.exact": 1 << 53,
            "ratio": 72.5, "whole": 3.0, "tiny": 1e-7, "huge": 1e21,
            "bytes": b"\x00\x01\xfe\xff", "unicode": "h\u00e9 \u4e2d \U0001f600",
            "escapes": "\"\\\n\t\x01</script>"}


def _nested(span):
    array = span.attributes.add(key="array").value.array_value
    array.values.add(string_value="a")
    array.values.add(int_value=1)
    array.values.add(bool_value=True)
    put_attributes(
        span.attributes.add(key="map").value.kvlist_value.values,
        {"k": "v", "n": 2})
    span.attributes.add(key="nothing").value.SetInParent()


def _root(trace, begin):
    span = make_span(trace, name="buy /cart", tags=_tags(),
                     trace_state="vendor=1,other=2", flags=0x101,
                     **_timed(begin, 0, 500))
    _nested(span)
    for name, tags in (("started", {"at": "door", "n": 1}), ("", {"k": "v"}),
                       ("exception", {"exception.type": "Bad"})):
        event = span.events.add(
            name=name, time_unix_nano=span.start_time_unix_nano + 10 * MS)
        put_attributes(event.attributes, tags)
    return span


def _linked(trace, begin, parent, other):
    """A consumer with links of every kind, one to its own parent."""
    span = make_span(trace, name="consume", kind=Span.SPAN_KIND_CONSUMER,
                     parent_span_id=parent.span_id, **_timed(begin, 40, 3))
    for ref_type in (None, "child_of", "follows_from"):
        link = span.links.add(trace_id=other.trace_id, span_id=other.span_id)
        if ref_type:
            put_attributes(link.attributes, {"opentracing.ref_type": ref_type})
    span.links.add(trace_id=span.trace_id, span_id=parent.span_id)
    return span


def _failed(trace, begin, parent, code, message):
    span = make_span(trace, name="fail", kind=Span.SPAN_KIND_CLIENT,
                     parent_span_id=parent.span_id, **_timed(begin, 60, 0.5))
    span.status.code = code
    span.status.message = message
    return span


def _of(service, spans, scope=("lib", "1.2"), resource=None):
    request = make_request(service, spans)
    one = request.resource_spans[0]
    put_attributes(one.resource.attributes,
                   resource or {"host.name": "h1", "process.pid": 12})
    scope_spans = one.scope_spans[0]
    scope_spans.scope.name, scope_spans.scope.version = scope
    put_attributes(scope_spans.scope.attributes, {"scope.tag": "s"})
    one.schema_url = scope_spans.schema_url = "https://example.org/1"
    return request


def requests(begin=None):
    """(trace ids in hex, requests); everything began within a minute."""
    begin = begin or time.time_ns() // MS * MS - 600_000 * MS
    # The second one has 64 bits.
    ids = [f"{n}{'0' * 7}5eed{'a' * 20}" for n in (1, 2, 3)]
    ids[1] = "0" * 16 + "00000000c0ffee01"
    root = _root(ids[0], begin)
    other = make_span(ids[1], name="pull", kind=Span.SPAN_KIND_PRODUCER,
                      **_timed(begin, 1000, 20))
    ask = make_span(ids[0], name="ask", kind=Span.SPAN_KIND_CLIENT,
                    parent_span_id=root.span_id, **_timed(begin, 10, 100))
    answer = make_span(ids[0], name="answer", parent_span_id=ask.span_id,
                       tags={"where": "stock"}, **_timed(begin, 20, 50))
    inner = make_span(ids[0], name="work", kind=Span.SPAN_KIND_INTERNAL,
                      parent_span_id=answer.span_id, **_timed(begin, 21, 9))
    plain = make_span(ids[0], name="none", kind=Span.SPAN_KIND_UNSPECIFIED,
                      parent_span_id=answer.span_id, **_timed(begin, 22, 9))
    orphan = make_span(ids[0], name="orphan", parent_span_id=b"\x0f" * 8,
                       **_timed(begin, 30, 1))
    # The same id at another time.
    again = make_span(ids[0], name="work", kind=Span.SPAN_KIND_INTERNAL,
                      span_id=inner.span_id, parent_span_id=answer.span_id,
                      **_timed(begin, 35, 9))
    failures = [_failed(ids[0], begin, root, code, message)
                for code, message in ((1, ""), (2, ""), (2, "out of stock"))]
    lone = make_span(ids[2], name="lone", **_timed(begin, 2000, 0))
    return ids, [
        _of("shop", [root, ask, *failures]),
        _of("stock", [answer, inner, plain, again], scope=("", "")),
        _of("queue/\u00e9 x", [_linked(ids[0], begin, ask, other), orphan],
            resource={"k": "v", "n": 1, "b": True}),
        _of("shop", [other]),
        _of("lonely", [lone]),
    ]
