"""Traffic that makes an insight: a shop whose payment begins to fail."""

import json
import time

from harness import new_id, new_trace_id, poll, segment

ENABLED = {"InsightsEnabled": True, "NotificationsEnabled": False}
# To the end of a minute, and until it is looked at.
DETECTION_SECONDS = 60 + 20 + 20


def order(start, fault):
    """One trace's documents: the shop calls pay, which may fail."""
    trace_id = new_trace_id(start)
    call = {"id": new_id(), "name": "pay", "namespace": "remote",
            "start_time": start, "end_time": start + 0.2, "fault": fault}
    inner = segment(trace_id, name="pay", parent_id=call["id"],
                    origin="AWS::ECS::Container", start_time=start + 0.05,
                    end_time=start + 0.15, fault=fault)
    if fault:
        inner["cause"] = {"exceptions": [
            {"id": new_id(), "type": "TimeoutError", "message": "no"}]}
    return [segment(trace_id, name="shop", origin="AWS::ECS::Container",
                    start_time=start, end_time=start + 0.25, fault=fault,
                    subsegments=[call]), inner]


def begin(server, headers=None):
    """Watches Default; good orders for some minutes, then bad ones."""
    status, _, reply = server.post(
        "/UpdateGroup",
        {"GroupName": "Default", "InsightsConfiguration": ENABLED}, headers)
    assert status == 200, reply
    now = time.time()
    documents = []
    for i in range(200):
        documents += order(round(now - 5 - i * 3, 3), False)
    for i in range(100):
        documents += order(round(now - i / 1000, 3), True)
    for at in range(0, len(documents), 100):
        texts = [json.dumps(d) for d in documents[at:at + 100]]
        status, _, reply = server.post(
            "/TraceSegments", {"TraceSegmentDocuments": texts}, headers)
        assert (status, reply) == (200, {"UnprocessedTraceSegments": []})


def summaries(server, headers=None):
    now = time.time()
    status, _, reply = server.post("/InsightSummaries", {
        "GroupName": "Default", "StartTime": now - 3600, "EndTime": now + 60},
        headers)
    assert status == 200, reply
    return reply["InsightSummaries"]


def wait(server, headers=None):
    """The insight that begin() leads to, as GetInsightSummaries has it."""
    return poll("an insight", lambda: summaries(server, headers),
                DETECTION_SECONDS)[0]
