package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Whether a source streams one table only. A load brings the rows of one table, and the source then
 * begins without a snapshot: the rows of every other table of its would never come.
 */
public final class SingleTable {

  private static final int MOST_NAMED = 10;

  /** What stands for the table in the worker's environment, as connect-configs has it. */
  private static final String WORKERS = "${env:SLUICE_POSTGRES_TABLE}";

  /** All that are not parts of the table itself. */
  private static final String TABLES =
      """
      WITH RECURSIVE tree AS (
        SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ? AND c.relname = ?
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
      SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
        AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
        AND c.oid NOT IN (SELECT oid FROM tree)
      ORDER BY 1, 2""";

  private final TableRoute route;

  /** Asks nothing yet. */
  public SingleTable(TableRoute route) {
    this.route = route;
  }

  /**
   * @throws SluiceException naming the other tables and the ways out
   */
  public void refuseOthers(PostgresAddress postgres) {
    List<String> others = others(postgres);
    if (others.isEmpty()) {
      return;
    }
    String named = String.join(", ", others.subList(0, Math.min(MOST_NAMED, others.size())));
    throw new SluiceException(
        route.source().name()
            + " streams other tables than "
            + route.table()
            + " too: "
            + named
            + (others.size() > MOST_NAMED
                ? " and %,d more".formatted(others.size() - MOST_NAMED)
                : "")
            + ". A load brings the rows of one table, and the source then begins without a snapshot:"
            + " the rows that the others hold would never come. Nothing was changed. Either let"
            + " Debezium's snapshot bring them all (./sluice register, snapshot.mode=initial), or"
            + " give each table a source of its own, with a slot.name and a topic.prefix of its own"
            + " and table.include.list = "
            + route.table().regex()
            + ".");
  }

  /** The other tables that the source streams, or would. */
  public List<String> others(PostgresAddress postgres) {
    Map<String, String> config = route.source().config();
    Publication publication = Publication.of(config);
    try {
      List<TableName> streamed = tables(postgres);
      List<TableName> published = publication.tables(postgres);
      // A list says what is meant, also before a publication is made for it.
      if (published.contains(route.table()) || !config.containsKey("table.include.list")) {
        streamed.retainAll(published);
      }
      return others(config, route.table(), streamed);
    } catch (SQLException e) {
      throw postgres.failed(e);
    }
  }

  /**
   * The other tables that a source streams, by Debezium's rules.
   *
   * @param streamed tables that are there and published, or would be
   */
  static List<String> others(
      Map<String, String> config, TableName table, List<TableName> streamed) {
    String mine = table.schema() + "." + table.table();
    List<String> others = new ArrayList<>();
    List<String> included = entries(config, "table.include.list", mine);
    for (String entry : included) {
      if (isPlain(entry) && !matches(List.of(entry), mine)) {
        others.add(entry);
      }
    }
    for (TableName each : streamed) {
      String name = each.schema() + "." + each.table();
      if (each.equals(table) || others.contains(name) || isOurHeartbeat(config, each)) {
        continue;
      }
      boolean taken =
          (included.isEmpty() || matches(included, name))
              && allows(config, "schema", each.schema(), mine)
              && !matches(entries(config, "table.exclude.list", mine), name);
      if (taken) {
        others.add(each.toString());
      }
    }
    return others;
  }

  private static boolean allows(Map<String, String> config, String what, String name, String mine) {
    List<String> included = entries(config, what + ".include.list", mine);
    return (included.isEmpty() || matches(included, name))
        && !matches(entries(config, what + ".exclude.list", mine), name);
  }

  /** Whoever writes the heartbeat does so through the source itself. */
  private static boolean isOurHeartbeat(Map<String, String> config, TableName table) {
    return config
            .getOrDefault("heartbeat.action.query", "")
            .matches("(?s).*\\b" + Pattern.quote(table.table()) + "\\b.*")
        || config
            .getOrDefault("signal.data.collection", "")
            .equals(table.schema() + "." + table.table());
  }

  private static List<String> entries(Map<String, String> config, String setting, String mine) {
    String list = config.getOrDefault(setting, "").replace(WORKERS, Pattern.quote(mine));
    return Stream.of(list.split("(?<!\\\\),"))
        .map(String::strip)
        .filter(entry -> !entry.isEmpty())
        .toList();
  }

  /** A name, and no pattern: only a dot, which a plain name has. */
  private static boolean isPlain(String entry) {
    return entry.matches("[\\p{L}\\p{N}_.$]+");
  }

  private static boolean matches(List<String> patterns, String name) {
    return patterns.stream().anyMatch(pattern -> matches(pattern, name));
  }

  private static boolean matches(String pattern, String name) {
    try {
      return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE).matcher(name).matches();
    } catch (PatternSyntaxException e) {
      return false; // Debezium refuses it by its validation.
    }
  }

  private List<TableName> tables(PostgresAddress postgres) throws SQLException {
    List<TableName> tables = new ArrayList<>();
    try (Connection connection = postgres.connect();
        PreparedStatement statement = connection.prepareStatement(TABLES)) {
      statement.setString(1, route.table().schema());
      statement.setString(2, route.table().table());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          tables.add(new TableName(rows.getString(1), rows.getString(2)));
        }
      }
    }
    return tables;
  }
}
