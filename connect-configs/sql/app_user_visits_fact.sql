-- ClickHouse. The default fact table: the row with the highest updated_at wins.
CREATE TABLE IF NOT EXISTS app_user_visits_fact (
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
  is_bulk_points Nullable(String)
) ENGINE = ReplacingMergeTree(updated_at)
PARTITION BY toYYYYMM(fromUnixTimestamp(intDiv(updated_at, 1000)))
ORDER BY id;

-- What readers use: the newest version of each row, deleted rows left out.
CREATE VIEW IF NOT EXISTS app_user_visits_fact_current AS
SELECT * FROM app_user_visits_fact FINAL WHERE is_deleted = 0;
