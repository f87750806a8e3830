package dev.sluice.cli;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.connect.ConnectClient;
import dev.sluice.connect.ConnectClient.Connector;
import dev.sluice.connect.ConnectorSpec;
import dev.sluice.connect.Standstill;
import dev.sluice.local.Home;
import dev.sluice.mapping.FactMapping;
import dev.sluice.pipeline.Publication;
import dev.sluice.pipeline.SyncPoint;
import dev.sluice.pipeline.TopicLag;
import dev.sluice.verify.PipelineBarrier;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Which pipeline a command is about: where its servers are, and which connectors make it up. What
 * no option says comes from the environment, then from the stack that {@code ./sluice up} runs,
 * then from the servers' well-known ports.
 */
final class PipelineOptions {

  @Mixin private ServerOptions servers;

  @Option(
      names = "--sink",
      paramLabel = "NAME|FILE",
      description =
          "The sink connector: its name, or its file (default: the only one that runs"
              + " ExtractFactRow).")
  private String sinkName;

  @Option(
      names = "--source",
      paramLabel = "NAME|FILE",
      description =
          "The source connector: its name, or its file (default: the one that writes the sink's"
              + " topic).")
  private String sourceName;

  @Option(
      names = "--table",
      paramLabel = "SCHEMA.TABLE",
      converter = TableNameConverter.class,
      description = "The Postgres table (default: what the topic is named after).")
  private TableName table;

  @Option(
      names = "--fact-table",
      paramLabel = "TABLE",
      description = "The ClickHouse table (default: what topic2TableMap says).")
  private String factTable;

  ServerOptions servers() {
    return servers;
  }

  /** Finds the pipeline among the connectors of the cluster, or in the files given. */
  Pipeline pipeline() {
    return pipeline(List.of());
  }

  private Pipeline pipeline(List<ConnectorSpec> otherSources) {
    List<ConnectorSpec> all = new ArrayList<>();
    if (!isFile(sinkName) || !isFile(sourceName)) {
      for (Connector connector : servers.connect().connectors().values()) {
        all.add(new ConnectorSpec(connector.name(), connector.config()));
      }
    }
    ConnectorSpec sink = sinkName == null ? onlySink(all) : named(all, sinkName, "--sink");
    if (all.stream().allMatch(ConnectorSpec::isSink)) {
      all.addAll(otherSources);
    }
    TableName assumedTable = table != null ? table : servers.table();
    ConnectorSpec source =
        sourceName == null
            ? sourceOf(all, Pipeline.topic(sink, assumedTable))
            : named(all, sourceName, "--source");
    Pipeline found = Pipeline.of(source, sink, assumedTable);
    return new Pipeline(
        source,
        sink,
        found.topic(),
        table == null ? published(found) : table,
        factTable == null ? found.factTable() : factTable);
  }

  /**
   * The table of the topic's name, or, where that has not kept every character of the table's, the
   * published table that it stands for. Without an answer from Postgres, as far as the topic tells.
   */
  private TableName published(Pipeline found) {
    try {
      return Publication.of(found.source().config())
          .tableOf(servers.postgres(), found.table())
          .orElse(found.table());
    } catch (SQLException e) {
      return found.table(); // Whoever asks Postgres next meets that himself.
    }
  }

  /**
   * Waits for a pipeline of these servers, until one of its connectors stands still.
   *
   * @param limit how long one position may take to be passed
   */
  PipelineBarrier barrier(
      Pipeline pipeline, TopicLag lag, Duration limit, Consumer<String> progress) {
    ConnectClient connect = servers.connect();
    return new PipelineBarrier(
        new SyncPoint(servers.postgres(), pipeline.slot()),
        lag,
        limit,
        () -> Standstill.of(connect, pipeline.source().name(), pipeline.sink().name()),
        progress);
  }

  /**
   * As {@link #pipeline()}; where no connector is registered yet, or no source or no transform any
   * more, the one of connect-configs.
   */
  Pipeline pipelineOrDefault() {
    boolean none = true;
    boolean noSink = true;
    try {
      Collection<Connector> registered = servers.connect().connectors().values();
      none = registered.isEmpty();
      noSink = registered.stream().noneMatch(c -> FactMapping.isIn(c.config()));
    } catch (ConnectClient.Unreachable e) {
      // That is one of the things a doctor finds.
    }
    if (sinkName != null || sourceName != null) {
      return pipeline();
    }
    Path configs = Home.locate().configs();
    Path source = configs.resolve("source.json");
    if (noSink) {
      sinkName = configs.resolve("sink.json").toString();
    }
    if (none) {
      sourceName = source.toString();
    }
    return pipeline(List.of(ConnectorSpec.read(source)));
  }

  private static boolean isFile(String name) {
    return name != null && name.endsWith(".json");
  }

  private static ConnectorSpec named(List<ConnectorSpec> all, String name, String option) {
    if (isFile(name)) {
      return ConnectorSpec.read(Path.of(name));
    }
    return all.stream()
        .filter(connector -> connector.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new SluiceException(
                    option + " " + name + ": there is no such connector; there are " + names(all)));
  }

  private static ConnectorSpec onlySink(List<ConnectorSpec> all) {
    boolean atSource = all.stream().anyMatch(c -> !c.isSink() && FactMapping.isIn(c.config()));
    List<ConnectorSpec> sinks =
        all.stream().filter(c -> c.isSink() && (atSource || FactMapping.isIn(c.config()))).toList();
    if (sinks.size() != 1) {
      throw new SluiceException(
          (sinks.isEmpty()
                  ? "No sink connector with the transform ExtractFactRow is registered"
                  : "Several sinks could be meant; choose with --sink")
              + ". Connectors: "
              + names(all));
    }
    return sinks.get(0);
  }

  private static ConnectorSpec sourceOf(List<ConnectorSpec> all, String topic) {
    return all.stream()
        .filter(c -> !c.isSink())
        .filter(c -> topic.startsWith(c.config().getOrDefault("topic.prefix", topic) + "."))
        .findFirst()
        .orElseThrow(
            () ->
                new SluiceException(
                    "No source connector's topic.prefix fits the topic "
                        + topic
                        + "; choose one with --source. Connectors: "
                        + names(all)));
  }

  private static String names(List<ConnectorSpec> all) {
    return all.isEmpty()
        ? "none"
        : String.join(", ", all.stream().map(ConnectorSpec::name).toList());
  }
}
