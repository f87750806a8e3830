-- ClickHouse. The strict fact table, for sources whose updated_at repeats, goes back or is set by
-- hand: the change with the highest position in the WAL wins, and a row never changes its partition.
CREATE TABLE IF NOT EXISTS app_user_visits_fact_strict (
  id String,
  customer_id String,
  branch_id String,
  store_id String,
  cashier_id String,
  phone_number Nullable(String),
  seen Nullable(Int32),
  state Nullable(Int32),
  points Nullable(Float64),
  receipt Nullable(Float64),
  countryCode Nullable(String),
  remaining Nullable(Float64),
  created_at Int64,
  updated_at Int64,
  expired Nullable(Int32),
  expires_at Nullable(Int64),
  order_id Nullable(String),
  is_deleted Int8,
  is_fraud Int8,
  sync_mechanism Nullable(String),
  is_bulk_points Nullable(String),
  _version UInt64
) ENGINE = ReplacingMergeTree(_version)
PARTITION BY toYYYYMM(fromUnixTimestamp(intDiv(created_at, 1000)))
ORDER BY id;

-- What readers use: the newest version of each row, deleted rows left out.
CREATE VIEW IF NOT EXISTS app_user_visits_fact_strict_current AS
SELECT * FROM app_user_visits_fact_strict FINAL WHERE is_deleted = 0;
