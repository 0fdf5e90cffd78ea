"""TLS, certificates of clients and Unix sockets, with real clients."""

import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import grpc

import grpc_client  # Makes the stubs.
from harness import (WAIT_SECONDS, aws_environment, binary, cache, clean_environment,
                     contains, equal, new_trace_id, poll, segment, test)
from otlp_client import send, xray_id

from opentelemetry.proto.collector.trace.v1 import (trace_service_pb2,
                                                    trace_service_pb2_grpc)


class Certificates:
    """What `roentgen cert` makes, in a folder of its own."""

    def __init__(self, env, binary):
        self.binary = binary
        self.folder = env.path("tls")
        self.make("--host", "localhost,127.0.0.1")
        self.ca = self.path("ca.pem")

    def make(self, *words, folder=None):
        made = subprocess.run(
            [self.binary, "cert", *words, "--out", folder or self.folder],
            capture_output=True, text=True, env=clean_environment())
        equal(made.returncode, 0, made.stderr)
        return made.stdout

    def path(self, name):
        return os.path.join(self.folder, name)

    def client(self, name):
        self.make("--client", name)
        stem = self.path("client-" + name.replace("/", "_").replace(":", "_"))
        return stem + ".pem", stem + ".key"

    def settings(self, **more):
        return {"tls.certificate": self.path("server.pem"),
                "tls.key": self.path("server.key"), **more}


def with_tls(env, **settings):
    made = Certificates(env, binary())
    return made, env.server(**made.settings(**settings))


def run(command, code=0, **options):
    done = subprocess.run(command, capture_output=True, text=True,
                          errors="replace", timeout=WAIT_SECONDS, **options)
    if code is not None:
        equal(done.returncode, code, f"{command} {done.stdout} {done.stderr}")
    return done


def curl(*words, code=0):
    return run(["curl", "-sS", "--noproxy", "*", *words], code).stdout


def s_client(address, *words):
    """(whether it shook hands, what it said)"""
    done = run(["openssl", "s_client", "-connect", address, *words],
               code=None, stdin=subprocess.DEVNULL)
    text = done.stdout + done.stderr
    return "Cipher is (NONE)" not in text and done.returncode == 0, text


