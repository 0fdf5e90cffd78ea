"""Every operation of X-Ray's API through every client that has it.

What a client shows is held against what the server has sent it, and that
against the model of the API.
"""

import datetime
import json
import re
import time

import api_model
import incident
from clients import AwsCli, Boto3, JavaScript, Missing, Refused
from harness import equal, new_id, new_trace_id, segment, test
from recorder import Recorder

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
    "Action": ["xray:PutTraceSegments"], "Resource": "*"}]})
LOCKOUT = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Deny", "Principal": "*", "Action": "xray:*",
    "Resource": "*"}]})
RULE = {"ResourceARN": "*", "Priority": 500, "FixedRate": 0.25,
        "ReservoirSize": 2, "ServiceName": "shop-*", "ServiceType": "*",
        "Host": "*", "HTTPMethod": "GET", "URLPath": "/cart/*", "Version": 1}
# The model says 9,999 at most, but the Default rule has this one.
DEFAULT_RULE = re.compile(r".*\.SamplingRule\.Priority: 10000")
CLIENT_ID = "0123456789abcdef01234567"


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


class Story:
    """What one client does, and what it has learned on the way."""

    def __init__(self, client, insight):
        self.name = client.name.replace(" ", "-")
        self.insight = insight["InsightId"]
        self.now = int(time.time())
        self.range = {"StartTime": instant(self.now - 600),
                      "EndTime": instant(self.now + 60)}
        self.documents = []
        for _ in range(3):
            self.documents += self._trace()
        self.ids = sorted({d["trace_id"] for d in self.documents})
        self.group = self.rule = self.token = self.revision = None

    def _trace(self):
        start = round(self.now - 20 + 0.125, 3)
        trace_id = new_trace_id(start)
        call = {"id": new_id(), "name": "pay", "namespace": "remote",
                "start_time": start, "end_time": start + 0.5, "fault": True,
                "cause": {"exceptions": [{"id": new_id(), "message": "no",
                                          "type": "ValueError"}]}}
        table = {"id": new_id(), "name": "DynamoDB", "namespace": "aws",
                 "start_time": start, "end_time": start + 0.25,
                 "aws": {"operation": "GetItem", "table_name": "carts"}}
        return [
            segment(trace_id, name=f"shop-{self.name}", start_time=start,
                    end_time=start + 1, fault=True, user="ada",
                    origin="AWS::EC2::Instance",
                    annotations={"tenant": "blue", "items": 3, "vip": True},
                    aws={"ec2": {"instance_id": "i-1",
                                 "availability_zone": "eu-1a"}},
                    http={"request": {"method": "GET", "url": "http://x/c",
                                      "client_ip": "10.0.0.1",
                                      "user_agent": "curl"},
                          "response": {"status": 500}},
                    subsegments=[call, table]),
            segment(trace_id, name="pay-api", parent_id=call["id"],
                    start_time=start + 0.1, end_time=start + 0.4)]

    def keep(self, operation, output):
        """What later steps need of an answer."""
        if operation == "CreateGroup":
            self.group = output["Group"]["GroupARN"]
        elif operation == "CreateSamplingRule":
            self.rule = output["SamplingRuleRecord"]["SamplingRule"]
        elif operation == "StartTraceRetrieval":
            self.token = output["RetrievalToken"]
        elif operation == "PutResourcePolicy":
            self.revision = output["ResourcePolicy"]["PolicyRevisionId"]


def at(output, path):
    for part in path.split("."):
        output = output[int(part) if part.isdigit() else part]
    return output


