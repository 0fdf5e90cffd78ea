"""Keys, signatures and what they allow, with the clients that sign."""

import datetime
import json
import os

import botocore.auth
import grpc

import api_model
import grpc_client
from clients import Boto3, JavaScript, Refused
from harness import HERE, equal, segment, test
from test_conformance import STEPS, Story

KEYS = {
    "WRITER": ("writer-secret", None, ["ingest"]),
    "READER": ("reader-secret", None, ["read"]),
    "ADMIN": ("admin-secret", None, ["administer"]),
    "ALL": ("all-secret", None, ["ingest", "read", "administer"]),
    "TEMP": ("temp-secret", "temp-token/+=", ["ingest", "read"]),
}
INGEST = {"PutTraceSegments", "PutTelemetryRecords"}
SAMPLING = {"GetSamplingRules", "GetSamplingTargets"}
ADMINISTER = {
    "CreateGroup", "UpdateGroup", "DeleteGroup", "CreateSamplingRule",
    "UpdateSamplingRule", "DeleteSamplingRule", "TagResource",
    "UntagResource", "PutResourcePolicy", "DeleteResourcePolicy",
    "PutEncryptionConfig", "UpdateTraceSegmentDestination",
    "UpdateIndexingRule",
}


def who(operation):
    """The permissions of which one is needed."""
    if operation in INGEST:
        return {"ingest"}
    if operation in SAMPLING:
        return {"ingest", "read"}
    return {"administer"} if operation in ADMINISTER else {"read"}


def guarded(env, mode="verify", **settings):
    """A server that knows KEYS."""
    path = env.path("keys.yaml")
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"keys": [
            {"id": name, "secret": secret, "permissions": permissions,
             **({"session_token": token} if token else {})}
            for name, (secret, token, permissions) in KEYS.items()]}, out)
    os.chmod(path, 0o600)
    return env.server(**{"auth.mode": mode, "auth.keys_file": path},
                      **settings)


def credentials(name):
    secret, token, _ = KEYS[name]
    return (name, secret, token) if token else (name, secret)


def bearer(name, secret=None):
    return {"Authorization": f"Bearer {name}:{secret or KEYS[name][0]}"}


def refusal(client, operation="GetGroups", request=None):
    try:
        client.call(operation, request or {})
    except Refused as error:
        return error.name
    return None


@test
def test_each_permission_of_each_operation(env):
    server = guarded(env)
    calls = 0
    for make in (Boto3, JavaScript):
        for name in ("WRITER", "READER", "ADMIN"):
            client = make(server, credentials=credentials(name))
            story = Story(client, {"InsightId":
                                   "0d9b4f3e-6c1a-4b2e-9a57-3f2b1c0d4e5f"})
            story.group = "arn:aws:xray:us-east-1:000000000000:group/x/Y"
            story.rule = {"RuleARN": "arn:aws:xray:::sampling-rule/x"}
            story.token = story.revision = "1"
            for operation, request, _, _ in STEPS:
                refused = refusal(client, operation, request(story))
                may = bool(set(KEYS[name][2]) & who(operation))
                equal(refused != "AccessDeniedException", may,
                      f"{client.name}: may {name} call {operation}")
                calls += 1
            client.close()
    print(f"  {calls} calls, {len(api_model.OPERATIONS)} operations")


@test
def test_good_and_bad_credentials(env):
    server = None
    for make in (Boto3, JavaScript):
        # A server each: who fails often is slowed down.
        if server:
            server.stop()
        server = guarded(env)
        for given, expected in (
            (credentials("READER"), None),
            (credentials("TEMP"), None),
            (("READER", "wrong"), "InvalidSignatureException"),
            (("NOBODY", "reader-secret"), "UnrecognizedClientException"),
            # A session's token is part of its credentials.
            (("TEMP", "temp-secret"), "UnrecognizedClientException"),
            (("TEMP", "temp-secret", "other"), "UnrecognizedClientException"),
            (("READER", "reader-secret", "x"), "UnrecognizedClientException"),
        ):
            client = make(server, credentials=given)
            equal(refusal(client), expected, f"{client.name}: {given}")
            # An empty body is signed, too.
            equal(refusal(client, "GetEncryptionConfig"), expected,
                  f"{client.name}: {given}")
            client.close()
    client = Boto3(server, credentials=credentials("READER"))
    try:
        client.call("CreateGroup", {"GroupName": "x"})
        raise AssertionError("a reader made a group")
    except Refused as error:
        equal(error.message, "User: READER is not authorized to perform: "
              "xray:CreateGroup")


