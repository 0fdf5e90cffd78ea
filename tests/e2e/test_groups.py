"""Groups and root causes as boto3 sees them."""

import json
import string
import time

from botocore.exceptions import ClientError

from harness import (
    boto3_client,
    contains,
    equal,
    new_id,
    segment,
    store,
    test,
)

OFF = {"InsightsEnabled": False, "NotificationsEnabled": False}
ON = {"InsightsEnabled": True, "NotificationsEnabled": True}


def refusal(call, **arguments):
    """(code, message) of the ClientError of a call."""
    try:
        call(**arguments)
    except ClientError as error:
        equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        return (error.response["Error"]["Code"],
                error.response["Error"]["Message"])
    raise AssertionError("the call succeeded")


def all_groups(client):
    pages = client.get_paginator("get_groups").paginate()
    return [group for page in pages for group in page["Groups"]]


@test
def test_groups_live(env):
    identity = {"identity.region": "eu-west-1",
                "identity.account_id": "111122223333"}
    server = env.server(**identity)
    client = boto3_client(server)
    prefix = "arn:aws:xray:eu-west-1:111122223333:group/"
    default = {"GroupName": "Default", "GroupARN": prefix + "Default",
               "InsightsConfiguration": OFF}
    equal(all_groups(client), [default])
    expression = 'service("pay-api") { fault }'
    made = client.create_group(
        GroupName="checkout", FilterExpression=expression,
        InsightsConfiguration={"InsightsEnabled": True,
                               "NotificationsEnabled": True},
        Tags=[{"Key": "team", "Value": "shop"}])["Group"]
    arn = made["GroupARN"]
    unique = arn.removeprefix(prefix + "checkout/")
    equal(len(unique), 52)
    equal(set(unique) <= set(string.ascii_uppercase + "234567"), True, unique)
    equal(made, {"GroupName": "checkout", "GroupARN": arn,
                 "FilterExpression": expression, "InsightsConfiguration": ON})
    equal(client.get_group(GroupName="checkout")["Group"], made)
    equal(client.get_group(GroupARN=arn)["Group"], made)

    invalid = "InvalidRequestException"
    equal(refusal(client.create_group, GroupName="checkout"),
          (invalid, "checkout already exists"))
    equal(refusal(client.get_group, GroupName="nope"),
          (invalid, "Group not found"))
    equal(refusal(client.delete_group, GroupName="Default")[0], invalid)
    equal(refusal(client.get_groups, NextToken="x"),
          (invalid, "Next Token not supported"))
    code, message = refusal(client.create_group, GroupName="bad",
                            FilterExpression='service("x"')
    equal(code, invalid)
    contains(message, "Error Location: line 1")

    changed = client.update_group(GroupARN=arn, FilterExpression="fault",
                                  InsightsConfiguration=OFF)["Group"]
    equal(changed, {**made, "FilterExpression": "fault",
                    "InsightsConfiguration": OFF})
    other = client.create_group(GroupName="all")["Group"]
    equal(all_groups(client), [default, other, changed])

    if store() != "memory":
        equal(server.stop(), 0, "exit code")
        server = env.server(**identity)
        client = boto3_client(server)
        equal(all_groups(client), [default, other, changed])
        # A kill right after the answer takes nothing back either.
        last = client.create_group(GroupName="last")["Group"]
        server.process.kill()
        server.process.wait()
        client = boto3_client(env.server(**identity))
        equal(all_groups(client), [default, other, changed, last])
        client.delete_group(GroupName="last")
    equal(client.delete_group(GroupARN=arn)["ResponseMetadata"]
          ["HTTPStatusCode"], 200)
    equal(refusal(client.delete_group, GroupName="checkout"),
          (invalid, "Group not found"))
    equal(all_groups(client), [default, other])


@test
def test_root_causes(env):
    server = env.server()
    start = int(time.time()) - 10
    trace = segment(
        name="shop", origin="AWS::ECS::Container", start_time=start,
        end_time=start + 1, fault=True,
        subsegments=[{
            "id": new_id(), "name": "charge", "start_time": start,
            "end_time": start + 0.75, "fault": True,
            "cause": {"exceptions": [
                {"id": new_id(), "type": "ValueError", "message": "no"}]},
        }])
    server.put([trace])
    summary = boto3_client(server).get_trace_summaries(
        StartTime=start - 1, EndTime=start + 5)["TraceSummaries"][0]
    service = {"Name": "shop", "Names": ["shop"],
               "Type": "AWS::ECS::Container", "Inferred": False}
    equal(summary["FaultRootCauses"], [{
        "Services": [{**service, "EntityPath": [
            {"Name": "shop", "Exceptions": [], "Remote": False},
            {"Name": "charge", "Remote": False, "Exceptions": [
                {"Name": "ValueError", "Message": "no"}]}]}],
        "ClientImpacting": True}])
    equal(summary["ErrorRootCauses"], [])
    equal(summary["ResponseTimeRootCauses"], [{
        "Services": [{**service, "EntityPath": [
            {"Name": "shop", "Coverage": 1.0, "Remote": False},
            {"Name": "charge", "Coverage": 0.75, "Remote": False}]}],
        "ClientImpacting": True}])
    shown, _ = server.client("search", "--json")
    contains(json.dumps(json.loads(shown.splitlines()[0])), "ValueError")
