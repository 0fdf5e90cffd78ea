"""Who administered and who was turned away is in the audit log; keys change
while the server runs."""

import json
import os

from harness import clean_environment, equal, poll, test
import subprocess

KEYS = """
keys:
  - {id: OPS, secret: ops-secret, permissions: [ingest, read, administer]}
  - {id: LOOK, secret: look-secret, permissions: [read]}
"""


def write(path, text):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.chmod(path + ".new", 0o600)
    os.replace(path + ".new", path)


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f]


@test
def test_audit_log(env):
    keys, log = env.path("keys.yaml"), env.path("audit.log")
    write(keys, KEYS)
    server = env.server(**{"auth.mode": "verify", "auth.keys_file": keys,
                           "audit.file": log})

    def call(key, path, body):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return server.post(path, body, headers)[0]

    group = {"GroupName": "pay", "FilterExpression": "fault"}
    equal(call("OPS:ops-secret", "/CreateGroup", group), 200)
    equal(call("OPS:ops-secret", "/Groups", {}), 200)  # A read: no line.
    equal(call("LOOK:look-secret", "/CreateGroup", group), 403)
    equal(call("LOOK:wrong", "/Groups", {}), 403)
    equal(call(None, "/Groups", {}), 403)
    told = lines(log)
    equal([(line["operation"], line["principal"], line["outcome"])
           for line in told],
          [("CreateGroup", "OPS", "200"),
           ("CreateGroup", "LOOK", "AccessDeniedException"),
           ("GetGroups", "LOOK", "UnrecognizedClientException"),
           ("GetGroups", "", "MissingAuthenticationTokenException")])
    equal(told[0]["parameters"], group)
    equal({line["address"] for line in told}, {"127.0.0.1"})
    with open(log) as f:
        text = f.read()
    for secret in ("ops-secret", "look-secret", "wrong"):
        equal(secret in text, False, secret)
    equal(os.stat(log).st_mode & 0o777, 0o600)

    # The same over gRPC.
    def client(key, *words, code=0):
        result = subprocess.run(
            [server.binary, *words], capture_output=True, text=True,
            env={**clean_environment(), "ROENTGEN_ADDRESS": server.grpc,
                 "ROENTGEN_KEY": key})
        equal(result.returncode, code, f"{words} {result}")

    client("OPS:ops-secret", "groups", "delete", "pay")
    client("LOOK:look-secret", "groups", "delete", "pay", code=1)
    told = lines(log)[4:]
    equal([(line["api"], line["operation"], line["principal"], line["outcome"])
           for line in told],
          [("grpc", "DeleteGroup", "OPS", "OK"),
           ("grpc", "DeleteGroup", "LOOK", "AccessDeniedException")])

    # Keys that go are refused from then on, others come.
    write(keys, KEYS.replace("OPS", "NEW"))
    poll("the new key", lambda: call("NEW:ops-secret", "/Groups", {}) == 200)
    # Or slowed down already: it was asked often meanwhile.
    equal(call("OPS:ops-secret", "/Groups", {}) in (403, 429), True)
