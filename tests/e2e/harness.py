"""What the end-to-end tests share: servers, polling, segments, requests."""

import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WAIT_SECONDS = 30

TESTS = {}
_binary = None


def configure(binary):
    global _binary
    _binary = binary


def binary():
    return _binary


def test(function):
    """Registers a test: a function that takes an Environment."""
    TESTS[function.__name__.removeprefix("test_")] = function
    return function


class Skip(Exception):
    """Raised by a test that cannot run here, with the reason."""


def cache(*parts):
    return os.path.join(os.environ["ROENTGEN_E2E_CACHE"], *parts)


def store():
    return os.environ.get("ROENTGEN_E2E_STORE", "rocksdb")


def shared_data():
    """The folder of captured data; Skip when there is none."""
    folder = os.environ.get("ROENTGEN_SHARED_DATA") or os.path.join(
        os.path.dirname(ROOT), "shared", "data"
    )
    if not os.path.isdir(folder):
        raise Skip("no captured data (ROENTGEN_SHARED_DATA)")
    return folder


def poll(what, probe, seconds=WAIT_SECONDS):
    """The first true result of `probe`, asked again until it comes."""
    deadline = time.monotonic() + seconds
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.005)  # Between two looks at a condition.


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(
            f"{what or 'value'}\n  is:       {actual!r}\n"
            f"  expected: {expected!r}"
        )


def contains(text, part):
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text!r}")


def clean_environment():
    """Without the settings of these tests: the server knows only its own."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("ROENTGEN_")
    }


class Environment:
    """Everything one test starts; close() ends it and removes its files."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix=f"roentgen-e2e-{name}-")
        self._children = []
        self._servers = 0

    def server(self, data="data", **settings):
        """A fresh server on chosen ports. Same `data`: same data folder."""
        self._servers += 1
        server = Server(self, f"server{self._servers}", data, settings)
        self._children.append(server.process)
        return server

    def start(self, command, **options):
        """A helper process that ends with the test."""
        child = subprocess.Popen(command, **options)
        self._children.append(child)
        return child

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def show_logs(self):
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                with open(self.path(name), errors="replace") as log:
                    tail = log.read()[-4000:]
                print(f"--- {name}\n{tail}", file=sys.stderr)

    def close(self):
        for child in self._children:
            if child.poll() is None:
                child.kill()
            child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Server:
    def __init__(self, env, name, data, settings):
        self.env = env
        self.binary = _binary
        self.ports_file = env.path(name + ".ports.json")
        self.log_path = env.path(name + ".log")
        options = {
            "data_dir": env.path(data),
            "store": store(),
            "xray.http.listen": "127.0.0.1:0",
            "xray.udp.listen": "127.0.0.1:0",
            "grpc.listen": "127.0.0.1:0",
            "otlp.http.listen": "127.0.0.1:0",
            "admin.http.listen": "127.0.0.1:0",
            "ports_file": self.ports_file,
        }
        options.update(settings)
        command = [_binary, "serve"]
        command += [f"--{key}={value}" for key, value in options.items()]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(),
            )
        poll("the server's ports", self._ports_are_known)
        with open(self.ports_file) as ports:
            addresses = json.load(ports)
        self.xray = addresses["xray_http"][0]
        self.udp = addresses["xray_udp"][0]
        self.grpc = addresses["grpc"][0]
        self.admin = addresses["admin_http"][0]
        self.otlp = addresses["otlp_http"][0]
        self.zipkin = next(iter(addresses.get("zipkin_http", [])), None)
        self.purge = next(iter(addresses.get("jaeger_purge", [])), None)
        self.url = "http://" + self.xray

    def _ports_are_known(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"the server ended with code {self.process.returncode}"
            )
        return os.path.exists(self.ports_file)

    def stop(self, sent=signal.SIGTERM):
        """Sends the signal; the exit code once the process has ended."""
        self.process.send_signal(sent)
        return self.process.wait(timeout=WAIT_SECONDS)

    def post(self, path, body, headers=None, address=None):
        """(status, headers, parsed JSON) of one request."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, reply, data = self.request("POST", path, raw, headers)
        return status, reply, json.loads(data)

    def request(self, method, path, body=None, headers=None, admin=False,
                address=None):
        address = address or (self.admin if admin else self.xray)
        connection = http.client.HTTPConnection(address, timeout=WAIT_SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            data = response.read()
            reply = {k.lower(): v for k, v in response.getheaders()}
            return response.status, reply, data
        finally:
            connection.close()

    def put(self, documents):
        """Stores documents (dicts or texts) over HTTP; all must be good."""
        texts = [
            d if isinstance(d, str) else json.dumps(d) for d in documents
        ]
        status, _, reply = self.post(
            "/TraceSegments", {"TraceSegmentDocuments": texts}
        )
        equal((status, reply["UnprocessedTraceSegments"]), (200, []), "put")

    def traces(self, ids):
        status, _, reply = self.post("/Traces", {"TraceIds": list(ids)})
        equal(status, 200, f"status of {reply}")
        return reply["Traces"]

    def documents(self, trace_id):
        """The trace's documents, parsed; empty while it is not there."""
        return [
            json.loads(segment["Document"])
            for trace in self.traces([trace_id])
            for segment in trace["Segments"]
        ]

    def summaries(self, start, end, **options):
        """All pages, over HTTP."""
        found = []
        request = {"StartTime": start, "EndTime": end, **options}
        while True:
            status, _, reply = self.post("/TraceSummaries", request)
            equal(status, 200, f"status of {reply}")
            found += reply["TraceSummaries"]
            token = reply.get("NextToken")
            if not token:
                return found
            request["NextToken"] = token

    def client(self, *words, stdin=None, code=0):
        """(stdout, stderr) of a `roentgen` command against this server."""
        result = subprocess.run(
            [_binary, *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            env={**clean_environment(), "ROENTGEN_ADDRESS": self.grpc},
        )
        equal(result.returncode, code, f"exit code of {words} {result}")
        return result.stdout, result.stderr


def new_trace_id(at=None):
    return f"1-{int(at or time.time()):08x}-{secrets.token_hex(12)}"


def new_id():
    return secrets.token_hex(8)


def segment(trace_id=None, **members):
    """A good segment that ended just now."""
    now = time.time()
    made = {
        "name": "shop",
        "id": new_id(),
        "trace_id": trace_id or new_trace_id(),
        "start_time": round(now - 0.25, 6),
        "end_time": round(now, 6),
    }
    made.update(members)
    return made


def aws_environment(server):
    """Settings under which AWS clients talk to `server` and nothing else."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("AWS_") and not key.lower().endswith("_proxy")
    }
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": server.env.path("no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": server.env.path("no-aws-credentials"),
        "AWS_XRAY_DAEMON_ADDRESS": f"tcp:{server.xray} udp:{server.udp}",
        "AWS_PAGER": "",
        "NODE_PATH": cache("node", "node_modules"),
    }


def boto3_client(server):
    import boto3
    from botocore.config import Config

    return boto3.client(
        "xray",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}, proxies={}),
    )


def run_json(command, server, **options):
    """Parsed standard output of a helper that must end well."""
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        env=aws_environment(server),
        **options,
    )
    equal(result.returncode, 0, f"exit code, {result.stderr}")
    return json.loads(result.stdout)
