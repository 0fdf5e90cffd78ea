"""Runs the end-to-end tests; run.sh calls it."""

import importlib
import sys
import traceback

import harness

MODULES = [
    "test_http",
    "test_aws_clients",
    "test_conformance",
    "test_groups",
    "test_filters",
    "test_service_map",
    "test_sdk_apps",
    "test_grpc",
    "test_floods",
    "test_starving",
    "test_overload",
    "test_otlp",
    "test_otlp_udp",
    "test_zipkin",
    "test_jaeger",
    "test_jaeger_queries",
    "test_real_jaeger",
    "test_real_collector",
    "test_real_zipkin",
    "test_otlp_captured",
    "test_check_repair",
    "test_cli",
    "test_captured",
    "test_freshness",
    "test_auth",
    "test_tls",
    "test_audit",
    "test_redaction",
    "test_sampling",
    "test_grafana",
    "test_grafana_provisioning",
    "test_lifecycle",
    "test_restart",
    "test_backup",
]


def run_one(name, test):
    """One of "PASS", "SKIP", "FAIL"."""
    env = harness.Environment(name)
    try:
        test(env)
        print(f"PASS {name}", flush=True)
        return "PASS"
    except harness.Skip as reason:
        print(f"SKIP {name}: {reason}", flush=True)
        return "SKIP"
    except Exception:  # A test may fail in any way; the others still run.
        traceback.print_exc()
        env.show_logs()
        print(f"FAIL {name}", flush=True)
        return "FAIL"
    finally:
        env.close()


def main():
    harness.configure(sys.argv[1])
    wanted = sys.argv[2:]
    for module in MODULES:
        importlib.import_module(module)
    results = []
    for name, test in harness.TESTS.items():
        if wanted and not any(part in name for part in wanted):
            continue
        results.append(run_one(name, test))
    skipped = results.count("SKIP")
    if skipped:
        print(f"{skipped} skipped")
    failed = results.count("FAIL")
    print(f"{results.count('PASS')} passed, {failed} failed")
    sys.exit(1 if failed or not results else 0)


if __name__ == "__main__":
    main()
