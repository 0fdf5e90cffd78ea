"""A kill loses nothing that a call has answered for."""

import json
import signal
import time

from harness import Skip, equal, new_trace_id, segment, store, test

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": "*", "Action": "xray:*",
    "Resource": "*"}]})
RULE = {"ResourceARN": "*", "Priority": 500, "FixedRate": 0.25,
        "ReservoirSize": 2, "ServiceName": "*", "ServiceType": "*",
        "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1}


def call(server, path, request):
    status, _, reply = server.post(path, request)
    equal(status, 200, f"{path}: {reply}")
    return reply


def make_everything(server):
    """State of every kind; what later reads need."""
    on = {"InsightsEnabled": True, "NotificationsEnabled": True}
    tags = [{"Key": "team", "Value": "shop"}]
    group = call(server, "/CreateGroup", {
        "GroupName": "g", "FilterExpression": "fault", "Tags": tags,
        "InsightsConfiguration": on})["Group"]
    call(server, "/UpdateGroup", {"GroupName": "Default",
                                  "InsightsConfiguration": on})
    rule = {**RULE, "RuleName": "r", "Attributes": {"a": "b"},
            "SamplingRateBoost": {"MaxRate": 0.5,
                                  "CooldownWindowMinutes": 5}}
    made = call(server, "/CreateSamplingRule", {
        "SamplingRule": rule, "Tags": tags})["SamplingRuleRecord"]
    call(server, "/UpdateSamplingRule", {
        "SamplingRuleUpdate": {"RuleName": "Default", "FixedRate": 0}})
    call(server, "/CreateSamplingRule", {
        "SamplingRule": {**RULE, "RuleName": "short"}})
    call(server, "/DeleteSamplingRule", {"RuleName": "short"})
    for _ in range(3):
        call(server, "/PutResourcePolicy", {
            "PolicyName": "p", "PolicyDocument": POLICY})
    call(server, "/UpdateTraceSegmentDestination", {
        "Destination": "CloudWatchLogs"})
    call(server, "/UpdateIndexingRule", {
        "Name": "Default",
        "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 12.5}}})
    trace = segment()
    server.put([trace])
    now = int(time.time())
    retrieval = {"TraceIds": [trace["trace_id"], new_trace_id()],
                 "StartTime": now - 60, "EndTime": now + 60}
    tokens = [call(server, "/StartTraceRetrieval", retrieval)
              ["RetrievalToken"] for _ in range(2)]
    call(server, "/CancelTraceRetrieval", {"RetrievalToken": tokens[1]})
    return {"arns": [group["GroupARN"], made["SamplingRule"]["RuleARN"]],
            "tokens": tokens}


def read_everything(server, made):
    reads = [("/Groups", {}), ("/GetSamplingRules", {}),
             ("/ListResourcePolicies", {}), ("/EncryptionConfig", {}),
             ("/GetTraceSegmentDestination", {}), ("/GetIndexingRules", {})]
    reads += [("/ListTagsForResource", {"ResourceARN": arn})
              for arn in made["arns"]]
    reads += [("/ListRetrievedTraces", {"RetrievalToken": token})
              for token in made["tokens"]]
    return [(path, call(server, path, request)) for path, request in reads]


def last_modification(server):
    return call(server, "/SamplingTargets", {
        "SamplingStatisticsDocuments": []})["LastRuleModification"]


@test
def test_a_kill_takes_no_state(env):
    if store() == "memory":
        raise Skip("the memory store forgets on purpose")
    server = env.server()
    made = make_everything(server)
    before = read_everything(server, made)
    modified = last_modification(server)
    texts = json.dumps(before)
    for part in ('"PolicyRevisionId": "3"', '"CloudWatchLogs"', '12.5',
                 '"CANCELLED"', '"COMPLETE"', '"MaxRate"', '"team"'):
        assert part in texts, f"{part} is not in {texts}"
    assert modified > 0
    for _ in range(2):
        server.stop(signal.SIGKILL)
        server = env.server()
        after = read_everything(server, made)
        for (path, one), (_, other) in zip(before, after):
            equal(other, one, path)
        equal(last_modification(server), modified, "LastRuleModification")
    # What was deleted stays away, and what is left can be changed.
    call(server, "/DeleteGroup", {"GroupName": "g"})
    call(server, "/DeleteSamplingRule", {"RuleName": "r"})
    call(server, "/DeleteResourcePolicy", {"PolicyName": "p",
                                           "PolicyRevisionId": "3"})
    server.stop(signal.SIGKILL)
    server = env.server()
    equal([g["GroupName"] for g in call(server, "/Groups", {})["Groups"]],
          ["Default"])
    equal([r["SamplingRule"]["FixedRate"] for r in
           call(server, "/GetSamplingRules", {})["SamplingRuleRecords"]], [0])
    equal(call(server, "/ListResourcePolicies", {})["ResourcePolicies"], [])
    for arn in made["arns"]:
        equal(server.post("/ListTagsForResource", {"ResourceARN": arn})[0],
              404, arn)


@test
def test_tags_of_a_rule_with_a_strange_name(env):
    # Rules have any name; ARNs are told apart by more than a part of them.
    server = env.server()
    for name in ("a:group/b", "a/b c", "group/x"):
        made = call(server, "/CreateSamplingRule", {
            "SamplingRule": {**RULE, "RuleName": name},
            "Tags": [{"Key": "team", "Value": "shop"}]})
        arn = made["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]
        call(server, "/TagResource", {
            "ResourceARN": arn, "Tags": [{"Key": "team", "Value": "x"}]})
        equal(call(server, "/ListTagsForResource", {"ResourceARN": arn}),
              {"Tags": [{"Key": "team", "Value": "x"}]}, name)
