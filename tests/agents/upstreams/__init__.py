"""Scripted providers, one module a dialect, which refuse what the dialect's vendor would."""

from .anthropic import Anthropic
from .chat import Chat
from .gemini import Gemini
from .ollama import Ollama
from .responses import Responses
from .server import KEY, Upstream
from .turn import REASONING, Call, Fault, Turn

DIALECTS = {dialect.name: dialect for dialect in (Chat, Anthropic, Responses, Gemini, Ollama)}
