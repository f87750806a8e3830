package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.mapping.FactMapping;
import dev.sluice.mapping.SourceModes;
import dev.sluice.mapping.TableMapping;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One source table's way to one fact table.
 *
 * @param topic what the source writes and the sink reads
 */
public record TableRoute(
    ConnectorSpec source, ConnectorSpec sink, String topic, TableName table, String factTable) {

  /** The transform's settings for this table, wherever it runs. */
  public FactMapping mapping() {
    return FactMapping.of(extracting().config(), topic);
  }

  /** The connector in which the transform runs. */
  public ConnectorSpec extracting() {
    return FactMapping.isIn(sink.config()) ? sink : source;
  }

  /** The replication slot; Debezium's default where none is set. */
  public String slot() {
    return source.config().getOrDefault("slot.name", "debezium");
  }

  /**
   * Both tables, column by column.
   *
   * @throws SluiceException when they cannot be read, or have no key in common
   */
  public TableMapping tables(PostgresAddress postgres, ClickHouseClient clickHouse) {
    try (Connection connection = postgres.connect()) {
      return TableMapping.of(
          mapping(), SourceModes.of(source.config()), connection, table, clickHouse, factTable);
    } catch (SQLException e) {
      throw new SluiceException("Postgres at " + postgres + " (--postgres): " + e.getMessage(), e);
    }
  }

  /**
   * The same routes, each with the published table that its topic stands for, where the topic's
   * name has not kept every character of the table's. Without an answer from Postgres, as far as
   * the topic tells: whoever asks Postgres next meets that himself.
   */
  public static List<TableRoute> published(List<TableRoute> routes, PostgresAddress postgres) {
    Map<Publication, List<TableName>> tables = new HashMap<>();
    try {
      for (TableRoute route : routes) {
        Publication publication = Publication.of(route.source.config());
        if (!tables.containsKey(publication)) {
          tables.put(publication, publication.tables(postgres));
        }
      }
    } catch (SQLException e) {
      return routes;
    }
    return routes.stream()
        .map(
            route ->
                route.with(
                    Publication.tableOf(
                            tables.get(Publication.of(route.source.config())), route.table)
                        .orElse(route.table),
                    null))
        .toList();
  }

  /** The same with the table and fact table that somebody has chosen; null leaves one as it is. */
  public TableRoute with(TableName otherTable, String otherFactTable) {
    return new TableRoute(
        source,
        sink,
        topic,
        otherTable == null ? table : otherTable,
        otherFactTable == null ? factTable : otherFactTable);
  }

  /** From where to where. */
  @Override
  public String toString() {
    return table + " → " + factTable;
  }
}
