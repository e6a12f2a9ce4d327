"""Writes calls of the last days into the database of a router that is stopped: python3 history.py DATABASE < PLAN.

PLAN is JSON, see `Plan` in history.ts. The router adds the calls to its sums when it starts. The same calls in each run,
but for the moment in which they end: now."""

import datetime
import json
import random
import sqlite3
import sys
import time
import uuid

STREAM, BODIES = 1, 8
STATUS = {"success": 0, "error": 1, "cancelled": 2}
# How much goes on in each hour, UTC.
HOURS = [2, 1, 1, 1, 1, 2, 4, 8, 15, 20, 22, 20, 16, 19, 22, 21, 18, 13, 9, 7, 6, 5, 4, 3]
PREVIEW = 240


def main():
    plan = json.load(sys.stdin)
    database = sqlite3.connect(sys.argv[1])
    database.execute("PRAGMA synchronous = OFF")
    with database:
        History(database, plan).write()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Dictionary:
    """A table with one row for each combination of values."""

    def __init__(self, database, table, *columns):
        marks = ", ".join("?" * len(columns))
        self.insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        self.select = f"SELECT id FROM {table} WHERE {' AND '.join(f'{column} = ?' for column in columns)}"
        self.database, self.known = database, {}

    def id(self, *values):
        if values not in self.known:
            found = self.database.execute(self.select, values).fetchone()
            self.known[values] = found[0] if found else self.database.execute(self.insert, values).lastrowid
        return self.known[values]


