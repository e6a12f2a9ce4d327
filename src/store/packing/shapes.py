"""Makes a file of shapes for traces.rs anew: python3 shapes.py FILE. One that was shipped never changes."""

import sys

P = "\x01"
REASONS = [
    "weight 1", "its turn", "its price is unknown", "about $0.00", "not measured yet", "ms to its first token",
    "calls in flight", "the conversation's place", "fallback; priority 0",
]
FAILURES = [
    ("upstream_auth", "answered 401"), ("upstream_unavailable", "connection refused"),
    ("upstream_timeout", "no answer within 60 s"), ("upstream_overloaded", "answered 503: overloaded"),
    ("rate_limited", "answered 429: rate limit"), ("upstream_error", "answered 500: internal error"),
]
TIMES = f'"auth_ms":{P},"route_ms":{P},"queue_ms":{P},"connect_ms":{P},"first_byte_ms":{P}'


def attempt(outcome, error=""):
    status = f',"http_status":{P}' if error == "" or "answered" in error else ""
    return (
        f'"outcome":"{outcome}","at_ms":{P},"ms":{P},"queue_ms":{P},"connect_ms":{P},"first_byte_ms":{P}'
        f'{status},"provider_key":{P}' + (f',"error":"provider `openai`: {error}"' if error else "")
    )


def trace(name, attempts, end, strategy="priority"):
    tries = ",".join(f'{{"model":"{name}",{of}}}' for of in attempts)
    return (
        f'{{"strategy":"{strategy}","seed":{P},"candidates":[{{"model":"{name}","score":{P},"reason":"priority 0"}}],'
        f'"attempts":[{tries}],"timings":{{{TIMES},{end}"total_ms":{P}}}}}'
    )


parts = ['"pair":{"pair":"auto","side":"strong","judge":"rules","score":' + P + ',"reasons":["'] + ['"conversation":"']
parts += [
    '{"model":"anthropic/claude","why":"' + why + '","reason":"' + reason + '"},'
    for why, reason in [
        ("inactive", "is not active"), ("provider", "provider is not active"), ("no_key", "no key"), ("key", "the key"),
        ("limit", "has no room"), ("tag", "has no tag"), ("preference", "not wanted"), ("context", "context of tokens"),
        ("capability", "cannot tools"), ("breaker", "cooling down for 30 s"),
    ]
]
parts += [f'}}],"more_candidates":{P},"left_out":[{{"model":"', f'],"more_left_out":{P},']
parts += [f'"{name}"' for name in ("weighted", "round_robin", "least_latency", "least_cost", "least_busy", "sticky")]
parts += [f'","score":{P},"reason":"{reason}"}},{{"model":"' for reason in REASONS]
parts += [trace("groq/llama", [attempt(*failure)], f'"stream_ms":{P},') for failure in FAILURES]
parts += [trace("mistral/large", [attempt(*FAILURES[-1]), attempt("answered")], f'"first_token_ms":{P},"stream_ms":{P},')]
parts += [trace("openai/gpt", [attempt("answered")], f'"stream_ms":{P},"translate_ms":{P},')]
parts += [trace("openai/gpt", [attempt("answered")], f'"first_token_ms":{P},"stream_ms":{P},')]
with open(sys.argv[1], "w", encoding="utf-8", newline="") as file:
    file.write("".join(parts))
