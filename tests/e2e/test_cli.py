"""roentgen put, trace and search."""

import json
import time

from harness import contains, equal, new_id, new_trace_id, segment, test


def shop_trace(trace_id):
    """Two segments, one of them at fault."""
    start = round(time.time() - 1, 3)
    call = new_id()
    return [
        {
            "name": "shop", "id": new_id(), "trace_id": trace_id,
            "origin": "AWS::EC2::Instance", "start_time": start,
            "end_time": start + 0.4,
            "http": {"request": {"method": "GET", "url": "http://shop/cart"},
                     "response": {"status": 500}},
            "fault": True,
            "subsegments": [
                {"id": call, "name": "stock", "namespace": "remote",
                 "start_time": start + 0.1, "end_time": start + 0.3}],
        },
        {
            "name": "stock", "id": new_id(), "trace_id": trace_id,
            "parent_id": call, "start_time": start + 0.15,
            "end_time": start + 0.25,
        },
    ]


@test
def test_cli_put_and_trace(env):
    server = env.server()
    trace_id = new_trace_id()
    documents = shop_trace(trace_id)
    with open(env.path("array.json"), "w") as file:
        json.dump(documents, file)
    out, _ = server.client("put", env.path("array.json"))
    equal(out, "stored 2 of 2 documents\n")

    out, _ = server.client("trace", trace_id)
    lines = out.splitlines()
    contains(lines[0], trace_id)
    contains(lines[0], "2 segments, 1 subsegment")
    equal([line[:12].rstrip() for line in lines[2:]],
          ["shop (AWS::E", "  - stock [r", "    stock"])
    contains(lines[2], "FAULT 500")
    contains(lines[2], "|" + "=" * 40 + "|")
    contains(lines[3], "|" + " " * 10 + "=" * 20 + " " * 10 + "|")

    same, _ = server.client("trace", trace_id.replace("-", "")[1:])
    equal(same, out, "by W3C id")
    out, _ = server.client("trace", "--json", trace_id)
    trace = json.loads(out)
    equal(trace["Id"], trace_id)
    equal([s["Document"] for s in trace["Segments"]], documents)
    out, _ = server.client("trace", "--original", trace_id)
    equal([json.loads(line) for line in out.splitlines()], documents)


@test
def test_cli_put_forms(env):
    server = env.server()
    documents = [segment() for _ in range(8)]
    forms = [
        json.dumps(documents[0], indent=2),
        "".join(json.dumps(d) + "\n" for d in documents[1:4]),
        json.dumps([json.dumps(documents[4]), documents[5]]),
        json.dumps({"TraceSegmentDocuments": [json.dumps(documents[6])]}),
    ]
    for form in forms:
        server.client("put", stdin=form)
    server.client("put", "-", stdin=json.dumps(documents[7]))
    for document in documents:
        equal(server.documents(document["trace_id"]), [document])
    good = segment()
    out, err = server.client("put", stdin=json.dumps(good) + "\n{}\n", code=1)
    equal(out, "stored 1 of 2 documents\n")
    contains(err, "MissingId")
    out, _ = server.client("put", "--json", stdin="{}", code=1)
    equal(json.loads(out)["UnprocessedTraceSegments"][0]["ErrorCode"],
          "MissingId")
    equal(json.loads(out)["Accepted"], 0)


@test
def test_cli_search(env):
    server = env.server()
    documents = [segment() for _ in range(120)]
    server.put(documents)
    slow = segment(start_time=time.time() - 7200, end_time=time.time() - 7100)
    server.put([slow])

    out, _ = server.client("search", "--json", "--limit", "0")
    found = [json.loads(line) for line in out.splitlines()]
    equal(sorted(s["id"] for s in found),
          sorted(d["trace_id"] for d in documents))
    starts = [s["startTime"] for s in found]
    # Without the Z: "53.843Z" would sort behind "53.843251Z".
    starts = [start.rstrip("Z") for start in starts]
    equal(starts, sorted(starts, reverse=True), "newest first")
    out, err = server.client("search", "--limit", "5")
    equal(len(out.splitlines()), 6, "a header and five lines")
    contains(err, "more traces match")
    out, _ = server.client("search", "--last", "3h", "--limit", "0", "--json")
    equal(len(out.splitlines()), 121)
    out, _ = server.client("search", "--type", "event", "--json",
                           "--limit", "0")
    equal(len(out.splitlines()), 121, "updated in the last 15 minutes")
    out, _ = server.client("search", "--start", str(time.time() - 7300),
                           "--end", str(time.time() - 7000), "--json")
    equal(json.loads(out)["id"], slow["trace_id"])
    _, err = server.client("search", "service(\"shop\"", code=2)
    contains(err, "Unexpected end of expression")


@test
def test_cli_errors(env):
    server = env.server()
    _, err = server.client("trace", new_trace_id(), code=1)
    contains(err, "no trace 1-")
    _, err = server.client("trace", "nonsense", code=1)
    contains(err, "Invalid trace id nonsense")
    for words in (["trace"], ["search", "--last", "soon"],
                  ["search", "--nope"], ["put", "--last", "1m"]):
        server.client(*words, stdin="", code=2)
    _, err = server.client("put", env.path("absent.json"), code=1)
    contains(err, "cannot read")
    server.stop()
    _, err = server.client("trace", new_trace_id(), code=1)
    contains(err, "no answer from " + server.grpc)
