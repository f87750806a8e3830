package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.CatalogueReader;
import dev.sluice.catalogue.SourceTable;
import dev.sluice.catalogue.Sql;
import dev.sluice.catalogue.TableName;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The publication that a source reads: which tables it has, and how a table gets into it.
 *
 * <p>Failure semantics: nothing is retried; {@link #add} does all or nothing.
 */
public record Publication(String name) {

  /** The one that connect-configs' {@code postgres.sql} makes. */
  public static final Publication OURS = new Publication("sluice");

  /** The table that {@code postgres.sql} is written for. */
  private static final String WRITTEN_FOR = "public.app_user_visits";

  /** Compared by name: a cast to regclass asks for rights on every schema of the publication. */
  private static final String TABLES =
      "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = ?";

  /** What quotes the blocks of that script. */
  private static final String BLOCK_QUOTE = "$sluice$";

  /** From a source connector's configuration; Debezium's default where it names none. */
  public static Publication of(Map<String, String> source) {
    return new Publication(source.getOrDefault("publication.name", "dbz_publication"));
  }

  /** Whether it covers the table, as such or as part of its schema or of all tables. */
  public boolean covers(PostgresAddress postgres, TableName table) {
    try {
      return tables(postgres).contains(table);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /**
   * The published table whose changes go to the topic of a name.
   *
   * @param tables those of the publication
   * @param topic the table of that name, had its topic kept every character
   * @return empty when the publication has none
   * @throws SluiceException when several tables share the topic
   */
  public static Optional<TableName> tableOf(List<TableName> tables, TableName topic) {
    if (tables.contains(topic)) {
      return Optional.of(topic);
    }
    List<TableName> found =
        tables.stream().filter(table -> table.inTopic().equals(topic.inTopic())).toList();
    if (found.size() > 1) {
      throw new SluiceException(
          "The topic of "
              + topic.inTopic()
              + " takes the changes of several tables: "
              + found
              + ". Choose with --table, and give each a topic of its own.");
    }
    return found.stream().findFirst();
  }

  /** The tables that it covers; none where it is not there. */
  public List<TableName> tables(PostgresAddress postgres) throws SQLException {
    List<TableName> tables = new ArrayList<>();
    try (Connection connection = postgres.connect();
        PreparedStatement statement = connection.prepareStatement(TABLES)) {
      // Postgres opens each published table to tell its columns.
      PostgresAddress.waitsForNoLock(connection);
      statement.setString(1, name);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          tables.add(new TableName(rows.getString(1), rows.getString(2)));
        }
      }
    }
    return tables;
  }

  /**
   * Looks whether the table can be published at all.
   *
   * @throws SluiceException when the server, the table or {@code wal_level} is not as it has to be
   */
  public static void refuseUnpublishable(PostgresAddress postgres, TableName table) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery("SHOW wal_level")) {
        row.next();
        if (!row.getString(1).equals("logical")) {
          throw new SluiceException(
              "Postgres at "
                  + postgres
                  + " has wal_level = "
                  + row.getString(1)
                  + ". Run: ALTER SYSTEM SET wal_level = 'logical'; and restart Postgres.");
        }
      }
      Optional<SourceTable> found = CatalogueReader.read(connection, table);
      String refusal = found.isEmpty() ? "there is no table " + table : found.get().refusal();
      if (refusal != null) {
        throw new SluiceException("Postgres at " + postgres + ": " + refusal + " (--table).");
      }
    } catch (SQLException e) {
      throw new SluiceException("Postgres at " + postgres + " (--postgres): " + e.getMessage(), e);
    }
  }

  /**
   * Puts the table into {@link #OURS}; doing it again changes nothing, and asks for no right.
   *
   * @param script the text of connect-configs' {@code postgres.sql}
   * @return what Postgres warned of
   * @throws SluiceException when the role may not, or Postgres would refuse the application's
   *     updates and deletes afterwards: nothing is changed then
   */
  public static List<String> add(PostgresAddress postgres, TableName table, String script) {
    if (table.sql().contains(BLOCK_QUOTE)) {
      throw new SluiceException(table + ": a name with " + BLOCK_QUOTE + " in it is not possible.");
    }
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          script
              .replace("'" + WRITTEN_FOR + "'", Sql.text(table.sql()))
              .replace(WRITTEN_FOR, table.sql()));
      List<String> warnings = new ArrayList<>();
      for (SQLWarning each = statement.getWarnings(); each != null; each = each.getNextWarning()) {
        warnings.add(each.getMessage());
      }
      return warnings;
    } catch (SQLException e) {
      throw new SluiceException(
          "Postgres at "
              + postgres
              + ", publishing "
              + table
              + ": "
              + e.getMessage()
              + " Nothing was changed. It takes the table's owner, once:"
              + " connect-configs/sql/postgres.sql has the statements.",
          e);
    }
  }
}
