"""What boto3, the AWS CLI and the JavaScript SDK must see."""

import json
import subprocess
import time

from botocore.exceptions import ClientError

from harness import (
    HERE,
    aws_environment,
    boto3_client,
    cache,
    contains,
    equal,
    new_id,
    new_trace_id,
    run_json,
    segment,
    test,
)


def refusal(call, **arguments):
    """(code, message, HTTP status) of the ClientError of a call."""
    try:
        call(**arguments)
    except ClientError as error:
        meta = error.response["ResponseMetadata"]
        assert meta["RequestId"]
        return (error.response["Error"]["Code"],
                error.response["Error"]["Message"], meta["HTTPStatusCode"])
    raise AssertionError("the call succeeded")


@test
def test_boto3_mixed_batch(env):
    server = env.server()
    client = boto3_client(server)
    good = segment()
    bad = {
        "MissingTraceId": segment(),
        "InvalidTraceId": segment("4efaaf4d1e8720b39541901950019ee5"),
        "InvalidId": segment(id="xyz"),
        "MissingEndTime": segment(),
        "UnknownType": segment(type="other"),
        "InProgressSegmentHasEndTime": segment(in_progress=True),
    }
    del bad["MissingTraceId"]["trace_id"]
    del bad["MissingEndTime"]["end_time"]
    texts = [json.dumps(d) for d in bad.values()]
    texts[3:3] = [json.dumps(good), "{", "7"]
    reply = client.put_trace_segments(TraceSegmentDocuments=texts)
    unprocessed = reply["UnprocessedTraceSegments"]
    codes = list(bad)
    codes[3:3] = ["ParseError", "ParseError"]
    equal([u["ErrorCode"] for u in unprocessed], codes)
    by_code = {u["ErrorCode"]: u for u in unprocessed}
    equal(by_code["MissingTraceId"],
          {"Id": bad["MissingTraceId"]["id"], "ErrorCode": "MissingTraceId",
           "Message": "Invalid segment. ErrorCode: MissingTraceId"})
    equal(by_code["ParseError"].get("Id"), None)
    equal(by_code["ParseError"]["Message"],
          "Invalid entity. ErrorCode: ParseError")
    equal(server.documents(good["trace_id"]), [good])


@test
def test_boto3_typed_errors(env):
    server = env.server()
    client = boto3_client(server)
    some = new_trace_id()
    now = time.time()
    for call, arguments, message in (
        (client.batch_get_traces,
         {"TraceIds": [new_trace_id() for _ in range(6)]},
         "Exceeding maximum query size: 5"),
        (client.batch_get_traces, {"TraceIds": ["1-zz"]},
         "Invalid trace id 1-zz: incorrect id format"),
        (client.batch_get_traces, {"TraceIds": [some, some]},
         "Containing duplicate trace ids"),
        (client.batch_get_traces, {"TraceIds": [some], "NextToken": "x"},
         "NextToken is currently not supported"),
        (client.put_trace_segments, {"TraceSegmentDocuments": []},
         "Segments can not be empty"),
        (client.get_trace_summaries,
         {"StartTime": now, "EndTime": now - 60},
         "End time cannot be earlier than start time"),
        (client.get_trace_summaries,
         {"StartTime": now - 60, "EndTime": now, "NextToken": "zzz"},
         "Invalid token zzz"),
    ):
        equal(refusal(call, **arguments),
              ("InvalidRequestException", message, 400))
    try:
        client.batch_get_traces(TraceIds=["1-zz"])
        raise AssertionError("the call succeeded")
    except client.exceptions.InvalidRequestException as error:
        contains(str(error), "1-zz")
    code, message, status = refusal(
        client.get_trace_summaries, StartTime=now - 60, EndTime=now,
        FilterExpression="falt")
    equal((code, status), ("InvalidRequestException", 400))
    contains(message, "Invalid input symbol: 'falt'")
    # A second at most, as AWS would say it or otherwise: never a 5xx.
    equal(refusal(client.get_trace_summaries, StartTime=now - 60,
                  EndTime=now, TimeRangeType="Other")[2], 400)
    equal(client.batch_get_traces(TraceIds=[some])["Traces"], [])


@test
def test_boto3_paginates_every_time_range_type(env):
    server = env.server()
    client = boto3_client(server)
    second = int(time.time()) - 100
    documents = [
        segment(start_time=second + i / 10, end_time=second + i / 10 + 5)
        for i in range(250)
    ]
    before = time.time()
    server.put(documents)
    newest_first = [d["trace_id"] for d in reversed(documents)]
    paginator = client.get_paginator("get_trace_summaries")

    def ids(**arguments):
        pages = list(paginator.paginate(**arguments))
        sizes = [len(p["TraceSummaries"]) for p in pages]
        equal(max(sizes) <= 100, True, f"page sizes {sizes}")
        return [s["Id"] for p in pages for s in p["TraceSummaries"]]

    equal(ids(StartTime=second, EndTime=second + 25), newest_first)
    equal(ids(StartTime=second, EndTime=second + 25,
              TimeRangeType="TraceId"), newest_first)
    # Half-open: starts at second + 10 are in, at second + 20 are not.
    equal(ids(StartTime=second + 10, EndTime=second + 20),
          newest_first[50:150])
    equal(ids(StartTime=second + 5, EndTime=second + 30,
              TimeRangeType="Service"), newest_first)
    equal(ids(StartTime=second, EndTime=second + 5,
              TimeRangeType="Service"), [])
    arguments = {"StartTime": int(before), "EndTime": int(time.time()) + 1}
    by_event = ids(TimeRangeType="Event", **arguments)
    equal(sorted(by_event), sorted(newest_first))
    page = client.get_trace_summaries(TimeRangeType="Event", **arguments)
    equal("MatchedEventTime" in page["TraceSummaries"][0], True)
    page = client.get_trace_summaries(StartTime=second, EndTime=second + 25)
    equal("MatchedEventTime" in page["TraceSummaries"][0], False)
    equal((len(page["TraceSummaries"]), page["TracesProcessedCount"]),
          (100, 100))
    # A token is bound to its request.
    equal(refusal(client.get_trace_summaries, StartTime=second,
                  EndTime=second + 24, NextToken=page["NextToken"])[0],
          "InvalidRequestException")


