"""The real Jaeger as a process: a query server, or a collector in front of us.

It is built by built_tools.py beforehand; without it, tests that want it skip.
"""

import http.client
import json
import os
import socket

import built_tools
from harness import WAIT_SECONDS, Skip, clean_environment, equal, poll

LOCAL = "127.0.0.1"


def program():
    found = os.path.join(built_tools.folder("jaeger"), "jaeger")
    if not os.path.exists(found):
        raise Skip("no Jaeger was built (deploy/test.sh readers builds it)")
    return found


def free_ports(count):
    """Ports that were free just now: Jaeger cannot choose and tell."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind((LOCAL, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class JaegerProcess:
    """Receivers of OTLP and Zipkin, a pipeline, and what it ends in."""

    def __init__(self, env, name, extensions, exporters, processors=None):
        ports = free_ports(6)
        self.otlp, self.otlp_http, self.zipkin, health, query, query_grpc = (
            f"{LOCAL}:{port}" for port in ports)
        self.http, self.grpc = query, query_grpc
        if "jaeger_query" in extensions:
            extensions["jaeger_query"].update(
                http={"endpoint": query}, grpc={"endpoint": query_grpc})
        extensions["healthcheckv2"] = {
            "use_v2": True, "http": {"endpoint": health}}
        config = {
            "service": {
                "extensions": list(extensions),
                "pipelines": {"traces": {
                    "receivers": ["otlp", "zipkin"],
                    "processors": list(processors or {}),
                    "exporters": list(exporters)}},
                "telemetry": {"metrics": {"level": "none"}},
            },
            "extensions": extensions,
            "receivers": {
                "otlp": {"protocols": {
                    "grpc": {"endpoint": self.otlp},
                    "http": {"endpoint": self.otlp_http}}},
                "zipkin": {"endpoint": self.zipkin},
            },
            "processors": processors or {},
            "exporters": exporters,
        }
        path = env.path(name + ".yaml")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(config, out)  # Which is YAML, too.
        with open(env.path(name + ".log"), "wb") as log:
            self.process = env.start(
                [program(), "--config", path], stdout=log, stderr=log,
                # Spans of its own would be found among those of the test.
                env=clean_environment() | {
                    "OTEL_TRACES_SAMPLER": "always_off"})
        poll(f"{name} to be ready", lambda: self._is_ready(health))

    def _is_ready(self, health):
        equal(self.process.poll(), None, "Jaeger's exit code")
        try:
            return self.get("/status", address=health)[0] == 200
        except ConnectionError:
            return False

    def get(self, path, address=None):
        """(status, parsed JSON)."""
        connection = http.client.HTTPConnection(address or self.http,
                                                timeout=WAIT_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def query_server(env, name, backend, processors=None):
    """Jaeger with one storage, written through its own pipeline."""
    return JaegerProcess(
        env, name,
        {"jaeger_storage": {"backends": {"it": backend}},
         "jaeger_query": {"storage": {"traces": "it"}}},
        {"jaeger_storage_exporter": {"trace_storage": "it"}}, processors)


def over(server):
    """The storage that `server` is."""
    return {"grpc": {"endpoint": server.grpc, "tls": {"insecure": True}}}
