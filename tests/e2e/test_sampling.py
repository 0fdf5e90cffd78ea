"""SDKs and OpenTelemetry fetch rules and targets, and keep to them."""

import json
import math
import os
import subprocess
import sys
import time

import built_tools
from harness import HERE, Skip, aws_environment, equal, test

# Reports go out each 10 s; the second one is answered with a quota, and a
# change before it is known soon after it.
SECONDS, PER_SECOND, CHANGE_AFTER = 32, 800, 12
BORROWING, SETTLED = range(2, 9), range(23, 31)
PATHS = PAY, CART, HEALTH, LATE, GONE = (
    "/pay", "/cart/1", "/health", "/late", "/gone")
RESERVOIR = 30
# That for Java reports each 10 or 20 s, as its jitter has it.
JAVA_SECONDS, JAVA_SETTLED = 47, range(42, 46)
RULE = {"ResourceARN": "*", "ServiceName": "shop*", "ServiceType": "*",
        "Host": "*", "HTTPMethod": "GET", "Version": 1}
RATE, NEW_RATE = 0.2, 0.6


def call(server, path, request):
    status, _, reply = server.post(path, request)
    equal(status, 200, f"{path}: {reply}")
    return reply


def make_rules(server):
    for name, path, rate, reservoir in (("cart", "/cart/*", RATE, 0),
                                        ("pay", PAY, 0, RESERVOIR),
                                        ("health", "/hea?th", 0, 0),
                                        ("gone", GONE, 1, 0)):
        call(server, "/CreateSamplingRule", {"SamplingRule": {
            **RULE, "RuleName": name, "Priority": 10, "URLPath": path,
            "FixedRate": rate, "ReservoirSize": reservoir}})
    call(server, "/UpdateSamplingRule", {"SamplingRuleUpdate": {
        "RuleName": "Default", "FixedRate": 0, "ReservoirSize": 0}})


def change_rules(server):
    call(server, "/UpdateSamplingRule", {"SamplingRuleUpdate": {
        "RuleName": "cart", "FixedRate": NEW_RATE}})
    call(server, "/CreateSamplingRule", {"SamplingRule": {
        **RULE, "RuleName": "late", "Priority": 20, "URLPath": LATE,
        "FixedRate": 1, "ReservoirSize": 0}})
    call(server, "/DeleteSamplingRule", {"RuleName": "gone"})


def start(env, server, commands, seconds=SECONDS):
    """The sampling processes by name, each after its first decision."""
    load = [str(seconds), str(PER_SECOND), *PATHS]
    children = {
        name: env.start([*command, *load], stdout=subprocess.PIPE,
                        stderr=open(env.path(f"{name[:13]}.log"), "wb"),
                        env=aws_environment(server))
        for name, command in commands.items()}
    for name, child in children.items():
        equal(json.loads(child.stdout.readline()), {"started": True}, name)
    return children


def totals(seconds, window):
    """(decisions, kept) of the seconds of the window."""
    return tuple(sum(seconds[s][i] for s in window) for i in (0, 1))


def check_share(what, seconds, window, rate, per_second):
    """What was kept: `per_second` for sure, and `rate` of the others."""
    decided, kept = totals(seconds, window)
    sure = len(window) * per_second
    rest = decided - sure
    expected = sure + rate * rest
    # Borders of seconds are the clients' own: one second more or less.
    tolerance = 4.5 * math.sqrt(rate * (1 - rate) * rest) + per_second + 2
    print(f"  {what}: kept {kept} of {decided}, expected {expected:.0f} "
          f"+- {tolerance:.0f}")
    assert abs(kept - expected) <= tolerance, what


@test
def test_samplers_keep_to_the_rules(env):
    server = env.server()
    make_rules(server)
    js = ["node", f"{HERE}/apps/sample.js"]
    children = start(env, server, {
        "X-Ray SDK for Python": [sys.executable, f"{HERE}/apps/sample.py"],
        "X-Ray SDK for Node.js": [*js, "xray", server.url],
        "OpenTelemetry": [*js, "opentelemetry", server.url],
    })
    time.sleep(CHANGE_AFTER)
    change_rules(server)
    for name, child in children.items():
        counts = counts_of(name, child)
        # For Node.js's SDK seconds are milliseconds: every quota is over, and
        # no rule was changed. It asks for rules each five minutes.
        node = name == "X-Ray SDK for Node.js"
        check_counts(name, counts, SETTLED,
                     quota=1 if node else RESERVOIR / len(children),
                     sees_rules=not node)
    check_statistics(server)


