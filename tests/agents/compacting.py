"""Codex with a conversation that became too long, which a summary replaces: asked for in words, or as an item."""

from clients import codex
from stage import Stage
from upstreams import DIALECTS, Turn

SUMMARY, DONE = "We wrote about a ferry.", "Done."
# By OpenAI's name Codex asks its provider for an item; by any other it asks the model in words.
PROVIDERS = {"in words": "Router", "as an item": "OpenAI"}
SETTINGS = "model_auto_compact_token_limit = 1000\nmodel_context_window = 100000"


def compacts(how, dialect):
    asked = []

    def script(ask, count):
        if asked:
            return Turn(DONE, tokens=10)
        if count == 1:
            return Turn(calls=codex.calls("unknown", "echo ferry"), tokens=5000)
        asked.append(ask)
        return Turn(SUMMARY, tokens=10)

    with Stage([(dialect, script)], [codex.UNKNOWN]) as stage:
        outcome = codex.run_once(stage, "unknown", "Say ferry", SETTINGS, PROVIDERS[how])
        told = stage.told(outcome)
        assert outcome.code == 0 and outcome.said[-1] == DONE, told
        is_vendors = how == "as an item" and dialect.name == "responses"
        assert asked[0].compacts == is_vendors, asked[0].body
        # The router asks in its own words where the client asks for an item that its vendor does not have.
        is_routers = "about to be replaced by a summary" in asked[0].everything
        assert is_routers == (how == "as an item" and not is_vendors), asked[0].everything
        summary = "(a summary of the vendor's)" if is_vendors else SUMMARY
        assert summary in stage.asks[-1].everything, stage.asks[-1].everything


def cases():
    for how in PROVIDERS:
        for dialect in DIALECTS.values():
            yield f"codex unknown on {dialect.name}: goes on from a summary {how}", lambda h=how, d=dialect: compacts(h, d())
