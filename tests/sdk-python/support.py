"""What each test needs: a scripted provider of each API, a mock, and a router in front of them."""

import functools
import pathlib
import sys
import tempfile
import unittest

import pydantic

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "agents"))

from router import Router, provider
from upstreams import DIALECTS, REASONING, Call, Fault, Turn, Upstream

__all__ = ["ANSWER", "CALLS", "REASONING", "RESULTS", "SCHEMA_OF_CITY", "WORDS", "Call", "City", "Fault", "JudgeTest", "Turn", "each"]

WORDS = "the scripted provider is overloaded"
ANSWER = "Zürich: 21°, a „clear“ sky. 🚢"
CALLS = [Call("weather", {"city": "Zürich"}), Call("time", {"zone": "CET", "exact": True})]
# By the names of the calls.
RESULTS = {"weather": "21 degrees", "time": "noon"}
SCHEMA_OF_CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class City(pydantic.BaseModel):
    name: str
    population: int


def configuration(upstreams):
    toml = """
# Each call is asked once and nothing rests, so that a test can tell calls apart.
[routing]
retries = 0

[routing.circuit]
failures = 1000000
min_calls = 30000

[[providers]]
name = "demo"
type = "mock"

[[models]]
name = "echo"
provider = "demo"

[[models]]
name = "vectors"
provider = "demo"

[models.config]
serves = "embedding"
"""
    for name, upstream in upstreams.items():
        toml += provider(name, upstream)
        toml += f'\n[[models]]\nname = "scripted"\nprovider = "{name}"\nremote_identifier = "{upstream.dialect.model}"\n'
    return toml


def each(test):
    """A test that is done with the provider of each API."""
    @functools.wraps(test)
    def all_of_them(self):
        for name in DIALECTS:
            with self.subTest(provider=name):
                test(self, name)
                self.check_complaints()

    return all_of_them


class JudgeTest(unittest.TestCase):
    """`client` speaks to the router; `self.script(name, …)` says what the provider of that API answers."""

    @classmethod
    def setUpClass(cls):
        cls.upstreams = {name: Upstream(dialect(), None) for name, dialect in DIALECTS.items()}
        cls.folder = tempfile.TemporaryDirectory(prefix="llm-router-sdk-")
        cls.router = Router(pathlib.Path(cls.folder.name) / "router", configuration(cls.upstreams))
        cls.client = cls.client_of(cls.router.url)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.router.close()
        finally:
            for upstream in cls.upstreams.values():
                upstream.close()
            cls.folder.cleanup()

    def check_complaints(self):
        complaints = [complaint for upstream in self.upstreams.values() for complaint in upstream.complaints]
        for upstream in self.upstreams.values():
            upstream.complaints.clear()
        self.assertEqual(complaints, [], "what the providers refused")

    def script(self, name, *answers):
        """One after the other; the model's name for the client."""
        left = list(answers)
        self.upstreams[name].script = lambda ask, count: left.pop(0)
        return f"{name}/scripted"

    def ask(self, name):
        """What the provider was asked last."""
        return self.upstreams[name].asks[-1]

    def is_lost(self, name):
        """Whether a turn came back without what the model thought."""
        return self.upstreams[name].dialect.lost > 0
