-- The demonstration's source table: visits of customers to stores, in natural Postgres types.
-- ${rows} rows, the same ones every time.

CREATE TABLE public.app_user_visits (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  customer_id uuid NOT NULL,
  branch_id uuid NOT NULL,
  store_id uuid NOT NULL,
  cashier_id uuid NOT NULL,
  phone_number text,
  seen boolean,
  state integer,
  points numeric,
  receipt numeric,
  country_code text,
  remaining numeric,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  expired boolean,
  expires_at timestamptz,
  order_id text,
  is_deleted boolean NOT NULL DEFAULT false,
  is_fraud boolean NOT NULL DEFAULT false,
  sync_mechanism text,
  is_bulk_points boolean
);

CREATE FUNCTION public.touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END
$$;

-- An update that does not say its own time gets one.
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON public.app_user_visits
FOR EACH ROW WHEN (NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at)
EXECUTE FUNCTION public.touch_updated_at();

SELECT setseed(0.42);

INSERT INTO public.app_user_visits
SELECT
  md5('visit' || n)::uuid,
  md5('customer' || (random() * ${rows} / 8)::int)::uuid,
  md5('branch' || store / 10)::uuid,
  md5('store' || store)::uuid,
  md5('cashier' || store * 5 + (random() * 4)::int)::uuid,
  CASE WHEN random() < 0.8 THEN '+' || (40 + n % 50) || lpad((random() * 999999999)::bigint::text, 9, '0') END,
  CASE WHEN random() < 0.95 THEN random() < 0.7 END,
  (random() * 5)::int,
  CASE WHEN random() < 0.9 THEN round((receipt / 10)::numeric, 2) END,
  round(receipt::numeric, 2),
  (ARRAY['DE', 'FR', 'IT', 'ES', 'PL', 'NL', 'AT', NULL])[1 + n % 8],
  CASE WHEN random() < 0.5 THEN round((receipt / 20)::numeric, 3) END,
  created,
  least(created + random() * interval '30 days', now() - interval '1 minute'),
  random() < 0.2,
  CASE WHEN random() < 0.7 THEN created + interval '365 days' END,
  CASE WHEN random() < 0.6 THEN 'ORD-' || lpad(n::text, 10, '0') END,
  random() < 0.01,
  random() < 0.005,
  (ARRAY['push', 'pull', 'batch', NULL])[1 + n % 4],
  CASE WHEN random() < 0.3 THEN random() < 0.5 END
FROM (
  SELECT
    n,
    (random() * 499)::int AS store,
    exp(random() * 5 + 1) AS receipt,
    now() - interval '2 minutes' - random() * interval '365 days' AS created
  FROM generate_series(1, ${rows}) AS n
) AS visit;
