"""HTTP/2 floods against a gRPC port, over raw sockets, and what they cost.

    python3 tests/e2e/http2_flood.py PORT PID KIND... [--seconds 5]
        [--connections 1] [--no_ack] [--deaf]

For each kind of flood (all when none is named) prints the server's memory
(resident, MiB) before, at most, and after, how much it was sent, and how often
it ended the connection. --no_ack: its settings are never acknowledged; --deaf:
nothing it says is read.
"""

import argparse
import itertools
import socket
import struct
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4

PUT = "/roentgen.v1.TraceService/PutTraceSegments"
HEALTH = "/grpc.health.v1.Health/Check"
NOWHERE = "/nobody.Knows/This"


def frame(kind, flags, stream, payload=b""):
    return (
        struct.pack(">I", len(payload))[1:]
        + struct.pack(">BBI", kind, flags, stream)
        + payload
    )


def text(value):
    return bytes([len(value)]) + value.encode()


def head(path):
    """HPACK, without the table: POST http path, as gRPC asks."""
    return (
        b"\x83\x86\x04"
        + text(path)
        + b"\x01"
        + text("localhost")
        + b"\x0f\x10"
        + text("application/grpc")
        + b"\x00"
        + text("te")
        + text("trailers")
    )


def calls(path, flags, then=lambda stream: b""):
    """Batches of calls, some 60 KiB each, with `then` behind each head."""
    block = head(path)
    per_batch = 60_000 // (len(block) + 9 + len(then(1)))
    for first in itertools.count(0, per_batch):
        yield b"".join(
            frame(HEADERS, END_HEADERS | flags, s, block) + then(s)
            for s in range(2 * first + 1, 2 * (first + per_batch) + 1, 2)
        )


def same(payload):
    return itertools.repeat(payload * (60_000 // len(payload) + 1))


def reset(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", 8))


def on_one_stream(payload):
    yield frame(HEADERS, END_HEADERS, 1, head(PUT))
    yield from same(payload)


def spread(payload_of):
    """Frames over 200 calls that never end."""
    yield b"".join(
        frame(HEADERS, END_HEADERS, s, head(PUT)) for s in range(1, 401, 2)
    )
    yield from itertools.repeat(
        b"".join(payload_of(s) for s in range(1, 401, 2)) * 8
    )


KINDS = {
    "reset": lambda: calls(PUT, 0, reset),
    "reset_unknown": lambda: calls(NOWHERE, 0, reset),
    "reset_health": lambda: calls(HEALTH, 0, reset),
    "reset_after_data": lambda: calls(
        PUT, 0, lambda s: frame(DATA, 0, s, b"\0\0\0\0\x05") + reset(s)
    ),
    "reset_after_end": lambda: calls(PUT, END_STREAM, reset),
    "open": lambda: calls(PUT, 0),
    "open_unknown": lambda: calls(NOWHERE, 0),
    "ended": lambda: calls(PUT, END_STREAM),
    "ended_unknown": lambda: calls(NOWHERE, END_STREAM),
    "ping": lambda: same(frame(PING, 0, 0, bytes(8))),
    "settings": lambda: same(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535))),
    "priority": lambda: same(frame(PRIORITY, 0, 5, bytes(4) + b"\x10")),
    "window": lambda: same(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1))),
    "unknown_frame": lambda: same(frame(0xFA, 0, 0, b"x")),
    "empty_data": lambda: on_one_stream(frame(DATA, 0, 1)),
    "dribble": lambda: spread(lambda s: frame(DATA, 0, s, b"\0")),
    "continuation": lambda: itertools.chain(
        [frame(HEADERS, 0, 1, head(PUT))],
        same(frame(CONTINUATION, 0, 1, b"\x00" + text("x" * 20) + text("y" * 90))),
    ),
    "continuation_empty": lambda: itertools.chain(
        [frame(HEADERS, 0, 1, head(PUT))], same(frame(CONTINUATION, 0, 1))
    ),
    "trailers": lambda: on_one_stream(frame(HEADERS, END_HEADERS, 1, head(PUT))),
}


class Flood:
    """One kind from some connections, opened again as often as they are cut."""

    def __init__(self, port, kind, connections, seconds, acks=True, takes=True):
        self.port, self.kind, self.acks, self.takes = port, kind, acks, takes
        self.until = time.monotonic() + seconds
        self.sent = 0
        self.cut = 0
        self.refused = 0
        self.goaways = {}
        self.threads = [
            threading.Thread(target=self._run) for _ in range(connections)
        ]
        for thread in self.threads:
            thread.start()

    def is_running(self):
        return any(thread.is_alive() for thread in self.threads)

    def join(self):
        for thread in self.threads:
            thread.join()

    def _run(self):
        while time.monotonic() < self.until:
            try:
                with socket.create_connection(
                    ("127.0.0.1", self.port), timeout=1
                ) as s:
                    self._flood(s)
            except OSError:
                self.refused += 1

    def _flood(self, s):
        s.sendall(PREFACE + frame(SETTINGS, 0, 0))
        if self.takes:
            reader = threading.Thread(target=self._drain, args=(s,))
            reader.start()
        if self.acks:
            s.sendall(frame(SETTINGS, ACK, 0))
        try:
            for batch in KINDS[self.kind]():
                view = memoryview(batch)
                while view:
                    if time.monotonic() > self.until:
                        return
                    try:
                        n = s.send(view)
                    except TimeoutError:
                        continue
                    view = view[n:]
                    self.sent += n
        except OSError:
            self.cut += 1
        finally:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            if self.takes:
                reader.join()

    def _drain(self, s):
        seen = b""
        while True:
            try:
                got = s.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            if not got:
                self._note_goaway(seen)
                return
            seen = (seen + got)[-400:]


    def _note_goaway(self, last_bytes):
        head = frame(GOAWAY, 0, 0, bytes(8))[2:9]  # Of eight bytes.
        at = last_bytes.rfind(head)
        if at >= 0:
            code = int.from_bytes(last_bytes[at + 11 : at + 15], "big")
            self.goaways[code] = self.goaways.get(code, 0) + 1


def resident(pid):
    """Memory of a process, MiB."""
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * 4096 // 2**20


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--no_ack", action="store_true")
    parser.add_argument("--deaf", action="store_true")
    # Before all of the machine's memory is taken.
    parser.add_argument("--stop_at", type=int, default=3000)
    args = parser.parse_args()
    for kind in args.kinds or KINDS:
        before = most = resident(args.pid)
        flood = Flood(
            args.port, kind, args.connections, args.seconds, not args.no_ack,
            not args.deaf,
        )
        while flood.is_running():
            most = max(most, resident(args.pid))
            if most > args.stop_at:
                flood.until = 0
            time.sleep(0.05)
        flood.join()
        time.sleep(2)
        print(
            f"{kind:20} {before:6} {most:6} {resident(args.pid):6} MiB, sent "
            f"{flood.sent / 2**20:.1f} MiB, cut {flood.cut}, refused "
            f"{flood.refused}, goaways {flood.goaways}",
            flush=True,
        )


if __name__ == "__main__":
    main()
