"""Filter expressions through every door, open, sealed and after a restart."""

import json
import os
import subprocess
import time

from harness import (
    ROOT,
    aws_environment,
    boto3_client,
    cache,
    contains,
    equal,
    new_id,
    new_trace_id,
    poll,
    segment,
    store,
    test,
)

EXAMPLES = os.path.join(ROOT, "tests", "query", "filter_examples")
# All examples start here.
START = 1700000000
RANGE = {"StartTime": START - 1000, "EndTime": START + 1000}
PREFIX = "1-6553f100-00000000000000000000000"


def example_documents():
    with open(os.path.join(EXAMPLES, "traces.jsonl")) as lines:
        return [line for line in lines if line.strip()]


def example_rows():
    """(expression, what matches) of each row."""
    with open(os.path.join(EXAMPLES, "expressions.tsv")) as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                expression, _, matches = line.partition("\t")
                yield expression, matches


def outcome(server, expression):
    """In the form of the rows."""
    request = {**RANGE, "FilterExpression": expression}
    status, headers, reply = server.post("/TraceSummaries", request)
    if status == 400:
        equal(headers["x-amzn-errortype"], "InvalidRequestException")
        contains(reply["Message"], "Error Location: line 1, position ")
        return "400"
    equal(status, 200, f"status of {expression}: {reply}")
    numbers = sorted(s["Id"][-1] for s in reply["TraceSummaries"])
    return " ".join("T" + n for n in numbers) or "none"


def check_examples(server, when):
    for expression, matches in example_rows():
        equal(outcome(server, expression), matches, f"{expression} {when}")


def ids(server, expression, start=START - 1000, end=START + 1000, **options):
    found = server.summaries(start, end, FilterExpression=expression, **options)
    return [s["Id"] for s in found]


@test
def test_filter_examples(env):
    server = env.server()
    status, _, reply = server.post(
        "/CreateGroup",
        {"GroupName": "slow", "FilterExpression": "duration > 5"})
    equal(status, 200, str(reply))
    server.put(example_documents())
    equal(len(list(example_rows())) >= 82, True, "rows")
    check_examples(server, "while open")
    if store() == "memory":
        return
    # A clean stop seals everything.
    server.stop()
    server = env.server()
    check_examples(server, "after sealing and a restart")


@test
def test_filter_follows_changes(env):
    """Late, replaced and answered segments change answers at once."""
    server = env.server()
    trace = f"1-{START:08x}-" + "a" * 24
    root, call = new_id(), new_id()

    def part(**members):
        return segment(trace, **{"start_time": START, "end_time": START + 1,
                                 **members})

    def matches(expression):
        return ids(server, expression) == [trace]

    def restart():
        nonlocal server
        if store() != "memory":
            server.stop()
            server = env.server()

    running = part(id=root, name="front", in_progress=True)
    del running["end_time"]
    server.put([running])
    equal(matches("!ok AND !responsetime"), True)
    restart()
    equal(matches("!ok AND !responsetime"), True)

    server.put([part(id=root, name="front", subsegments=[
        {"id": call, "name": "back", "namespace": "remote",
         "start_time": START, "end_time": START + 0.5}])])
    for when in ("open", "sealed"):
        equal(matches("ok AND responsetime = 1"), True, when)
        equal(matches("!responsetime"), False, when)
        equal(matches('inferred AND service(id(name: "back", type: "remote"))'),
              True, when)
        restart()

    server.put([part(id=new_id(), parent_id=call, name="back", fault=True,
                     origin="AWS::EC2::Instance", user="late",
                     annotations={"came": "late"})])
    for when in ("open", "sealed"):
        equal(matches("inferred"), False, when)
        equal(matches('service("back") { fault } AND user = "late"'), True,
              when)
        equal(matches('service(id(name: "back", type: "remote"))'), False,
              when)
        equal(matches('annotation.came = "late" AND !fault'), True, when)
        equal(matches('edge("front", "back") { ok }'), True, when)
        restart()


