"""Calls that leave something to see in every panel: successes, failures, refusals, retries, reloads."""

import http.client
import json
import threading
from urllib.parse import urlsplit

from http_json import ask

CONFIG = """
[server]
workers = 2

[routing]
retries = 0

[routing.circuit]
failures = 2

[routing.circuit.cooldowns]
broken = 600
overload = 600

[[providers]]
name = "demo"
type = "mock"

[[models]]
name = "echo"
provider = "demo"
tags = ["served"]

[models.config]
cost_per_1k_tokens = 0.001
cost_per_1k_completion_tokens = 0.002
priority = 1

[[models]]
name = "story"
provider = "demo"

[models.config.mock]
tokens = 30
first_token_ms = 20
token_interval_ms = 2

[[models]]
name = "broken"
provider = "demo"
tags = ["served"]

[models.config]
priority = 10

[models.config.mock]
error_rate = 1
error_status = 500

[[models]]
name = "limited"
provider = "demo"

[models.config]
max_concurrent = 5
tokens_per_minute = 100000

[models.rate_limit]
max_requests = 1
per_seconds = 3600
"""


def chat(address, model, stream=False):
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "What leaves at noon?"}]}
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def leave(address):
    """A client that does not wait for the end of its stream."""
    body = {"model": "demo/story", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
    connection.getresponse().read(10)
    connection.close()


def play(address):
    calls = [("demo/echo", False), ("demo/story", True), ("demo/story", False), ("demo/broken", False)]
    calls += [("tag:served", False), ("demo/limited", False), ("made-up", False)]

    def client():
        for model, stream in calls * 4:
            chat(address, model, stream)
        leave(address)

    clients = [threading.Thread(target=client) for _ in range(3)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert chat(address, "demo/echo") == 200
    status, _, answer = ask(address, "POST", "/config/sync", {})
    assert status == 200, answer


def metrics(address):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 200
    return text
