"""A client of the router, straight or through a proxy whose certificate nobody has signed."""

import http.client
import json
import ssl
from urllib.parse import urlsplit

LIMIT_S = 120

# The proxies are at 127.0.0.1, which the router trusts.
FROM = ("127.0.0.2", 0)

UNSIGNED = ssl.create_default_context()
UNSIGNED.check_hostname = False
UNSIGNED.verify_mode = ssl.CERT_NONE


class Client:
    def __init__(self, base, key=None, **headers):
        self.base = urlsplit(base)
        self.headers = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if key:
            self.headers["authorization"] = f"Bearer {key}"

    def open(self, method, path, body=None):
        """The connection, and an answer that has begun."""
        if self.base.scheme == "https":
            connection = http.client.HTTPSConnection(
                self.base.netloc, timeout=LIMIT_S, context=UNSIGNED, source_address=FROM
            )
        else:
            connection = http.client.HTTPConnection(self.base.netloc, timeout=LIMIT_S)
        content = None if body is None else json.dumps(body)
        connection.request(method, self.base.path.rstrip("/") + path, content, self.headers)
        return connection, connection.getresponse()

    def ask(self, method, path, body=None):
        """Status, headers, and the body as JSON where it is that."""
        connection, response = self.open(method, path, body)
        try:
            content = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return response.status, response.headers, json.loads(content) if is_json else content
        finally:
            connection.close()
