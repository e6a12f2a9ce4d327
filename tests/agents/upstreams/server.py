"""A provider on the loopback device that speaks one dialect, and refuses what its vendor would."""

import http.server
import json
import sys
import threading
import traceback

from .strict import ENVELOPE, Refused
from .turn import Fault

KEY = "upstream-secret-of-these-tests"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """The router hangs up on a stream that went wrong."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Upstream:
    """Answers with the turn that `script` makes of each request: `script(ask, count)`, a `Turn` or a `Fault`."""

    def __init__(self, dialect, script):
        self.dialect, self.script = dialect, script
        self.asks, self.complaints = [], []
        self.lock = threading.Lock()
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                upstream.serve(self)

            def do_GET(self):
                upstream.complaints.append(f"GET {self.path}")
                self.send_error(404)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def serve(self, handler):
        raw = handler.rfile.read(int(handler.headers["content-length"]))
        try:
            with self.lock:
                ask = self.read(handler, raw)
                self.asks.append(ask)
                answer = self.script(ask, len(self.asks))
                if isinstance(answer, Fault):
                    parts = self.faulty(ask, answer)
                else:
                    parts = self.dialect.stream(ask, answer) if ask.streams else self.dialect.whole(ask, answer)
        except Refused as refusal:
            self.complaints.append(str(refusal))
            return send(handler, refusal.status, self.dialect.error(refusal.status, str(refusal)))
        except Exception:
            self.complaints.append(traceback.format_exc())
            return send(handler, 500, self.dialect.error(500, "the script of this provider is broken"))
        if isinstance(answer, Fault) and answer.status != 200:
            more = {"retry-after": answer.retry_after} if answer.retry_after else {}
            return send(handler, answer.status, parts, more)
        if ask.streams:
            return stream(handler, self.dialect.STREAM_TYPE, parts, isinstance(answer, Fault) and answer.stream == "cut")
        return send(handler, 200, parts)

    def read(self, handler, raw):
        if ENVELOPE.encode() in raw:
            raise Refused("what the router sealed for its clients has reached the provider")
        if handler.headers.get("content-type", "").split(";")[0] != "application/json":
            raise Refused("content-type must be application/json", 415)
        secret = self.dialect.secret(handler.headers)
        if secret != KEY:
            raise Refused("invalid key", 401)
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise Refused(f"no JSON: {error}") from error
        return self.dialect.read(handler.path, handler.headers, body)

    def faulty(self, ask, fault):
        if fault.status != 200:
            return self.dialect.error(fault.status, fault.message)
        first = self.dialect.first_frames(ask)
        return first + ([self.dialect.error_frame(fault.message)] if fault.stream == "error" else [])

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def send(handler, status, body, more=()):
    data = json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"content-type": "application/json", "content-length": len(data), **dict(more)}.items():
        handler.send_header(name, str(value))
    handler.end_headers()
    handler.wfile.write(data)


def stream(handler, kind, frames, is_cut):
    handler.send_response(200)
    handler.send_header("content-type", kind)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    for frame in frames:
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
    if is_cut:
        handler.wfile.flush()
        handler.close_connection = True
    else:
        handler.wfile.write(b"0\r\n\r\n")


def sse(data, event=None):
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def pieces(text, size=7):
    """As a model's text comes: in parts that end anywhere."""
    return [text[start:start + size] for start in range(0, len(text), size)] or [""]
