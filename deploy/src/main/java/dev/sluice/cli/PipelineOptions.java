package dev.sluice.cli;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.local.Home;
import dev.sluice.mapping.FactMapping;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.pipeline.Topics;
import dev.sluice.pipeline.Topology;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Which routes a command is about: where the servers are, which connectors, which tables. What no
 * option says comes from the environment, then from the stack that {@code ./sluice up} runs, then
 * from the servers' well-known ports.
 */
final class PipelineOptions {

  @Mixin private ServerOptions servers;

  @Option(
      names = "--sink",
      paramLabel = "NAME|FILE",
      description =
          "The sink connector: its name, or its file (default: all that run ExtractFactRow).")
  private String sinkName;

  @Option(
      names = "--source",
      paramLabel = "NAME|FILE",
      description =
          "The source connector: its name, or its file (default: the one that writes the topic).")
  private String sourceName;

  @Option(
      names = "--table",
      paramLabel = "SCHEMA.TABLE",
      converter = TableNameConverter.class,
      description =
          "The Postgres table (default: what the topic is named after); of several, that one.")
  private TableName table;

  @Option(
      names = "--fact-table",
      paramLabel = "TABLE",
      description =
          "The ClickHouse table (default: what topic2TableMap says); of several, that one.")
  private String factTable;

  ServerOptions servers() {
    return servers;
  }

  /**
   * The routes that the options choose, all there are unless they say less.
   *
   * @param patterns of tables, as {@link TablePatterns} reads them; none for all
   * @throws SluiceException when there is none
   */
  List<TableRoute> routes(List<String> patterns) {
    return routes(patterns, List.of());
  }

  /** The only route that the options choose. */
  TableRoute route() {
    return only(routes(List.of()));
  }

  private static TableRoute only(List<TableRoute> routes) {
    if (routes.size() > 1) {
      throw new UsageException(
          "Several tables could be meant; choose with --table: "
              + String.join(", ", routes.stream().map(r -> r.table().toString()).toList()));
    }
    return routes.get(0);
  }

  private List<TableRoute> routes(List<String> patterns, List<ConnectorSpec> otherSources) {
    List<ConnectorSpec> all = new ArrayList<>();
    if (!isFile(sinkName) || !isFile(sourceName)) {
      for (Connector connector : servers.connect().connectors().values()) {
        all.add(new ConnectorSpec(connector.name(), connector.config()));
      }
    }
    ConnectorSpec sink = sinkName == null ? null : named(all, sinkName, "--sink");
    ConnectorSpec source = sourceName == null ? null : named(all, sourceName, "--source");
    if (all.stream().allMatch(ConnectorSpec::isSink)) {
      all.addAll(otherSources);
    }
    Topology topology = new Topology(all, servers.references(table), this::topics);
    List<TableRoute> routes =
        sink == null
            ? topology.routes()
            : source == null
                ? topology.routes(sink)
                : topology.topics(sink).stream()
                    .map(topic -> topology.route(source, sink, topic))
                    .toList();
    if (source != null && sink == null) {
      routes = routes.stream().filter(r -> r.source().name().equals(source.name())).toList();
    }
    if (routes.isEmpty()) {
      throw new SluiceException(
          "No sink connector with the transform ExtractFactRow is registered. Connectors: "
              + names(all));
    }
    return chosen(published(routes), patterns);
  }

  /** One route may be told its tables; of several, the option chooses. */
  private List<TableRoute> chosen(List<TableRoute> routes, List<String> patterns) {
    if (routes.size() == 1) {
      return List.of(routes.get(0).with(table, factTable));
    }
    List<TableRoute> chosen = TablePatterns.choose(routes, patterns);
    if (table != null) {
      chosen = TablePatterns.choose(chosen, List.of(table.toString()));
    }
    if (factTable != null) {
      chosen = chosen.stream().filter(route -> route.factTable().equals(factTable)).toList();
      if (chosen.isEmpty()) {
        throw new UsageException("--fact-table " + factTable + ": no route leads there.");
      }
    }
    return chosen;
  }

  private Set<String> topics() {
    return Topics.names(servers.kafka());
  }

  /** Each with its published table; that of the stack that runs here is known without asking. */
  private List<TableRoute> published(List<TableRoute> routes) {
    Iterator<TableRoute> asked =
        TableRoute.published(
                routes.stream().filter(route -> !isRunning(route)).toList(), servers.postgres())
            .iterator();
    return routes.stream()
        .map(route -> isRunning(route) ? route.with(servers.table(), null) : asked.next())
        .toList();
  }

  private boolean isRunning(TableRoute route) {
    TableName running = servers.table();
    return running != null && running.inTopic().equals(route.table().inTopic());
  }

  /**
   * As {@link #routes}; where no connector is registered yet, or no source or no transform any
   * more, those of connect-configs.
   */
  List<TableRoute> routesOrDefault(List<String> patterns) {
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
      return routes(patterns);
    }
    Path configs = Home.locate().configs();
    Path source = configs.resolve("source.json");
    if (noSink) {
      sinkName = configs.resolve("sink.json").toString();
    }
    if (none) {
      sourceName = source.toString();
    }
    return routes(patterns, List.of(ConnectorSpec.read(source)));
  }

  /** As {@link #route()}; where no connector is registered yet, that of connect-configs. */
  TableRoute routeOrDefault() {
    return only(routesOrDefault(List.of()));
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
                new UsageException(
                    option + " " + name + ": there is no such connector; there are " + names(all)));
  }

  private static String names(List<ConnectorSpec> all) {
    return all.isEmpty()
        ? "none"
        : String.join(", ", all.stream().map(ConnectorSpec::name).toList());
  }
}
