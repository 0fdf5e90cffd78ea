"""A proxy between a client and the server that keeps what both have sent."""

import http.client
import http.server
import threading
from collections import namedtuple

Exchange = namedtuple("Exchange", "path request status headers reply")


class Recorder:
    """Clients call `url`; `exchanges` has their calls in order."""

    def __init__(self, server):
        self.exchanges = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                # Everything as it came, so that signatures stay good.
                forward = http.client.HTTPConnection(server.xray, timeout=30)
                forward.putrequest("POST", self.path, skip_host=True,
                                   skip_accept_encoding=True)
                for name, value in self.headers.items():
                    forward.putheader(name, value)
                forward.endheaders(body)
                reply = forward.getresponse()
                data = reply.read()
                forward.close()
                recorder.exchanges.append(Exchange(
                    self.path, body, reply.status,
                    dict(reply.getheaders()), data))
                self.send_response_only(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("connection", "keep-alive"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self._proxy.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._proxy.server_address[1]}"
        threading.Thread(target=self._proxy.serve_forever,
                         daemon=True).start()

    def close(self):
        self._proxy.shutdown()
        self._proxy.server_close()
