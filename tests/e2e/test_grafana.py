"""The calls of Grafana's X-Ray data source, and what it reads unchecked.

It signs with the AWS SDK for Go: times are numbers with a fraction. Whatever
it dereferences must be there, or the plugin ends.
"""

import concurrent.futures
import json
import signal
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import api_model
import incident
from harness import equal, poll, store, test
from test_auth import bearer, credentials, guarded

ROWS = 1000


class Plugin:
    def __init__(self, server, start, end):
        self.server = server
        self.range = {"StartTime": start, "EndTime": end}
        self._keys = Credentials(*credentials("READER"))

    def send(self, operation, **members):
        """(status, answer) of a signed call."""
        path = api_model.OPERATIONS[operation]["path"]
        body = json.dumps(members).encode()
        request = AWSRequest("POST", self.server.url + path, data=body,
                             headers={"Content-Type": "application/json"})
        SigV4Auth(self._keys, "xray", "us-east-1").add_auth(request)
        status, _, reply = self.server.post(path, body,
                                            dict(request.headers))
        return status, reply

    def call(self, operation, **members):
        status, reply = self.send(operation, **members)
        equal(status, 200, f"{operation}: {reply}")
        shape = api_model.OPERATIONS[operation]["output"]
        equal(api_model.faults(shape, reply), [], operation)
        return reply

    def summaries(self, most, **members):
        """Pages until there are `most` rows or no more tokens."""
        rows, request = [], {**self.range, **members}
        while len(rows) < most:
            page = self.call("GetTraceSummaries", **request)
            rows += page["TraceSummaries"]
            if not page.get("NextToken"):
                break
            request["NextToken"] = page["NextToken"]
        return rows

    def series(self, **members):
        return self.call("GetTimeSeriesServiceStatistics", Period=60,
                         GroupName="Default", **self.range, **members)[
                             "TimeSeriesServiceStatistics"]


def statistics(point):
    """As the plugin picks them: those of edges first."""
    assert ("EdgeSummaryStatistics" in point) != (
        "ServiceSummaryStatistics" in point), point
    found = point.get("EdgeSummaryStatistics",
                      point.get("ServiceSummaryStatistics"))
    assert found["TotalCount"] > 0, point
    found["TotalResponseTime"] / found["TotalCount"]
    for name in ("OkCount", "ErrorStatistics", "FaultStatistics"):
        assert name in found, point
    return found


def check_row(row):
    assert isinstance(row["Http"], dict), row
    assert row["Id"] and row["StartTime"] and row["Duration"] >= 0, row
    for name in ("HasFault", "HasError", "HasThrottle", "IsPartial"):
        assert isinstance(row[name], bool), row
    assert isinstance(row["Annotations"], dict), row
    for kind in ("FaultRootCauses", "ErrorRootCauses",
                 "ResponseTimeRootCauses"):
        for cause in row[kind]:
            for service in cause["Services"]:
                assert service["Name"] and "Type" in service, cause
                assert isinstance(service["EntityPath"], list), cause


def check_panels(plugin):
    """Trace list, statistics, one trace, the map."""
    groups = plugin.call("GetGroups")["Groups"]
    equal(groups[0]["GroupName"], "Default")
    rows = plugin.summaries(ROWS)
    equal(len(rows), 300)
    for row in rows:
        check_row(row)
    equal(sum(bool(row["FaultRootCauses"]) for row in rows), 100)

    for members, per_trace in (
        ({}, 1),
        ({"EntitySelectorExpression":
          'service(id(name: "pay", type: "AWS::ECS::Container"))'}, 1),
        ({"EntitySelectorExpression":
          'edge(id(name: "shop", type: "AWS::ECS::Container"), '
          'id(name: "pay", type: "AWS::ECS::Container"))'}, 1),
    ):
        points = plugin.series(**members)
        equal(sum(statistics(p)["TotalCount"] for p in points),
              300 * per_trace, f"{members}")
        times = [p["Timestamp"] for p in points]
        equal(times, sorted(times, reverse=True), "newest point first")

    some = [rows[0]["Id"]]
    trace = plugin.call("BatchGetTraces", TraceIds=some)["Traces"][0]
    for one in trace["Segments"]:
        document = json.loads(one["Document"])
        for name in ("id", "name", "start_time", "end_time", "trace_id"):
            assert document[name], document
    for reply in (plugin.call("GetTraceGraph", TraceIds=some),
                  plugin.call("GetServiceGraph", GroupName="Default",
                              **plugin.range)):
        equal(len(reply["Services"]), 3)
        for node in reply["Services"]:
            assert node["Name"] and node["Type"], node
            assert isinstance(node["Edges"], list), node