@test
def test_wrong_clocks(env):
    server = guarded(env)
    real = botocore.auth.get_current_datetime
    for minutes, expected in ((-14, None), (14, None),
                              (-16, "InvalidSignatureException"),
                              (16, "InvalidSignatureException")):
        delta = datetime.timedelta(minutes=minutes)
        botocore.auth.get_current_datetime = (
            lambda *a, d=delta, **k: real(*a, **k) + d)
        try:
            client = Boto3(server, credentials=credentials("READER"))
            equal(refusal(client), expected, f"{minutes} minutes")
        finally:
            botocore.auth.get_current_datetime = real
        # The SDK for JavaScript learns the time from the refusal's Date.
        os.environ["NODE_OPTIONS"] = (
            f"--require {HERE}/apps/skewed_clock.js")
        os.environ["CLOCK_OFFSET_MS"] = str(minutes * 60_000)
        try:
            for attempts in (1, 2):
                client = JavaScript(server, attempts=attempts,
                                    credentials=credentials("READER"))
                equal(refusal(client), expected if attempts == 1 else None,
                      f"{minutes} minutes, {attempts} attempts")
                client.close()
        finally:
            del os.environ["NODE_OPTIONS"], os.environ["CLOCK_OFFSET_MS"]


@test
def test_unsigned_sampling(env):
    calls = (("/GetSamplingRules", {}),
             ("/SamplingTargets", {"SamplingStatisticsDocuments": []}))
    for setting, status in (("nobody", 403), ("loopback", 200),
                            ("anybody", 200)):
        server = guarded(env, **{"auth.unsigned_sampling": setting})
        for path, request in calls:
            got, headers, _ = server.post(path, request)
            equal(got, status, f"{path}, {setting}")
            if status == 403:
                equal(headers["x-amzn-errortype"],
                      "MissingAuthenticationTokenException")
        # Never anything else.
        for path in ("/Groups", "/SamplingStatisticSummaries",
                     "/TraceSegments"):
            got, headers, _ = server.post(path, {})
            equal((got, headers["x-amzn-errortype"]),
                  (403, "MissingAuthenticationTokenException"), path)
        server.stop()


@test
def test_bearer_and_open_paths(env):
    server = guarded(env)
    text = json.dumps(segment())
    put = {"TraceSegmentDocuments": [text]}
    for path, request, headers, status, name in (
        ("/TraceSegments", put, bearer("WRITER"), 200, None),
        ("/TraceSegments", put, bearer("READER"), 403,
         "AccessDeniedException"),
        ("/Groups", {}, bearer("READER"), 200, None),
        ("/Groups", {}, {"Authorization": "bearer READER:reader-secret"},
         200, None),
        ("/Groups", {}, bearer("READER", "wrong"), 403,
         "UnrecognizedClientException"),
        ("/Groups", {}, bearer("NOBODY", "x"), 403,
         "UnrecognizedClientException"),
        ("/Groups", {}, {"Authorization": "Bearer READER"}, 403,
         "IncompleteSignatureException"),
        ("/Groups", {}, {"Authorization": "AWS4-HMAC-SHA256 nonsense"}, 403,
         "IncompleteSignatureException"),
        ("/Groups", {}, {}, 403, "MissingAuthenticationTokenException"),
    ):
        got, reply, _ = server.post(path, request, headers)
        equal((got, reply.get("x-amzn-errortype")), (status, name),
              f"{path} {headers}")
    equal(server.request("GET", "/openapi.json")[0], 200)
    for admin in ("/healthz", "/readyz"):
        equal(server.request("GET", admin, admin=True)[0], 200, admin)
    for headers, status in (({}, 403), (bearer("WRITER"), 403),
                            (bearer("READER"), 200)):
        equal(server.request("GET", "/metrics", headers=headers,
                             admin=True)[0], status, f"metrics {headers}")


