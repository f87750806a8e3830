package dev.sluice.doctor;

import dev.sluice.catalogue.CatalogueReader;
import dev.sluice.catalogue.SourceColumn;
import dev.sluice.catalogue.SourceTable;
import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.TableName;
import dev.sluice.load.InitialLoad;
import dev.sluice.mapping.FactMapping;
import dev.sluice.servers.PostgresAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What Postgres has to offer for a table to be followed without loss. */
final class PostgresChecks {

  private static final int OLDEST = 140_000;
  private static final long LITTLE_DISK = 5L << 30;
  private static final long MUCH_WAL = 1L << 30;
  private static final int SAMPLED_ROWS = 100_000;
  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  /** Settings that change how a value prints, with what Debezium reads right. */
  private static final Map<String, String> READ_BY_DEBEZIUM =
      Map.of(
          "intervalstyle", "postgres",
          "bytea_output", "hex",
          "extra_float_digits", "[123]",
          "lc_monetary", "(C|POSIX|en_US)([.].*)?");

  /** What is set for some role, for the database or for the server, and not by our own session. */
  private static final String SET_FOR_SOMEBODY =
      """
      SELECT split_part(s, '=', 2) FROM pg_db_role_setting, unnest(setconfig) AS s
      WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND lower(split_part(s, '=', 1)) = ?
      UNION
      SELECT reset_val FROM pg_settings
      WHERE lower(name) = ? AND source IN ('configuration file', 'command line')
        AND name <> 'extra_float_digits'""";

  private final Connection connection;
  private final PostgresAddress address;
  private final TableName table;
  private final Map<String, String> source;
  private final FactMapping mapping;
  private final CheckList findings = new CheckList("Postgres");
  private SourceTable found;

  /**
   * @param source the source connector's settings
   */
  PostgresChecks(
      Connection connection,
      PostgresAddress address,
      TableName table,
      Map<String, String> source,
      FactMapping mapping) {
    this.connection = connection;
    this.address = address;
    this.table = table;
    this.source = source;
    this.mapping = mapping;
  }

  List<Check> run() throws SQLException {
    server();
    role();
    Optional<SourceTable> read = CatalogueReader.read(connection, table);
    if (read.isEmpty()) {
      findings.fail(
          "table",
          "no table " + table + " in " + address,
          "there is nothing to read",
          "create it, or name another with --table");
      return findings.checks();
    }
    found = read.get();
    reads();
    publication();
    primaryKey();
    writes();
    printing();
    slot();
    unfinishedLoad();
    heartbeat();
    version();
    return findings.checks();
  }

  private void server() throws SQLException {
    int version = Integer.parseInt(text("SHOW server_version_num"));
    findings.advise(
        version >= OLDEST,
        "version",
        text("SHOW server_version"),
        "verify's SQL needs Postgres 14",
        "upgrade Postgres");
    String encoding = text("SHOW server_encoding");
    findings.advise(
        !encoding.equals("SQL_ASCII"),
        "encoding",
        encoding,
        "a byte that is not UTF-8 ends the stream: the source begins again for ever, and says so in"
            + " the worker's log alone",
        "keep such bytes out of text columns: convert them, or store them as bytea");
    String walLevel = text("SHOW wal_level");
    findings.require(
        walLevel.equals("logical"),
        "wal_level",
        walLevel,
        "without logical WAL nothing can be followed",
        "ALTER SYSTEM SET wal_level = 'logical'; and restart Postgres");
    boolean ours =
        text("SELECT 1 FROM pg_replication_slots WHERE slot_name = ?", slotName()) != null;
    int slots = number("SELECT count(*) FROM pg_replication_slots");
    int mostSlots = number("SELECT current_setting('max_replication_slots')::int");
    findings.require(
        ours || slots < mostSlots,
        "replication slots",
        slots + " of " + mostSlots + " used",
        "the source needs one",
        "ALTER SYSTEM SET max_replication_slots = " + (mostSlots + 4) + "; and restart Postgres");
    int senders = number("SELECT count(*) FROM pg_stat_replication");
    int mostSenders = number("SELECT current_setting('max_wal_senders')::int");
    findings.require(
        ours || senders < mostSenders,
        "WAL senders",
        senders + " of " + mostSenders + " used",
        "the source needs one",
        "ALTER SYSTEM SET max_wal_senders = " + (mostSenders + 4) + "; and restart Postgres");
  }

  private void role() throws SQLException {
    String role = text("SELECT current_user");
    boolean replicates =
        is("SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user")
            || is(
                "SELECT coalesce(bool_or(pg_has_role(current_user, oid, 'member')), false) FROM"
                    + " pg_roles WHERE rolname = 'rds_replication'");
    findings.require(
        replicates,
        "role may replicate",
        role + (replicates ? " may" : " may not"),
        "Debezium opens a replication connection",
        "ALTER ROLE " + Sql.name(role) + " REPLICATION;");
  }