def check_analytics(plugin):
    """Four quarters at once, each with pages of its own."""
    start, end = plugin.range.values()
    quarter = (end - start) / 4

    def rows(i, share):
        part = Plugin(plugin.server, start + i * quarter,
                      start + (i + 1) * quarter)
        return part.summaries(
            10_000, TimeRangeType="Event", Sampling=True,
            SamplingStrategy={"Name": "FixedRate", "Value": share})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        whole = list(pool.map(lambda i: rows(i, 1.0), range(4)))
        half = list(pool.map(lambda i: rows(i, 0.5), range(4)))
    found = [row["Id"] for part in whole for row in part]
    equal((len(found), len(set(found))), (300, 300), "rows of the quarters")
    sampled = {row["Id"] for part in half for row in part}
    # Four and a half standard deviations of 300 halves.
    assert sampled <= set(found) and abs(len(sampled) - 150) < 39, len(sampled)
    for part in whole:
        for row in part:
            check_row(row)


def check_insights(plugin, state):
    """The list of one state, as the plugin shows it."""
    for states in ([], [state]):
        rows = plugin.call("GetInsightSummaries", GroupName="Default",
                           States=states, **plugin.range)["InsightSummaries"]
        equal([row["State"] for row in rows], [state])
        row = rows[0]
        for service in (row["RootCauseServiceId"],
                        row["TopAnomalousServices"][0]["ServiceId"]):
            equal((service["Name"], service["Type"]),
                  ("pay", "AWS::ECS::Container"))
        equal(row["Categories"][0], "FAULT")
        assert row["StartTime"] and row["LastUpdateTime"], row
        # Of closed ones it shows the second sentence.
        assert row["Summary"].split(".")[1].strip(), row
        equal("EndTime" in row, state == "CLOSED", f"{row}")
    other = "CLOSED" if state == "ACTIVE" else "ACTIVE"
    equal(plugin.call("GetInsightSummaries", GroupName="Default",
                      States=[other], **plugin.range)["InsightSummaries"], [])


def administer(server, request):
    status, _, reply = server.post("/UpdateGroup", request, bearer("ALL"))
    equal(status, 200, reply)


@test
def test_grafana_data_source(env):
    server = guarded(env)
    keys = bearer("ALL")
    begin = time.time()
    incident.begin(server, keys)
    plugin = Plugin(server, begin - 900.25, time.time() + 300.5)
    check_panels(plugin)
    check_analytics(plugin)
    incident.wait(server, keys)
    check_insights(plugin, "ACTIVE")
    if store() != "memory":
        # A kill takes no insight away.
        server.stop(signal.SIGKILL)
        server = guarded(env)
        plugin = Plugin(server, *plugin.range.values())
        check_insights(plugin, "ACTIVE")
    # Nobody watches any more, so it is over.
    administer(server, {"GroupName": "Default", "InsightsConfiguration": {
        "InsightsEnabled": False}})
    poll("the end of the insight",
         lambda: incident.summaries(server, keys)[0]["State"] == "CLOSED")
    check_insights(plugin, "CLOSED")


@test
def test_grafana_sees_the_limits_of_aws(env):
    server = guarded(env, strict_aws_limits="true")
    now = time.time()
    for operation, hours, message in (
        ("GetServiceGraph", 6, "Time range cannot be longer than 6 hours"),
        ("GetTraceSummaries", 24, "Time range cannot be longer than 24 hours"),
    ):
        plugin = Plugin(server, now - hours * 3600 - 1.5, now)
        status, reply = plugin.send(operation, **plugin.range)
        equal((status, reply["Message"]), (400, message), operation)
        plugin = Plugin(server, now - hours * 3600 + 1.5, now)
        equal(plugin.send(operation, **plugin.range)[0], 200, operation)
