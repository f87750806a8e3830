package dev.sluice.ops;

import dev.sluice.connect.ConnectClient.Connector;

/**
 * One way from a Postgres table to a fact table, as the connectors' configurations and Kafka's
 * topics tell it.
 *
 * @param source null when no connector of this cluster writes the topic
 * @param topic null for a source that no sink reads
 * @param sink null for a source that no sink reads
 * @param sourceTable {@code schema.table}; null when unknown
 * @param factTable null without a sink
 */
record Pipeline(
    Connector source, String topic, Connector sink, String sourceTable, String factTable) {

  /** Unique and stable. */
  String id() {
    return sink == null ? source.name() : sink.name() + "/" + topic;
  }

  /** The slot's name; empty when the source is no Debezium Postgres source. */
  Template slot() {
    return isPostgres() ? setting(source, "slot.name", "debezium") : new Template("");
  }

  /** The publication's name. */
  Template publication() {
    return setting(source, "publication.name", "dbz_publication");
  }

  /** True when the source is Debezium's for Postgres. */
  boolean isPostgres() {
    return source != null
        && source
            .config()
            .getOrDefault("connector.class", "")
            .startsWith("io.debezium.connector.postgresql.");
  }

  private static Template setting(Connector connector, String name, String otherwise) {
    return new Template(connector.config().getOrDefault(name, otherwise));
  }
}