@test
def test_bearer_over_grpc(env):
    server = guarded(env)
    document = segment()
    put = {"TraceSegmentDocuments": [json.dumps(document)]}
    equal(server.post("/TraceSegments", put, bearer("WRITER"))[0], 200)
    request = grpc_client.pb.StreamTracesRequest(
        trace_ids=[document["trace_id"]])
    with grpc_client.connect(server) as stub:
        for headers, expected in (
            (bearer("READER"), None),
            (bearer("WRITER"), "PERMISSION_DENIED"),
            (bearer("READER", "wrong"), "UNAUTHENTICATED"),
            ({}, "UNAUTHENTICATED"),
        ):
            metadata = [(k.lower(), v) for k, v in headers.items()]

            def read(metadata=metadata):
                return list(stub.StreamTraces(request, metadata=metadata,
                                              timeout=30))

            if expected is None:
                equal(len(read()), 1, "chunks")
            else:
                equal(grpc_client.refusal(read)[0], expected, f"{headers}")


def call_empty(channel, path, streams, headers):
    """How a call with an empty request ends: the name of its code."""
    make = {(False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream}[streams]
    request = iter([b""]) if streams[0] else b""
    metadata = [(k.lower(), v) for k, v in headers.items()]
    try:
        # A tail without news ends by its deadline.
        reply = make(path)(request, metadata=metadata,
                           timeout=1 if streams[1] else 30)
        if streams[1]:
            next(reply, None)
            reply.cancel()
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


@test
def test_every_grpc_method_asks_for_a_key(env):
    """All that the repository's .proto files define."""
    server = guarded(env)
    methods = grpc_client.methods()
    refused = {"UNAUTHENTICATED", "PERMISSION_DENIED"}
    with grpc.insecure_channel(server.grpc) as channel:
        for path, *streams in methods:
            streams = tuple(streams)
            equal(call_empty(channel, path, streams, {}), "UNAUTHENTICATED",
                  path)
            for headers in (bearer("ALL", "wrong"), bearer("NOBODY", "x")):
                # Who fails so often is slowed down.
                got = call_empty(channel, path, streams, headers)
                assert got in ("UNAUTHENTICATED", "RESOURCE_EXHAUSTED"), (
                    f"{path} {headers}: {got}")
            got = call_empty(channel, path, streams, bearer("ALL"))
            assert got not in refused | {"UNIMPLEMENTED"}, f"{path}: {got}"
            may = [name for name in ("WRITER", "READER", "ADMIN")
                   if call_empty(channel, path, streams, bearer(name))
                   not in refused]
            assert may, f"nobody but ALL may call {path}"
            equal(len(may) < 3, True, f"anybody may call {path}")
    print(f"  {len(methods)} methods")


@test
def test_shape_mode(env):
    server = guarded(env, mode="shape")
    for make in (Boto3, JavaScript):
        client = make(server, credentials=("ANYBODY", "anything"))
        equal(refusal(client), None, client.name)
        equal(refusal(client, "CreateGroup", {"GroupName": client.name}),
              None, client.name)
        client.close()
    for headers, status, name in (
        ({}, 403, "MissingAuthenticationTokenException"),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=a"}, 403,
         "IncompleteSignatureException"),
        ({"Authorization": "Bearer a:b"}, 200, None),
    ):
        got, reply, _ = server.post("/Groups", {}, headers)
        equal((got, reply.get("x-amzn-errortype")), (status, name), headers)
