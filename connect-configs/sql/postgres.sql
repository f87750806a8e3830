-- Postgres, once per database, by the owner of the table. Needs wal_level = logical. What is there
-- already asks for no right and is left as it is. All of it is done, or nothing.

-- Written by the source connector every second, so that the slot moves on while the table is idle.
DO $sluice$
BEGIN
  IF to_regclass('sluice_heartbeat') IS NULL THEN
    CREATE TABLE sluice_heartbeat (
      id int PRIMARY KEY,
      beat_at timestamptz NOT NULL
    );
  END IF;
END
$sluice$;

-- A partitioned table is published under its own name, whatever partition a row is in. REPLICA IDENTITY FULL
-- makes updates and deletes carry the whole old row: what a delete needs, and TOASTed columns too. It counts
-- for each partition by itself, and is changed only where need be: the statement waits for all who use the
-- table, and holds up all others. Where Postgres would then refuse updates and deletes (generated columns, a
-- publication with a column list), it is taken back; where it would refuse them all the same, everything is.
-- EXPLAIN raises the same error, and fires no trigger.
DO $sluice$
DECLARE
  source regclass := 'public.app_user_visits';
  part regclass;
  changed boolean := false;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'sluice') THEN
    CREATE PUBLICATION sluice FOR TABLE sluice_heartbeat;
  END IF;
  IF (SELECT relkind = 'p' FROM pg_class WHERE oid = source)
     AND NOT (SELECT pubviaroot FROM pg_publication WHERE pubname = 'sluice') THEN
    ALTER PUBLICATION sluice SET (publish_via_partition_root = true);
  END IF;
  -- As one of all tables, or of its schema's, it is covered too: then nothing has to be added, nor can it be to FOR ALL TABLES.
  IF NOT EXISTS (
    SELECT FROM pg_publication_tables t
    JOIN pg_namespace n ON n.nspname = t.schemaname
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
    WHERE t.pubname = 'sluice' AND c.oid = source
  ) THEN
    ALTER PUBLICATION sluice ADD TABLE public.app_user_visits;
    changed := true;
  END IF;
  FOR part IN SELECT source UNION SELECT relid FROM pg_partition_tree(source) LOOP
    IF (SELECT relreplident <> 'f' FROM pg_class WHERE oid = part) THEN
      BEGIN
        EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', part);
        EXECUTE format('EXPLAIN DELETE FROM ONLY %s', part);
      EXCEPTION WHEN feature_not_supported OR invalid_column_reference THEN
        RAISE WARNING 'REPLICA IDENTITY of % stays as it is, because with FULL Postgres would refuse updates and deletes: %', part, SQLERRM;
      END;
    END IF;
    IF changed THEN
      EXECUTE format('EXPLAIN DELETE FROM ONLY %s', part);
    END IF;
  END LOOP;
END
$sluice$;