  private void reads() throws SQLException {
    String role = text("SELECT current_user");
    boolean reads = is("SELECT has_table_privilege(?, 'SELECT')", table.sql());
    findings.require(
        reads,
        "role may read",
        role + (reads ? " may read " : " may not read ") + table,
        "the snapshot reads the table",
        "GRANT SELECT ON " + table.sql() + " TO " + Sql.name(role) + ";");
  }

  private void publication() throws SQLException {
    String name = source.getOrDefault("publication.name", "dbz_publication");
    String operations =
        text(
            "SELECT concat_ws(', ', CASE WHEN NOT pubinsert THEN 'insert' END, CASE WHEN NOT"
                + " pubupdate THEN 'update' END, CASE WHEN NOT pubdelete THEN 'delete' END) FROM"
                + " pg_publication WHERE pubname = ?",
            name);
    if (operations == null) {
      boolean creates =
          !source.getOrDefault("publication.autocreate.mode", "all_tables").equals("disabled");
      findings.advise(
          creates,
          "publication",
          "no publication " + name + (creates ? "; Debezium creates it" : ""),
          "nothing is published",
          "CREATE PUBLICATION " + Sql.name(name) + " FOR TABLE " + table.sql() + ";");
      return;
    }
    boolean covers = found.publishedBy(name) != null;
    findings.require(
        covers,
        "publication covers the table",
        name + (covers ? " has " : " lacks ") + table,
        "changes of a table outside the publication are never seen",
        "ALTER PUBLICATION " + Sql.name(name) + " ADD TABLE " + table.sql() + ";");
    findings.require(
        operations.isEmpty(),
        "publication covers all operations",
        operations.isEmpty() ? "insert, update, delete" : "without " + operations,
        "what is not published is lost",
        "ALTER PUBLICATION "
            + Sql.name(name)
            + " SET (publish = 'insert, update, delete, truncate');");
  }

  private void primaryKey() {
    boolean key = !found.key().isEmpty();
    findings.require(
        key,
        "primary key",
        key ? String.join(", ", found.key()) : "none",
        "without it rows cannot be told apart: no order per row, no newest version",
        "ALTER TABLE " + table.sql() + " ADD PRIMARY KEY (…);");
  }

  /**
   * How values print is the role's or the database's to say, and the log prints them for Debezium:
   * an interval of the style sql_standard is read as another one.
   */
  private void printing() throws SQLException {
    String pinned = source.getOrDefault("driver.options", "");
    List<String> set = new ArrayList<>();
    for (Map.Entry<String, String> setting : READ_BY_DEBEZIUM.entrySet()) {
      String name = setting.getKey();
      if (!pinned.contains(name + "=")) {
        for (String value : texts(SET_FOR_SOMEBODY, name, name)) {
          if (!value.matches(setting.getValue())) {
            set.add(name + " = " + value);
          }
        }
      }
    }
    findings.require(
        set.isEmpty(),
        "how values print",
        set.isEmpty() ? "as Debezium reads them" : String.join(", ", set) + ", by role or database",
        "Debezium reads what it does not expect as another value",
        "driver.options of the source, as in connect-configs/source.json");
  }

