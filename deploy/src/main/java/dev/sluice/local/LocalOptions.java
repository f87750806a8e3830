package dev.sluice.local;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.load.InitialLoad;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.PostgresAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a {@link LocalPipeline} is to be. Immutable and valid once it exists.
 *
 * @param dataDir where everything is kept
 * @param fresh whether to remove what an earlier run left in {@code dataDir}
 * @param rows visits that an embedded Postgres starts with
 * @param factTable which variant of the fact table is written
 * @param sink which sink writes it
 * @param sinkPlugin the official sink's unpacked plugin folder; null with the bundled sink
 * @param postgres a Postgres that already runs; null for an embedded one
 * @param table the source table, of the shape of the visits
 * @param clickHouse a ClickHouse that already runs; null for an embedded one
 * @param initialLoad how the rows get there that the table holds before its stream begins
 * @param ports ports asked for
 * @param overrides settings put over those of connect-configs, for measuring and testing
 */
public record LocalOptions(
    Path dataDir,
    boolean fresh,
    int rows,
    FactTable factTable,
    Sink sink,
    Path sinkPlugin,
    PostgresAddress postgres,
    TableName table,
    ClickHouseAddress clickHouse,
    InitialLoad.Way initialLoad,
    PortOptions ports,
    Overrides overrides) {

  /** The two sinks that connect-configs has a configuration for. */
  public enum Sink {
    /** {@code connector-sink}, which every build carries. */
    BUNDLED("sink.json"),
    /** ClickHouse's own, from a folder that the user unpacked. */
    OFFICIAL("sink-official.json");

    private final String file;

    Sink(String file) {
      this.file = file;
    }

    /** The connector as connect-configs has it. */
    public ConnectorSpec connector(Home home) {
      return ConnectorSpec.read(home.configs().resolve(file));
    }

    /** The one that has to go when this one comes: both write the same table. */
    public Sink other() {
      return this == BUNDLED ? OFFICIAL : BUNDLED;
    }
  }

  /** Ports on 127.0.0.1; null means the well-known one or the next that is free. */
  public record PortOptions(
      Integer postgres, Integer kafka, Integer connect, Integer clickHouse, Integer ops) {
    /** No port asked for. */
    public static final PortOptions ANY = new PortOptions(null, null, null, null, null);
  }

  /**
   * What is different from connect-configs; no map is null.
   *
   * @param source settings put over the source's own
   * @param sink settings put over the sink's own
   * @param worker settings put over the worker's own
   * @param kafkaPort the port at which Kafka's clients are to look for it; null for its own
   * @param kafka bootstrap servers of a Kafka that already runs; null for an embedded one
   */
  public record Overrides(
      Map<String, String> source,
      Map<String, String> sink,
      Map<String, String> worker,
      Integer kafkaPort,
      String kafka) {
    /** connect-configs as it is. */
    public static final Overrides NONE = new Overrides(Map.of(), Map.of(), Map.of(), null, null);
  }

  /** The table of an embedded Postgres. */
  public static final String VISITS = "public.app_user_visits";

  /** The same as a name. */
  public static final TableName VISITS_TABLE = new TableName("public", "app_user_visits");

  private static final int DEFAULT_ROWS = 100_000;

  /** Refuses contradictions, naming the options. */
  public LocalOptions {
    if (rows < 0) {
      throw new SluiceException("--rows " + rows + ": must be 0 or more.");
    }
    if (postgres == null && !table.equals(VISITS_TABLE)) {
      throw new SluiceException(
          "--table " + table + " needs --postgres: the embedded Postgres has only " + VISITS + ".");
    }
    if (sink == Sink.OFFICIAL && sinkPlugin == null) {
      throw new SluiceException(
          "--sink official needs --sink-plugin DIR: the unpacked clickhouse-kafka-connect release.");
    }
    if (sink == Sink.BUNDLED && sinkPlugin != null) {
      throw new SluiceException("--sink-plugin goes with --sink official.");
    }
    if (sinkPlugin != null && !Files.isDirectory(sinkPlugin)) {
      throw new SluiceException("--sink-plugin " + sinkPlugin + ": there is no such folder.");
    }
    if (postgres != null && ports.postgres() != null) {
      throw new SluiceException(
          "--postgres-port is the embedded Postgres's; --postgres names another.");
    }
    if (clickHouse != null && ports.clickHouse() != null) {
      throw new SluiceException(
          "--clickhouse-port is the embedded ClickHouse's; --clickhouse names another.");
    }
  }

  /** All embedded, the default fact table, free ports. */
  public static LocalOptions embedded(Path dataDir) {
    return new LocalOptions(
        dataDir,
        false,
        DEFAULT_ROWS,
        FactTable.DEFAULT,
        Sink.BUNDLED,
        null,
        null,
        VISITS_TABLE,
        null,
        InitialLoad.Way.BULK,
        PortOptions.ANY,
        Overrides.NONE);
  }

  /** The same with another number of visits and another fact table. */
  public LocalOptions with(int rows, FactTable factTable) {
    return copy(rows, factTable, sink, sinkPlugin, postgres, clickHouse, overrides);
  }

  /** The same with the official sink. */
  public LocalOptions withOfficialSink(Path plugin) {
    return copy(rows, factTable, Sink.OFFICIAL, plugin, postgres, clickHouse, overrides);
  }

  /** The same with settings put over those of source, sink and worker. */
  public LocalOptions with(
      Map<String, String> source, Map<String, String> sink, Map<String, String> worker) {
    return copy(
        rows,
        factTable,
        this.sink,
        sinkPlugin,
        postgres,
        clickHouse,
        new Overrides(source, sink, worker, overrides.kafkaPort(), overrides.kafka()));
  }

  /** The same with something between Kafka and its clients, which listens at this port. */
  public LocalOptions withKafkaBehind(int port) {
    Overrides changed =
        new Overrides(overrides.source(), overrides.sink(), overrides.worker(), port, null);
    return copy(rows, factTable, sink, sinkPlugin, postgres, clickHouse, changed);
  }

  /** The same with a Postgres, a Kafka and a ClickHouse that already run. */
  LocalOptions on(PostgresAddress postgres, String kafka, ClickHouseAddress clickHouse) {
    Overrides changed =
        new Overrides(overrides.source(), overrides.sink(), overrides.worker(), null, kafka);
    return copy(rows, factTable, sink, sinkPlugin, postgres, clickHouse, changed);
  }

  private LocalOptions copy(
      int rows,
      FactTable factTable,
      Sink sink,
      Path sinkPlugin,
      PostgresAddress postgres,
      ClickHouseAddress clickHouse,
      Overrides overrides) {
    return new LocalOptions(
        dataDir,
        fresh,
        rows,
        factTable,
        sink,
        sinkPlugin,
        postgres,
        table,
        clickHouse,
        initialLoad,
        ports,
        overrides);
  }
}