class History:
    def __init__(self, database, plan):
        self.database, self.plan = database, plan
        self.random = random.Random(7)
        self.now = time.time()
        self.targets = Dictionary(database, "targets", "provider_id", "provider_name", "model_id", "model_name", "tags")
        self.callers = Dictionary(database, "callers", "api_key_id", "name")
        self.errors = Dictionary(database, "errors", "code", "http_status")
        self.endpoints = Dictionary(database, "endpoints", "name")
        self.prices = Dictionary(
            database, "prices", "prompt", "cached", "cache_write", "completion", "reasoning", "source", "as_of"
        )
        self.writer = Dictionary(database, "call_writers", "name", "summed_to_id", "at_us").id("history", 0, 0)
        self.keys = dict(database.execute("SELECT name, id FROM api_keys"))
        self.models = self.read_models()
        self.spent = {}

    def read_models(self):
        rows = self.database.execute(
            "SELECT models.id, models.name, models.config, providers.id, providers.name,"
            " (SELECT group_concat(tag) FROM model_tags WHERE model_id = models.id)"
            " FROM models JOIN providers ON providers.id = provider_id"
        )
        models = {}
        for model_id, name, config, provider_id, provider, tags in rows:
            # One key order for all, as the router has it.
            tags = f",{','.join(sorted(tags.split(',')))}," if tags else ""
            models[f"{provider}/{name}"] = {
                "id": model_id,
                "target": self.targets.id(provider_id, provider, model_id, name, tags),
                "prices": self.prices_of(json.loads(config)),
            }
        return models

    def prices_of(self, config):
        per_million = [
            config.get(f"cost_per_1k{kind}_tokens") for kind in ("", "_cached", "_cache_write", "_completion", "_reasoning")
        ]
        if per_million[0] is None or per_million[3] is None:
            return None
        nano = [-1 if price is None else round(price * 1000 * 1e9) for price in per_million]
        return {"id": self.prices.id(*nano, "router.toml", ""), "nano": nano}

    def write(self):
        plan = self.plan
        first = self.database.execute("SELECT coalesce(max(id), 0) + 1 FROM invocations").fetchone()[0]
        names = list(plan["models"])
        weights = [plan["models"][name]["weight"] for name in names]
        callers = list(plan["callers"])
        moments = self.moments()
        for number, started in enumerate(moments):
            model = self.random.choices(names, weights)[0]
            caller = self.random.choices(callers, [plan["callers"][name] for name in callers])[0]
            is_told = number >= len(moments) - plan["told"]
            self.write_call(first + number, started, model, caller, is_told)
        for (key, day), (requests, tokens, nano) in self.spent.items():
            self.database.execute(
                "INSERT OR REPLACE INTO key_spend VALUES (?, ?, ?, ?, ?, 1)", (key, day, requests, tokens, nano)
            )
        self.database.executemany(
            "INSERT INTO events (at_us, kind, subject, actor, summary, before_json, after_json)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (int((self.now - hours * 3600) * 1e6), kind, subject, actor, summary, before, after)
                for hours, kind, subject, actor, summary, before, after in plan["events"]
            ],
        )

    def moments(self):
        """By the hour and the weekday, some more each day,."""
        days, chosen = self.plan["days"], []
        while len(chosen) < self.plan["calls"]:
            ago = self.random.random() ** 1.12 * days * 86400
            at = datetime.datetime.fromtimestamp(self.now - ago - 3, datetime.timezone.utc)
            share = HOURS[at.hour] / 22 * (0.35 if at.weekday() > 4 else 1)
            if self.plan["is_even"] or self.random.random() < share:
                chosen.append(at.timestamp())
        return sorted(chosen)

    def write_call(self, call, started, name, caller, is_told):
        profile, draw = self.plan["models"][name], self.random
        hours_ago = (self.now - started) / 3600
        fails = profile["fails"]
        for incident in self.plan["incidents"]:
            if name in incident["models"] and incident["to"] < hours_ago < incident["from"]:
                fails = incident["fails"]
        is_stream = draw.random() < 0.7
        first_ms = profile["first_ms"] * draw.lognormvariate(0, 0.35)
        completion = int(profile["completion"] * draw.lognormvariate(0, 0.8)) + 8
        prompt = int(profile["prompt"] * draw.lognormvariate(0, 0.9)) + 20
        cached = int(prompt * draw.choice([0, 0, 0.4, 0.6, 0.8]) * profile["cached"])
        attempts, failed, status, error = [], None, "success", None
        if draw.random() < fails:
            error = draw.choices(*zip(*((tuple(failure[:3]), failure[3]) for failure in self.plan["failures"])))[0]
            failed = (name, error, draw.uniform(60, 900))
            fallback = profile.get("fallback")
            # Most calls that fail are answered by the next candidate.
            if fallback and draw.random() < 0.6:
                name, error = fallback, None
            else:
                status = "error"
        elif draw.random() < 0.012:
            status, error = "cancelled", ("client_closed_request", 499, "the client closed the connection")
        stream_ms = completion / profile["per_second"] * 1000 * draw.lognormvariate(0, 0.15)
        if status == "cancelled":
            completion, stream_ms = completion // 3, stream_ms / 3
        lost_ms = failed[2] if failed else 0
        total_ms = lost_ms if status == "error" else lost_ms + first_ms + stream_ms
        router_ms = draw.uniform(0.15, 0.6)
        # What has ended, has ended by now.
        started = min(started, self.now - total_ms / 1000 - 0.5)
        model, key = self.models[name], self.keys.get(caller)
        usage = None if status == "error" else (prompt, completion, cached)
        cost = self.cost(model, usage)
        endpoint = draw.choices(["chat", "messages", "responses"], [7, 2, 1])[0]
        # An agent's calls of an hour are one session.
        session = None if endpoint == "chat" else uuid.uuid5(uuid.NAMESPACE_OID, f"{key} {endpoint} {started // 3600}")
        number_of_attempts = 2 if failed and status != "error" else 1
        self.database.execute(
            f"INSERT INTO invocations VALUES ({', '.join('?' * 30)})",
            (
                call,
                int(started * 1e6),
                model["id"],
                model["target"],
                key,
                self.callers.id(key or 0, caller if key else ""),
                self.writer,
                self.request_id(started),
                None if not failed else failed[0],
                self.endpoints.id(endpoint),
                (STREAM if is_stream else 0) | (BODIES if is_told else 0),
                STATUS[status],
                error[1] if error else 200,
                self.errors.id(*error[:2]) if error else None,
                "stop" if status == "success" else None,
                number_of_attempts,
                1,
                *((prompt, completion, cached, 0, 0, prompt + completion) if usage else [None] * 6),
                cost,
                model["prices"]["id"] if model["prices"] and usage else None,
                int(total_ms * 1000),
                int((lost_ms + first_ms) * 1000) if is_stream and usage else None,
                int(router_ms * 1000),
                0,
                session and session.bytes,
            ),
        )
        if key:
            day = datetime.datetime.fromtimestamp(started, datetime.timezone.utc).date().isoformat()
            requests, tokens, nano = self.spent.get((key, day), (0, 0, 0))
            self.spent[key, day] = (requests + 1, tokens + (prompt + completion if usage else 0), nano + (cost or 0))
        asked, answered = draw.choice(self.plan["texts"])
        answered = answered if usage else ""
        self.database.execute(
            "INSERT INTO invocation_texts VALUES (?, ?, ?, ?, ?, ?)",
            (call, error and error[2], asked[:PREVIEW], answered[:PREVIEW], len(asked), len(answered)),
        )
        if is_told:
            self.tell(call, name, failed, status, (router_ms, lost_ms, first_ms, stream_ms), asked, answered)

    def cost(self, model, usage):
        if not (usage and model["prices"]):
            return None
        prompt, completion, cached = usage
        per_prompt, per_cached, _, per_completion, _ = model["prices"]["nano"]
        per_cached = per_prompt if per_cached < 0 else per_cached
        return ((prompt - cached) * per_prompt + cached * per_cached + completion * per_completion) // 1_000_000

    def request_id(self, started):
        """A UUID of version 7."""
        number = int(started * 1000) << 80 | self.random.getrandbits(80)
        number = number & ~(0xF << 76) | 7 << 76
        return (number & ~(3 << 62) | 2 << 62).to_bytes(16, "big")

    def tell(self, call, name, failed, status, spans, asked, answered):
        """The trace and the bodies."""
        router_ms, lost_ms, first_ms, stream_ms = (round(span, 3) for span in spans)
        names, attempts = [name], []
        if failed:
            names = [failed[0]] + ([name] if name != failed[0] else [])
            code, http_status, message = failed[1]
            attempts.append(
                {"model": failed[0], "outcome": code, "at_ms": router_ms, "ms": lost_ms, "queue_ms": 0.0, "connect_ms": 0.1,
                 "first_byte_ms": lost_ms, "http_status": http_status, "provider_key": 1, "error": message}
            )
        if status != "error":
            attempts.append(
                {"model": name, "outcome": "answered", "at_ms": round(router_ms + lost_ms, 3), "ms": first_ms, "queue_ms": 0.0,
                 "connect_ms": 0.1, "first_byte_ms": round(first_ms * 0.9, 3), "http_status": 200, "provider_key": 1}
            )
        reasons = ["asked for by name", "fallback of the model"]
        trace = {
            "strategy": "priority",
            "seed": self.random.getrandbits(40),
            "candidates": [{"model": model, "score": 1.0, "reason": reasons[at]} for at, model in enumerate(names)],
            "attempts": attempts,
            "timings": {"auth_ms": 0.02, "route_ms": 0.06, "queue_ms": 0.0, "connect_ms": 0.1,
                        "first_byte_ms": round(first_ms * 0.9, 3), "first_token_ms": first_ms, "stream_ms": stream_ms,
                        "total_ms": round(sum(spans), 3)},
        }
        request = {"model": names[0], "temperature": 0.2, "messages": [
            {"role": "system", "content": "You help the people of a small company. Be brief."}, {"role": "user", "content": asked}]}
        response = {"object": "chat.completion", "model": name.split("/", 1)[1], "choices": [
            {"index": 0, "message": {"role": "assistant", "content": answered}, "finish_reason": "stop"}]} if answered else {}
        self.database.execute("INSERT INTO invocation_traces VALUES (?, ?)", (call, as_bytes(trace)))
        self.database.execute(
            "INSERT INTO invocation_bodies VALUES (?, ?, ?, 0)", (call, as_bytes(request), as_bytes(response))
        )


def as_bytes(value):
    """Not compressed: the router reads both."""
    return json.dumps(value, ensure_ascii=False).encode()


main()
