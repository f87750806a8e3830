package dev.sluice.doctor;

import com.clickhouse.client.api.query.GenericRecord;
import dev.sluice.SluiceException;
import dev.sluice.catalogue.Sql;
import dev.sluice.doctor.Check.Verdict;
import dev.sluice.mapping.FactMapping;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Problem;
import dev.sluice.pipeline.LsnBase;
import dev.sluice.servers.Answer;
import dev.sluice.servers.Health;
import dev.sluice.servers.PostgresAddress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Looks for what is known to stop a pipeline, or to make it lose rows, before it does.
 *
 * <p>Failure semantics: nothing is written anywhere. A server that does not answer is one failed
 * check, and the others are looked at all the same.
 */
public final class Doctor {

  private static final long CLOCK_MILLIS = 2_000;

  private final DoctorContext context;

  public Doctor(DoctorContext context) {
    this.context = context;
  }

  /** All checks, in the order in which a row passes. */
  public List<Check> examine() {
    List<Check> checks = new ArrayList<>(progress());
    checks.addAll(attempt("Postgres", "--postgres", this::postgres));
    checks.addAll(attempt("Tables", "--postgres and --clickhouse", this::tables));
    checks.addAll(
        attempt(
            "Connect",
            "--connect",
            () -> new ConnectChecks(context.connect(), context.source(), context.sink()).run()));
    checks.addAll(
        attempt(
            "Kafka",
            "--kafka",
            () ->
                new KafkaChecks(
                        context.kafka(),
                        context.topic(),
                        context.source(),
                        context.sink(),
                        context.mapping())
                    .run()));
    checks.addAll(
        attempt(
            "ClickHouse",
            "--clickhouse",
            () ->
                new ClickHouseChecks(context.clickHouse(), context.factTable(), context.mapping())
                    .run()));
    checks.addAll(clocks());
    return checks;
  }

  /** What moves, or why it does not: the same that the page says. */
  private List<Check> progress() {
    CheckList findings = new CheckList("Pipeline");
    List<PipelineView> seen =
        context.look().get().pipelines().stream().filter(this::isMine).toList();
    for (PipelineView each : seen) {
      each.problems().stream()
          .filter(problem -> problem.state() != Health.UNREACHABLE)
          .sorted(Comparator.comparing(Problem::state))
          .forEach(
              problem ->
                  findings.add(
                      problem.state() == Health.DEGRADED ? Verdict.WARN : Verdict.FAIL,
                      problem.part(),
                      problem.text(),
                      "rows do not arrive, or not all of them",
                      problem.cure().toString()));
      if (each.state() == Health.OK) {
        findings.ok("rows move", each.sourceTable() + " to " + each.factTable());
      }
    }
    return findings.checks();
  }

  /** Where the sink is gone, what its source has left. */
  private boolean isMine(PipelineView each) {
    return each.sink() == null
        ? context.source().name().equals(each.source())
        : context.sink().name().equals(each.sink()) && context.topic().equals(each.topic());
  }

  private static List<Check> attempt(String area, String option, Callable<List<Check>> looking) {
    try {
      return looking.call();
    } catch (Exception e) {
      CheckList findings = new CheckList(area);
      boolean refused = Answer.isRefusal(e);
      findings.fail(
          refused ? "can be read" : "answers",
          SluiceException.reason(e),
          "nothing can be said of it",
          refused
              ? "give the role the right that the message names"
              : "start it, or give its address with " + option);
      return findings.checks();
    }
  }

  private List<Check> tables() throws SQLException {
    List<Check> checks =
        new ArrayList<>(
            new TableReview(
                    context.postgres(),
                    context.clickHouse(),
                    context.source().config(),
                    context.mapping(),
                    context.table(),
                    context.factTable())
                .checks());
    checks.addAll(versions());
    return checks;
  }

  /** Positions in the WAL are comparable within one server only. */
  private List<Check> versions() {
    CheckList findings = new CheckList("Tables");
    FactMapping mapping = context.mapping();
    if (mapping.isVersionedByLsn() && hasVersions()) {
      long required =
          LsnBase.required(
              context.postgres(),
              context.clickHouse(),
              context.factTable(),
              mapping.versionField(),
              mapping.lsnBase());
      boolean rising = required == mapping.lsnBase();
      findings.require(
          rising,
          "versions rise",
          rising
              ? mapping.versionField() + " is below what Postgres writes next"
              : "facts have versions above what Postgres writes next: they are another server's",
          "changes lose against them, and nothing else would say so",
          "./sluice resync");
    }
    return findings.checks();
  }

  private boolean hasVersions() {
    return context
            .clickHouse()
            .number(
                "SELECT toInt64(count()) FROM system.columns WHERE database = currentDatabase()"
                    + " AND table = %s AND name = %s"
                        .formatted(
                            Sql.factText(context.factTable()),
                            Sql.factText(context.mapping().versionField())))
        > 0;
  }

  private List<Check> postgres() throws SQLException {
    try (Connection connection = context.postgres().connect()) {
      connection.setReadOnly(true);
      PostgresAddress.waitsForNoLock(connection);
      return new PostgresChecks(
              connection,
              context.postgres(),
              context.table(),
              context.source().config(),
              context.mapping())
          .run();
    }
  }

  /** Freshness is a difference between clocks. */
  private List<Check> clocks() {
    CheckList findings = new CheckList("Clocks");
    clock(findings, "Postgres", this::postgresMillis);
    clock(findings, "ClickHouse", this::clickHouseMillis);
    return findings.checks();
  }

  private static void clock(CheckList findings, String server, Callable<Long> clock) {
    try {
      long before = System.currentTimeMillis();
      long there = clock.call();
      long after = System.currentTimeMillis();
      long off = there < before ? before - there : Math.max(0, there - after);
      findings.advise(
          off <= CLOCK_MILLIS,
          server,
          off == 0 ? "as here" : off + " ms off this machine's",
          "freshness is measured between clocks, and a delete's version is a commit time",
          "synchronise the clocks (chrony, ntpd)");
    } catch (Exception e) {
      // That it does not answer has been said.
    }
  }

  private long postgresMillis() throws SQLException {
    try (Connection connection = context.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")) {
      row.next();
      return row.getLong(1);
    }
  }

  private long clickHouseMillis() {
    List<GenericRecord> rows = context.clickHouse().rows("SELECT toUnixTimestamp64Milli(now64(3))");
    return rows.get(0).getLong(1);
  }
}
