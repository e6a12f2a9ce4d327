"""A loop of tools that reads a file, with two calls in one turn where the agent takes them, edits it, and ends in words."""

import json

from clients import codex, gemini_cli, opencode
from stage import Stage
from upstreams import DIALECTS, Anthropic, Turn

CLIENTS = {"codex": codex, "gemini": gemini_cli, "opencode": opencode}
DONE = "The file says boat now: „Fähre“ is gone."
# Of Anthropic's also a model that thinks within a budget, which wants the first thinking of a loop back.
PROVIDERS = {**DIALECTS, "anthropic, budget": lambda: Anthropic(Anthropic.BUDGET_MODEL)}
# They do not send back what only a vendor can read, or have no place for it.
KEEPS_NO_SEAL = {("opencode", "chat")}


def script_of(steps):
    def script(ask, _):
        if ask.schema and not ask.tools:
            return Turn(json.dumps({"complexity_reasoning": "One file.", "complexity_score": 10}))
        if not ask.tools:
            return Turn("A ferry")
        if ask.rounds < len(steps):
            return Turn(calls=steps[ask.rounds])
        return Turn(DONE)

    return script


def edits(client_name, api, dialect):
    client = CLIENTS[client_name]
    steps = client.steps(api)
    aliases = {"gemini-*": client.model_of(api)} if (client_name, api) == ("gemini", "unnamed") else {}
    with Stage([(dialect, script_of(steps))], [client.model_of(api)], aliases) as stage:
        outcome = client.run_once(stage, api, "Write boat for ferry in notes.txt")
        told = stage.told(outcome)
        assert outcome.code == 0, told
        assert outcome.said == [DONE], told
        assert stage.notes == "boat\n", told
        asks = [ask for ask in stage.asks if ask.tools]
        assert len(asks) == len(steps) + 1, told
        assert any(client.TOOL[api] in name for name in asks[0].tools), asks[0].tools
        assert asks[0].system and all(ask.streams for ask in asks), told
        # What was read has reached the model, and stays in the conversation with all calls.
        results = asks[-1].results
        assert len(results) == sum(map(len, steps)) and any("ferry" in result for result in results), results
        if (client_name, api) == ("gemini", "unnamed"):
            assert any(ask.schema for ask in stage.asks), told
        if dialect.KEEPS_WITHOUT_SEAL or (client_name, api) not in KEEPS_NO_SEAL:
            assert dialect.lost == 0, f"{dialect.lost} turns came back without what was thought\n{asks[-1].body}"


def cases():
    for name, client in CLIENTS.items():
        for api in client.APIS:
            for title, dialect in PROVIDERS.items():
                yield f"{name} {api} on {title}: edits a file", lambda a=(name, api), d=dialect: edits(*a, d())
