package dev.sluice.cli;

import dev.sluice.catalogue.TableName;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.Visits;
import dev.sluice.pipeline.FactTable;
import dev.sluice.pipeline.Publication;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice prepare}. */
@Command(
    name = "prepare",
    sortOptions = false,
    description = {
      "Applies the SQL of connect-configs to both databases: REPLICA IDENTITY, publication and"
          + " heartbeat table in Postgres, fact table and view in ClickHouse. What is there already"
          + " stays as it is, so running it twice is as good as once.",
      "",
      "Afterwards ./sluice register brings the connectors."
    },
    footer = {
      "",
      "Examples:",
      "  ./sluice prepare --postgres postgresql://me@db:5432/shop --table public.app_user_visits \\",
      "      --clickhouse http://me@ch:8123/default",
      "  ./sluice prepare --visits 10000",
      "",
      "Passwords: PGPASSWORD and CLICKHOUSE_PASSWORD, or in the URLs' environment variables."
    })
final class PrepareCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions servers;

  @Option(
      names = "--table",
      paramLabel = "SCHEMA.TABLE",
      defaultValue = "${env:SLUICE_POSTGRES_TABLE:-" + LocalOptions.VISITS + "}",
      converter = TableNameConverter.class,
      description = "The Postgres table (SLUICE_POSTGRES_TABLE; default: ${DEFAULT-VALUE}).")
  private TableName table;

  @Option(
      names = "--strict",
      description = "Make the strict fact table, for register --overlay strict.json.")
  private boolean strict;

  @Option(
      names = "--visits",
      paramLabel = "N",
      description =
          "Before all, create the demonstration's table "
              + LocalOptions.VISITS
              + " with this many visits, where there is none.")
  private Integer visits;

  @Override
  public Integer call() {
    if (visits != null && visits < 0) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--visits " + visits + ": must be 0 or more.");
    }
    PrintWriter out = spec.commandLine().getOut();
    PostgresAddress postgres = servers.postgres();
    ClickHouseAddress clickHouse = servers.clickHouse();
    Home home = Home.locate();
    FactTable factTable = strict ? FactTable.STRICT : FactTable.DEFAULT;
    try (ClickHouseClient client = new ClickHouseClient(clickHouse)) {
      client.number("SELECT 1"); // Before Postgres is changed.
      if (visits != null && Visits.create(postgres, visits)) {
        out.println("Created %,d visits in Postgres".formatted(visits));
      }
      Publication.refuseUnpublishable(postgres, table);
      Publication.add(postgres, table, home.publicationSql()).forEach(out::println);
      out.println("Postgres at " + postgres + " publishes " + table);
      client.execute(home.sql(factTable));
    }
    out.println("ClickHouse at " + clickHouse + " has " + factTable.tableName());
    return 0;
  }
}
