"""Offers a server more documents than it can take, from processes of its own.

    put_flood.py HOST:PORT SECONDS PROCESSES CONNECTIONS

Each process keeps its connections busy with puts of 100 documents. Prints one
JSON value: how often each status came, how many refusals had no Retry-After,
and the trace ids of some requests that were acknowledged.
"""

import json
import multiprocessing
import secrets
import selectors
import socket
import sys
import time

DOCUMENTS = 100
MARK = b"@@@@@@@@"  # Where the ids of a request differ from those of others.


def template():
    seconds = f"{int(time.time()):08x}"
    documents = []
    for i in range(DOCUMENTS):
        documents.append(json.dumps({
            "name": f"service-{i % 20}",
            "id": f"{i:08x}" + MARK.decode(),
            "trace_id": f"1-{seconds}-{MARK.decode()}{i:016x}",
            "start_time": time.time() - 1,
            "end_time": time.time(),
            "http": {"request": {"method": "GET", "url": f"http://x/{i}"},
                     "response": {"status": 200}},
            "annotations": {"customer": i, "region": "eu"},
        }))
    body = json.dumps({"TraceSegmentDocuments": documents}).encode()
    head = (b"POST /TraceSegments HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body))
    return seconds, head + body


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setblocking(False)
        self.out = b""
        self.received = b""
        self.mark = None

    def begin(self, request):
        self.mark = secrets.token_hex(4)
        self.out = request.replace(MARK, self.mark.encode())
        self.received = b""

    def send(self):
        """Whether all of the request is sent."""
        try:
            self.out = self.out[self.socket.send(self.out):]
        except BlockingIOError:
            pass
        return not self.out

    def receive(self):
        """(status, head) of an answer that is complete, or None."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return None
        if not data:
            raise ConnectionError("closed")
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        lower = head.lower()
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return None
        return int(head.split(b" ", 2)[1]), lower


def run(address, seconds, connections, results):
    trace_seconds, request = template()
    counts, unhinted, acknowledged = {}, 0, []
    with selectors.DefaultSelector() as selector:
        def opened():
            connection = Connection(address)
            connection.begin(request)
            selector.register(connection.socket, selectors.EVENT_WRITE,
                              connection)

        for _ in range(connections):
            opened()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for key, events in selector.select(timeout=0.1):
                connection = key.data
                try:
                    if events & selectors.EVENT_WRITE and connection.send():
                        selector.modify(connection.socket,
                                        selectors.EVENT_READ, connection)
                    answer = (connection.receive()
                              if events & selectors.EVENT_READ else None)
                except OSError:
                    counts["closed"] = counts.get("closed", 0) + 1
                    selector.unregister(connection.socket)
                    connection.socket.close()
                    opened()
                    continue
                if answer is None:
                    continue
                status, head = answer
                counts[status] = counts.get(status, 0) + 1
                if status == 200:
                    if counts[200] % 20 == 1:
                        acknowledged.append(
                            f"1-{trace_seconds}-{connection.mark}{0:016x}")
                elif b"retry-after:" not in head:
                    unhinted += 1
                connection.begin(request)
                selector.modify(connection.socket, selectors.EVENT_WRITE,
                                connection)
    results.put((counts, unhinted, acknowledged))


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    seconds, processes, connections = map(int, sys.argv[2:5])
    results = multiprocessing.Queue()
    senders = [
        multiprocessing.Process(
            target=run, args=((host, int(port)), seconds, connections, results))
        for _ in range(processes)
    ]
    for sender in senders:
        sender.start()
    total, unhinted, acknowledged = {}, 0, []
    for _ in senders:
        counts, without, ids = results.get()
        for status, count in counts.items():
            total[status] = total.get(status, 0) + count
        unhinted += without
        acknowledged += ids
    for sender in senders:
        sender.join()
    print(json.dumps({"statuses": total, "without_hint": unhinted,
                      "acknowledged": acknowledged}))


if __name__ == "__main__":
    main()