def counts_of(name, child):
    counts = json.loads(child.stdout.readline())
    child.stdout.close()
    equal(child.wait(timeout=30), 0, name)
    return counts


def check_counts(name, counts, settled, quota, sees_rules):
    """`sees_rules`: a client that learns soon that there are other rules."""
    check_share(f"{name}, rate", counts[CART], BORROWING, RATE, 0)
    check_share(f"{name}, new rate", counts[CART], settled, NEW_RATE, 0)
    check_share(f"{name}, borrowing", counts[PAY], BORROWING, 0, 1)
    check_share(f"{name}, quota", counts[PAY], settled, 0, quota)
    equal(totals(counts[HEALTH], range(2, settled.stop))[1], 0, "/health")
    equal(totals(counts[LATE], range(2, CHANGE_AFTER - 2))[1], 0, name)
    decided, kept = totals(counts[GONE], range(2, CHANGE_AFTER - 2))
    equal(kept, decided, f"{name}: a rule of all requests")
    decided, kept = totals(counts[LATE], settled)
    equal(kept, decided if sees_rules else 0, f"{name}: the late rule")
    decided, kept = totals(counts[GONE], settled)
    equal(kept, 0 if sees_rules else decided, f"{name}: the deleted rule")


def check_statistics(server):
    """What clients reported is what summaries show."""
    reply = call(server, "/SamplingStatisticSummaries", {})
    sums = {}
    for one in reply["SamplingStatisticSummaries"]:
        of = sums.setdefault(one["RuleName"], [0, 0, 0])
        for i, count in enumerate(("RequestCount", "SampledCount",
                                   "BorrowCount")):
            of[i] += one[count]
    requests, sampled, borrowed = sums["cart"]
    # Two reports, ten seconds each, of three clients.
    whole = 3 * 2 * 10 * PER_SECOND / len(PATHS)
    assert 0.7 * whole < requests < 1.6 * whole, sums
    assert RATE / 2 < sampled / requests < NEW_RATE, sums
    # Nothing to borrow of a rule without a reservoir.
    equal(borrowed, 0, sums)
    assert sums["pay"][2] > 0, sums
    equal(sums["health"][1:], [0, 0])


def built_for_java(name):
    built = built_tools.folder(name)
    if not os.path.exists(built):
        raise Skip(f"{name} is not built: deploy/test.sh readers")
    return built


@test
def test_otel_sampler_from_java(env):
    built = built_for_java("sample_otel_java")
    server = env.server()
    make_rules(server)
    name = "OpenTelemetry's sampler for Java"
    children = start(env, server, {name: [
        "java", "-cp", f"{built}/target/classes:{built}/target/lib/*",
        "SampleOtel", server.url]})
    time.sleep(CHANGE_AFTER)
    change_rules(server)
    check_counts(name, counts_of(name, children[name]), SETTLED,
                 quota=RESERVOIR, sees_rules=True)


@test
def test_samplers_from_java(env):
    """The X-Ray SDK for Java sends milliseconds, and up to 2.18 throws away an
    answer with a member that it does not know."""
    built = built_for_java("sample_java")
    server = env.server()
    make_rules(server)
    children = start(env, server, {
        f"X-Ray SDK for Java {version}": [
            "java", "-cp", f"{built}/{version}/target/classes:"
                           f"{built}/{version}/target/lib/*", "Sample"]
        for version in built_tools.XRAY_SDKS_FOR_JAVA}, JAVA_SECONDS)
    time.sleep(CHANGE_AFTER)
    change_rules(server)
    for name, child in children.items():
        # It asks for rules each five minutes, whatever it is told.
        check_counts(name, counts_of(name, child), JAVA_SETTLED,
                     quota=RESERVOIR / len(children), sees_rules=False)
