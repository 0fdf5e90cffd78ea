"""roentgen check --all and roentgen repair, on a store of the real server."""

import glob
import json
import os
import signal

from harness import Skip, contains, equal, segment, store, test


def filled(env):
    """A server that was stopped, its folder, and the documents in it."""
    if store() != "rocksdb":
        raise Skip("this store has no files")
    server = env.server()
    documents = [segment() for _ in range(50)]
    server.client("put", "-", stdin=json.dumps(documents))
    server.client("groups", "create", "kept", 'service("x")')
    return server, env.path("data"), documents


@test
def test_check_all_served_and_stopped(env):
    server, folder, _ = filled(env)
    out, _ = server.client("check", "--all")
    contains(out, " 0 findings\n")
    out, _ = server.client("check", "--all", "--json")
    equal(json.loads(out).get("findings", []), [])
    # The folder belongs to the server.
    _, err = server.client("check", "--all", "--store", folder, code=1)
    contains(err, "in use")
    server.client("check", "--store", folder, code=2)
    server.client("check", "--all", "service(\"x\")", code=2)
    equal(server.stop(), 0)
    before = sorted(os.listdir(folder))
    out, _ = server.client("check", "--all", "--store", folder)
    contains(out, "50 traces")
    contains(out, " 0 findings\n")
    equal(sorted(os.listdir(folder)), before)
    _, err = server.client("check", "--all", "--store", env.path("none"),
                           code=1)
    contains(err, "none")


@test
def test_repair_saves_what_reads(env):
    server, folder, documents = filled(env)
    # What is not sealed is saved, too.
    server.stop(signal.SIGKILL)
    new = env.path("new")
    out, _ = server.client("repair", folder, new)
    contains(out, "lost 0 traces")
    out, _ = server.client("check", "--all", "--store", new)
    contains(out, " 0 findings\n")
    again = env.server("new")
    for document in documents:
        equal(again.documents(document["trace_id"]), [document])
    out, _ = again.client("groups")
    contains(out, "kept")
    server.client("repair", folder, new, code=1)
    server.client("repair", folder, code=2)


@test
def test_repair_lists_what_does_not_read(env):
    server, folder, documents = filled(env)
    equal(server.stop(), 0)
    # Where the server does not start any more.
    os.remove(os.path.join(folder, "CURRENT"))
    largest = max(glob.glob(os.path.join(folder, "*.sst")),
                  key=os.path.getsize)
    with open(largest, "r+b") as table:
        table.seek(100)
        byte = table.read(1)
        table.seek(100)
        table.write(bytes([byte[0] ^ 1]))
    out, _ = server.client("check", "--all", "--store", folder, code=1)
    contains(out, "CURRENT")
    new = env.path("new")
    out, _ = server.client("repair", "--json", folder, new, code=1)
    notes = [json.loads(line) for line in out.splitlines()]
    report = notes.pop()
    damaged = [n["name"] for n in notes if n["kind"] == "damaged"]
    contains(" ".join(damaged), os.path.basename(largest))
    lost = {n["name"] for n in notes if n["kind"] == "lost trace"}
    again = env.server("new")
    for document in documents:
        if document["trace_id"] in lost:
            continue
        equal(again.documents(document["trace_id"]), [document])
    equal(report["traces"] + len(lost), len(documents))
    out, _ = again.client("check", "--all")
    contains(out, " 0 findings\n")
