package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.servers.ConnectorSpec;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/**
 * States that a pipeline can break into: each is caused on real servers; status, doctor and the
 * page have to name its cause in their first line; what they print as its cure is run as it stands
 * there, and then both tables have to be identical.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class BrokenStatesIT {

  /** Letters of the last hour are remembered: states that make none come before. */
  private static final int WITH_LETTERS = Integer.MAX_VALUE - 1;

  @TempDir private static Path dataDir;
  private static BrokenPipeline broken;

  @BeforeAll
  static void start() {
    broken = new BrokenPipeline(dataDir);
  }

  @AfterAll
  static void stop() {
    if (broken != null) {
      broken.close();
    }
  }

  @BeforeEach
  void nothingIsBrokenYet() {
    assumeTrue(broken.breaks(), "an earlier state was not healed");
  }

  @Test
  void theHeartbeatsTableIsGone() throws Exception {
    broken.postgres("DROP TABLE sluice_heartbeat");
    broken.changeRows("dropped heartbeat");
    broken.named(
        "FAILED", "its heartbeat fails (ERROR: relation \"sluice_heartbeat\" does not exist");
    broken.cured();
  }

  @Test
  void theSourceMayNotWriteItsHeartbeat() throws Exception {
    broken.postgres("REVOKE INSERT ON sluice_heartbeat FROM sluice");
    broken.changeRows("revoked heartbeat");
    broken.named(
        "DEGRADED", "its heartbeat fails (ERROR: permission denied for table sluice_heartbeat");
    broken.cured();
  }

  @Test
  void theHeartbeatsTableIsNotPublished() throws Exception {
    broken.postgres("ALTER PUBLICATION sluice DROP TABLE sluice_heartbeat");
    broken.named(
        "DEGRADED", "sluice_heartbeat, which the heartbeat writes, is not in publication sluice");
    broken.changeRows("unpublished heartbeat");
    broken.cured();
  }

  @Test
  void theTableIsNotPublished() throws Exception {
    broken.postgres("ALTER PUBLICATION sluice DROP TABLE app_user_visits");
    broken.changeRows("unpublished table");
    broken.named("DEGRADED", "public.app_user_visits is not in publication sluice");
    broken.cured();
  }

  @Test
  void theSlotIsLost() throws Exception {
    broken.stopSource();
    broken.postgres("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    broken.postgres("SELECT pg_reload_conf()");
    try {
      broken.postgres(
          "DELETE FROM app_user_visits WHERE id IN (SELECT id FROM app_user_visits LIMIT 7)");
      broken.changeRows("lost slot");
      loseWal();
      broken.connect().resume("sluice-source");
      broken.named(
          "FAILED", "Slot sluice is lost: Postgres removed WAL that the source had not read");
    } finally {
      broken.postgres("ALTER SYSTEM RESET max_slot_wal_keep_size");
      broken.postgres("SELECT pg_reload_conf()");
    }
    broken.cured();
  }

  @Test
  void theTopicIsDeletedUnderTheStream() throws Exception {
    broken.changeRows("before the topic is gone");
    broken.it().synced();
    broken.it().deleteTopic("sluice.public.app_user_visits");
    broken.changeRows("while the topic is gone");
    broken.named(
        "FAILED",
        "Topic sluice.public.app_user_visits is gone, though sluice-source has written to it.");
    broken.cured();
  }

  @Test
  void theFactTableIsRenamed() throws Exception {
    broken.clickHouse("RENAME TABLE app_user_visits_fact TO elsewhere");
    broken.changeRows("renamed fact table");
    broken.named("FAILED", "ClickHouse has no table app_user_visits_fact.");
    broken.clickHouse("RENAME TABLE elsewhere TO app_user_visits_fact");
    broken.identical();
  }

  @Test
  void aColumnOfTheFactTableIsGone() throws Exception {
    broken.clickHouse("ALTER TABLE app_user_visits_fact RENAME COLUMN points TO scores");
    broken.changeRows("renamed column");
    broken.named("DEGRADED", "field points has no column");
    broken.clickHouse("ALTER TABLE app_user_visits_fact RENAME COLUMN scores TO points");
    broken.identical();
  }

  /** An event of 24 MB: the row before the update, and the row after it. */
  @Test
  void aRowOfTwelveMegabytesBreaksNothing() throws Exception {
    resizeOneRow(12_000_000);
    resizeOneRow(12_000_001);
    resizeOneRow(3);
    broken.identical();
  }

  @Test
  void aRowIsLargerThanAnEventMayBe() throws Exception {
    resizeOneRow(40_000_000);
    broken.named("FAILED", "a change of public.app_user_visits has 4000");
    broken.it().topicSetting("sluice.public.app_user_visits", "max.message.bytes", "134217728");
    ConnectorSpec source =
        new ConnectorSpec(
            "sluice-source", broken.connect().connectors().get("sluice-source").config());
    broken
        .connect()
        .put(
            source.with(
                Map.of(
                    "producer.override.max.request.size", "134217728",
                    "producer.override.buffer.memory", "134217728")));
    resizeOneRow(3);
    broken.identical();
    broken.connect().put(source);
    broken.changeRows("after the large one");
    broken.identical();
  }

  @Test
  void thePublicationIsDropped() throws Exception {
    broken.postgres("DROP PUBLICATION sluice");
    broken.changeRows("no publication");
    broken.named("FAILED", "Postgres has no publication sluice: nothing is sent.");
    broken.cured();
  }

  @Test
  void aColumnOfTheFactTableIsNarrower() throws Exception {
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact MODIFY COLUMN created_at Int32 SETTINGS mutations_sync = 1");
    broken.changeRows("narrow column");
    broken.named("DEGRADED", "column created_at (Int32): the field is made for Int64");
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact MODIFY COLUMN created_at Int64 SETTINGS mutations_sync = 1");
    broken.repaired();
  }

  @Test
  void aColumnOfTheFactTableWasDropped() throws Exception {
    broken.clickHouse("ALTER TABLE app_user_visits_fact DROP COLUMN receipt");
    broken.changeRows("dropped column");
    broken.named("DEGRADED", "field receipt has no column");
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact ADD COLUMN receipt Nullable(Float64) AFTER points");
    broken.repaired();
  }

  @Test
  void theSourceIsStopped() throws Exception {
    broken.connect().stop("sluice-source");
    broken.changeRows("stopped source");
    broken.named("STOPPED", "sluice-source is stopped: nothing moves.");
    broken.cured();
  }

  @Test
  void theSinkIsPaused() throws Exception {
    broken.connect().pause("sluice-sink");
    broken.changeRows("paused sink");
    broken.named("PAUSED", "sluice-sink is paused: nothing moves.");
    broken.cured();
  }

  @Test
  void theSlotIsDroppedBySomebody() throws Exception {
    broken.stopSource();
    broken.postgres("SELECT pg_drop_replication_slot('sluice')");
    broken.changeRows("dropped slot");
    broken.connect().resume("sluice-source");
    broken.named("FAILED", "Postgres no longer has the WAL that it would go on from");
    broken.cured();
  }

  /** As after a restore: the offsets are of a server that was further. */
  @Test
  void postgresIsAnotherServerThanBefore() throws Exception {
    broken.stopSource();
    JsonNode offsets = broken.connect().offsets("sluice-source");
    ObjectNode offset = (ObjectNode) offsets.path("offsets").path(0).path("offset");
    for (String position : List.of("lsn", "lsn_proc", "lsn_commit")) {
      offset.put(position, 1L << 50);
    }
    broken.connect("PATCH", "/connectors/sluice-source/offsets", offsets.toString());
    broken.connect().resume("sluice-source");
    broken.changeRows("another server");
    broken.named("FAILED", "sluice-source has been further in the WAL than Postgres has written");
    broken.cured();
  }

  /** The last one: the page remembers it. */
  @Test
  @Order(Integer.MAX_VALUE)
  void recordsAreRemovedBeforeTheSinkHasReadThem() throws Exception {
    broken.connect().stop("sluice-sink");
    broken.changeRows("removed records");
    await()
        .atMost(BrokenPipeline.NAMED_WITHIN)
        .until(() -> broken.seen().path("parts").path(2).path("value").asLong() == 40);
    broken.it().removeRecords();
    broken.named("FAILED", "40 records were removed from topic sluice.public.app_user_visits");
    broken.connect().resume("sluice-sink");
    broken.runCure();
    broken.verified();
  }

  @Test
  void theSourceIsPaused() throws Exception {
    broken.connect().pause("sluice-source");
    broken.changeRows("paused source");
    broken.named("PAUSED", "sluice-source is paused: nothing moves.");
    broken.cured();
  }

  @Test
  void theSinkIsStopped() throws Exception {
    broken.connect().stop("sluice-sink");
    broken.changeRows("stopped sink");
    broken.named("STOPPED", "sluice-sink is stopped: nothing moves.");
    broken.cured();
  }

  /** Updates would be lost without a word. */
  @Test
  void thePublicationSendsInsertsOnly() throws Exception {
    broken.postgres("ALTER PUBLICATION sluice SET (publish = 'insert')");
    broken.changeRows("inserts only");
    broken.named("DEGRADED", "Publication sluice does not send updates, deletes: they are lost.");
    broken.cured();
  }

  @Test
  void thePublicationHasARowFilter() throws Exception {
    broken.postgres(
        "ALTER PUBLICATION sluice SET TABLE sluice_heartbeat, app_user_visits WHERE (is_fraud)");
    broken.changeRows("row filter");
    broken.named("DEGRADED", "sends only those rows of public.app_user_visits that pass a filter");
    broken.cured();
  }

  /** It is the application that this breaks: nothing can be changed. */
  @Test
  void thePublicationHasAColumnList() throws Exception {
    broken.postgres(
        "ALTER PUBLICATION sluice SET TABLE sluice_heartbeat, app_user_visits (id, state)");
    broken.named(
        "FAILED",
        "Postgres refuses updates and deletes of public.app_user_visits: its REPLICA IDENTITY is"
            + " FULL, and publication sluice has a column list.");
    broken.runCure();
    broken.changeRows("whole again");
    broken.identical();
  }

  @Test
  void theTableHasNoReplicaIdentity() throws Exception {
    broken.postgres("ALTER TABLE app_user_visits REPLICA IDENTITY NOTHING");
    broken.named(
        "FAILED",
        "Postgres refuses updates and deletes of public.app_user_visits: it has no REPLICA IDENTITY");
    broken.runCure();
    broken.changeRows("an identity again");
    broken.identical();
  }

  @Test
  void theReplicaIdentityIsOnlyTheKey() throws Exception {
    broken.postgres("ALTER TABLE app_user_visits REPLICA IDENTITY DEFAULT");
    broken.changeRows("replica identity default");
    broken.named("DEGRADED", "The REPLICA IDENTITY of public.app_user_visits is not FULL");
    broken.cured();
  }

  @Test
  void theTableIsRenamed() throws Exception {
    broken.postgres(
        "ALTER TABLE app_user_visits RENAME TO visits",
        "UPDATE visits SET phone_number = 'renamed table' WHERE id IN (SELECT id FROM visits LIMIT 40)");
    broken.named(
        "DEGRADED",
        "Postgres has no table public.app_user_visits; publication sluice sends public.visits, which"
            + " no sink reads.");
    broken.cured();
  }

  /** With its rights and its REPLICA IDENTITY gone, and more rows than one looks at. */
  @Test
  void theTableIsMadeAnew() throws Exception {
    broken.postgres(
        "CREATE TABLE copied (LIKE app_user_visits INCLUDING ALL);"
            + " INSERT INTO copied SELECT * FROM app_user_visits;"
            + " UPDATE copied SET phone_number = 'made anew', updated_at = clock_timestamp()"
            + " WHERE id IN (SELECT id FROM copied LIMIT 300);"
            + " DROP TABLE app_user_visits; ALTER TABLE copied RENAME TO app_user_visits;"
            + " CREATE TRIGGER touch_updated_at BEFORE UPDATE ON app_user_visits FOR EACH ROW"
            + " WHEN (NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at)"
            + " EXECUTE FUNCTION touch_updated_at()");
    broken.named("DEGRADED", "public.app_user_visits is not in publication sluice");
    broken.cured();
  }

  @Test
  void postgresAllowsNoWrites() throws Exception {
    broken.postgres(
        "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()");
    broken.named("DEGRADED", "its heartbeat fails (default_transaction_read_only is on");
    broken.runCure();
    broken.identical();
  }

  @Test
  void somebodyLocksTheHeartbeatsTable() throws Exception {
    try (Connection other = broken.it().it().stack().postgres().connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE sluice_heartbeat");
      broken.changeRows("locked heartbeat");
      broken.named("FAILED", "its heartbeat waits for a lock on sluice_heartbeat, which PID ");
      broken.cured();
    }
  }

  @Test
  void aTriggerRefusesTheHeartbeat() throws Exception {
    broken.postgres(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            + " $$ BEGIN RAISE EXCEPTION 'not here'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON sluice_heartbeat"
            + " FOR EACH ROW EXECUTE FUNCTION refuse()");
    broken.named("DEGRADED", "to sluice_heartbeat for ");
    broken.cured();
    broken.postgres("DROP FUNCTION refuse CASCADE");
  }

  @Test
  void theSinkIsDeleted() throws Exception {
    broken.connect().delete(BrokenPipeline.SINK);
    broken.changeRows("deleted sink");
    broken.named("FAILED", "Nobody reads what sluice-source writes: the sink sluice-sink did");
    broken.cured();
  }

  @Test
  void theSourceIsDeleted() throws Exception {
    broken.connect().delete(BrokenPipeline.SOURCE);
    broken.changeRows("deleted source");
    broken.named(
        "FAILED",
        "No source writes topic sluice.public.app_user_visits, and nobody reads from slot sluice");
    broken.cured();
  }

  @Test
  void theRoleMayNotReplicate() throws Exception {
    broken.stopSource();
    broken.postgres("ALTER ROLE sluice NOREPLICATION");
    broken.changeRows("no replication");
    broken.connect().resume(BrokenPipeline.SOURCE);
    broken.named("FAILED", "role \"sluice\" may not replicate");
    broken.cured();
  }

  @Test
  void anotherSessionReadsFromTheSlot() throws Exception {
    broken.stopSource();
    try (Connection other = broken.it().it().stack().postgres().connectForReplication()) {
      PGReplicationStream stream =
          other
              .unwrap(PGConnection.class)
              .getReplicationAPI()
              .replicationStream()
              .logical()
              .withSlotName("sluice")
              .withSlotOption("proto_version", 1)
              .withSlotOption("publication_names", "sluice")
              .start();
      broken.connect().resume(BrokenPipeline.SOURCE);
      broken.changeRows("another reader");
      broken.named("FAILED", "Another session than sluice-source's reads from slot sluice: PID ");
      broken.cured();
      assertThat(stream.isClosed()).isFalse();
    }
  }

  @Test
  @Order(WITH_LETTERS)
  void aColumnIsRenamedInPostgres() throws Exception {
    broken.postgres("ALTER TABLE app_user_visits RENAME COLUMN receipt TO bill");
    broken.changeRows("renamed in Postgres");
    broken.named("DEGRADED", "column receipt: found nothing, wanted Nullable(Float64)");
    ConnectorSpec before =
        broken.reconfigure(
            BrokenPipeline.SINK, "transforms.fact.renames", renames -> renames + ", bill:receipt");
    broken.putBackLetters();
    broken.identical();
    broken.postgres("ALTER TABLE app_user_visits RENAME COLUMN bill TO receipt");
    broken.connect().put(before);
  }

  @Test
  @Order(WITH_LETTERS)
  void aValueDoesNotFit() throws Exception {
    broken.postgres("ALTER TABLE app_user_visits ALTER COLUMN state TYPE bigint");
    broken.changeOneRow("state = 5000000000");
    broken.named(
        "DEGRADED",
        "column state: found integer, wanted Nullable(Int32): the value is out of range");
    broken.clickHouse("ALTER TABLE app_user_visits_fact MODIFY COLUMN state Nullable(Int64)");
    ConnectorSpec before =
        broken.reconfigure(
            BrokenPipeline.SINK,
            "transforms.fact.schema",
            schema -> schema.replace("state Nullable(Int32)", "state Nullable(Int64)"));
    broken.putBackLetters();
    broken.identical();
    broken.changeOneRow("state = 5");
    broken.identical();
    broken.connect().put(before);
    broken.clickHouse("OPTIMIZE TABLE app_user_visits_fact FINAL");
    broken.clickHouse("ALTER TABLE app_user_visits_fact MODIFY COLUMN state Nullable(Int32)");
    broken.postgres("ALTER TABLE app_user_visits ALTER COLUMN state TYPE integer");
  }

  @Test
  @Order(WITH_LETTERS)
  void theSinkHasLostItsTransform() throws Exception {
    ConnectorSpec before = broken.reconfigure(BrokenPipeline.SINK, "transforms", transforms -> "");
    broken.changeRows("without transform");
    broken.named("DEGRADED", "the value is not a Struct with a schema");
    broken.connect().put(before);
    broken.putBackLetters();
    broken.identical();
  }

  @Test
  void clickHouseHasNoSpace() throws Exception {
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact"
            + " MODIFY SETTING min_free_disk_bytes_to_perform_insert = 1000000000000000");
    broken.changeRows("no space");
    broken.named("DEGRADED", "NOT_ENOUGH_SPACE");
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact RESET SETTING min_free_disk_bytes_to_perform_insert");
    broken.identical();
  }

  @Test
  void clickHouseHasTooManyParts() throws Exception {
    broken.clickHouse("SYSTEM STOP MERGES app_user_visits_fact");
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1");
    broken.changeRows("one part");
    broken.changeRows("too many parts");
    broken.named("DEGRADED", "TOO_MANY_PARTS");
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact RESET SETTING parts_to_throw_insert, parts_to_delay_insert");
    broken.clickHouse("SYSTEM START MERGES app_user_visits_fact");
    broken.identical();
  }

  @Test
  @Order(WITH_LETTERS)
  void aConstraintRefusesRows() throws Exception {
    broken.clickHouse(
        "ALTER TABLE app_user_visits_fact ADD CONSTRAINT short CHECK length(phone_number) < 3");
    broken.changeOneRow("phone_number = 'too long'");
    broken.named("DEGRADED", "VIOLATED_CONSTRAINT (Constraint `short`)");
    broken.clickHouse("ALTER TABLE app_user_visits_fact DROP CONSTRAINT short");
    broken.putBackLetters();
    broken.identical();
  }

  @Test
  @Order(WITH_LETTERS)
  void aMaterializedViewFails() throws Exception {
    broken.clickHouse(
        "CREATE MATERIALIZED VIEW failing ENGINE = MergeTree ORDER BY tuple() AS"
            + " SELECT throwIf(phone_number = 'no number') AS n FROM app_user_visits_fact");
    broken.changeRows("no number");
    broken.named("DEGRADED", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO");
    broken.clickHouse("DROP VIEW failing");
    broken.putBackLetters();
    broken.identical();
  }

  @Test
  void theFactTableKeepsOldVersions() throws Exception {
    broken.clickHouse(
        "CREATE TABLE plain AS app_user_visits_fact ENGINE = MergeTree ORDER BY id"
            + " PARTITION BY toYYYYMM(fromUnixTimestamp(intDiv(updated_at, 1000)))");
    broken.clickHouse("INSERT INTO plain SELECT * FROM app_user_visits_fact");
    broken.clickHouse("EXCHANGE TABLES plain AND app_user_visits_fact");
    broken.changeRows("old versions");
    broken.named("FAILED", "app_user_visits_fact is a MergeTree: old versions of rows stay");
    broken.cured();
  }

  @Test
  void theTopicTakesSmallChangesOnly() throws Exception {
    broken.it().topicSetting(BrokenPipeline.TOPIC, "max.message.bytes", "100000");
    // Of what does not compress.
    broken.changeOneRow(
        "phone_number = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 20000) n)");
    broken.named("FAILED", "the broker takes no change of public.app_user_visits that is so large");
    broken.it().topicSetting(BrokenPipeline.TOPIC, "max.message.bytes", "33554432");
    broken.connect("POST", "/connectors/sluice-source/restart?includeTasks=true", "");
    resizeOneRow(3);
    broken.identical();
  }

  private static void resizeOneRow(int characters) throws Exception {
    broken.changeOneRow("phone_number = repeat('x', " + characters + ")");
  }

  /** More WAL than the slot may hold back, and a checkpoint that removes it. */
  private static void loseWal() {
    await()
        .atMost(BrokenPipeline.HEALED_WITHIN)
        .until(
            () -> {
              broken.postgres(
                  "CREATE TABLE filler AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 20000)");
              broken.postgres("DROP TABLE filler");
              broken.postgres("SELECT pg_switch_wal()");
              broken.postgres("CHECKPOINT");
              return broken.slot("wal_status").equals("lost");
            });
  }
}
