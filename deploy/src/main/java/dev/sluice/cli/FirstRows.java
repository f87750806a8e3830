package dev.sluice.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.doctor.TableReview;
import dev.sluice.load.BulkLoad;
import dev.sluice.load.InitialLoad;
import dev.sluice.local.Home;
import dev.sluice.mapping.JsonConverters;
import dev.sluice.mapping.TableMapping;
import dev.sluice.pipeline.Publication;
import dev.sluice.pipeline.Registration.Action;
import dev.sluice.pipeline.Registration.Change;
import dev.sluice.pipeline.SingleTable;
import dev.sluice.pipeline.SourceOffsets;
import dev.sluice.pipeline.TableRoute;
import dev.sluice.pipeline.Topics;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.PostgresAddress;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The bulk load of a pipeline that is about to be registered: what load and register share. */
final class FirstRows {

  private FirstRows() {}

  /** One sentence. */
  static String report(BulkLoad.Result result) {
    return "Loaded %,d rows (%,d MB) in %.1f s, %,d rows/s"
        .formatted(result.rows(), result.bytes() >> 20, result.seconds(), result.rate());
  }

  /**
   * What no validation of one connector by itself finds.
   *
   * @throws SluiceException when the sink cannot read what the source writes
   */
  private static void refuseOtherFormats(ConnectorSpec source, ConnectorSpec sink) {
    String written = JsonConverters.format(source.config());
    String read = JsonConverters.format(sink.config());
    if (written != null && read != null && !written.equals(read)) {
      throw new SluiceException(
          source.name()
              + " writes "
              + written
              + ", and "
              + sink.name()
              + " reads "
              + read
              + ": give both the same value.converter and value.converter.schemas.enable. Nothing"
              + " was changed.");
    }
  }

  /** Whether a change makes a sink start anew. */
  static boolean startsSink(Change change) {
    return change.spec().isSink() && change.action() != Action.UNCHANGED;
  }

  /** A source that is there has begun its stream already. */
  static void refuseRegistered(ConnectClient connect, ConnectorSpec source) {
    if (connect.connectors().containsKey(source.name())) {
      throw new SluiceException(
          source.name()
              + " is registered at "
              + connect.address()
              + ": its stream has begun. To read rows once more beside it, give --where or --since.");
    }
  }

  /**
   * Which offsets of an earlier source of its name a source must not go on from: after a load, all,
   * because its slot is new; else those that its slot has left behind.
   */
  static Predicate<JsonNode> forgotten(
      TableRoute route, PostgresAddress postgres, boolean loaded, Consumer<String> say) {
    return offsets -> {
      boolean forget =
          loaded || SourceOffsets.areBefore(offsets, InitialLoad.confirmed(postgres, route.slot()));
      if (forget) {
        say.accept(
            route.source().name()
                + ": Connect has kept the offsets of an earlier one, which are of another slot;"
                + " they are forgotten");
      }
      return forget;
    };
  }

  /**
   * A load that could begin: everything has been looked at, and nothing changed.
   *
   * @throws SluiceException when it could not, or when the stream could not go on after it
   */
  static InitialLoad checked(
      TableRoute route,
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      Path dataDir,
      BulkLoad.Options options,
      boolean restart,
      Narrator narrator) {
    refuseOtherFormats(route.source(), route.sink());
    new SingleTable(route).refuseOthers(postgres);
    TableMapping tables = route.tables(postgres, clickHouse);
    String refusal = InitialLoad.refusal(tables);
    if (refusal != null) {
      throw new SluiceException(refusal + ". Let Debezium's snapshot read them: ./sluice register");
    }
    new TableReview(
            postgres,
            clickHouse,
            route.source().config(),
            route.mapping(),
            route.table(),
            route.factTable())
        .refuseLoss();
    InitialLoad load =
        new InitialLoad(postgres, clickHouse, tables, route.slot(), dataDir, options, narrator);
    load.refuse(restart);
    return load;
  }

  /** Publishes the table and loads it. */
  static BulkLoad.Result run(
      InitialLoad load,
      TableRoute route,
      PostgresAddress postgres,
      boolean restart,
      Narrator narrator) {
    publish(route, postgres, narrator);
    return load.run(restart);
  }

  /** Makes the topic that the first change would have to wait for. */
  static void createTopic(TableRoute route, String kafka, Consumer<String> say) {
    try {
      Topics.createForChanges(kafka, route.topic(), route.source().config());
    } catch (SluiceException e) {
      say.accept(
          e.getMessage()
              + " (--kafka). The source makes the topic with the first change, which then takes some"
              + " seconds.");
    }
  }

  /** Makes the sink's dead letter queue, with room for its letters. */
  static void createQueue(ConnectorSpec sink, String kafka, Consumer<String> say) {
    try {
      Topics.createForDeadLetters(kafka, sink.config());
    } catch (SluiceException e) {
      say.accept(
          e.getMessage()
              + " (--kafka). Connect makes the dead letter queue, with the broker's limits:"
              + " ./sluice doctor says whether they do.");
    }
  }

  private static void publish(TableRoute route, PostgresAddress postgres, Narrator narrator) {
    Publication publication = Publication.of(route.source().config());
    if (publication.covers(postgres, route.table())) {
      return;
    }
    if (!publication.equals(Publication.OURS)) {
      throw new SluiceException(
          "The publication "
              + publication.name()
              + " of "
              + route.source().name()
              + " does not cover "
              + route.table()
              + ". Run: CREATE PUBLICATION "
              + Sql.name(publication.name())
              + " FOR TABLE "
              + route.table().sql()
              + "; (or ALTER PUBLICATION … ADD TABLE …)");
    }
    Publication.add(postgres, route.table(), Home.locate().publicationSql()).forEach(narrator::say);
  }
}
