#!/usr/bin/env python3
"""What late documents of large traces cost a server and everybody else.

    bench/late_news.py HOST:PORT PID [--traces 5] [--segments 100000]
                       [--seconds 40]

Puts a few large traces, waits until they are sealed (seal_idle, and the wait
for company), then sends one small document to each every two seconds, while
another client puts small batches of new traces. Prints what was written to
disk, what it took of a CPU, and what became of the other client's puts.
Start the server with --memory.open_table=1MiB to have the traces sealed soon.
"""

import argparse
import http.client
import json
import os
import secrets
import threading
import time


def segment(trace_id, **members):
    now = time.time()
    return json.dumps({"name": "shop", "id": secrets.token_hex(8),
                       "trace_id": trace_id, "start_time": now - 1,
                       "end_time": now, **members})


def new_trace_id():
    return f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


class Client:
    def __init__(self, address):
        self._connection = http.client.HTTPConnection(address, timeout=60)

    def put(self, documents):
        """(status, seconds)"""
        begun = time.monotonic()
        self._connection.request(
            "POST", "/TraceSegments",
            json.dumps({"TraceSegmentDocuments": documents}))
        response = self._connection.getresponse()
        response.read()
        return response.status, time.monotonic() - begun


def written_bytes(pid):
    with open(f"/proc/{pid}/io") as f:
        return int(dict(line.split(": ") for line in f)["write_bytes"])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def put_large(client, segments):
    trace_id = new_trace_id()
    for begin in range(0, segments, 500):
        documents = [segment(trace_id, annotations={"n": i})
                     for i in range(begin, min(segments, begin + 500))]
        while client.put(documents)[0] != 200:
            time.sleep(0.2)
    return trace_id


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("pid", type=int)
    parser.add_argument("--traces", type=int, default=5)
    parser.add_argument("--segments", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--settle", type=int, default=30)
    options = parser.parse_args()
    client = Client(options.address)
    traces = [put_large(client, options.segments)
              for _ in range(options.traces)]
    time.sleep(options.settle)
    stop = threading.Event()
    late = {}

    def send_late():
        own = Client(options.address)
        while not stop.is_set():
            for trace_id in traces:
                status, _ = own.put([segment(trace_id)])
                late[status] = late.get(status, 0) + 1
            stop.wait(2)

    written, cpu = written_bytes(options.pid), cpu_seconds(options.pid)
    sender = threading.Thread(target=send_late)
    sender.start()
    others, longest = {}, 0.0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        status, seconds = client.put(
            [segment(new_trace_id()) for _ in range(10)])
        others[status] = others.get(status, 0) + 1
        longest = max(longest, seconds)
        time.sleep(0.02)
    stop.set()
    sender.join()
    print(f"late documents: {late}; puts of others: {others}, "
          f"longest {longest * 1e3:.0f} ms; "
          f"written {(written_bytes(options.pid) - written) / 2**20:.0f} MiB, "
          f"CPU {cpu_seconds(options.pid) - cpu:.1f} s "
          f"of {options.seconds} s")


if __name__ == "__main__":
    main()
