"""Instrumented applications send over UDP; every kind of client reads."""

import http.client
import json
import subprocess
import sys
import time

import grpc_client
from harness import (
    HERE,
    ROOT,
    aws_environment,
    boto3_client,
    cache,
    equal,
    new_trace_id,
    poll,
    run_json,
    test,
)


def find(document, name):
    """The (sub)segment of that name, anywhere in `document`."""
    if document["name"] == name:
        return document
    for child in document.get("subsegments", []):
        found = find(child, name)
        if found:
            return found
    return None


def aws_cli(server, *words):
    result = subprocess.run(
        [cache("venv", "bin", "aws"), "xray", *words, "--endpoint-url",
         server.url, "--output", "json"],
        capture_output=True,
        text=True,
        timeout=60,
        env=aws_environment(server),
    )
    equal(result.returncode, 0, f"exit code, {result.stderr}")
    return json.loads(result.stdout)


def read_with_every_client(server, trace_id, start):
    """Every client sees the same documents; returns them parsed."""
    end = time.time() + 2
    texts = sorted(
        s["Document"]
        for t in server.traces([trace_id])
        for s in t["Segments"]
    )
    client = boto3_client(server)
    reply = client.batch_get_traces(TraceIds=[trace_id])
    equal(sorted(s["Document"] for s in reply["Traces"][0]["Segments"]),
          texts, "boto3")
    reply = aws_cli(server, "batch-get-traces", "--trace-ids", trace_id)
    equal(sorted(s["Document"] for s in reply["Traces"][0]["Segments"]),
          texts, "AWS CLI")
    reply = aws_cli(server, "get-trace-summaries", "--start-time",
                    str(int(start)), "--end-time", str(int(end) + 1))
    ids = [s["Id"] for s in reply["TraceSummaries"]]
    equal(trace_id in ids, True, f"AWS CLI summary of {trace_id} in {ids}")
    reply = run_json(
        ["node", f"{HERE}/apps/read_with_js_sdk.js", server.url,
         str(int(start * 1000)), str(int(end * 1000)), trace_id], server)
    equal(sorted(s["Document"] for s in reply["traces"][0]["Segments"]),
          texts, "AWS SDK for JavaScript")
    ids = [s["Id"] for s in reply["summaries"]]
    equal(trace_id in ids, True, f"JavaScript summary of {trace_id} in {ids}")
    with grpc_client.connect(server) as stub:
        equal(sorted(grpc_client.documents(stub, trace_id)), texts,
              "Python gRPC")
    reply = run_json(
        ["node", f"{HERE}/apps/read_with_grpc_js.js", server.grpc,
         f"{ROOT}/proto", trace_id], server)
    equal(sorted(reply), texts, "JavaScript gRPC")
    return [json.loads(text) for text in texts]


class ExpressApp:
    def __init__(self, env, server):
        self.process = env.start(
            ["node", f"{HERE}/apps/express_app.js"],
            stdout=subprocess.PIPE,
            stderr=open(env.path("express.log"), "wb"),
            env=aws_environment(server),
        )
        self.port = json.loads(self.process.stdout.readline())["port"]

    def get(self, path):
        """The HTTP status and the trace id of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)
        trace_id = new_trace_id()
        connection.request(
            "GET", path,
            headers={"X-Amzn-Trace-Id": f"Root={trace_id};Sampled=1"})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, trace_id


@test
def test_express_app_over_udp(env):
    server = env.server()
    start = time.time() - 1
    app = ExpressApp(env, server)
    ids = {}
    for path, status in (("/cart", 200), ("/stock", 200), ("/missing", 404),
                         ("/broken", 500)):
        actual, ids[path] = app.get(path)
        equal(actual, status, path)

    poll("the cart", lambda: server.documents(ids["/cart"]))
    cart = read_with_every_client(server, ids["/cart"], start)
    equal(len(cart), 1, "segments of the cart")
    equal(cart[0]["name"], "node-shop")
    load = find(cart[0], "load-cart")
    equal(load["annotations"], {"tenant": "blue", "items": 3, "vip": True})
    equal(load["metadata"]["shop"]["cart"]["skus"], ["a", "b"])

    # The second segment hangs below the outgoing call of the first.
    poll("both segments of /stock",
         lambda: len(server.documents(ids["/stock"])) == 2)
    segments = server.documents(ids["/stock"])
    inner = [s for s in segments if "parent_id" in s]
    outer = [s for s in segments if "parent_id" not in s]
    equal((len(inner), len(outer)), (1, 1))
    call = [s for s in outer[0]["subsegments"]
            if s.get("namespace") == "remote"]
    equal(call[0]["id"], inner[0]["parent_id"])

    poll("the other traces",
         lambda: server.documents(ids["/missing"])
         and server.documents(ids["/broken"]))
    found = {s["Id"]: s for s in server.summaries(start, time.time() + 1)}
    equal(sorted(found), sorted(ids.values()), "traces")
    flags = {
        path: tuple(found[i][f] for f in ("HasError", "HasFault"))
        for path, i in ids.items()
    }
    equal(flags, {"/cart": (False, False), "/stock": (False, False),
                  "/missing": (True, False), "/broken": (False, True)})
    equal(found[ids["/missing"]]["Http"]["HttpStatus"], 404)
    equal(found[ids["/cart"]]["EntryPoint"]["Name"], "node-shop")
    annotations = found[ids["/cart"]]["Annotations"]
    equal(annotations["tenant"][0]["AnnotationValue"], {"StringValue": "blue"})
    equal(annotations["items"][0]["AnnotationValue"], {"NumberValue": 3})
    equal(annotations["vip"][0]["AnnotationValue"], {"BooleanValue": True})
    fault = server.documents(ids["/broken"])[0]
    equal(fault["cause"]["exceptions"][0]["message"], "the till is on fire")


@test
def test_flask_app_over_udp(env):
    server = env.server()
    start = time.time() - 1
    ids = run_json([sys.executable, f"{HERE}/apps/flask_app.py"], server)
    poll("all traces",
         lambda: all(server.documents(trace_id) for trace_id in ids.values()))
    cart = read_with_every_client(server, ids["/cart"], start)
    equal(cart[0]["name"], "python-shop")
    load = find(cart[0], "load-cart")
    equal(load["annotations"], {"tenant": "green", "items": 4})
    equal(load["metadata"], {"shop": {"cart": {"skus": ["a"]}}})
    found = {s["Id"]: s for s in server.summaries(start, time.time() + 1)}
    flags = {
        path: tuple(found[i][f] for f in ("HasError", "HasFault"))
        for path, i in ids.items()
    }
    equal(flags["/cart"], (False, False))
    equal(flags["/missing"], (True, False))
    equal(flags["/broken"][1], True)

    # Subsegments that came on their own are folded in, each once.
    poll("every step", lambda: len(
        server.documents(ids["/many"])[0].get("subsegments", [])) == 60)
    many = server.documents(ids["/many"])
    equal(len(many), 1)
    equal(sorted(s["name"] for s in many[0]["subsegments"]),
          sorted(f"step-{i}" for i in range(60)))
