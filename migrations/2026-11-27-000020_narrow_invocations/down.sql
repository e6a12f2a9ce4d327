-- `unzstd` is a function of the router's own connection.
INSERT INTO invocations_before
SELECT i.id,
       CASE WHEN length(i.request_id) = 16
            THEN lower(substr(hex(i.request_id), 1, 8) || '-' || substr(hex(i.request_id), 9, 4)
                 || '-' || substr(hex(i.request_id), 13, 4) || '-' || substr(hex(i.request_id), 17, 4)
                 || '-' || substr(hex(i.request_id), 21))
            ELSE rtrim(substr(CAST(i.request_id AS TEXT), 2), char(0)) END,
       i.started_at_us, e.name, coalesce(i.requested, t.model_name, ''),
       t.provider_id, t.provider_name, t.model_id, t.model_name, t.tags, i.provider_key,
       nullif(c.name, ''), i.flags & 1,
       CASE i.status WHEN 0 THEN 'success' WHEN 1 THEN 'error' ELSE 'cancelled' END,
       i.http_status, r.code, x.error_message, i.finish_reason,
       i.prompt_tokens, i.completion_tokens, i.cached_tokens, i.cache_write_tokens,
       i.reasoning_tokens, i.total_tokens, i.cost_nano_usd, i.ttft_us, i.duration_us, i.attempts,
       CAST(unzstd(z.trace) AS TEXT), i.api_key_id,
       CASE WHEN i.flags & 16 THEN 'memory' END
FROM invocations i
JOIN endpoints e ON e.id = i.endpoint_id
JOIN callers c ON c.id = i.caller_id
LEFT JOIN targets t ON t.id = i.target_id
LEFT JOIN errors r ON r.id = i.error_id
LEFT JOIN invocation_texts x ON x.invocation_id = i.id
LEFT JOIN invocation_traces z ON z.invocation_id = i.id;

INSERT INTO invocation_bodies_before
SELECT invocation_id, unzstd(request), unzstd(response), is_truncated FROM invocation_bodies;

DROP TABLE sums;
DROP TABLE invocation_bodies;
DROP TABLE invocation_traces;
DROP TABLE invocation_texts;
DROP TABLE invocations;
DROP TABLE call_writers;
DROP TABLE prices;
DROP TABLE endpoints;
DROP TABLE errors;
DROP TABLE callers;
DROP TABLE targets;
ALTER TABLE invocations_before RENAME TO invocations;
ALTER TABLE invocation_bodies_before RENAME TO invocation_bodies;
CREATE INDEX invocations_by_time ON invocations (started_at_us);
CREATE INDEX invocations_by_model ON invocations (model_id, started_at_us);
CREATE INDEX invocations_by_request ON invocations (request_id);
CREATE INDEX invocations_by_key ON invocations (api_key_id, started_at_us);
