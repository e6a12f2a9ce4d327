"""Providers that fail: what the user is told, how often they are asked, and that another provider takes over unnoticed."""

import time

import editing
from stage import Stage
from upstreams import Anthropic, Chat, Fault, Gemini, Responses, Turn

WORDS, REFUSED = "the scripted provider is overloaded", "the scripted provider takes no ferries"
BROKEN = "closed before the answer was complete"
# An agent that asks without a pause asks hundreds of times while it is watched.
WATCHED_SECONDS, MOST = 12, 12

# The fault, the provider's API, and what the user reads once the agent gives up.
FAULTS = {
    "429 with retry-after": (Fault(429, WORDS, retry_after="1"), Chat, WORDS),
    "503": (Fault(503, WORDS), Chat, WORDS),
    "529": (Fault(529, WORDS), Anthropic, WORDS),
    "400": (Fault(400, REFUSED), Chat, REFUSED),
    "a stream that breaks off": (Fault(stream="cut"), Chat, BROKEN),
    "an error in the stream": (Fault(message=WORDS, stream="error"), Chat, WORDS),
    "an error in the stream of a Messages provider": (Fault(message=WORDS, stream="error"), Anthropic, WORDS),
}
# Of a 429 Codex tells the status, not the words.
OTHER_WORDS = {("codex", "429 with retry-after"): "429 Too Many Requests"}
# Gemini CLI finds an error within a stream where it reads that piece apart from the next; else it tells of the cut.
CUT = "terminated"


def is_told(client_name, api, what):
    client = editing.CLIENTS[client_name]
    fault, dialect, words = FAULTS[what]
    words = OTHER_WORDS.get((client_name, what), words)
    begun = []

    def script(ask, _):
        # Not the question for a title, which agents ask beside the user's.
        if not ask.tools:
            return Turn("A ferry")
        begun.append(time.monotonic())
        return fault

    def has_seen_enough():
        return begun and time.monotonic() - begun[0] > WATCHED_SECONDS

    with Stage([(dialect(), script)], [client.model_of(api)]) as stage:
        outcome = client.run_once(stage, api, "Say ferry", until=has_seen_enough)
        told = stage.told(outcome)
        assert outcome.code != 0, told
        # One that still asks again has not given up.
        is_cut = client_name == "gemini" and fault.stream and CUT in outcome.shown
        assert outcome.code is None or words in outcome.shown or is_cut, told
        assert 1 <= len(begun) <= MOST, told
        assert what != "400" or len(begun) == 1 and outcome.code is not None, told


def is_taken_over(client_name, api, first, second):
    """The first provider fails once it has called tools: the second one gets thinking that it cannot read."""
    client = editing.CLIENTS[client_name]
    script = editing.script_of(client.steps(api))

    def fails(ask, count):
        return Fault(503, WORDS) if ask.tools and ask.rounds else script(ask, count)

    with Stage([(first(), fails), (second(), script)], [client.model_of(api)], settings="") as stage:
        outcome = client.run_once(stage, api, "Write boat for ferry in notes.txt")
        told = stage.told(outcome)
        assert (outcome.code, outcome.said, stage.notes) == (0, [editing.DONE], "boat\n"), told
        assert WORDS not in outcome.shown, told
        assert [ask.rounds for ask in stage.upstreams[1].asks if ask.tools] == [1, 2], told


def cases():
    apis = [("codex", "unknown"), ("gemini", "named"), *(("opencode", api) for api in editing.CLIENTS["opencode"].APIS)]
    for name, api in apis:
        for what, (_, dialect, _) in FAULTS.items():
            yield f"{name} {api} on {dialect.name}: {what}", lambda a=(name, api), w=what: is_told(*a, w)
        for first, second in [(Anthropic, Responses), (Responses, Gemini), (Gemini, Anthropic), (Chat, Anthropic)]:
            title = f"{name} {api} on {first.name}: {second.name} takes over"
            yield title, lambda a=(name, api), f=first, s=second: is_taken_over(*a, f, s)
