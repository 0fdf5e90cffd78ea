"""A small shop, traced by the X-Ray SDK; drives itself and ends.

Prints the trace ids of its requests as JSON.
"""

import json

from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import Flask

app = Flask(__name__)
xray_recorder.configure(
    service="python-shop", sampling=False, context_missing="LOG_ERROR"
)
XRayMiddleware(app, xray_recorder)


@app.get("/cart")
def cart():
    with xray_recorder.in_subsegment("load-cart") as subsegment:
        subsegment.put_annotation("tenant", "green")
        subsegment.put_annotation("items", 4)
        subsegment.put_metadata("cart", {"skus": ["a"]}, "shop")
    return {"ok": True}


@app.get("/many")
def many():
    # More than the SDK keeps in one document: it sends them on their own.
    for i in range(60):
        with xray_recorder.in_subsegment(f"step-{i}"):
            pass
    return {"ok": True}


@app.get("/missing")
def missing():
    return {"ok": False}, 404


@app.get("/broken")
def broken():
    raise RuntimeError("the till is on fire")


def main():
    client = app.test_client()
    ids = {}
    for path in ("/cart", "/many", "/missing", "/broken"):
        reply = client.get(path)
        fields = dict(
            part.split("=", 1)
            for part in reply.headers["X-Amzn-Trace-Id"].split(";")
        )
        ids[path] = fields["Root"]
    print(json.dumps(ids))


if __name__ == "__main__":
    main()
