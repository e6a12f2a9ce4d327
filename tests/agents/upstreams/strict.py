"""How a vendor refuses what it does not take."""

# By what the router seals for clients of another family begins, in base64: no vendor may ever get it.
ENVELOPE = "bGxtcjE6"


class Refused(Exception):
    def __init__(self, message, status=400):
        super().__init__(message)
        self.status = status


def require(holds, message):
    if not holds:
        raise Refused(message)


def members(where, value, required, optional=()):
    """An object with all of `required` and nothing that is neither there nor in `optional`."""
    require(isinstance(value, dict), f"{where}: an object is needed, not {value!r}")
    for name in required:
        require(name in value, f"{where}.{name}: field required")
    for name in value:
        require(name in required or name in optional, f"{where}.{name}: extra inputs are not permitted")


def one_of(where, value, allowed):
    require(value in allowed, f"{where}: {value!r} is none of {sorted(map(str, allowed))}")


def string(where, value, empty=True):
    require(isinstance(value, str), f"{where}: a text is needed, not {value!r}")
    require(empty or value, f"{where}: text content must be non-empty")


def schema(where, value):
    """A JSON schema of an object."""
    require(isinstance(value, dict), f"{where}: a schema is needed, not {value!r}")
    require(value.get("type") == "object", f"{where}.type: must be 'object', not {value.get('type')!r}")
    types(where, value)


def types(where, value):
    if isinstance(value, dict):
        kind = value.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        known = {None, "object", "array", "string", "number", "integer", "boolean", "null"}
        if not isinstance(kind, dict):
            require(all(kind in known for kind in kinds), f"{where}.type: {kind!r} is no type of JSON Schema")
        for name, inner in value.items():
            if name not in ("enum", "const", "default", "examples", "required"):
                types(f"{where}.{name}", inner)
    elif isinstance(value, list):
        for inner in value:
            types(where, inner)
