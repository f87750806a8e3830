package dev.sluice.ops;

import dev.sluice.SluiceException;
import dev.sluice.mapping.FactMapping;
import dev.sluice.pipeline.Heartbeat;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.PostgresAddress;
import java.util.Optional;

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

  /** What the sink's transform is told of the topic; empty where it has none that is understood. */
  Optional<FactMapping> mapping() {
    try {
      return Optional.of(FactMapping.of(sink.config(), topic));
    } catch (SluiceException e) {
      return Optional.empty();
    }
  }

  /** The publication's name. */
  Template publication() {
    return setting(source, "publication.name", "dbz_publication");
  }

  /** The source's heartbeat; empty where it has none, or only the worker knows it. */
  Optional<Heartbeat> heartbeat() {
    return isPostgres() ? Heartbeat.of(source.config()) : Optional.empty();
  }

  /**
   * True when the source reads another database than this: by its name, or by its host where no
   * slot speaks for it. What is a reference may be any.
   */
  boolean isElsewhere(PostgresAddress postgres, boolean hasSlot) {
    boolean otherDatabase =
        !setting(source, "database.dbname", postgres.database()).matches(postgres.database());
    boolean otherHost =
        !setting(source, "database.hostname", postgres.host()).matches(postgres.host());
    return otherDatabase || otherHost && !hasSlot;
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