  /** Asks as EXPLAIN does, which touches nothing and fires no trigger. */
  private void writes() throws SQLException {
    for (SourceTable.Part part : found.parts()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("EXPLAIN DELETE FROM ONLY " + part.name().sql());
      } catch (SQLException e) {
        if (!INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
          findings.fail(
              "writes to " + part.name(),
              e.getMessage(),
              "Postgres refuses updates and deletes of the application",
              "ALTER TABLE " + part.name().sql() + " REPLICA IDENTITY DEFAULT;");
        }
      }
    }
  }

  private String slotName() {
    return source.getOrDefault("slot.name", "debezium");
  }

  private void slot() throws SQLException {
    String active =
        text("SELECT active::text FROM pg_replication_slots WHERE slot_name = ?", slotName());
    if (active == null) {
      findings.ok("slot", "not there yet; the source creates " + slotName());
      return;
    }
    findings.require(
        active.equals("true"),
        "slot is active",
        active.equals("true") ? slotName() + " is read" : "nobody reads " + slotName(),
        "an inactive slot holds back WAL until the disk is full",
        "./sluice status; or, if the pipeline is gone for good, SELECT pg_drop_replication_slot("
            + Sql.text(slotName())
            + ");");
    String lost =
        text("SELECT wal_status FROM pg_replication_slots WHERE slot_name = ?", slotName());
    findings.require(
        !"lost".equals(lost),
        "slot's WAL is there",
        String.valueOf(lost),
        "the slot has lost WAL: changes are missing for good",
        "remove source and slot, register again, and let it take a new snapshot");
    long retained =
        Long.parseLong(
            text(
                "SELECT coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint"
                    + " FROM pg_replication_slots WHERE slot_name = ?",
                slotName()));
    long keep =
        Long.parseLong(
            text("SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size'"));
    String most = keep < 0 ? "no limit" : "limit " + keep + " MB";
    findings.advise(
        keep < 0 ? retained < MUCH_WAL : retained < (keep << 20) / 2,
        "WAL held back by the slot",
        (retained >> 20) + " MB, " + most,
        keep < 0
            ? "it grows until the disk is full"
            : "past the limit Postgres throws the WAL away, and changes are lost",
        "find out why the source is behind: ./sluice status");
    findings.advise(
        keep >= 0 || retained < MUCH_WAL,
        "max_slot_wal_keep_size",
        most,
        "a pipeline that stands still can fill Postgres's disk",
        "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();");
    disk(retained);
  }

  /** Postgres does not tell how full its disk is; where it runs on this machine, we look. */
  private void disk(long retained) throws SQLException {
    String directory = text("SELECT setting FROM pg_settings WHERE name = 'data_directory'");
    if (directory == null || !Files.isDirectory(Path.of(directory))) {
      findings.ok("disk of Postgres", "not on this machine: watch it where it is");
      return;
    }
    long free;
    try {
      free = Files.getFileStore(Path.of(directory)).getUsableSpace();
    } catch (IOException e) {
      findings.ok("disk of Postgres", "cannot be read from here: watch it where it is");
      return;
    }
    findings.advise(
        free > Math.max(LITTLE_DISK, 2 * retained),
        "disk of Postgres",
        (free >> 20) + " MB free",
        "a full disk stops Postgres, and WAL that a slot holds back fills it",
        "make room, or set max_slot_wal_keep_size");
  }

  private void unfinishedLoad() throws SQLException {
    String loading =
        text(
            "SELECT slot_name FROM pg_replication_slots WHERE slot_name = ?",
            slotName() + InitialLoad.LOADING);
    if (loading != null) {
      findings.warn(
          "initial load",
          "the slot " + loading + " is there",
          "a load is under way, or was suspended; its slot holds back WAL",
          "wait for it, or run ./sluice load again, which goes on with it");
    }
  }

  private void heartbeat() throws SQLException {
    boolean beats = !source.getOrDefault("heartbeat.interval.ms", "0").equals("0");
    boolean writes = source.containsKey("heartbeat.action.query");
    findings.advise(
        beats && writes,
        "heartbeat",
        beats
            ? (writes
                ? "written every " + source.get("heartbeat.interval.ms") + " ms"
                : "not written to Postgres")
            : "off",
        "while this table is idle and others are not, its slot holds back their WAL",
        "heartbeat.interval.ms and heartbeat.action.query of the source, as in connect-configs/source.json");
  }

  private void version() throws SQLException {
    String column = mapping.sourceOf(mapping.versionField());
    if (mapping.metadata().containsKey(mapping.versionField())) {
      findings.ok("version", "the change's " + mapping.metadata().get(mapping.versionField()));
      return;
    }
    SourceColumn from = found.columns().get(column);
    if (from == null) {
      findings.fail(
          "version",
          table + " has no column " + column,
          "the fact table's version comes from it",
          "version.field of the transform, or the strict fact table (connect-configs/strict.json)");
      return;
    }
    boolean time = from.type().startsWith("timestamp");
    String sample =
        "(SELECT "
            + Sql.name(column)
            + " AS v FROM "
            + table.sql()
            + " LIMIT "
            + SAMPLED_ROWS
            + ") AS rows";
    String found =
        text(
            "SELECT concat_ws(', ', CASE WHEN count(*) > count(v) THEN (count(*) - count(v)) || ' are"
                + " null' END"
                + (time
                    ? ", CASE WHEN count(*) FILTER (WHERE v > now() + interval '1 minute') > 0 THEN"
                        + " count(*) FILTER (WHERE v > now() + interval '1 minute') || ' are in the"
                        + " future' END"
                    : "")
                + ") FROM "
                + sample);
    findings.require(
        found.isEmpty(),
        "values of " + column,
        found.isEmpty() ? "none null" + (time ? ", none in the future" : "") : found,
        "the newest version of a row is the one with the largest " + column,
        "correct the rows, or use the strict fact table (connect-configs/strict.json)");
  }

  private String text(String sql, String... parameters) throws SQLException {
    List<String> found = texts(sql, parameters);
    return found.isEmpty() ? null : found.get(0);
  }

  private List<String> texts(String sql, String... parameters) throws SQLException {
    List<String> found = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
    }
    return found;
  }

  private boolean is(String sql, String... parameters) throws SQLException {
    return "t".equals(text(sql, parameters));
  }

  private int number(String sql) throws SQLException {
    return Integer.parseInt(text(sql));
  }
}
