#!/usr/bin/env python3
"""Writes sigv4_vectors.txt: requests signed by botocore, Amazon's own signer.

    python3 make_sigv4_vectors.py > sigv4_vectors.txt

Needs botocore (it comes with the boto3 of tests/e2e/requirements.txt). Run it
by hand, when a case is added; the test reads what is checked in.
"""
import datetime
import hashlib

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 1, 31, 12, 0, 0)
PLAIN = Credentials("AKIDPLAIN", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials(
    "ASIATEMPORARY", "temporary/secret", "IQoJb3JpZ2luX2VjEOr//token+/=="
)


class WithDate(botocore.auth.SigV4Auth):
    """As clients do that send Date and no X-Amz-Date."""

    def _set_necessary_date_headers(self, request):
        request.headers["Date"] = self.date

    def __init__(self, date, *args):
        super().__init__(*args)
        self.date = date


def sign(name, path="/TraceSegments", query="", body=b"{}", headers=None,
         method="POST", host="localhost:2000", credentials=PLAIN,
         region="eu-west-1", date=None):
    url = f"http://{host}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, data=body)
    for key, value in (headers or {}).items():
        request.headers[key] = value
    request.headers["Host"] = host
    arguments = (credentials, "xray", region)
    if date:
        WithDate(date, *arguments).add_auth(request)
    else:
        botocore.auth.SigV4Auth(*arguments).add_auth(request)
    print(f"name {name}")
    print(f"method {method}")
    print(f"path {path}")
    print(f"query {query}")
    print(f"body {body.hex()}")
    for key, value in request.headers.items():
        print(f"header {key}: {value}")
    print("end")
    print()


def main():
    botocore.auth.get_current_datetime = lambda *_: NOW
    json_type = {"Content-Type": "application/json"}
    sign("boto3_put", headers=json_type,
         body=b'{"TraceSegmentDocuments": ["{}"]}')
    sign("empty_body", path="/EncryptionConfig", body=b"")
    sign("session_token", credentials=TEMPORARY, headers=json_type)
    body = b'{"StartTime":1769860800.123}'
    sign("js_style", path="/TraceSummaries", body=body, headers={
        "content-type": "application/json",
        "content-length": str(len(body)),
        "amz-sdk-invocation-id": "1a2b3c4d-0000-4000-8000-123456789abc",
        "amz-sdk-request": "attempt=1; max=3",
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-user-agent": "aws-sdk-js/3.900.0",
    })
    sign("spaces", headers={
        "Content-Type": "  application/json;   charset=utf-8 ",
        "X-Amz-Meta": "a\t b   c",
    })
    sign("query", query="b=2&a=x%20y&a=%2Fz&empty=&b=1&c")
    sign("path_dots", path="/base/./x/..//TraceSegments/")
    sign("path_encoded", path="/base%20path/a+b=c~d/TraceSegments")
    sign("root", path="/", method="GET", body=b"")
    sign("binary_body", body=bytes(range(256)),
         headers={"Content-Encoding": "gzip"})
    sign("other_region", region="cn-north-1", host="xray.example.com")
    sign("http_date", date="Sat, 31 Jan 2026 12:00:00 GMT")
    sign("iso_date", date="20260131T120000Z")
    sign("large_body", body=b"x" * 5_000)


if __name__ == "__main__":
    main()