@test
def test_boto3_assembly(env):
    server = env.server()
    client = boto3_client(server)
    # In progress, then complete, then a late repeat that changes nothing.
    first = segment()
    trace_id, root = first["trace_id"], first["id"]
    open_one = {k: v for k, v in first.items() if k != "end_time"}
    server.put([{**open_one, "in_progress": True}])
    equal(server.documents(trace_id)[0]["in_progress"], True)
    server.put([first])
    server.put([{**first, "name": "late"}])
    equal(server.documents(trace_id), [first])
    # A subsegment before its parent; a call that nobody answers.
    parent = segment()
    trace_id = parent["trace_id"]
    call = {
        "id": new_id(), "name": "dynamodb", "namespace": "aws",
        "trace_id": trace_id, "parent_id": parent["id"],
        "type": "subsegment", "start_time": parent["start_time"],
        "end_time": parent["end_time"],
        "aws": {"operation": "GetItem", "table_name": "carts"},
    }
    server.put([call])
    trace = client.batch_get_traces(TraceIds=[trace_id])["Traces"][0]
    (lone,) = [json.loads(s["Document"]) for s in trace["Segments"]]
    equal((lone["id"], lone["type"], lone["parent_id"]),
          (call["id"], "subsegment", parent["id"]))
    summary = client.get_trace_summaries(
        StartTime=time.time() - 300, EndTime=time.time() + 60,
        FilterExpression='service("DynamoDB")')["TraceSummaries"]
    equal([(s["Id"], s["IsPartial"]) for s in summary], [(trace_id, True)])
    server.put([parent])
    trace = client.batch_get_traces(TraceIds=[trace_id])["Traces"][0]
    equal(trace["Duration"], 0.25)
    made = {s["Id"]: json.loads(s["Document"]) for s in trace["Segments"]}
    folded = made.pop(parent["id"])["subsegments"][0]
    equal((folded["id"], folded["name"]), (call["id"], "DynamoDB"))
    equal(set(folded) & {"type", "parent_id", "trace_id"}, set())
    (inferred_id, inferred), = made.items()
    equal((inferred["id"], inferred["inferred"], inferred["parent_id"],
           inferred["origin"]),
          (inferred_id, True, call["id"], "AWS::DynamoDB::Table"))
    equal(root != inferred_id, True)


@test
def test_aws_cli(env):
    server = env.server()
    environment = aws_environment(server)
    documents = [segment() for _ in range(130)]

    def cli(*words):
        return subprocess.run(
            [cache("venv", "bin", "aws"), "xray", *words, "--endpoint-url",
             server.url, "--output", "json"],
            capture_output=True, text=True, timeout=60, env=environment)

    result = cli("put-trace-segments", "--trace-segment-documents",
                 json.dumps(documents[0]), "{")
    equal(result.returncode, 0, result.stderr)
    reply = json.loads(result.stdout)
    equal([u["ErrorCode"] for u in reply["UnprocessedTraceSegments"]],
          ["ParseError"])
    server.put(documents[1:])
    result = cli("get-trace-summaries", "--start-time",
                 str(int(time.time()) - 100), "--end-time",
                 str(int(time.time()) + 1))
    equal(result.returncode, 0, result.stderr)
    found = [s["Id"] for s in json.loads(result.stdout)["TraceSummaries"]]
    equal(sorted(found), sorted(d["trace_id"] for d in documents))
    result = cli("batch-get-traces", "--trace-ids",
                 *[d["trace_id"] for d in documents[:6]])
    equal(result.returncode != 0, True, "exit code of a refused call")
    contains(result.stderr, "InvalidRequestException")
    contains(result.stderr, "Exceeding maximum query size: 5")


@test
def test_js_sdk(env):
    server = env.server()
    documents = [segment() for _ in range(130)]
    server.put(documents)
    now = time.time()
    reply = run_json(
        ["node", f"{HERE}/apps/read_with_js_sdk.js", server.url,
         str(int(now * 1000) - 60_000), str(int(now * 1000) + 1000),
         documents[0]["trace_id"]], server)
    equal([json.loads(s["Document"]) for s in reply["traces"][0]["Segments"]],
          [documents[0]])
    equal(sorted(s["Id"] for s in reply["summaries"]),
          sorted(d["trace_id"] for d in documents))
    equal(reply["startsAreDates"], True)
    equal([u["ErrorCode"] for u in reply["unprocessed"]], ["MissingId"])
    equal(reply["refusal"],
          {"name": "InvalidRequestException",
           "message": "Exceeding maximum query size: 5", "status": 400,
           "hasRequestId": True})
