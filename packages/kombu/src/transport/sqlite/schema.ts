/**
 * The broker's tables. `message.holder` is the ledger of unacked messages: NULL is ready, else the connection
 * that has it. Ids only grow and stay with a message, so one that goes back goes back to its old place.
 * The names are not those of Python's `sqla+sqlite://` transport, whose tables may live in the same file.
 */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS broker_exchange (
    name TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    declaration TEXT NOT NULL,
    auto_delete INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS broker_queue (
    name TEXT PRIMARY KEY,
    declaration TEXT NOT NULL,
    owner TEXT,            -- holder whose end is the end of an exclusive queue
    auto_delete INTEGER NOT NULL,
    expires_after INTEGER, -- x-expires, milliseconds
    used_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS broker_binding (
    exchange TEXT NOT NULL,
    destination_type TEXT NOT NULL,
    destination TEXT NOT NULL,
    routing_key TEXT NOT NULL,
    PRIMARY KEY (exchange, destination_type, destination, routing_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS broker_binding_destination ON broker_binding (destination_type, destination);

  CREATE TABLE IF NOT EXISTS broker_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    expires_at INTEGER,
    deliveries INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    envelope TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS broker_message_ready ON broker_message (queue, priority DESC, id, expires_at)
    WHERE holder IS NULL; -- expires_at is in it so that counting needs no table
  CREATE INDEX IF NOT EXISTS broker_message_held ON broker_message (holder) WHERE holder IS NOT NULL;
  CREATE INDEX IF NOT EXISTS broker_message_expiring ON broker_message (expires_at)
    WHERE expires_at IS NOT NULL AND holder IS NULL;

  CREATE TABLE IF NOT EXISTS broker_holder (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS broker_consumer (
    queue TEXT NOT NULL,
    tag TEXT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (queue, tag)
  ) STRICT, WITHOUT ROWID;

  CREATE TRIGGER IF NOT EXISTS broker_queue_deleted AFTER DELETE ON broker_queue BEGIN
    -- In two steps, each with its index; together they would read every message of every queue.
    DELETE FROM broker_message WHERE queue = OLD.name AND holder IS NULL;
    DELETE FROM broker_message WHERE queue = OLD.name AND holder IS NOT NULL;
    DELETE FROM broker_binding WHERE destination_type = 'queue' AND destination = OLD.name;
    DELETE FROM broker_consumer WHERE queue = OLD.name;
  END;

  CREATE TRIGGER IF NOT EXISTS broker_exchange_deleted AFTER DELETE ON broker_exchange BEGIN
    DELETE FROM broker_binding
    WHERE exchange = OLD.name OR (destination_type = 'exchange' AND destination = OLD.name);
  END;

  CREATE TRIGGER IF NOT EXISTS broker_binding_deleted AFTER DELETE ON broker_binding BEGIN
    DELETE FROM broker_exchange
    WHERE name = OLD.exchange AND auto_delete
      AND NOT EXISTS (SELECT 1 FROM broker_binding WHERE exchange = OLD.exchange);
  END;
`
