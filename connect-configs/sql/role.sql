-- Postgres, once per database, by the table's owner and after postgres.sql: a role with the rights that
-- connector and commands need, and no other. Give it a password: ALTER ROLE sluice PASSWORD '…';
DO $sluice$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice') THEN
    CREATE ROLE sluice LOGIN REPLICATION;
  END IF;
END
$sluice$;
GRANT USAGE ON SCHEMA public TO sluice;
GRANT SELECT ON public.app_user_visits TO sluice;
GRANT SELECT, INSERT, UPDATE ON sluice_heartbeat TO sluice;
