"""What passes between a scripted model and the dialects in which it is asked."""

import dataclasses
import json

REASONING = "Let me see — \"ferry\", ß, 🚢."


@dataclasses.dataclass
class Call:
    name: str
    arguments: dict

    @property
    def key(self):
        """By which a call is known again: clients and the router may give it another id."""
        return json.dumps([self.name, self.arguments], sort_keys=True)


@dataclasses.dataclass
class Turn:
    """What the model answers; it thinks before, where its vendor would let it."""

    text: str | None = None
    calls: list = dataclasses.field(default_factory=list)
    tokens: int = 20
    thinking: str = REASONING


@dataclasses.dataclass
class Fault:
    """Instead of an answer: `status` with the vendor's own error, or a stream that goes wrong after its first frames."""

    status: int = 200
    message: str = "the scripted provider is overloaded"
    retry_after: str | None = None
    # "cut": the connection breaks; "error": the vendor's error frame, and the end.
    stream: str | None = None


@dataclasses.dataclass
class Ask:
    """A request, whichever the dialect."""

    body: dict
    model: str
    streams: bool
    tools: list
    system: str = ""
    # ("user", text), ("assistant", text, calls), ("results", texts)
    turns: list = dataclasses.field(default_factory=list)
    schema: dict | None = None
    # The last item asks for a summary that only the vendor can read.
    compacts: bool = False

    @property
    def rounds(self):
        """How often tools were called since the user spoke last."""
        count = 0
        for turn in reversed(self.turns):
            if turn[0] == "user":
                break
            count += turn[0] == "results"
        return count

    @property
    def results(self):
        return [text for turn in self.turns if turn[0] == "results" for text in turn[1]]

    @property
    def last_words(self):
        return next((turn[1] for turn in reversed(self.turns) if turn[0] == "user"), "")

    @property
    def everything(self):
        return json.dumps(self.turns, default=dataclasses.asdict, ensure_ascii=False)

    def add(self, *turn):
        """Neighbouring results are of one turn."""
        if turn[0] == "results" and self.turns and self.turns[-1][0] == "results":
            self.turns[-1][1].extend(turn[1])
        elif turn[0] == "user" and self.turns and self.turns[-1][0] == "user":
            self.turns[-1] = ("user", self.turns[-1][1] + "\n" + turn[1])
        else:
            self.turns.append(turn)
