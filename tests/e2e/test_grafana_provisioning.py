"""What deploy/grafana provisions: files that agree, and queries that answer.

Each query of the dashboard is put to a running server by the calls that its
data source makes for it.
"""

import json
import os
import time
import urllib.parse

import yaml

from harness import ROOT, equal, new_id, segment, test
from otlp_client import connect, make_request, make_span
from test_auth import bearer, guarded
from test_grafana import Plugin, check_row, statistics

FOLDER = os.path.join(ROOT, "deploy", "grafana")
XRAY, JAEGER = "grafana-x-ray-datasource", "jaeger"


def read_yaml(*parts):
    with open(os.path.join(ROOT, "deploy", *parts), encoding="utf-8") as text:
        return yaml.safe_load(text)


def data_sources():
    files = sorted(os.listdir(os.path.join(FOLDER, "provisioning",
                                           "datasources")))
    found = []
    for name in files:
        document = read_yaml("grafana", "provisioning", "datasources", name)
        equal(document["apiVersion"], 1, name)
        found += document["datasources"]
    return found


def dashboards():
    folder = os.path.join(FOLDER, "dashboards")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as text:
            yield name, json.load(text)


def port_of(setting):
    """The default, as deploy/roentgen.yaml spells it."""
    value = read_yaml("roentgen.yaml")
    for part in setting.split("."):
        value = value[part]
    return [urllib.parse.urlsplit("//" + one).port for one in value]


@test
def test_grafana_files_agree(_):
    sources = data_sources()
    for member in ("uid", "name"):
        values = [source[member] for source in sources]
        equal(len(set(values)), len(sources), values)
    types = {source["uid"]: source["type"] for source in sources}
    for source in sources:
        if source["type"] == XRAY:
            equal(source["jsonData"]["authType"], "keys")
            equal(sorted(source["secureJsonData"]),
                  ["accessKey", "secretKey"])
            assert source["jsonData"]["defaultRegion"], source
            url, setting = source["jsonData"]["endpoint"], "xray.http.listen"
        else:
            equal((source["type"], source["access"]), (JAEGER, "proxy"))
            url, setting = source["url"], "admin.http.listen"
        parts = urllib.parse.urlsplit(url.replace("${ROENTGEN_HOST}", "host"))
        equal((parts.scheme, parts.hostname, parts.path),
              ("http", "host", ""), url)
        assert parts.port in port_of(setting), f"{url}: {port_of(setting)}"
    providers = read_yaml("grafana", "provisioning", "dashboards",
                          "roentgen.yaml")["providers"]
    equal([(p["type"], p["options"]["path"]) for p in providers],
          [("file", "${ROENTGEN_DASHBOARDS}")])
    uids = []
    for name, dashboard in dashboards():
        uids.append(dashboard["uid"])
        variables = {v["name"] for v in dashboard["templating"]["list"]}
        panels = dashboard["panels"]
        equal(len({p["id"] for p in panels}), len(panels), f"{name}: ids")
        for panel in panels:
            for target in panel["targets"]:
                source = target.get("datasource", panel["datasource"])
                equal(source["type"], types.get(source["uid"]),
                      f"{name}, {panel['title']}")
                check_variables(target, variables)
        check_grid(name, panels)
    equal(len(set(uids)), len(uids), uids)


def check_variables(target, variables):
    for value in target.values():
        if isinstance(value, str) and value.startswith("$"):
            assert value[1:] in variables, f"{value} of {target}"


def check_grid(name, panels):
    """No two panels share a cell, and none leaves the 24 columns."""
    cells = {}
    for panel in panels:
        at = panel["gridPos"]
        equal(at["x"] + at["w"] <= 24, True, f"{name}: {panel['title']}")
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                other = cells.setdefault((x, y), panel["title"])
                equal(other, panel["title"], f"{name}: panels overlap")


