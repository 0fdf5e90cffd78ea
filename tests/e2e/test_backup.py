"""roentgen backup and restore, of a server under load that is killed then."""

import json
import os
import shutil
import signal
import threading
import time

from harness import Skip, contains, equal, segment, store, test

WRITERS = 3
DOCUMENTS = 20  # In one request.


class Load:
    """Writers that go on until they are stopped, and what was acknowledged."""

    def __init__(self, server):
        self._server = server
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.sent = set()
        self.acknowledged = set()
        self._threads = [threading.Thread(target=self._write)
                         for _ in range(WRITERS)]
        for thread in self._threads:
            thread.start()

    def _write(self):
        known = []
        while not self._stop.is_set():
            # News of traces that may be sealed, too.
            documents = [segment(known[-50]) if n == 0 and len(known) > 50
                         else segment() for n in range(DOCUMENTS)]
            with self._lock:
                self.sent |= {d["trace_id"] for d in documents}
            try:
                self._server.put(documents)
            except OSError:  # It was killed.
                return
            known += [d["trace_id"] for d in documents]
            with self._lock:
                self.acknowledged |= {d["trace_id"] for d in documents}

    def snapshot(self):
        with self._lock:
            return set(self.acknowledged)

    def wait_for(self, count):
        deadline = time.monotonic() + 60
        while len(self.snapshot()) < count:
            assert time.monotonic() < deadline, "the writers are stuck"
            self._stop.wait(0.01)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def found(server, begin):
    """Ids by search, held against reads by id."""
    summaries = server.summaries(int(begin) - 60, int(time.time()) + 60)
    ids = {s["Id"] for s in summaries}
    equal(len(ids), len(summaries), "no trace twice")
    return ids


def assert_has(server, wanted, sent, begin):
    ids = found(server, begin)
    equal(wanted - ids, set(), "acknowledged before, and lost")
    equal(ids - sent, set(), "nobody sent it")
    some = sorted(wanted)
    for at in range(0, len(some), 5):
        part = some[at:at + 5]
        equal({t["Id"] for t in server.traces(part)}, set(part))
    out, _ = server.client("check", "--last", "1h", "--timeout", "60s")
    contains(out, " 0 mismatches")
    equal([g["GroupName"] for g in server.post("/Groups", {})[2]["Groups"]],
          ["Default", "faults"])


def metric(server, name):
    text = server.request("GET", "/metrics", admin=True)[2].decode()
    return [float(line.split()[-1]) for line in text.splitlines()
            if line.startswith(name)]


@test
def test_backup_under_load(env):
    if store() == "memory":
        raise Skip("the memory store makes no backups")
    begin = time.time()
    server = env.server()
    equal(server.post("/CreateGroup", {"GroupName": "faults",
                                       "FilterExpression": "fault"})[0], 200)
    load = Load(server)
    folder = env.path("backups")
    before = []
    taken = []
    try:
        for round_ in range(3):
            load.wait_for(600 * (round_ + 1))
            before.append(load.snapshot())
            out, err = server.client("backup", folder, "--json")
            contains(err, " received\n")
            taken.append(json.loads(out))
        equal(metric(server, "roentgen_backups_total{outcome=\"completed\"}"),
              [3.0])
        last = metric(server, "roentgen_backup_last_success_timestamp_seconds")
        assert begin < last[0] < time.time() + 1, last
        server.stop(signal.SIGKILL)
    finally:
        load.stop()
    # Tables that are there do not come again.
    for one in taken[1:]:
        assert one["NewBytes"] < one["Bytes"], taken
    shutil.rmtree(env.path("data"))

    out, _ = server.client("backup", "--list", "--json", folder)
    listed = [json.loads(line) for line in out.splitlines()]
    equal([b["Time"] for b in listed], [b["Time"] for b in taken])
    out, _ = server.client("backup", "--verify", folder)
    equal(out, "3 backups, 0 damaged files\n")
    for number, backup in enumerate(listed):
        data = f"restored-{number}"
        out, _ = server.client("restore", folder, env.path(data),
                               "--at", backup["Time"])
        contains(out, "restored the backup of " + backup["Time"])
        again = env.server(data=data)
        assert_has(again, before[number], load.sent, begin)
        # It takes more, and has it after a restart.
        document = segment()
        again.put([document])
        equal(again.stop(), 0)
        again = env.server(data=data)
        equal(len(again.documents(document["trace_id"])), 1)
        equal(again.stop(signal.SIGTERM), 0)


@test
def test_backup_that_breaks_off(env):
    if store() == "memory":
        raise Skip("the memory store makes no backups")
    server = env.server()
    filler = {"metadata": {"default": {"x": os.urandom(15_000).hex()}}}
    for _ in range(40):
        server.put([segment(**filler) for _ in range(20)])
    folder = env.path("backups")
    client = env.start([server.binary, "backup", folder, "--address",
                        server.grpc])
    while client.poll() is None and not any(
            name.startswith("data-") for name in
            (os.listdir(folder) if os.path.isdir(folder) else [])):
        time.sleep(0.001)  # Between two looks at a condition.
    client.kill()
    client.wait()
    out, _ = server.client("backup", "--list", "--json", folder)
    interrupted = out == ""
    # Once the server has seen that it is gone, the next one goes on.
    deadline = time.monotonic() + 30
    while metric(server, "roentgen_backups_running") != [0.0]:
        assert time.monotonic() < deadline
        time.sleep(0.01)  # Between two looks at a condition.
    server.client("backup", folder)
    out, _ = server.client("backup", "--list", "--json", folder)
    equal(len(out.splitlines()), 1 if interrupted else 2)
    server.client("backup", "--verify", folder)
    equal(os.path.exists(os.path.join(env.path("data"), "backup.roentgen-tmp")), False)
