"""Decides with the X-Ray SDK's centralized sampling, at a steady rate.

    python sample.py SECONDS PER_SECOND PATH...

Prints {"started"} with the first decision; at the end, for each path and
second, how many decisions there were and how many kept the request.
"""

import json
import sys
import time

from aws_xray_sdk.core import xray_recorder


def main():
    seconds, rate, paths = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    xray_recorder.configure(service="shop", sampling=True)
    sampler = xray_recorder.sampler
    counts = {path: [[0, 0] for _ in range(seconds + 1)] for path in paths}
    begin = time.monotonic()
    for i in range(seconds * rate):
        wait = begin + i / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        at = counts[paths[i % len(paths)]][int(time.monotonic() - begin)
                                           if wait > -1 else seconds]
        at[0] += 1
        at[1] += bool(sampler.should_trace({
            "host": "shop.local", "method": "GET", "service": "shop",
            "path": paths[i % len(paths)]}))
        if i == 0:
            print(json.dumps({"started": True}), flush=True)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