class XrayQueries:
    """By the target's queryType: what the plugin calls, and what it needs."""

    def __init__(self, plugin):
        self.plugin = plugin

    def ask(self, target):
        assert target["region"] and isinstance(target["query"], str), target
        return getattr(self, target["queryType"])(target)

    def options(self, target):
        # The plugin sends no empty expression.
        text = target["query"]
        return {"FilterExpression": text} if text else {}

    def getServiceMap(self, target):
        reply = self.plugin.call(
            "GetServiceGraph", GroupName=target["group"]["GroupName"],
            **self.plugin.range)
        for node in reply["Services"]:
            assert node["Name"] and isinstance(node["Edges"], list), node
        return reply["Services"]

    def getTimeSeriesServiceStatistics(self, target):
        equal(target["columns"], ["all"])
        points = self.plugin.series()
        return [statistics(point) for point in points]

    def getTraceSummaries(self, target):
        rows = self.plugin.summaries(1000, **self.options(target))
        for row in rows:
            check_row(row)
        # A click on a row.
        ids = [rows[0]["Id"]]
        traces = self.plugin.call("BatchGetTraces", TraceIds=ids)["Traces"]
        equal([t["Id"] for t in traces], ids)
        self.plugin.call("GetTraceGraph", TraceIds=ids)
        return rows


class JaegerQueries:
    def __init__(self, get, trace_id):
        self.get, self.trace_id = get, trace_id

    def ask(self, target):
        equal(target["queryType"], "search")
        service = target["service"].replace("$service", "front")
        assert service in self.get("/api/services")["data"], service
        quoted = urllib.parse.quote(service, safe="")
        names = self.get(f"/api/services/{quoted}/operations")["data"]
        now = int(time.time() * 1e6)
        found = self.get("/api/traces?" + urllib.parse.urlencode({
            "service": service, "operation": names[0], "tags": "{}",
            "limit": target["limit"], "start": now - 3_600_000_000,
            "end": now + 60_000_000, "lookback": "custom"}))["data"]
        equal([trace["traceID"] for trace in found], [self.trace_id])
        # A click on a row, and the graph of services.
        for path in (f"/api/traces/{self.trace_id}",
                     f"/api/traces/{self.trace_id}?start={now - 3_600_000_000}"
                     f"&end={now}"):
            spans = self.get(path)["data"][0]["spans"]
            equal(len(spans), 2)
        end = now // 1000 + 60_000
        calls = self.get(f"/api/dependencies?endTs={end}&lookback=3600000")
        equal([(c["parent"], c["child"]) for c in calls["data"]],
              [("front", "back")])
        return found


@test
def test_grafana_dashboard_is_answered(env):
    server = guarded(env)
    id_ = new_id() * 2
    root = make_span(id_, name="get")
    child = make_span(id_, name="read", parent_span_id=root.span_id)
    key = bearer("ALL")["Authorization"]
    with connect(server) as jaeger:
        for service, span in (("front", root), ("back", child)):
            jaeger.otlp.Export(make_request(service, [span]), timeout=30,
                               metadata=[("authorization", key)])
    texts = [json.dumps(segment(name="shop", http={
        "response": {"status": 200}}))]
    equal(server.post("/TraceSegments", {"TraceSegmentDocuments": texts},
                      bearer("ALL"))[0], 200)

    def get(path):
        status, _, body = server.request("GET", path, headers=bearer("READER"),
                                         address=server.admin)
        equal(status, 200, f"{path}: {body[:200]}")
        return json.loads(body)

    now = time.time()
    plugin = Plugin(server, now - 3600.5, now + 60.5)
    # What the plugin asks whatever the dashboard is: health, pickers, list.
    groups = plugin.call("GetGroups")["Groups"]
    plugin.call("GetInsightSummaries", States=[],
                GroupName=groups[0]["GroupName"], **plugin.range)
    askers = {XRAY: XrayQueries(plugin), JAEGER: JaegerQueries(get, id_)}
    types = {source["uid"]: source["type"] for source in data_sources()}
    asked = 0
    for name, dashboard in dashboards():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                source = target.get("datasource", panel["datasource"])
                group = target.get("group")
                assert group is None or group["GroupName"] in {
                    g["GroupName"] for g in groups}, group
                found = askers[types[source["uid"]]].ask(target)
                assert found, f"{name}, {panel['title']}: nothing"
                asked += 1
    print(f"  {asked} queries")
