"""The clients of X-Ray's API behind one face: call, paginate.

Inputs are dicts with datetime objects for times. Answers are what the client
shows its user. `Refused` is how each shows an error.
"""

import datetime
import json
import os
import re
import subprocess
import sys

from harness import HERE, Skip, aws_environment, cache


class Missing(Exception):
    """The client has no such call."""


class Refused(Exception):
    def __init__(self, name, message, resource=None, typed=False):
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.resource = resource
        self.typed = typed  # As a class of its own, where there are some.


def snake(operation):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


class Boto3:
    name = "boto3"

    def __init__(self, server, url=None, credentials=("test", "test"),
                 **config):
        import boto3
        from botocore.config import Config

        config.setdefault("retries", {"total_max_attempts": 1})
        config.setdefault("proxies", {})
        self.client = boto3.client(
            "xray", endpoint_url=url or server.url, region_name="us-east-1",
            aws_access_key_id=credentials[0],
            aws_secret_access_key=credentials[1],
            aws_session_token=credentials[2] if credentials[2:] else None,
            config=Config(**config))

    def _refused(self, error):
        code = error.response["Error"]["Code"]
        kind = getattr(self.client.exceptions, code, None)
        raise Refused(
            code, error.response["Error"].get("Message"),
            error.response.get("ResourceName"),
            kind is not None and isinstance(error, kind)) from error

    def call(self, operation, request):
        from botocore.exceptions import ClientError

        method = getattr(self.client, snake(operation), None)
        if method is None:
            raise Missing()
        try:
            reply = method(**request)
        except ClientError as error:
            self._refused(error)
        del reply["ResponseMetadata"]
        return reply

    def paginate(self, operation, request):
        if not self.client.can_paginate(snake(operation)):
            raise Missing()
        paginator = self.client.get_paginator(snake(operation))
        return list(paginator.paginate(**request))

    def close(self):
        self.client.close()


class JavaScript:
    name = "JavaScript"

    def __init__(self, server, url=None, credentials=("test", "test"),
                 attempts=1):
        environment = aws_environment(server)
        environment["AWS_ACCESS_KEY_ID"] = credentials[0]
        environment["AWS_SECRET_ACCESS_KEY"] = credentials[1]
        if credentials[2:]:
            environment["AWS_SESSION_TOKEN"] = credentials[2]
        environment["AWS_MAX_ATTEMPTS"] = str(attempts)
        self.process = server.env.start(
            ["node", os.path.join(HERE, "apps", "call_with_js_sdk.js"),
             url or server.url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment)

    def _ask(self, operation, request, paginate):
        def time(value):
            return {"$time": value.timestamp()}

        asked = {"operation": operation, "input": request,
                 "paginate": paginate}
        self.process.stdin.write(json.dumps(asked, default=time) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        if "missing" in reply:
            raise Missing()
        if "error" in reply:
            error = reply["error"]
            raise Refused(error["name"], error["message"], error["resource"],
                          error["isModelled"])
        return reply

    def call(self, operation, request):
        return self._ask(operation, request, False)["output"]

    def paginate(self, operation, request):
        return self._ask(operation, request, True)["pages"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


class AwsCli:
    """One process for each call, so a table calls with it once."""

    name = "AWS CLI"

    def __init__(self, server, url=None):
        self.url = url or server.url
        self.environment = aws_environment(server)
        self.program = cache("venv", "bin", "aws")
        if not os.path.exists(self.program):
            raise Skip("no AWS CLI")

    def call(self, operation, request, *words):
        def time(value):
            return value.astimezone(datetime.timezone.utc).isoformat()

        result = subprocess.run(
            [sys.executable, self.program, "xray",
             snake(operation).replace("_", "-"),
             "--cli-input-json", json.dumps(request, default=time),
             "--endpoint-url", self.url, "--output", "json", *words],
            capture_output=True, text=True, timeout=60, env=self.environment)
        if result.returncode == 0:
            return json.loads(result.stdout or "{}")
        error = re.search(r"An error occurred \((\w+)\) when calling the "
                          r"\w+ operation[^:]*: (.*)", result.stderr)
        if error is None:
            if "argument command" in result.stderr:
                raise Missing()
            raise AssertionError(result.stderr)
        raise Refused(error[1], error[2])

    def close(self):
        pass