@contextlib.contextmanager
def otlp_over_tls(ca, **more):
    """What OpenTelemetry's exporters are told by."""
    # One that the machine has would win over the exporter's own.
    values = {name: ca for name in ("OTEL_EXPORTER_OTLP_CERTIFICATE",
                                    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    values.update(more)
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@test
def test_tls_versions_and_ciphers(env):
    made, server = with_tls(env)
    for address, protocol in ((server.xray, "http/1.1"), (server.grpc, "h2"),
                              (server.admin, "http/1.1")):
        trusting = ("-CAfile", made.ca, "-verify_return_error",
                    "-verify_hostname", "localhost", "-alpn", protocol)
        for version, good in (("-tls1_1", False), ("-tls1_2", True),
                              ("-tls1_3", True)):
            shook, text = s_client(address, version, *trusting)
            equal(shook, good, f"{address} {version} {text}")
            if good:
                contains(text, f"ALPN protocol: {protocol}")
                contains(text, "Verify return code: 0 (ok)")
        for cipher in ("AES128-SHA", "AES256-GCM-SHA384", "NULL-SHA256",
                       "ECDHE-ECDSA-AES128-SHA", "ADH-AES128-SHA256"):
            shook, _ = s_client(address, "-tls1_2", "-cipher",
                                cipher + "@SECLEVEL=0", *trusting)
            equal(shook, False, cipher)
        other = "http/1.1" if protocol == "h2" else "h2"
        shook, _ = s_client(address, "-alpn", other)
        equal(shook, False, f"{other} at {address}")
    server2 = env.server("data2", **made.settings(**{
        "tls.min_version": "1.3", "tls.ciphers": "TLS_AES_256_GCM_SHA384"}))
    shook, text = s_client(server2.xray, "-tls1_3")
    equal(shook, True, text)
    contains(text, "TLS_AES_256_GCM_SHA384")
    equal(s_client(server2.xray, "-tls1_2")[0], False)


@test
def test_tls_clients(env):
    made, server = with_tls(env)
    # curl: with the authority, without it, and without TLS.
    contains(curl("--cacert", made.ca, f"https://{server.admin}/healthz"), "ok")
    curl(f"https://{server.admin}/healthz", code=60)
    contains(curl(f"http://{server.admin}/healthz"), "TLS")
    # Every listener.
    for address in (server.xray, server.otlp, server.admin):
        curl("--cacert", made.ca, f"https://{address}/x")

    # AWS's clients.
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "xray", endpoint_url="https://" + server.xray,
        region_name="us-east-1", aws_access_key_id="a",
        aws_secret_access_key="b", verify=made.ca,
        config=Config(retries={"max_attempts": 1}, proxies={}))
    document = segment(new_trace_id())
    reply = client.put_trace_segments(
        TraceSegmentDocuments=[json.dumps(document)])
    equal(reply["UnprocessedTraceSegments"], [])
    environment = {**aws_environment(server), "AWS_CA_BUNDLE": made.ca}
    aws = [cache("venv", "bin", "aws"), "xray", "--endpoint-url",
           "https://" + server.xray]
    found = json.loads(run(
        [*aws, "batch-get-traces", "--trace-ids", document["trace_id"]],
        env=environment).stdout)
    equal([t["Id"] for t in found["Traces"]], [document["trace_id"]])
    del environment["AWS_CA_BUNDLE"]
    refused = run([*aws, "get-groups"], code=None, env=environment)
    assert refused.returncode != 0, "the authority is not known"

    # OpenTelemetry's SDK, and the command line.
    with otlp_over_tls(made.ca):
        for kind, address in (("grpc", server.grpc), ("proto", server.otlp)):
            host = address.replace("127.0.0.1", "localhost")
            sent = send(server, "python", kind, host)
            equal(sent["error"], None)
            shown, _ = server.client("trace", xray_id(sent["trace_id"]),
                                     "--ca", made.ca)
            contains(shown, "otel-shop")
    _, said = server.client("search", code=1)  # In plain text.
    contains(said, "no answer")
    _, said = server.client("search", "--ca", made.ca, "--server-name",
                            "other.example", code=1)
    contains(said, "no answer")


@test
def test_tls_mutual(env):
    made = Certificates(env, binary())
    reader = made.client("reader.example")
    sender = made.client("spiffe://example/sender")
    keys = env.path("keys.yaml")
    with open(keys, "w", encoding="utf-8") as out:
        json.dump({"keys": [
            {"id": "reader", "certificates": ["dns:reader.example"],
             "permissions": ["read"]},
            {"id": "sender", "certificates": ["uri:spiffe://example/sender"],
             "permissions": ["ingest"]}]}, out)
    server = env.server(**made.settings(**{
        "auth.mode": "verify", "auth.keys_file": keys,
        "tls.client_authorities": made.ca,
        "tls.client_certificates": "required"}))

    def status(own):
        words = ["--cert", own[0], "--key", own[1]] if own else []
        return curl("--cacert", made.ca, *words, "-o", os.devnull, "-w",
                    "%{http_code}", f"https://{server.admin}/metrics",
                    code=None)

    equal(status(reader), "200")
    equal(status(sender), "403")
    equal(status(None), "000")
    with otlp_over_tls(made.ca,
                       OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=sender[0],
                       OTEL_EXPORTER_OTLP_CLIENT_KEY=sender[1]):
        for kind, address in (("grpc", server.grpc), ("proto", server.otlp)):
            sent = send(server, "python", kind,
                        address.replace("127.0.0.1", "localhost"))
            equal(sent["error"], None)
            shown, _ = server.client(
                "trace", xray_id(sent["trace_id"]), "--ca", made.ca, "--cert",
                reader[0], "--cert-key", reader[1])
            contains(shown, "otel-shop")
    _, said = server.client("search", "--ca", made.ca, "--cert", sender[0],
                            "--cert-key", sender[1], code=1)
    contains(said, "not authorized")


class Load:
    """Requests all the time; what failed."""

    def __init__(self, request):
        self.request = request
        self.done = 0
        self.failed = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.stopped.is_set():
            try:
                self.request()
                self.done += 1
            except Exception as error:  # Whatever it is, it must not be.
                self.failed.append(repr(error))

    def stop(self):
        self.stopped.set()
        self.thread.join()


@test
def test_tls_reload(env):
    made, server = with_tls(env)
    context = ssl.create_default_context(cafile=made.ca)
    host, port = server.admin.split(":")

    def connection():
        raw = socket.create_connection((host, int(port)), WAIT_SECONDS)
        return context.wrap_socket(raw, server_hostname="localhost")

    def ask(stream):
        stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        contains(stream.recv(4096).decode(), "200 OK")

    def shown():
        with connection() as stream:
            return stream.getpeercert(binary_form=True)

    def once():
        with connection() as stream:
            ask(stream)

    kept = connection()
    with open(made.ca, "rb") as ca:
        credentials = grpc.ssl_channel_credentials(ca.read())
    options = [("grpc.enable_http_proxy", 0)]
    channel = grpc.secure_channel(
        server.grpc.replace("127.0.0.1", "localhost"), credentials, options)
    otlp = trace_service_pb2_grpc.TraceServiceStub(channel)
    request = trace_service_pb2.ExportTraceServiceRequest()
    loads = [Load(once), Load(once), Load(lambda: ask(kept)),
             Load(lambda: otlp.Export(request, timeout=WAIT_SECONDS))]
    try:
        for turn in range(4):
            before = shown()
            made.make("--host", "localhost,127.0.0.1")
            if turn % 2 == 0:
                server.process.send_signal(signal.SIGHUP)
            # Else it sees by itself that the files have changed.
            poll("the new certificate", lambda: shown() != before)
        # A pair that does not fit replaces nothing.
        before = shown()
        shutil.copy(made.path("ca.key"), made.path("server.key"))
        server.process.send_signal(signal.SIGHUP)

        def has_said_so():
            with open(server.log_path, encoding="utf-8") as log:
                return "the old one stays" in log.read()

        poll("the line in the log", has_said_so)
        equal(shown(), before)
        enough = [load.done + 20 for load in loads]
        poll("requests", lambda: all(load.done > n for load, n
                                     in zip(loads, enough)) or
             any(load.failed for load in loads))
    finally:
        for load in loads:
            load.stop()
        kept.close()
        channel.close()
    for load in loads:
        equal(load.failed[:3], [])
    equal(server.stop(), 0)


@test
def test_tls_start(env):
    """What would be open, or cannot be used, does not start."""
    made = Certificates(env, binary())

    def refused(*words, code=1):
        done = run([binary(), "serve", "--store=memory",
                    "--xray.udp.listen=", "--xray.http.listen=",
                    "--otlp.http.listen=", "--admin.http.listen=", *words],
                   code=2 if "--check-config" in words else code,
                   env=clean_environment())
        return done.stderr

    for words in ([], ["--check-config"]):
        said = refused("--grpc.listen=0.0.0.0:0", *words)
        for way_out in ("TLS", "127.0.0.1", "unix:/path",
                        "network.plaintext=allowed"):
            contains(said, way_out)
        other = env.path("other")
        made.make("--host", "localhost", folder=other)
        said = refused("--grpc.listen=127.0.0.1:0",
                       "--tls.certificate=" + made.path("server.pem"),
                       "--tls.key=" + os.path.join(other, "server.key"),
                       *words)
        contains(said, "is not the key of")
        contains(said, "grpc.listen")


@test
def test_unix_sockets(env):
    folder = env.path("s")
    os.mkdir(folder)
    server = env.server(**{
        "xray.http.listen": f"unix:{folder}/x",
        "grpc.listen": f"unix:{folder}/g",
        "xray.udp.listen": f"unix:{folder}/u",
        "socket.mode": "0660"})
    equal(oct(os.stat(f"{folder}/x").st_mode & 0o777), "0o660")
    document = segment(new_trace_id())
    body = json.dumps({"TraceSegmentDocuments": [json.dumps(document)]})
    said = curl("--unix-socket", f"{folder}/x", "-d", body,
                "http://localhost/TraceSegments")
    equal(json.loads(said)["UnprocessedTraceSegments"], [])
    shown, _ = server.client("trace", document["trace_id"])
    contains(shown, "shop")
    sent = segment(new_trace_id(), name="by-datagram")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b'{"format": "json", "version": 1}\n' +
                      json.dumps(sent).encode(), f"{folder}/u")

    def stored():
        done = subprocess.run(
            [binary(), "trace", sent["trace_id"]], capture_output=True,
            text=True, env={**clean_environment(),
                            "ROENTGEN_ADDRESS": f"unix:{folder}/g"})
        return "by-datagram" in done.stdout

    poll("the datagram", stored)
    equal(server.stop(signal.SIGKILL), -signal.SIGKILL)
    equal(sorted(os.listdir(folder)), ["g", "u", "x"])
    # What is left over is in nobody's way, and goes with the next server.
    again = env.server("data2", **{"xray.http.listen": f"unix:{folder}/x",
                                   "grpc.listen": f"unix:{folder}/g",
                                   "xray.udp.listen": f"unix:{folder}/u"})
    equal(again.stop(), 0)
    equal(os.listdir(folder), [])