# Operation, its request, and (path in the answer, value) that must be there;
# a value may be a function of the story. The order is that of a life.
STEPS = (
    ("PutTraceSegments", lambda s: {
        "TraceSegmentDocuments": [json.dumps(d) for d in s.documents]},
     "UnprocessedTraceSegments", []),
    ("BatchGetTraces", lambda s: {"TraceIds": s.ids},
     "Traces.0.Duration", 1.0),
    ("GetTraceSummaries", lambda s: {
        **s.range, "TimeRangeType": "TraceId", "Sampling": False,
        "FilterExpression": f'service("shop-{s.name}")'},
     "TraceSummaries.0.Annotations.tenant.0.AnnotationValue.StringValue",
     "blue"),
    ("GetTraceGraph", lambda s: {"TraceIds": s.ids[:1]},
     "Services.0.ReferenceId", 0),
    ("GetServiceGraph", lambda s: s.range, "ContainsOldGroupVersions", False),
    ("GetTimeSeriesServiceStatistics", lambda s: {
        **s.range, "Period": 60, "EntitySelectorExpression":
        f'service(id(name: "shop-{s.name}", type: "AWS::EC2::Instance"))'},
     "TimeSeriesServiceStatistics.0.ServiceSummaryStatistics.TotalCount", 3),
    ("PutTelemetryRecords", lambda s: {
        "TelemetryRecords": [{
            "Timestamp": instant(s.now), "SegmentsReceivedCount": 5,
            "SegmentsSentCount": 4, "SegmentsSpilloverCount": 1,
            "SegmentsRejectedCount": 0,
            "BackendConnectionErrors": {"TimeoutCount": 1}}],
        "EC2InstanceId": "i-1", "Hostname": "h", "ResourceARN": ""},
     None, None),
    ("CreateGroup", lambda s: {
        "GroupName": s.name, "FilterExpression": "fault",
        "InsightsConfiguration": incident.ENABLED,
        "Tags": [{"Key": "team", "Value": "shop"}]},
     "Group.InsightsConfiguration", incident.ENABLED),
    ("GetGroup", lambda s: {"GroupARN": s.group},
     "Group.GroupName", lambda s: s.name),
    ("GetGroups", lambda s: {}, "Groups.0.GroupName", "Default"),
    ("UpdateGroup", lambda s: {"GroupName": s.name,
                               "FilterExpression": "error"},
     "Group.FilterExpression", "error"),
    ("TagResource", lambda s: {
        "ResourceARN": s.group, "Tags": [{"Key": "stage", "Value": ""}]},
     None, None),
    ("UntagResource", lambda s: {"ResourceARN": s.group,
                                 "TagKeys": ["team", "other"]}, None, None),
    ("ListTagsForResource", lambda s: {"ResourceARN": s.group},
     "Tags", [{"Key": "stage", "Value": ""}]),
    ("CreateSamplingRule", lambda s: {
        "SamplingRule": {**RULE, "RuleName": s.name, "SamplingRateBoost": {
            "MaxRate": 0.5, "CooldownWindowMinutes": 5}},
        "Tags": [{"Key": "team", "Value": "shop"}]},
     "SamplingRuleRecord.SamplingRule.SamplingRateBoost.MaxRate", 0.5),
    ("UpdateSamplingRule", lambda s: {
        "SamplingRuleUpdate": {"RuleName": s.name, "FixedRate": 0}},
     "SamplingRuleRecord.SamplingRule.FixedRate", 0),
    ("GetSamplingRules", lambda s: {},
     "SamplingRuleRecords.0.SamplingRule.RuleName", lambda s: s.name),
    ("GetSamplingTargets", lambda s: {
        "SamplingStatisticsDocuments": [
            {"RuleName": name, "ClientID": CLIENT_ID,
             "Timestamp": instant(s.now), "RequestCount": 40,
             "SampledCount": 2, "BorrowCount": 1}
            for name in (s.name, "gone")]},
     "UnprocessedStatistics", [{"RuleName": "gone", "ErrorCode": "400",
                                "Message": "Unknown rule"}]),
    ("GetSamplingStatisticSummaries", lambda s: {},
     "SamplingStatisticSummaries", None),
    ("DeleteSamplingRule", lambda s: {"RuleARN": s.rule["RuleARN"]},
     "SamplingRuleRecord.SamplingRule.RuleName", lambda s: s.name),
    ("PutResourcePolicy", lambda s: {
        "PolicyName": s.name, "PolicyDocument": POLICY,
        "PolicyRevisionId": "0", "BypassPolicyLockoutCheck": False},
     "ResourcePolicy.PolicyDocument", POLICY),
    ("ListResourcePolicies", lambda s: {},
     "ResourcePolicies.0.PolicyName", lambda s: s.name),
    ("DeleteResourcePolicy", lambda s: {
        "PolicyName": s.name, "PolicyRevisionId": s.revision}, None, None),
    ("GetEncryptionConfig", lambda s: {},
     "EncryptionConfig", {"Status": "ACTIVE", "Type": "NONE"}),
    ("PutEncryptionConfig", lambda s: {"Type": "NONE"},
     "EncryptionConfig", {"Status": "UPDATING", "Type": "NONE"}),
    ("UpdateTraceSegmentDestination", lambda s: {
        "Destination": "CloudWatchLogs"}, "Status", "PENDING"),
    ("GetTraceSegmentDestination", lambda s: {},
     "Destination", "CloudWatchLogs"),
    ("UpdateTraceSegmentDestination", lambda s: {"Destination": "XRay"},
     "Destination", "XRay"),
    ("UpdateIndexingRule", lambda s: {
        "Name": "Default",
        "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 12.5}}},
     "IndexingRule.Rule.Probabilistic.DesiredSamplingPercentage", 12.5),
    ("GetIndexingRules", lambda s: {},
     "IndexingRules.0.Rule.Probabilistic", {
         "DesiredSamplingPercentage": 12.5,
         "ActualSamplingPercentage": 100}),
    ("StartTraceRetrieval", lambda s: {"TraceIds": s.ids, **s.range},
     None, None),
    ("ListRetrievedTraces", lambda s: {"RetrievalToken": s.token,
                                       "TraceFormat": "OTEL"},
     "RetrievalStatus", "COMPLETE"),
    ("GetRetrievedTracesGraph", lambda s: {"RetrievalToken": s.token},
     "Services.0.Service.ReferenceId", 0),
    ("CancelTraceRetrieval", lambda s: {"RetrievalToken": s.token},
     None, None),
    ("GetInsightSummaries", lambda s: {
        "GroupName": "Default", "States": ["ACTIVE"], "MaxResults": 1,
        **s.range},
     "InsightSummaries.0.RootCauseServiceId.Name", "pay"),
    ("GetInsight", lambda s: {"InsightId": s.insight},
     "Insight.State", "ACTIVE"),
    ("GetInsightEvents", lambda s: {"InsightId": s.insight, "MaxResults": 1},
     "InsightEvents.0.TopAnomalousServices.0.ServiceId.Names.0", "pay"),
    ("GetInsightImpactGraph", lambda s: {"InsightId": s.insight, **s.range},
     "InsightId", lambda s: s.insight),
    ("DeleteGroup", lambda s: {"GroupARN": s.group}, None, None),
)


def raw_answer(recorder, operation):
    """The parsed answer of the last call, which was one of `operation`."""
    exchange = recorder.exchanges[-1]
    equal((exchange.path, exchange.status),
          (api_model.OPERATIONS[operation]["path"], 200), operation)
    return json.loads(exchange.reply)


def live(client, recorder, story):
    """Walks through the table; the operations that the client has."""
    done = set()
    for operation, request, path, expected in STEPS:
        words = ("--no-paginate",) if client.name == "AWS CLI" else ()
        try:
            seen = client.call(operation, request(story), *words)
        except Missing:
            print(f"  {client.name} has no {operation}")
            continue
        raw = raw_answer(recorder, operation)
        shape = api_model.OPERATIONS[operation]["output"]
        found = [fault for fault in api_model.faults(shape, raw, operation)
                 if not DEFAULT_RULE.fullmatch(fault)]
        equal(found, [], client.name)
        equal(api_model.lost(shape, raw, seen, operation), [], client.name)
        if callable(expected):
            expected = expected(story)
        if path is not None and expected is not None:
            equal(at(raw, path), expected, f"{operation}: {path} of {raw}")
        story.keep(operation, seen)
        done.add(operation)
    return done


@test
def test_every_operation_of_every_client(env):
    server = env.server()
    incident.begin(server)
    recorder = Recorder(server)
    clients = [Boto3(server, recorder.url), JavaScript(server, recorder.url),
               AwsCli(server, recorder.url)]
    insight = incident.wait(server)
    total = 0
    for client in clients:
        done = live(client, recorder, Story(client, insight))
        print(f"  {client.name}: {len(done)} operations")
        if client.name == "JavaScript":
            pages = client.paginate("GetInsightEvents", {
                "InsightId": insight["InsightId"], "MaxResults": 1})
            equal(pages[0]["InsightEvents"][0]["Summary"],
                  insight["Summary"])
        equal(set(api_model.OPERATIONS) - done, set(), client.name)
        total += len(done)
        client.close()
    print(f"  {total} of {len(api_model.OPERATIONS) * len(clients)} "
          "operations x clients")
    recorder.close()


# Operation with a paginator, its request, the list of its pages.
PAGINATED = (
    ("BatchGetTraces", lambda s: {"TraceIds": s.ids}, "Traces"),
    ("GetTraceSummaries", lambda s: s.range, "TraceSummaries"),
    ("GetGroups", lambda s: {}, "Groups"),
    ("GetSamplingRules", lambda s: {}, "SamplingRuleRecords"),
    ("GetSamplingStatisticSummaries", lambda s: {},
     "SamplingStatisticSummaries"),
    ("GetServiceGraph", lambda s: s.range, "Services"),
    ("GetTimeSeriesServiceStatistics", lambda s: s.range,
     "TimeSeriesServiceStatistics"),
    ("GetTraceGraph", lambda s: {"TraceIds": s.ids}, "Services"),
    ("ListResourcePolicies", lambda s: {}, "ResourcePolicies"),
    ("ListTagsForResource", lambda s: {"ResourceARN": s.group}, "Tags"),
    ("GetInsightSummaries", lambda s: {"GroupName": "Default", **s.range},
     "InsightSummaries"),
)


@test
def test_paginators(env):
    server = env.server()
    counts = {"TraceSummaries": 250, "Groups": 4, "Traces": 3,
              "SamplingRuleRecords": 8, "ResourcePolicies": 2, "Tags": 3}
    with_pages = 0
    for client in (Boto3(server), JavaScript(server)):
        story = Story(client, {"InsightId": ""})
        if client.name == "boto3":
            prepare_pages(server, story)
        story.group = server.post("/GetGroup", {"GroupName": "g0"})[2][
            "Group"]["GroupARN"]
        story.ids = first_ids(server, story)
        for operation, request, items in PAGINATED:
            try:
                pages = client.paginate(operation, request(story))
            except Missing:
                print(f"  {client.name} has no paginator for {operation}")
                continue
            found = [one for page in pages for one in page.get(items, [])]
            equal(len(found), counts.get(items, len(found)),
                  f"{items}, {client.name}")
            with_pages += 1
        client.close()
    print(f"  {with_pages} paginators")


def prepare_pages(server, story):
    now = time.time()
    server.put([segment(start_time=now - 30 - i / 100,
                        end_time=now - 29 - i / 100) for i in range(250)])
    for i in range(3):
        server.post("/CreateGroup", {
            "GroupName": f"g{i}",
            "Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(3)]})
    for i in range(7):
        server.post("/CreateSamplingRule", {
            "SamplingRule": {**RULE, "RuleName": f"r{i}"}})
    for i in range(2):
        server.post("/PutResourcePolicy", {
            "PolicyName": f"p{i}", "PolicyDocument": POLICY})


def first_ids(server, story):
    found = server.summaries(story.now - 600, story.now + 60)
    return [summary["Id"] for summary in found[:3]]


@test
def test_retrieved_traces_in_pages(env):
    server = env.server()
    documents = [segment() for _ in range(12)]
    server.put(documents)
    ids = sorted(d["trace_id"] for d in documents)
    for client in (Boto3(server), JavaScript(server), AwsCli(server)):
        story = Story(client, {"InsightId": ""})
        token = client.call("StartTraceRetrieval", {
            "TraceIds": ids, **story.range})["RetrievalToken"]
        found, sizes, request = [], [], {"RetrievalToken": token}
        while True:
            page = client.call("ListRetrievedTraces", request)
            found += [trace["Id"] for trace in page["Traces"]]
            sizes.append(len(page["Traces"]))
            if not page.get("NextToken"):
                break
            request["NextToken"] = page["NextToken"]
        equal((sorted(found), sizes), (ids, [5, 5, 2]), client.name)
        client.close()


UNKNOWN_ARN = "arn:aws:xray:us-east-1:000000000000:sampling-rule/none"
# Operation, request, error, the name of the resource if it is in the error.
ERRORS = (
    ("GetGroup", {"GroupName": "none"}, "InvalidRequestException", None),
    ("CreateSamplingRule", {"SamplingRule": {**RULE, "RuleName": "one-more"}},
     "RuleLimitExceededException", None),
    ("ListTagsForResource", {"ResourceARN": UNKNOWN_ARN},
     "ResourceNotFoundException", UNKNOWN_ARN),
    ("TagResource", {"ResourceARN": UNKNOWN_ARN, "Tags": []},
     "ResourceNotFoundException", UNKNOWN_ARN),
    ("UntagResource", {"ResourceARN": UNKNOWN_ARN, "TagKeys": []},
     "ResourceNotFoundException", UNKNOWN_ARN),
    ("UpdateIndexingRule", {
        "Name": "none",
        "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 1}}},
     "ResourceNotFoundException", "none"),
    ("ListRetrievedTraces", {"RetrievalToken": "none"},
     "ResourceNotFoundException", "none"),
    ("GetRetrievedTracesGraph", {"RetrievalToken": "none"},
     "ResourceNotFoundException", "none"),
    ("CancelTraceRetrieval", {"RetrievalToken": "none"},
     "ResourceNotFoundException", "none"),
    ("TagResource", {"ResourceARN": None, "Tags": [
        {"Key": f"k{i}", "Value": "v"} for i in range(51)]},
     "TooManyTagsException", "the group"),
    ("PutResourcePolicy", {"PolicyName": "p0", "PolicyDocument": POLICY,
                           "PolicyRevisionId": "7"},
     "InvalidPolicyRevisionIdException", None),
    ("DeleteResourcePolicy", {"PolicyName": "p0", "PolicyRevisionId": "7"},
     "InvalidPolicyRevisionIdException", None),
    ("PutResourcePolicy", {"PolicyName": "p0", "PolicyDocument": "{"},
     "MalformedPolicyDocumentException", None),
    ("PutResourcePolicy", {"PolicyName": "p0", "PolicyDocument": LOCKOUT},
     "LockoutPreventionException", None),
    ("PutResourcePolicy", {"PolicyName": "p0",
                           "PolicyDocument": POLICY + " " * 5120},
     "PolicySizeLimitExceededException", None),
    ("PutResourcePolicy", {"PolicyName": "p5", "PolicyDocument": POLICY},
     "PolicyCountLimitExceededException", None),
    ("StartTraceRetrieval", {
        "TraceIds": [new_trace_id()], "StartTime": instant(1_700_000_000),
        "EndTime": instant(1_700_000_060)}, "ThrottledException", None),
    # Not of the model: any operation may answer so.
    ("CreateSamplingRule", {"SamplingRule": {**RULE, "RuleName": "n" * 33}},
     "ValidationException", None),
    ("PutEncryptionConfig", {"Type": "KMS", "KeyId": "alias/x"},
     "InvalidRequestException", None),
)


def fill(server):
    """As much as there may be of everything; the ARN of a group."""
    for i in range(25):
        status, _, reply = server.post("/CreateSamplingRule", {
            "SamplingRule": {**RULE, "RuleName": f"r{i}"}})
        equal(status, 200, reply)
    for i in range(5):
        equal(server.post("/PutResourcePolicy", {
            "PolicyName": f"p{i}", "PolicyDocument": POLICY})[0], 200)
    status = 200
    while status == 200:
        status, _, _ = server.post("/StartTraceRetrieval", {
            "TraceIds": [new_trace_id()], "StartTime": 1_700_000_000,
            "EndTime": 1_700_000_060})
    equal(status, 429, "status of one retrieval too many")
    return server.post("/CreateGroup", {"GroupName": "full"})[2]["Group"][
        "GroupARN"]


@test
def test_errors_are_typed(env):
    server = env.server()
    group = fill(server)
    seen = set()
    for client in (Boto3(server), JavaScript(server), AwsCli(server)):
        for operation, request, name, resource in ERRORS:
            if request.get("ResourceARN", "") is None:
                request = {**request, "ResourceARN": group}
                resource = group
            try:
                client.call(operation, request)
                raise AssertionError(f"{client.name}: {operation} succeeded")
            except Refused as error:
                equal(error.name, name, f"{client.name}: {operation}")
                if client.name == "AWS CLI":
                    continue
                equal((error.resource, error.typed),
                      (resource, name in api_model.ERRORS),
                      f"{client.name}: {operation}: {error}")
                assert error.message, operation
                seen.add(name)
        client.close()
    equal(set(api_model.ERRORS) - seen, set(), "kinds of errors not seen")
