"""What each case needs: scripted providers, a router in front of them, and a home and a folder for the agent."""

import pathlib
import tempfile

from router import Router, toml_of
from upstreams import Upstream


class Stage:
    """`providers`: pairs of a dialect and its script, the first of which is asked first."""

    def __init__(self, providers, models, aliases=(), settings="retries = 0"):
        self.folder = tempfile.TemporaryDirectory(prefix="llm-router-agents-")
        folder = pathlib.Path(self.folder.name)
        self.home, self.work = folder / "home", folder / "work"
        self.work.mkdir()
        (self.work / "notes.txt").write_text("ferry\n")
        self.upstreams = [Upstream(dialect, script) for dialect, script in providers]
        self.router = Router(folder / "router", toml_of(self.upstreams, models, aliases, settings))

    @property
    def notes(self):
        return (self.work / "notes.txt").read_text()

    @property
    def asks(self):
        return self.upstreams[0].asks

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.router.close()
        finally:
            for upstream in self.upstreams:
                upstream.close()
            if kind is None:
                complaints = [complaint for upstream in self.upstreams for complaint in upstream.complaints]
                assert not complaints, "what the providers refused:\n" + "\n".join(complaints)
            self.folder.cleanup()

    def told(self, outcome):
        """For a failed assertion: everything that may explain it."""
        complaints = [complaint for upstream in self.upstreams for complaint in upstream.complaints]
        return "\n".join([
            f"exit code {outcome.code}, said {outcome.said}", outcome.shown[-6000:], "complaints:", *complaints,
            f"{[len(upstream.asks) for upstream in self.upstreams]} requests", "log:", "".join(self.router.log[-20:]),
        ])
