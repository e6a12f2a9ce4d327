-- The items of kept responses and of their requests, for requests that name one by its id. An item that
-- is sent again belongs to each response that has it.
CREATE TABLE response_items (
    api_key_id  INTEGER NOT NULL,
    id          TEXT NOT NULL,
    response_id TEXT NOT NULL,
    PRIMARY KEY (api_key_id, id, response_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX response_items_of ON response_items (api_key_id, response_id);

-- They go with their response, whatever deletes it.
CREATE TRIGGER response_items_go AFTER DELETE ON responses
BEGIN
    DELETE FROM response_items WHERE api_key_id = OLD.api_key_id AND response_id = OLD.id;
END;
