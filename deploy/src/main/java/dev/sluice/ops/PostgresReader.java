package dev.sluice.ops;

import dev.sluice.catalogue.TableName;
import dev.sluice.ops.PostgresView.Catalogue;
import dev.sluice.ops.PostgresView.Refusal;
import dev.sluice.ops.PostgresView.Role;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.ops.PostgresView.Table;
import dev.sluice.pipeline.Heartbeat;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@link PostgresView}s over one kept connection that can only read: a few short queries on
 * catalogues, none on user tables. Heartbeats are tried by {@link HeartbeatTrial}.
 *
 * <p>Failure semantics: a failure closes the connection and is thrown; the next read makes a new
 * one. No answer within {@value #LIMIT_MILLIS} ms is a failure. A lock that somebody holds on a
 * published table leaves the publications unknown, and nothing else.
 */
final class PostgresReader implements AutoCloseable {

  private static final int LIMIT_MILLIS = 5000;

  /** A look is made every second, and waits for no lock for longer than this. */
  private static final int LOCK_MILLIS = 200;

  private static final String POSITION =
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,"
          + " (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  private static final String SLOTS =
      "SELECT slot_name, active, usename, coalesce(active_pid, 0), coalesce(application_name, ''),"
          + " coalesce(wal_status, ''),"
          + " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint,"
          + " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint,"
          + " coalesce(pg_wal_lsn_diff(confirmed_flush_lsn, '0/0'), 0)::bigint"
          + " FROM pg_replication_slots LEFT JOIN pg_stat_activity ON pid = active_pid"
          + " WHERE slot_type = 'logical' AND database = current_database()";

  private static final String OF_TABLE =
      """
      n.nspname, c.relname, c.reltuples::bigint,
      coalesce((SELECT string_agg(DISTINCT p.relreplident::text, '')
                FROM pg_partition_tree(c.oid) l JOIN pg_class p ON p.oid = l.relid
                WHERE l.isleaf), c.relreplident::text),
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
      has_table_privilege(c.oid, 'SELECT'),
      EXISTS (SELECT FROM pg_attribute g WHERE g.attrelid = c.oid AND g.attgenerated <> '')""";

  /**
   * By name: a cast to regclass asks for rights on every schema of a publication. What Postgres 14
   * has not is asked for as JSON, which does not mind.
   */
  private static final String PUBLICATIONS =
      "SELECT "
          + OF_TABLE
          + """
            , p.pubname,
            concat_ws(', ', CASE WHEN NOT p.pubinsert THEN 'inserts' END,
                      CASE WHEN NOT p.pubupdate THEN 'updates' END,
                      CASE WHEN NOT p.pubdelete THEN 'deletes' END),
            to_jsonb(t) ->> 'rowfilter' IS NOT NULL,
            coalesce(jsonb_array_length(to_jsonb(t) -> 'attnames') <
                     (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid
                      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''), false)
          FROM pg_publication p LEFT JOIN pg_publication_tables t ON t.pubname = p.pubname
          LEFT JOIN pg_namespace n ON n.nspname = t.schemaname
          LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename""";

  private static final String ALL_TABLES =
      "SELECT "
          + OF_TABLE
          + """
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'""";

  private static final String ROLE =
      """
      SELECT rolname, rolcanlogin, rolreplication OR rolsuper OR EXISTS (
        SELECT FROM pg_roles r WHERE r.rolname = 'rds_replication'
        AND pg_has_role(current_user, r.oid, 'member'))
      FROM pg_roles WHERE rolname = current_user""";

  private final PostgresAddress address;
  private Connection connection;

  PostgresReader(PostgresAddress address) {
    this.address = address;
  }

  /**
   * @param heartbeats the sources' heartbeats
   * @param wanted tables that topics are named after, which need not be published
   */
  synchronized PostgresView read(Collection<Heartbeat> heartbeats, Collection<String> wanted)
      throws SQLException {
    try {
      if (connection == null) {
        connection = address.connect();
        connection.setNetworkTimeout(Runnable::run, LIMIT_MILLIS);
        connection.setReadOnly(true);
        try (Statement statement = connection.createStatement()) {
          statement.execute("SET lock_timeout = " + LOCK_MILLIS);
        }
      }
      try (Statement statement = connection.createStatement()) {
        return view(statement, heartbeats, wanted);
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  private static PostgresView view(
      Statement statement, Collection<Heartbeat> heartbeats, Collection<String> wanted)
      throws SQLException {
    HeartbeatTrial trial = new HeartbeatTrial(statement);
    trial.tryAll(heartbeats);
    long lsn;
    long clockAhead;
    long askedAt = Now.millis();
    try (ResultSet rows = statement.executeQuery(POSITION)) {
      rows.next();
      lsn = rows.getLong(1);
      clockAhead = rows.getLong(2) - (askedAt + Now.millis()) / 2;
    }
    Map<String, Slot> slots = new HashMap<>();
    try (ResultSet rows = statement.executeQuery(SLOTS)) {
      while (rows.next()) {
        slots.put(
            rows.getString(1),
            new Slot(
                rows.getString(1),
                rows.getBoolean(2),
                rows.getString(3),
                rows.getInt(4),
                rows.getString(5),
                rows.getString(6),
                rows.getLong(7),
                rows.getLong(8),
                rows.getLong(9)));
      }
    }
    Published published = new Published();
    published.read(statement);
    Set<String> missing = new HashSet<>(wanted);
    missing.removeAll(published.tables.keySet());
    if (published.known && !missing.isEmpty()) {
      published.others(statement, wanted);
      missing.removeAll(published.tables.keySet());
    }
    return new PostgresView(
        lsn,
        clockAhead,
        slots,
        published.publications,
        published.estimates,
        trial.refusals(),
        new Catalogue(
            published.known,
            published.withheld,
            published.filtered,
            published.listed,
            published.tables,
            published.known ? missing : Set.of(),
            trial.beats(),
            role(statement)));
  }

  /** The publications with their tables. */
  private static final class Published {
    private final Map<String, Set<String>> publications = new HashMap<>();
    private final Map<String, Long> estimates = new HashMap<>();
    private final Map<String, String> withheld = new HashMap<>();
    private final Set<PostgresView.Member> filtered = new HashSet<>();
    private final Set<PostgresView.Member> listed = new HashSet<>();
    private final Map<String, Table> tables = new HashMap<>();
    private boolean known = true;

    void read(Statement statement) throws SQLException {
      try (ResultSet rows = statement.executeQuery(PUBLICATIONS)) {
        while (rows.next()) {
          String publication = rows.getString(8);
          Set<String> members = publications.computeIfAbsent(publication, name -> new HashSet<>());
          withheld.put(publication, rows.getString(9));
          if (rows.getString(1) != null) {
            String name = add(rows);
            members.add(name);
            estimates.put(name, rows.getLong(3));
            if (rows.getBoolean(10)) {
              filtered.add(new PostgresView.Member(publication, name));
            }
            if (rows.getBoolean(11)) {
              listed.add(new PostgresView.Member(publication, name));
            }
          }
        }
      } catch (SQLException e) {
        // Postgres opens each published table to tell its columns.
        if (!Refusal.LOCKED.equals(e.getSQLState())) {
          throw e;
        }
        known = false;
      }
    }

    void others(Statement statement, Collection<String> wanted) throws SQLException {
      try (ResultSet rows = statement.executeQuery(ALL_TABLES)) {
        while (rows.next()) {
          if (wanted.contains(named(rows).inTopic())) {
            add(rows);
          }
        }
      }
    }

    private String add(ResultSet row) throws SQLException {
      TableName name = named(row);
      tables.put(
          name.inTopic(),
          new Table(
              name.sql(),
              row.getString(4),
              row.getBoolean(5),
              row.getBoolean(6),
              row.getBoolean(7)));
      return name.inTopic();
    }

    private static TableName named(ResultSet row) throws SQLException {
      return new TableName(row.getString(1), row.getString(2));
    }
  }

  private static Role role(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery(ROLE)) {
      return row.next() ? new Role(row.getString(1), row.getBoolean(2), row.getBoolean(3)) : null;
    }
  }

  @Override
  public synchronized void close() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      // It was broken already.
    }
    connection = null;
  }
}
