"""Plain HTTP, so that a test sees what is on the wire."""

import http.client
import json
from urllib.parse import urlsplit

# Of any one read. A model this small answers in milliseconds; a machine may be busy.
LIMIT_S = 120


def ask(base, method, path, body=None):
    """Status, headers and the body as JSON."""
    connection, response = open_answer(base, method, path, body)
    try:
        return response.status, response.headers, json.loads(response.read())
    finally:
        connection.close()


def open_answer(base, method, path, body=None):
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=LIMIT_S)
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"content-type": "application/json"})
    return connection, connection.getresponse()


def data_lines(response):
    """What stands behind `data: ` on the lines of an event stream, as they come."""
    for line in response:
        if line.startswith(b"data: "):
            yield line.removeprefix(b"data: ").decode().strip()


def is_up(url):
    """Whether it answers 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
