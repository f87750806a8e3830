package dev.sluice.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.Supervisor;
import dev.sluice.local.TestNarrator;
import dev.sluice.pipeline.FactTable;
import dev.sluice.verify.TableComparison;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads of a table at rest, with everything that can go wrong. */
final class LoadIT {

  private static final int ROWS = 120_000;
  private static final String FACTS = FactTable.DEFAULT.tableName();
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Some two dozen chunks. */
  private static final BulkLoad.Options SMALL_CHUNKS =
      new BulkLoad.Options(2, 1 << 20, LIMIT, Duration.ofMinutes(5));

  @TempDir private static Path dataDir;
  private static LocalPipeline pipeline;

  private final List<String> said = new ArrayList<>();

  @BeforeAll
  static void startServers() throws SQLException {
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir).with(ROWS, FactTable.DEFAULT),
            Home.locate(),
            new TestNarrator());
    pipeline.start();
    execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO sluice");
  }

  @AfterAll
  static void stopServers() {
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @AfterEach
  void startOver() throws SQLException {
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice_loading'");
    execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    pipeline.clickHouse().execute("TRUNCATE TABLE " + FACTS);
  }

  @Test
  void everyRowArrivesAsItIs() throws SQLException {
    BulkLoad.Result result = load(SMALL_CHUNKS, () -> {});
    assertThat(result.rows()).isEqualTo(ROWS);
    assertThat(result.chunks()).isGreaterThan(10);
    assertLoaded();
    assertThatThrownBy(() -> load(SMALL_CHUNKS, () -> {}))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("has the slot sluice already");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "10"})
  void aTableOfAFewRowsIsLoadedToo(String rows) throws SQLException {
    execute(
        "ALTER TABLE app_user_visits RENAME TO all_visits; CREATE TABLE app_user_visits (LIKE"
            + " all_visits INCLUDING ALL); INSERT INTO app_user_visits SELECT * FROM all_visits LIMIT "
            + rows);
    try {
      assertThat(load(SMALL_CHUNKS, () -> {}).rows()).isEqualTo(Long.parseLong(rows));
      assertLoaded();
    } finally {
      execute("DROP TABLE app_user_visits; ALTER TABLE all_visits RENAME TO app_user_visits");
    }
  }

  @Test
  void killedClickHouseIsWaitedForAndOnlyTheChunkIsRepeated() throws SQLException {
    BulkLoad.Result result = load(SMALL_CHUNKS, () -> kill("ClickHouse"));
    assertThat(result.retries()).isPositive();
    assertThat(said).anyMatch(sentence -> sentence.contains("trying again"));
    assertThat(result.rows()).isEqualTo(ROWS);
    assertLoaded();
  }

  @Test
  void killedPostgresTakesTheSnapshotAwayAndTheLoadBeginsAgain() throws SQLException {
    BulkLoad.Result result = load(SMALL_CHUNKS, () -> kill("Postgres"));
    assertThat(said).anyMatch(sentence -> sentence.contains("the load begins again"));
    assertThat(result.rows()).isEqualTo(ROWS);
    assertLoaded();
  }

  @Test
  void lostConnectionsAreMadeAgainWhileTheSnapshotIsHeld() throws SQLException {
    BulkLoad.Result result =
        load(
            SMALL_CHUNKS,
            () ->
                execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE query LIKE 'COPY (SELECT%'"));
    assertThat(result.rows()).isEqualTo(ROWS);
    assertThat(said).noneMatch(sentence -> sentence.contains("begins again"));
    assertLoaded();
  }

  @Test
  void aKilledLoadIsResumedAtTheSameMoment() throws Exception {
    suspended(Process::destroyForcibly, "--resume-window", "300");
    long before = facts();
    // Of another moment than the load's: it is in the slot, and not yet among the facts.
    execute(
        "UPDATE app_user_visits SET state = 77 WHERE id = (SELECT max(id::text)::uuid FROM app_user_visits)");

    assertThat(loader().waitFor()).as(log()).isZero();

    assertThat(log()).contains("Going on with an unfinished load").doesNotContain("begins again");
    assertThat(loadedRows()).isLessThanOrEqualTo(ROWS - before + ROWS / 10).isPositive();
    assertThat(facts()).isEqualTo(ROWS);
    assertThat(slots()).containsExactly("sluice");
    assertThat(pipeline.compare().differences()).hasSize(1);
    assertThat(keepers()).isEmpty();
  }

  @Test
  void anInterruptedLoadSaysHowToResumeItAndIsResumed() throws Exception {
    suspended(Process::destroy, "--resume-window", "300");
    assertThat(log()).contains("The load is suspended after", "within 5 minutes");

    assertThat(loader().waitFor()).as(log()).isZero();

    assertThat(log()).contains("Going on with an unfinished load");
    assertLoaded();
  }

  @Test
  void withNothingToHoldAnInterruptedLoadLeavesNothing() throws Exception {
    Process loader = loader("--parallel", "1", "--chunk-size", "1", "--resume-window", "0");
    await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> facts() > 0);
    loader.destroy();
    assertThat(loader.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(log()).doesNotContain("Loaded ");
    assertThat(facts()).isZero();
    assertThat(slots()).isEmpty();
    assertThat(keepers()).isEmpty();
  }

  @Test
  void aSuspendedLoadWhoseSnapshotIsGoneBeginsAgain() throws Exception {
    suspended(Process::destroyForcibly, "--resume-window", "300");
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice_loading'");
    await().atMost(LIMIT).until(() -> keepers().isEmpty());
    // A row that the first load may have brought, and that is gone by the second.
    execute("DELETE FROM app_user_visits WHERE ctid = '(0,1)'");
    try {
      assertThat(loader().waitFor()).as(log()).isZero();

      assertThat(log())
          .contains("its snapshot is no longer held", "the load begins again", "Loaded ");
      assertLoaded();
    } finally {
      execute(
          "INSERT INTO app_user_visits (id, customer_id, branch_id, store_id, cashier_id)"
              + " SELECT gen_random_uuid(), id, id, id, id FROM app_user_visits LIMIT 1");
    }
  }

  @Test
  void aSuspendedLoadWithOtherSettingsBeginsAgain() throws Exception {
    suspended(Process::destroyForcibly, "--resume-window", "300");
    changeNotes("created_at", "made_at");

    assertThat(loader().waitFor()).as(log()).isZero();

    assertThat(log())
        .contains("the columns or the settings have changed since", "the load begins again");
    assertLoaded();
  }

  @Test
  void theRowsOfALoadThatTheNotesDoNotTellOfAreLeftAlone() throws Exception {
    suspended(Process::destroyForcibly, "--resume-window", "300");
    String whole = Files.readString(UnfinishedLoad.file(dataDir, "sluice"));
    long before = facts();
    for (List<String> change :
        List.of(
            List.of("(?s)chunks.*", ""),
            List.of("app_user_visits_fact\"", "another_fact\""),
            List.of("slot\":\"", "slot\":\"1"))) {
      Files.writeString(UnfinishedLoad.file(dataDir, "sluice"), whole);
      changeNotes(change.get(0), change.get(1));

      assertThatThrownBy(() -> load(SMALL_CHUNKS, () -> {}))
          .as("%s", change)
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining("sluice.progress does not tell of")
          .hasMessageContaining("load --restart");

      assertThat(facts()).isEqualTo(before);
      assertThat(slots()).containsExactly("sluice_loading");
      assertThat(keepers()).hasSize(1);
    }
    initialLoad(SMALL_CHUNKS, Narrator.SILENT).run(true);
    assertLoaded();
  }

  private static void changeNotes(String noted, String instead) throws Exception {
    Path notes = UnfinishedLoad.file(dataDir, "sluice");
    Files.writeString(notes, Files.readString(notes).replaceFirst(noted, instead));
  }

  @Test
  void aLoadWhoseLockSessionIsCutStaysTheOwnerAndASecondIsRefused() throws SQLException {
    load(
        SMALL_CHUNKS,
        () -> {
          execute(CUT + " AND l.mode = 'ExclusiveLock'");
          assertThatThrownBy(() -> initialLoad(SMALL_CHUNKS, Narrator.SILENT).run(true))
              .hasMessage("Another load for the slot sluice is at work.");
        });
    assertThat(said)
        .anyMatch(
            sentence ->
                sentence.contains("The session that holds the load's lock was cut")
                    && sentence.contains("pg_terminate_backend")
                    && sentence.contains("no other load has begun meanwhile"))
        .noneMatch(sentence -> sentence.contains("begins again"));
    assertLoaded();
  }

  /** Which of two loads wins then is open; that one loses and removes nothing is not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ofTwoLoadsOneLoadsWhenEverySessionOfTheFirstIsCut(boolean restart) throws SQLException {
    List<String> loaded = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    Strike second =
        () -> {
          execute(CUT);
          try {
            initialLoad(SMALL_CHUNKS, Narrator.SILENT).run(restart);
            loaded.add("second");
          } catch (SluiceException e) {
            refused.add(e.getMessage());
          }
        };
    try {
      load(SMALL_CHUNKS, second);
      loaded.add("first");
    } catch (SluiceException e) {
      refused.add(e.getMessage());
    }
    assertThat(loaded).as("refused: %s", refused).hasSize(1);
    assertThat(refused)
        .singleElement()
        .asString()
        .containsAnyOf("is at work", "has removed nothing", "has the slot sluice already");
    assertLoaded();
  }

  @Test
  void aRoleWhoseIdleSessionsAreEndedLoadsAllTheSame() throws SQLException {
    execute("ALTER ROLE postgres SET idle_session_timeout = '1s'");
    try (Connection idle = pipeline.stack().postgres().connect();
        Statement statement = idle.createStatement();
        ResultSet pid = statement.executeQuery("SELECT pg_backend_pid()")) {
      pid.next();
      String isThere = "SELECT pid FROM pg_stat_activity WHERE pid = " + pid.getInt(1);
      load(SMALL_CHUNKS, () -> await().atMost(LIMIT).until(() -> texts(isThere).isEmpty()));
    } finally {
      execute("ALTER ROLE postgres RESET idle_session_timeout");
    }
    assertThat(said).noneMatch(sentence -> sentence.contains("was cut"));
    assertLoaded();
  }

  @Test
  void aLoadOutlivesItsHoldAndTheCutOfItsLock() throws SQLException {
    BulkLoad.Options shortHold = new BulkLoad.Options(2, 1 << 20, LIMIT, Duration.ofSeconds(1));
    load(
        shortHold,
        () -> {
          execute(CUT + " AND l.mode = 'ExclusiveLock'");
          await()
              .atMost(LIMIT)
              .during(Duration.ofSeconds(4))
              .until(() -> keepers().size() == 1 && slots().equals(List.of("sluice_loading")));
        });
    assertThat(said).noneMatch(sentence -> sentence.contains("begins again"));
    assertLoaded();
  }

  @Test
  void aLoadWhoseSlotIsDroppedSaysSoAndBeginsAgain() throws SQLException {
    load(SMALL_CHUNKS, LoadIT::dropSlot);
    assertThat(said)
        .anyMatch(
            sentence ->
                sentence.startsWith("The slot sluice_loading is gone")
                    && sentence.endsWith("the load begins again"))
        .noneMatch(sentence -> sentence.contains("the role needs"));
    assertLoaded();
  }

  @Test
  void rowsThatTheLoadHasNotBroughtAreNotEmptied() {
    assertThatThrownBy(
            () ->
                load(
                    SMALL_CHUNKS,
                    () -> {
                      pipeline
                          .clickHouse()
                          .execute(
                              "INSERT INTO "
                                  + FACTS
                                  + " (id) SELECT toString(number) FROM numbers(200000)");
                      dropSlot();
                    }))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("has rows that this load has not brought")
        .hasMessageContaining("has removed nothing");
    assertThat(facts()).isGreaterThanOrEqualTo(200_000);
  }

  @Test
  void aSlotThatSomebodyElseHasMadeEndsTheLoadAndNothingIsEmptied() {
    assertThatThrownBy(
            () ->
                load(
                    SMALL_CHUNKS,
                    () ->
                        execute("SELECT pg_create_logical_replication_slot('sluice', 'pgoutput')")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("Somebody else has made the slot sluice meanwhile")
        .hasMessageContaining("has removed nothing");
    assertThat(facts()).isPositive();
  }

  @Test
  void nobodyGoesOnAndTheSlotIsGivenUp() throws Exception {
    suspended(Process::destroyForcibly, "--resume-window", "2");
    await().atMost(LIMIT).until(() -> slots().isEmpty() && keepers().isEmpty());

    assertThat(loader().waitFor()).isOne();
    assertThat(log()).contains("has rows already", "load --restart");

    assertThat(loader("--restart").waitFor()).as(log()).isZero();
    assertLoaded();
  }

  @Test
  void aServerThatStaysAwayForTooLongSuspendsTheLoad() throws SQLException {
    BulkLoad.Options impatient =
        new BulkLoad.Options(2, 1 << 20, Duration.ZERO, Duration.ofMinutes(5));
    assertThatThrownBy(() -> load(impatient, () -> kill("ClickHouse")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("The load is suspended after");
    await().atMost(LIMIT).ignoreExceptions().until(() -> facts() >= 0);

    load(SMALL_CHUNKS, () -> {});

    assertThat(said).anyMatch(sentence -> sentence.startsWith("Going on with an unfinished load"));
    assertLoaded();
  }

  @Test
  void aValueThatDoesNotFitStopsTheLoadAndNamesTheColumn() throws SQLException {
    execute(
        "ALTER TABLE app_user_visits ALTER state TYPE bigint; UPDATE app_user_visits SET state ="
            + " 3000000001 WHERE id = (SELECT id FROM app_user_visits OFFSET 70000 LIMIT 1)");
    try {
      assertThatThrownBy(() -> load(SMALL_CHUNKS, () -> {}))
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining("column state")
          .hasMessageContaining("Int32")
          .hasMessageNotContaining("3000000001");
      assertThat(facts()).isZero();
      assertThat(slots()).isEmpty();
    } finally {
      execute(
          "UPDATE app_user_visits SET state = 1 WHERE state = 3000000001;"
              + " ALTER TABLE app_user_visits ALTER state TYPE int");
    }
  }

  @Test
  void aFactTableWithRowsIsRefusedUnlessItMayBeEmptied() throws SQLException {
    pipeline.clickHouse().execute("INSERT INTO " + FACTS + " (id) VALUES ('somebody else''s')");
    assertThatThrownBy(() -> load(SMALL_CHUNKS, () -> {}))
        .hasMessageContaining("TRUNCATE TABLE " + FACTS);
    assertThat(facts()).isOne();
    assertThat(slots()).isEmpty();

    initialLoad(SMALL_CHUNKS, Narrator.SILENT).run(true);
    assertLoaded();
  }

  private static boolean executed(String sql) throws SQLException {
    execute(sql);
    return true;
  }

  private static void removeConnectors() {
    pipeline.connect().stop("sluice-source");
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .until(() -> pipeline.connect().resetOffsets("sluice-source") != null);
    pipeline.connect().delete("sluice-source");
    pipeline.connect().delete("sluice-sink");
  }

  @Test
  void theCreationOfTheSlotNamesThePreparedTransactionThatItWaitsFor() throws SQLException {
    execute("ALTER SYSTEM SET max_prepared_transactions = 2");
    kill("Postgres");
    await()
        .atMost(LIMIT)
        .ignoreExceptions()
        .until(() -> texts("SHOW max_prepared_transactions").equals(List.of("2")));
    execute(
        "BEGIN; UPDATE app_user_visits SET state = 11 WHERE ctid = '(2,1)'; PREPARE TRANSACTION 'left'");
    List<String> lines = new ArrayList<>();
    Narrator ending =
        new Narrator() {
          @Override
          public void say(String sentence) {}

          @Override
          public void progress(String line) {
            if (line.contains("the prepared transaction 'left'") && lines.isEmpty()) {
              lines.add(line);
              try {
                execute("ROLLBACK PREPARED 'left'");
              } catch (SQLException e) {
                throw new AssertionError(e);
              }
            }
          }
        };
    initialLoad(SMALL_CHUNKS, ending).run(false);
    assertThat(lines)
        .singleElement()
        .asString()
        .startsWith("Creating the slot: Postgres waits for the prepared transaction 'left' (role")
        .contains("between COMMIT PREPARED 'left' and ROLLBACK PREPARED 'left'");
    assertLoaded();
  }

  @Test
  void registeringWithABulkLoadLoadsOnceAndStreamsFromThereAndStartsOverAsAdvised()
      throws Exception {
    try {
      Process register = sluice("register", "--initial-load", "bulk");
      assertThat(register.waitFor()).as(log()).isZero();
      assertThat(log()).contains("sluice-source: create", "Loaded ", "sluice-sink: all tasks run");
      assertThat(pipeline.connect().connectors()).containsOnlyKeys("sluice-source", "sluice-sink");
      assertThat(pipeline.lag().ends()).as("the topic waits for the first change").hasSize(4);

      assertThat(sluice("register", "--initial-load", "bulk").waitFor()).as(log()).isZero();
      assertThat(log()).contains("sluice-source: unchanged").doesNotContain("Loaded ");

      execute("UPDATE app_user_visits SET state = 8 WHERE ctid = '(1,1)'");
      pipeline.awaitSynced(progress -> {});
      assertLoaded();

      assertThat(loader().waitFor()).isOne();
      Matcher advice =
          Pattern.compile(
                  "remove the source connector, then: (SELECT [^;]*;) and give this command")
              .matcher(log());
      assertThat(advice.find()).as(log()).isTrue();
      pipeline.connect().delete("sluice-source");
      await().atMost(LIMIT).ignoreExceptions().until(() -> executed(advice.group(1)));
      execute("DELETE FROM app_user_visits WHERE ctid = '(3,1)'");

      assertThat(sluice("load", "--restart").waitFor()).as(log()).isZero();

      assertThat(log())
          .contains("sluice-source: Connect has kept the offsets of an earlier one")
          .contains("sluice-source: all tasks run");
      execute("UPDATE app_user_visits SET state = 10 WHERE ctid = '(1,3)'");
      pipeline.awaitSynced(progress -> {});
      assertLoaded();
    } finally {
      execute(
          "INSERT INTO app_user_visits (id, customer_id, branch_id, store_id, cashier_id)"
              + " SELECT gen_random_uuid(), id, id, id, id FROM app_user_visits LIMIT (SELECT "
              + ROWS
              + " - count(*) FROM app_user_visits)");
      removeConnectors();
    }
  }

  /** Three microseconds around millions of milliseconds, where a double errs if it does. */
  @Test
  void millisecondsAreExactToTheMicrosecond() throws SQLException {
    double seed = Double.parseDouble(System.getProperty("seed", "" + Math.random()));
    System.out.println("Times with seed " + seed);
    String millis =
        pipeline.mapping().column("created_at").orElseThrow().copy().postgres().replace("{}", "t");
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET timezone = 'UTC'; SELECT setseed(" + seed + ")");
      try (ResultSet wrong =
          statement.executeQuery(
              """
              SELECT count(*) FROM (
                SELECT ms + least(d, 0) AS expected,
                       timestamptz 'epoch' + ms / 1000 * interval '1 second'
                         + (ms %% 1000 * 1000 + d) * interval '1 microsecond' AS t
                FROM (SELECT floor(-1300000000000 + random() * 3600000000000)::bigint AS ms
                      FROM generate_series(1, 500000)) AS moments, generate_series(-1, 1) AS d) AS all_times
              WHERE expected <> %s"""
                  .formatted(millis))) {
        wrong.next();
        assertThat(wrong.getLong(1)).isZero();
      }
    }
  }

  @Test
  void aColumnThatSqlCannotMakeIsNamed() {
    String refusal =
        InitialLoad.refusal(
            pipeline.mapping(
                mapping ->
                    mapping.withSchema(
                        mapping
                            .schema()
                            .replace("updated_at Int64", "updated_at FixedString(40)"))));
    assertThat(refusal).contains("updated_at", "timestamp with time zone to FixedString(40)");
    assertThat(InitialLoad.refusal(pipeline.mapping())).isNull();
  }

  /** Ends the sessions that hold a load's locks. */
  private static final String CUT =
      "SELECT pg_terminate_backend(l.pid) FROM (SELECT DISTINCT pid, mode FROM pg_locks"
          + " WHERE locktype = 'advisory' AND granted) AS l WHERE true";

  private static void dropSlot() throws SQLException {
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice_loading'");
    execute("SELECT pg_drop_replication_slot('sluice_loading')");
  }

  private interface Strike {
    void now() throws SQLException;
  }

  /** Loads, and strikes once when the first chunk is done. */
  private BulkLoad.Result load(BulkLoad.Options options, Strike strike) {
    Narrator striking =
        new Narrator() {
          private boolean struck;

          @Override
          public synchronized void say(String sentence) {
            said.add(sentence);
          }

          @Override
          public void progress(String line) {
            if (!struck && line.contains("to go")) {
              struck = true;
              try {
                strike.now();
              } catch (SQLException e) {
                throw new AssertionError(e);
              }
            }
          }
        };
    return initialLoad(options, striking).run(false);
  }

  private static InitialLoad initialLoad(BulkLoad.Options options, Narrator narrator) {
    return new InitialLoad(
        pipeline.stack().postgres(),
        pipeline.clickHouse(),
        pipeline.mapping(),
        "sluice",
        dataDir,
        options,
        narrator);
  }

  private static void kill(String name) {
    Supervisor server =
        pipeline.stack().servers().stream()
            .filter(each -> each.name().equals(name))
            .findAny()
            .orElseThrow();
    ProcessHandle.of(server.pid().orElseThrow()).orElseThrow().destroyForcibly();
  }

  private interface Stroke {
    void at(Process process);
  }

  /** A load that had copied some chunks, and not all. */
  private static void suspended(Stroke stroke, String... options) throws Exception {
    List<String> slow = new ArrayList<>(List.of("--parallel", "1", "--chunk-size", "1"));
    slow.addAll(List.of(options));
    Process loader = loader(slow.toArray(String[]::new));
    await().atMost(LIMIT).pollInterval(Duration.ofMillis(10)).until(() -> facts() > ROWS / 5);
    stroke.at(loader);
    assertThat(loader.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(log()).doesNotContain("Loaded ");
    assertThat(slots()).containsExactly("sluice_loading");
  }

  private static long loadedRows() throws Exception {
    String log = log();
    int begin = log.indexOf("Loaded ") + "Loaded ".length();
    return Long.parseLong(log.substring(begin, log.indexOf(" rows", begin)).replace(",", ""));
  }

  /** The sessions that hold a load's snapshot. */
  private static List<String> keepers() throws SQLException {
    return texts("SELECT pid FROM pg_stat_activity WHERE application_name = 'sluice_loading'");
  }

  /** {@code ./sluice load} as a process of its own. */
  private static Process loader(String... options) throws Exception {
    List<String> load = new ArrayList<>(List.of("load", "--no-register"));
    load.addAll(List.of(options));
    return sluice(load.toArray(String[]::new));
  }

  private static Process sluice(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                Home.locate().libraryClassPath(),
                "dev.sluice.cli.Sluice"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--data-dir", dataDir.toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(dataDir.resolve("load.log").toFile())
        .start();
  }

  private static String log() throws Exception {
    return Files.readString(dataDir.resolve("load.log"));
  }

  private static long facts() {
    return pipeline.clickHouse().number("SELECT count() FROM " + FACTS);
  }

  /** Complete: the slot has its name, both tables are the same, and nothing else is left. */
  private static void assertLoaded() throws SQLException {
    assertThat(keepers()).isEmpty();
    assertThat(UnfinishedLoad.file(dataDir, "sluice")).doesNotExist();
    assertThat(slots()).containsExactly("sluice");
    TableComparison.Result result = pipeline.compare();
    assertThat(result.differences()).isEmpty();
    assertThat(result.identical()).isTrue();
  }

  private static List<String> slots() throws SQLException {
    return texts("SELECT slot_name FROM pg_replication_slots ORDER BY 1");
  }

  private static List<String> texts(String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
