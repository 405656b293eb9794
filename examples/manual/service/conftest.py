import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sphinxext.tested_snippets.runners import PythonRunner


class Greeter(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from the service")

    def log_message(self, *arguments):
        """Print nothing."""


@pytest.fixture(scope="session")
def service():
    server = HTTPServer(("127.0.0.1", 0), Greeter)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def service_runner(service, monkeypatch):
    monkeypatch.setenv("SERVICE_URL", service)
    return PythonRunner(pass_env=["SERVICE_URL"])
