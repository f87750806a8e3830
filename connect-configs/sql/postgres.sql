-- Postgres, once per database, by the owner of the table. Needs wal_level = logical.

-- Updates and deletes then carry the whole old row: what a delete needs, and TOASTed columns too.
-- Changed only where need be: the statement waits for all who use the table, and holds up all others.
DO $$
BEGIN
  IF (SELECT relreplident <> 'f' FROM pg_class WHERE oid = 'public.app_user_visits'::regclass) THEN
    ALTER TABLE public.app_user_visits REPLICA IDENTITY FULL;
  END IF;
END
$$;

-- Written by the source connector every second, so that the slot moves on while the table is idle.
CREATE TABLE IF NOT EXISTS sluice_heartbeat (
  id int PRIMARY KEY,
  beat_at timestamptz NOT NULL
);

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'sluice') THEN
    CREATE PUBLICATION sluice FOR TABLE sluice_heartbeat;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
    WHERE p.pubname = 'sluice' AND r.prrelid = 'public.app_user_visits'::regclass
  ) THEN
    ALTER PUBLICATION sluice ADD TABLE public.app_user_visits;
  END IF;
END
$$;
