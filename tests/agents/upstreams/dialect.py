"""What the scripted models of all dialects have."""


class Dialect:
    def __init__(self, model=None):
        self.model = model or self.MODEL
        self.thought, self.lost, self.made = {}, 0, 0

    @staticmethod
    def secret(headers):
        return headers.get("authorization", "").removeprefix("Bearer ")
