"""What schemathesis is to leave alone, so that calls stay on this machine and find what they look for.

`demo` with its model `echo` is only read and called, so that it is there to the end; `spare` is changed and deleted. Both
are mocks: whatever else is made has no model, and so is never called.
"""

import schemathesis

KEPT = {"provider": "demo", "name": "demo", "model": "echo", "id": "demo/echo"}
CHANGED = {"provider": "spare", "name": "spare", "model": "spare"}
NOWHERE = "http://127.0.0.1:9/v1"
CALLED = ("/providers/{name}/test", "/providers/{name}/reset")


def is_kept_out(value):
    """Every second made up value gives way to a known one, the same one always."""
    return len(str(value)) % 2 == 0


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    path, method = context.operation.path, context.operation.method.upper()
    known = CHANGED if method in ("PATCH", "DELETE") else KEPT
    for name, value in (path_parameters or {}).items():
        if path in CALLED or is_kept_out(value):
            is_number = name == "id" and not path.startswith("/v1/")
            path_parameters[name] = 1 if is_number else known.get(name, value)
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    path, method = context.operation.path, context.operation.method.upper()
    if path.startswith("/providers"):
        provider_in(body, method)
    if path.startswith("/models") and "invoke" not in path and "chat" not in path:
        if body.get("provider") not in (None, "") and isinstance(body["provider"], str):
            body["provider"] = "spare" if is_kept_out(body["provider"]) else "nobody"
        without(body.get("config"), "mock")
    if path == "/v1/chat/completions" and isinstance(body.get("model"), str):
        body["model"] = "demo/echo"
    return body


def provider_in(body, method):
    if isinstance(body.get("base_url"), str):
        body["base_url"] = NOWHERE
    if body.get("name") == "demo":
        body["name"] = "demonstration"
    if method == "PATCH":
        body.pop("type", None)
    without(body.get("settings"), "proxy", "endpoint", "mock")


def without(table, *names):
    if isinstance(table, dict):
        for name in names:
            table.pop(name, None)
