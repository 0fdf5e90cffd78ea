"""Floods on the doors: memory stays bounded, and others are served."""

import socket
import time

import http2_flood
from harness import contains, equal, segment, test

# At rest it is some 40 MiB; before the front one connection took 1.1 GiB in
# five seconds.
GROWTH_MAX_MIB = 120
SECONDS = 3


def port_of(address):
    return int(address.rsplit(":", 1)[1])


def flood_grpc(env, kinds, connections, is_told=True):
    for kind in kinds:
        # Of its own: an address is remembered for some seconds.
        server = env.server(data=kind)
        pid = server.process.pid
        before = most = http2_flood.resident(pid)
        flood = http2_flood.Flood(
            port_of(server.grpc), kind, connections, SECONDS
        )
        while flood.is_running():
            most = max(most, http2_flood.resident(pid))
            time.sleep(0.05)
        flood.join()
        growth = most - before
        assert growth < GROWTH_MAX_MIB, f"{kind}: {growth} MiB more"
        if is_told:
            assert flood.goaways.get(11, 0) > 0, f"{kind}: nobody was told"
        # Calls of others wait no longer than the flood is remembered.
        server.client("search", "--json", "--limit", "0")
        status, _, metrics = server.request("GET", "/metrics", admin=True)
        equal(status, 200)
        contains(metrics, b"roentgen_grpc_connections_refused_total{reason=")
        server.stop()


@test
def test_floods_of_calls_given_up(env):
    flood_grpc(env, ["reset", "reset_unknown", "reset_after_data"], 1)


@test
def test_floods_of_calls_given_up_by_many(env):
    flood_grpc(env, ["reset"], 4)


@test
def test_floods_of_calls_that_never_end(env):
    # Most of them wait, and whoever waits has done no wrong yet.
    flood_grpc(env, ["open", "ended_unknown", "dribble"], 2, is_told=False)


@test
def test_floods_of_control_frames(env):
    flood_grpc(env, ["ping", "settings", "continuation", "empty_data"], 1)


@test
def test_a_thousand_idle_connections(env):
    server = env.server()
    idle = []
    try:
        for _ in range(1100):
            host, port = server.xray.rsplit(":", 1)
            idle.append(socket.create_connection((host, int(port)), timeout=30))
        document = segment()
        server.put([document])
        equal(len(server.documents(document["trace_id"])), 1)
        for path in ("/healthz", "/readyz", "/metrics"):
            status, _, _ = server.request("GET", path, admin=True)
            equal(status, 200, path)
    finally:
        for link in idle:
            link.close()
