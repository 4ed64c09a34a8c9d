"""The Dashboards of the tests in a container: serves as the settings say that docker/dashboards/configure.sh made.

In: what compose.yaml starts an official image with, `opensearch-dashboards --config FILE`, and FAKE_LOSES, an id it
says it stored and did not. Before it serves it makes an index of its own as its own user, as the real one does.
"""

import json
import os
import signal
import ssl
import sys
from http.server import ThreadingHTTPServer
from pathlib import Path

import urllib3

from fake_dashboards import FakeDashboards


def main(file: Path) -> None:
    """Serve for ever; ends with a word where a setting is of no use."""
    settings = {key: _value(text) for key, text in (line.split(": ", 1) for line in file.read_text().splitlines())}
    user, password = settings.get("opensearch.username", ""), settings.get("opensearch.password", "")
    authority = (settings.get("opensearch.ssl.certificateAuthorities") or [None])[0]
    headers = urllib3.make_headers(basic_auth=f"{user}:{password}") if user else {}
    with urllib3.PoolManager(ca_certs=authority, retries=False) as pool:
        # What Dashboards does first: its index. Everything else that it may not do shows in a real one only.
        made = pool.request("PUT", f"{settings['opensearch.hosts'][0]}/.kibana_probe", headers=headers)
        gone = pool.request("DELETE", f"{settings['opensearch.hosts'][0]}/.kibana_probe", headers=headers)
    if {made.status, gone.status} != {200}:
        sys.exit(f"OpenSearch answers {made.status} and {gone.status}: {made.data!r}")
    loses = os.environ.get("FAKE_LOSES")  # noqa: TID251  of this image
    fake = FakeDashboards(user=user, lose={loses} if loses else set())
    server = ThreadingHTTPServer((settings["server.host"], 5601), fake.handler())
    if settings.get("server.ssl.enabled"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["server.ssl.certificate"], settings["server.ssl.key"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container gets it only if it asks
    server.serve_forever()


def _value(text: str):  # type: ignore[no-untyped-def]
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--config") + 1]))
