"""A server that speaks the part of IBM's runtime interface that sends jobs and fetches them.

`serving()` runs it on a port of this machine. Circuits are run by Qiskit's local mode on the copy
of a backend; requests, answers and what they hold are as the client encodes them. The login is not
served: `logged_in` puts a token and one instance where the client asks for them.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from qiskit_ibm_runtime import SamplerV2, fake_provider
from qiskit_ibm_runtime.accounts.account import CloudAccount
from qiskit_ibm_runtime.api.auth import CloudAuth
from qiskit_ibm_runtime.utils import RuntimeDecoder, RuntimeEncoder

BACKEND = "ibm_copy"
CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/0:0::"
HOME = Path(fake_provider.__file__).parent / "backends" / "manila"


class Runtime:
    """Jobs by identifier, as long as the server is there."""

    def __init__(self):
        self.results, self.ready, self.requests = {}, threading.Event(), []
        self.tags, self.refusal = {}, 0
        self.backend = fake_provider.FakeManilaV2()

    def configuration(self):
        found = json.loads((HOME / "conf_manila.json").read_text(encoding="utf-8"))
        return {**found, "backend_name": BACKEND, "simulator": False}

    def properties(self):
        found = json.loads((HOME / "props_manila.json").read_text(encoding="utf-8"))
        return {**found, "backend_name": BACKEND}

    def run(self, body):
        """Run a job of the sampler, and keep its result."""
        asked = json.loads(body, cls=RuntimeDecoder)
        assert asked["program_id"] == "sampler"
        found = SamplerV2(mode=self.backend).run([tuple(pub) for pub in asked["params"]["pubs"]])
        identifier = f"job{len(self.results)}"
        self.results[identifier] = json.dumps(found.result(), cls=RuntimeEncoder)
        self.tags[identifier] = asked.get("tags", [])
        return {"id": identifier, "backend": BACKEND}

    def job(self, identifier):
        status = "Completed" if self.ready.is_set() else "Running"
        return {
            "id": identifier,
            "backend": BACKEND,
            "program": {"id": "sampler"},
            "created": "2026-01-01T00:00:00Z",
            "status": status,
            "state": {"status": status},
        }

    def answer(self, path):
        """What a GET returns; `None` for what there is not."""
        parts = path.partition("?")[0].strip("/").split("/")[1:]
        match parts:
            case ["backends"]:
                return {"devices": [{"name": BACKEND}]}
            case ["backends", name, "configuration"] if name == BACKEND:
                return self.configuration()
            case ["backends", name, "properties"] if name == BACKEND:
                return self.properties()
            case ["backends", name, "status"] if name == BACKEND:
                return {"state": True, "status": "active", "length_queue": 0}
            case ["instances", "usage"]:
                return {"usage_limit_reached": False}
            case ["jobs"]:
                wanted = set(parse_qs(urlsplit(path).query)["tags"])
                found = [self.job(job) for job, tags in self.tags.items() if wanted <= set(tags)]
                return {"jobs": found, "count": len(found)}
            case ["jobs", identifier] if identifier in self.results:
                return self.job(identifier)
            case ["jobs", identifier, "results"] if identifier in self.results:
                return self.results[identifier]
        return None


@contextmanager
def serving():
    """Yield a runtime and the address that it listens on."""
    runtime = Runtime()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            runtime.requests.append(f"GET {self.path.partition('?')[0]}")
            self.reply(runtime.answer(self.path))

        def do_POST(self):
            runtime.requests.append(f"POST {self.path}")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(runtime.run(body))

        def reply(self, found):
            content = found if isinstance(found, str) else json.dumps(found)
            self.send_response(runtime.refusal or (404 if found is None else 200))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield runtime, f"http://127.0.0.1:{server.server_port}/experimental"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def logged_in(monkeypatch, address):
    """Let the client find an account for the address, as it would in the environment."""
    account = {"TOKEN": "none", "URL": address, "INSTANCE": CRN}
    for name, value in account.items():
        monkeypatch.setenv(f"QISKIT_IBM_{name}", value)
    instance = {"crn": CRN, "plan": "open", "name": "copy", "tags": [], "pricing_type": "free"}
    monkeypatch.setattr(CloudAccount, "list_instances", lambda self: [instance])
    monkeypatch.setattr(CloudAuth, "get_headers", lambda self: {"Service-CRN": CRN})