@test
def test_filter_aws_clients(env):
    server = env.server()
    wanted = [new_trace_id(START) for _ in range(230)]
    server.put([segment(t, start_time=START + i, end_time=START + i + 0.5,
                        annotations={"kind": "even" if i % 2 == 0 else "odd"})
                for i, t in enumerate(wanted)])
    expression = 'annotation.kind = "even" AND duration < 1'
    client = boto3_client(server)
    pages = client.get_paginator("get_trace_summaries").paginate(
        StartTime=START - 1, EndTime=START + 500, FilterExpression=expression)
    found = [s["Id"] for page in pages for s in page["TraceSummaries"]]
    equal(found, wanted[228::-2], "even ones, newest first")

    result = subprocess.run(
        [cache("venv", "bin", "aws"), "xray", "get-trace-summaries",
         "--endpoint-url", server.url, "--start-time", str(START - 1),
         "--end-time", str(START + 500), "--filter-expression",
         'annotation.kind = "odd"', "--query", "TraceSummaries[].Id"],
        capture_output=True, text=True, env=aws_environment(server))
    equal(result.returncode, 0, result.stderr)
    equal(json.loads(result.stdout), wanted[229::-2])
    result = subprocess.run(
        [cache("venv", "bin", "aws"), "xray", "get-trace-summaries",
         "--endpoint-url", server.url, "--start-time", str(START),
         "--end-time", str(START + 1), "--filter-expression", "user = alice"],
        capture_output=True, text=True, env=aws_environment(server))
    equal(result.returncode != 0, True, "exit code")
    contains(result.stderr, "InvalidRequestException")
    contains(result.stderr,
             "Error Location: line 1, position 8 : Invalid input symbol: "
             "'alice'")


@test
def test_filter_bad_input(env):
    server = env.server()
    hostile = [
        "(" * 100_000,
        "!" * 100_000 + "ok",
        "ok " * 50_000,
        'annotation["' + "k" * 200_000,
        "user = \"\u0000\"",
        "\ud83d\ude00",
        'rootcause.json = #' + "[" * 50_000,
        "duration > 1e999",
        "service(" * 1000,
    ]
    for expression in hostile:
        started = time.monotonic()
        equal(outcome(server, expression), "400", expression[:20])
        # Far more than it takes; a stall would be seconds.
        equal(time.monotonic() - started < 5, True, "time of an error")
    equal(ids(server, "ok"), [])


@test
def test_filter_beyond_xray(env):
    """Orders, figures and explanations over HTTP."""
    server = env.server()
    server.put(example_documents())
    request = {**RANGE, "RoentgenOrderBy": "Duration"}
    _, _, reply = server.post("/TraceSummaries", request)
    equal([s["Id"][-1] for s in reply["TraceSummaries"]],
          ["6", "3", "5", "2", "1", "4"])
    request = {**RANGE, "RoentgenOrderBy": "ResponseTime",
               "FilterExpression": "ok"}
    _, _, reply = server.post("/TraceSummaries", request)
    equal([s["Id"][-1] for s in reply["TraceSummaries"]], ["6", "2", "1"])
    status, _, reply = server.post(
        "/TraceSummaries", {**RANGE, "RoentgenOrderBy": "Size"})
    equal(status, 400)
    contains(reply["Message"], "[Time, Duration, ResponseTime]")

    request = {**RANGE, "RoentgenFigures": {"GroupBy": "Annotation",
                                            "AnnotationKey": "tier"}}
    _, _, reply = server.post("/TraceSummaries", request)
    equal(reply["TraceSummaries"], [])
    figures = reply["RoentgenFigures"]
    equal(figures["TraceCount"], 6)
    # Whole numbers above 2.048 s are within 0.1 %.
    equal(figures["Duration"]["P50"], 0.9)
    equal({g["Value"]["StringValue"]: g["TraceCount"]
           for g in figures["Groups"]}, {"gold": 1, "silver": 1, "Gold": 1})
    equal(figures["GroupsCut"], False)

    request = {**RANGE, "RoentgenExplain": True,
               "FilterExpression": 'user = "bob" AND fault'}
    _, _, reply = server.post("/TraceSummaries", request)
    for part in ("expression: user = \"bob\" AND fault", "plan:", "matched: 1"):
        contains(reply["RoentgenExplanation"], part)


