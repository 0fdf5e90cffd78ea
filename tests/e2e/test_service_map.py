"""The service map as AWS clients, HTTP and the command line see it."""

import json
import shutil
import subprocess
import time

from botocore.exceptions import ClientError

from harness import (
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


def minute():
    """The begin of the minute before this one: over, and recent."""
    return int(time.time()) // 60 * 60 - 60


def shop_trace(at, status=200):
    """shop (0.9 s) calls pricing (0.7 s seen, 0.68 s answered) and a queue."""
    trace, call = new_trace_id(at), new_id()
    return [
        {"trace_id": trace, "id": new_id(), "name": "shop",
         "origin": "AWS::ECS::Container", "start_time": at + 0.05,
         "end_time": at + 0.95, "fault": status >= 500,
         "http": {"response": {"status": status}},
         "subsegments": [
             {"id": call, "name": "pricing", "namespace": "remote",
              "start_time": at + 0.1, "end_time": at + 0.8, "fault": True},
             {"id": new_id(), "name": "db@host", "namespace": "remote",
              "start_time": at + 0.8, "end_time": at + 0.9,
              "sql": {"url": "jdbc:postgresql://host/db"}}]},
        {"trace_id": trace, "id": new_id(), "name": "pricing",
         "parent_id": call, "origin": "AWS::EC2::Instance",
         "start_time": at + 0.11, "end_time": at + 0.79, "fault": True},
    ]


def by_name(services):
    return {(s["Name"], s.get("Type")): s for s in services}


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        equal(error.response["Error"]["Code"], "InvalidRequestException")
        return error.response["Error"]["Message"]
    raise AssertionError("the call succeeded")


@test
def test_service_graph(env):
    server = env.server()
    client = boto3_client(server)
    at = minute() + 10
    server.put(shop_trace(at))
    graph = client.get_service_graph(StartTime=at - 10, EndTime=at + 20)
    equal([(s["Name"], s.get("Type"), s["ReferenceId"], s["State"])
           for s in graph["Services"]],
          [("db@host", "Database::SQL", 0, "passive"),
           ("pricing", "AWS::EC2::Instance", 1, "active"),
           ("shop", "AWS::ECS::Container", 2, "active"),
           ("shop", "client", 3, "unknown")])
    equal(graph["ContainsOldGroupVersions"], False)
    equal(graph["StartTime"].timestamp(), at)
    equal(graph["EndTime"].timestamp(), at + 1)
    services = by_name(graph["Services"])
    pricing = services["pricing", "AWS::EC2::Instance"]
    equal(pricing["SummaryStatistics"], {
        "OkCount": 0, "TotalCount": 1, "TotalResponseTime": 0.68,
        "ErrorStatistics": {"ThrottleCount": 0, "OtherCount": 0,
                            "TotalCount": 0},
        "FaultStatistics": {"OtherCount": 1, "TotalCount": 1}})
    equal("Root" in pricing, False)
    shop = services["shop", "AWS::ECS::Container"]
    equal(shop["Root"], True)
    equal(shop["StartTime"].timestamp(), at)
    equal(shop["ResponseTimeHistogram"], [{"Value": 0.9, "Count": 1}])
    edge = [e for e in shop["Edges"] if e["ReferenceId"] == 1][0]
    equal(edge["SummaryStatistics"]["TotalResponseTime"], 0.7)
    equal(edge["Aliases"],
          [{"Name": "pricing", "Names": ["pricing"], "Type": "remote"}])
    client_node = services["shop", "client"]
    equal("SummaryStatistics" in client_node, False)
    equal([e["ReferenceId"] for e in client_node["Edges"]], [2])

    # Late: what was inferred becomes real; sent again it counts once.
    trace, call = new_trace_id(at), new_id()
    caller = segment(trace, name="front", start_time=at, end_time=at + 1,
                     subsegments=[
                         {"id": call, "name": "back", "namespace": "remote",
                          "start_time": at + 0.2, "end_time": at + 0.7}])
    server.put([caller])
    ask = {"StartTime": at - 10, "EndTime": at + 20}
    seen = by_name(client.get_service_graph(**ask)["Services"])
    equal(seen["back", "remote"]["SummaryStatistics"]["TotalCount"], 1)
    server.put([caller, segment(trace, name="back", parent_id=call,
                                start_time=at + 0.3, end_time=at + 0.6)])
    seen = by_name(client.get_service_graph(**ask)["Services"])
    equal(("back", "remote") in seen, False)
    equal(seen["back", ""]["SummaryStatistics"]["TotalCount"], 1)
    equal(seen["front", ""]["SummaryStatistics"]["TotalCount"], 1)

    # The same by the AWS CLI.
    shown = run_json([cache("venv", "bin", "aws"), "xray",
                      "--endpoint-url", server.url, "get-service-graph",
                      "--start-time", str(at - 10),
                      "--end-time", str(at + 20)], server)
    equal(len(shown["Services"]), 7)

    equal(refusal(client.get_service_graph, StartTime=at, EndTime=at - 1),
          "End time cannot be earlier than start time")
    equal(refusal(client.get_service_graph, **ask, NextToken="x"),
          "NextToken is currently not supported")
    equal(refusal(client.get_service_graph, **ask, GroupName="nope"),
          "Group not found.")
    empty = client.get_service_graph(StartTime=1, EndTime=2)
    equal((empty["Services"], "StartTime" in empty), ([], False))


@test
def test_trace_graph(env):
    server = env.server()
    client = boto3_client(server)
    first, second = shop_trace(minute()), shop_trace(minute())
    server.put(first + second)
    ids = [first[0]["trace_id"], second[0]["trace_id"]]
    one = by_name(client.get_trace_graph(TraceIds=ids[:1])["Services"])
    equal(one["shop", "client"]["Edges"][0]["SummaryStatistics"]["OkCount"], 1)
    equal("StartTime" in one["shop", "AWS::ECS::Container"], False)
    both = by_name(client.get_trace_graph(TraceIds=ids)["Services"])
    equal(both["shop", "client"]["Edges"][0]["SummaryStatistics"]["OkCount"],
          2)
    shown = run_json([cache("venv", "bin", "aws"), "xray",
                      "--endpoint-url", server.url, "get-trace-graph",
                      "--trace-ids", ids[0]], server)
    equal(len(shown["Services"]), 4)
    equal(refusal(client.get_trace_graph, TraceIds=[]),
          "Zero trace ids provided")
    equal(refusal(client.get_trace_graph, TraceIds=["1-2-3"]),
          "Invalid traceId. ErrorCode: InvalidId")
    equal(refusal(client.get_trace_graph, TraceIds=[new_trace_id()]),
          "Trace id not found")


@test
def test_time_series(env):
    server = env.server()
    client = boto3_client(server)
    base = minute() - 300
    server.put(shop_trace(base + 10) + shop_trace(base + 70, 500)
               + shop_trace(base + 80))
    ask = {"StartTime": base, "EndTime": base + 240}
    reply = client.get_time_series_service_statistics(**ask)
    points = reply["TimeSeriesServiceStatistics"]
    equal([p["Timestamp"].timestamp() for p in points],
          [base + 120, base + 60])
    equal(points[0]["EdgeSummaryStatistics"]["TotalCount"], 2)
    equal(points[0]["EdgeSummaryStatistics"]["FaultStatistics"]["TotalCount"],
          1)
    equal("ServiceSummaryStatistics" in points[0], False)
    equal(points[1]["ResponseTimeHistogram"], [{"Value": 0.9, "Count": 1}])
    selector = 'service(id(name: "pricing", type: "AWS::EC2::Instance"))'
    reply = client.get_time_series_service_statistics(
        **ask, EntitySelectorExpression=selector, ForecastStatistics=True)
    points = reply["TimeSeriesServiceStatistics"]
    equal(points[0]["ServiceSummaryStatistics"]["TotalCount"], 2)
    equal(points[0]["ServiceForecastStatistics"]["FaultCountLow"], 0)
    shown = run_json([cache("venv", "bin", "aws"), "xray",
                      "--endpoint-url", server.url,
                      "get-time-series-service-statistics",
                      "--start-time", str(base), "--end-time", str(base + 240),
                      "--period", "60", "--entity-selector-expression",
                      'edge("shop", "pricing")'], server)
    equal([p["EdgeSummaryStatistics"]["TotalCount"]
           for p in shown["TimeSeriesServiceStatistics"]], [2, 1])
    equal(refusal(client.get_time_series_service_statistics, **ask, Period=7),
          "Time period must be one of [60, 300]")
    contains(refusal(client.get_time_series_service_statistics, **ask,
                     EntitySelectorExpression="fault"), "Error Location")


@test
def test_groups_of_the_map(env):
    server = env.server()
    client = boto3_client(server)
    group = client.create_group(GroupName="failing",
                                FilterExpression="fault")["Group"]
    at = minute() + 20
    server.put(shop_trace(at) + shop_trace(at, 500))
    ask = {"StartTime": at - 10, "EndTime": at + 10}

    def calls(**options):
        graph = client.get_service_graph(**ask, **options)
        services = by_name(graph["Services"])
        node = services.get(("shop", "AWS::ECS::Container"))
        return node["SummaryStatistics"]["TotalCount"] if node else 0

    equal(calls(), 2)
    equal(calls(GroupName="Default"), 2)
    equal(calls(GroupName="failing"), 1)
    equal(calls(GroupARN=group["GroupARN"]), 1)
    points = client.get_time_series_service_statistics(
        StartTime=at - 60, EndTime=at + 120, GroupName="failing")
    equal([p["EdgeSummaryStatistics"]["TotalCount"]
           for p in points["TimeSeriesServiceStatistics"]], [1])
    # Traces keep the groups that they had when they came.
    client.update_group(GroupName="failing", FilterExpression="ok")
    equal(calls(GroupName="failing"), 1)
    now = int(time.time())
    graph = client.get_service_graph(StartTime=now - 60, EndTime=now + 60,
                                     GroupName="failing")
    equal(graph["ContainsOldGroupVersions"], True)
    # A group of the same name is another group.
    client.delete_group(GroupName="failing")
    client.create_group(GroupName="failing", FilterExpression="fault")
    equal(calls(GroupName="failing"), 0)


@test
def test_beyond_xray(env):
    server = env.server()
    at = minute() + 10
    server.put(shop_trace(at) + shop_trace(at, 500))
    ask = {"StartTime": at - 10, "EndTime": at + 10}
    _, _, plain = server.post("/ServiceGraph", ask)
    equal("Roentgen" in json.dumps(plain), False)
    _, _, reply = server.post("/ServiceGraph", {
        **ask, "RoentgenPercentiles": True,
        "RoentgenFilterExpression": 'service("shop") { fault }',
        "RoentgenCompareStartTime": at - 3600,
        "RoentgenCompareEndTime": at - 1800})
    shop = by_name(reply["Services"])["shop", "AWS::ECS::Container"]
    equal(shop["SummaryStatistics"]["TotalCount"], 1)
    equal(shop["RoentgenPercentiles"],
          {"P50": 0.9, "P90": 0.9, "P95": 0.9, "P99": 0.9})
    equal(reply["RoentgenProgress"]["Incomplete"], False)
    equal({c["Change"] for c in reply["RoentgenChanges"]}, {"appeared"})


@test
def test_cli_graph(env):
    server = env.server()
    trace = shop_trace(int(time.time()) - 5)
    server.put(trace)
    out, _ = server.client("graph", "--last", "1h")
    contains(out, "shop (AWS::ECS::Container), root")
    contains(out, "  -> pricing (AWS::EC2::Instance), as pricing")
    out, _ = server.client("graph", "--last", "1h", "--json")
    equal(len(json.loads(out)["nodes"]), 4)
    out, _ = server.client("graph", "--trace", trace[0]["trace_id"])
    contains(out, "pricing")
    out, err = server.client("graph", "--last", "1h", "--filter", "duration > 5")
    equal((out, err), ("", "roentgen: nothing ended in this time\n"))
    out, _ = server.client("graph", "--last", "1h", "--compare", "1d")
    contains(out, "appeared")
    _, err = server.client("graph", "--filter", "duratoin > 5", code=2)
    contains(err, "^")
    _, err = server.client("graph", "--group", "nope", code=1)
    contains(err, "Group not found.")

    dot, _ = server.client("graph", "--last", "1h", "--dot")
    contains(dot, "digraph services {")
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=dot, text=True,
                               capture_output=True)
        equal(drawn.returncode, 0, drawn.stderr)
        contains(drawn.stdout, "AWS::ECS::Container")

    out, _ = server.client("top", "--last", "1h", "--by", "latency")
    equal([line.split()[-2] for line in out.splitlines()[1:]],
          ["(AWS::ECS::Container),", "pricing", "db@host"])
    out, _ = server.client("groups", "create", "failing", "fault")
    contains(out, "failing")
    out, _ = server.client("groups")
    equal([line.split()[0] for line in out.splitlines()],
          ["Default", "failing"])
    server.client("groups", "update", "failing", "ok")
    server.client("groups", "delete", "failing")
    _, err = server.client("groups", "delete", "failing", code=1)
    contains(err, "Group not found")
