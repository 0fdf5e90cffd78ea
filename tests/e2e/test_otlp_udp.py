"""OTLP in the daemon's datagrams, as ADOT's exporter sends it."""

import test_otlp
from harness import poll, test
from otlp_client import documents_by_id, send, xray_id


@test
def test_otlp_udp_exporter(env):
    server = env.server()
    sent = send(server, "js", "udp", server.udp)
    id_ = xray_id(sent["trace_id"])
    ids = {span["id"] for span in sent["spans"]}
    poll("both spans",
         lambda: ids <= documents_by_id(server.documents(id_)).keys())
    test_otlp.check(server, sent)