@test
def test_filter_grpc(env):
    from grpc_client import connect, pb, refusal

    server = env.server()
    server.put(example_documents())
    with connect(server) as stub:
        def request(expression, **members):
            made = pb.GetTraceSummariesRequest(
                filter_expression=expression, **members)
            made.start_time.FromSeconds(START - 1000)
            made.end_time.FromSeconds(START + 1000)
            return made

        found = stub.GetTraceSummaries(request("fault", explain=True),
                                       timeout=30)
        equal([s.id for s in found.trace_summaries], [PREFIX + "3"])
        equal(found.trace_summaries[0].fault_root_causes[0].client_impacting,
              True)
        contains(found.explanation, "plan:")
        pages = stub.StreamTraceSummaries(request("!ok"), timeout=30)
        equal(sorted(s.id[-1] for page in pages for s in page.trace_summaries),
              ["3", "4", "5"])
        longest = stub.GetTraceSummaries(
            request("", order_by=pb.SEARCH_ORDER_DURATION), timeout=30)
        equal(longest.trace_summaries[0].id, PREFIX + "6")

        code, message, reason = refusal(
            lambda: stub.GetTraceSummaries(request("falt"), timeout=30))
        equal((code, reason), ("INVALID_ARGUMENT", "InvalidRequestException"))
        contains(message, "Invalid input symbol: 'falt'")

        figures = pb.GetTraceFiguresRequest(
            filter_expression="duration > 0.5", group_by=pb.GROUP_BY_SERVICE)
        figures.start_time.FromSeconds(START - 1000)
        figures.end_time.FromSeconds(START + 1000)
        answer = stub.GetTraceFigures(figures, timeout=30)
        equal(answer.total.trace_count, 4)
        equal({g.service.name: g.figures.trace_count for g in answer.groups},
              {"shop": 2, "pricing": 1, "batch": 1, "hook": 1})

        check = pb.CheckIndexRequest()
        check.start_time.FromSeconds(START - 1000)
        check.end_time.FromSeconds(START + 1000)
        report = stub.CheckIndex(check, timeout=30)
        equal((report.trace_count, report.mismatch_count), (6, 0))
        equal(report.comparison_count > 200, True, str(report))


@test
def test_live_tail(env):
    from grpc_client import connect, pb, refusal

    server = env.server()
    with connect(server) as stub:
        tail = stub.TailTraceSummaries(pb.TailTraceSummariesRequest(
            filter_expression='fault AND annotation.who = "me"'), timeout=30)
        equal(len(next(tail).trace_summaries), 0, "the first message")
        wanted = segment(fault=True, annotations={"who": "me"})
        server.put([segment(fault=True, annotations={"who": "other"}),
                    segment(annotations={"who": "me"}), wanted])
        equal([s.id for s in next(tail).trace_summaries], [wanted["trace_id"]])
        # A change that makes a trace match is told, too.
        late = segment(annotations={"who": "me"})
        server.put([late])
        server.put([segment(late["trace_id"], id=new_id(), fault=True,
                            start_time=late["start_time"] - 10)])
        equal([s.id for s in next(tail).trace_summaries], [late["trace_id"]])
        tail.cancel()
        code, message, _ = refusal(lambda: next(stub.TailTraceSummaries(
            pb.TailTraceSummariesRequest(filter_expression="("), timeout=30)))
        equal(code, "INVALID_ARGUMENT")
        contains(message, "position 2")
        # An open tail does not keep the server from stopping.
        other = stub.TailTraceSummaries(pb.TailTraceSummariesRequest(),
                                        timeout=30)
        next(other)
        equal(server.stop(), 0)


@test
def test_filter_cli(env):
    server = env.server()
    server.put(example_documents())
    window = ["--start", str(START - 1000), "--end", str(START + 1000)]
    out, _ = server.client("search", 'service("pricing") { fault }', *window)
    contains(out, PREFIX + "2")
    equal(len(out.splitlines()), 2, out)
    out, err = server.client("search", "fault", "--explain", "--json", *window)
    equal(json.loads(out)["id"], PREFIX + "3")
    contains(err, "plan:\n  fault\n")
    out, _ = server.client("search", "--by", "duration", *window)
    contains(out.splitlines()[1], PREFIX + "6")
    out, _ = server.client("search", "--count", "--group", "service", *window)
    contains(out, "shop (AWS::ECS::Container)")
    out, _ = server.client("check", *window)
    contains(out, " 0 mismatches")
    _, err = server.client("search", "duration >", code=2)
    contains(err, "Error Location: line 1, position 11")

    with open(env.path("tail.out"), "w") as out:
        env.start([server.binary, "tail", "ok", "--json"], stdout=out,
                  env={**os.environ, "ROENTGEN_ADDRESS": server.grpc})

    def told():
        server.put([segment()])
        with open(env.path("tail.out")) as lines:
            return lines.readline().endswith("\n")

    poll("the tail's first line", told)
