package dev.sluice.ops;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.WaitForSelectorState;
import dev.sluice.Narrator;
import dev.sluice.local.Home;
import dev.sluice.local.LocalOptions;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.LocalStack;
import dev.sluice.pipeline.FactTable;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.Health;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in a browser, on a real pipeline: each state is made for real, seen on the page, and
 * fixed, where the page can, by its button.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class PageIT extends PageSteps {

  @BeforeAll
  static void start(@TempDir Path dataDir) {
    chromium = Chromium.orSkip();
    PlaywrightAssertions.setDefaultAssertionTimeout(LIMIT.toMillis());
    pipeline =
        new LocalPipeline(
            LocalOptions.embedded(dataDir).with(ROWS, FactTable.DEFAULT),
            Home.locate(),
            Narrator.SILENT);
    LocalStack stack = pipeline.stack();
    server = new OpsServer(options(stack, true)).start();
    page = chromium.page();
  }

  @AfterAll
  static void stop() {
    if (chromium == null) {
      return;
    }
    chromium.close();
    if (server != null) {
      server.close();
    }
    if (pipeline != null) {
      pipeline.close();
    }
  }

  @BeforeEach
  void openOverview() {
    page.navigate(server.address() + "/#/");
  }

  @AfterEach
  void nothingWasComplainedOf() {
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  @Order(1)
  void beforeAnythingRunsThePageSaysWhatItCannotReach() {
    assertThat(verdict()).containsText("Postgres, Kafka, Connect and ClickHouse do not answer.");
    assertThat(page.locator(".servers li[data-up=false]")).hasCount(4);
    pipeline.start();
    assertThat(page.locator(".servers li[data-up=true]")).hasCount(4);
    assertThat(verdict()).containsText("No connectors are registered");
  }

  @Test
  @Order(2)
  void snapshotIsShownWithABarAndThenTheFactsAreFresh() {
    pipeline.register();
    assertThat(page.locator(".snapshot [role=progressbar]")).isVisible();
    assertThat(page.locator(".snapshot p")).containsText("Snapshot of public.app_user_visits");
    chromium.picture(page, "overview-snapshot");
    assertThat(page.locator(".snapshot p")).containsText("15,000 rows in");
    assertThat(page.locator(".snapshot [role=progressbar]")).isHidden();
    assertThat(verdict()).containsText("Facts are fresh");
    assertThat(part("table")).containsText("15,000 versions");
    assertThat(page.locator(".plot canvas")).hasCount(4);
    assertThat(page.locator(".plot .reading").first()).containsText("into the topic");
    awaitAllWell();
    chromium.picture(page, "overview-healthy");
  }

  @Test
  @Order(3)
  void singleChangesAreWatchedFromCommitToVisible() {
    Locator header = page.locator(".pipeline > header");
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              postgres("UPDATE app_user_visits SET state = state + 1 WHERE " + oneRow(1));
              String text = header.textContent();
              return text.contains("commit to visible") && !text.contains("at most");
            });
  }

  @Test
  @Order(3)
  void refreshKeepsEveryNode() {
    page.evaluate("window.kept = [...document.querySelectorAll('main *')]");
    Object before = page.evaluate("performance.getEntriesByType('resource').length");
    page.waitForFunction(
        "before => performance.getEntriesByType('resource').length > before + 3", before);
    assertThat(page.evaluate("window.kept.every(node => node.isConnected)")).isEqualTo(true);
  }

  @Test
  @Order(4)
  void pausedIsSeenAndResumedByKeyboard() {
    openConnector(SINK);
    assertThat(page.locator(".task [data-state=OK]")).hasCount(2);
    page.locator("[data-action=pause]").focus();
    page.keyboard().press("Enter");
    assertThat(page.locator(".head .pill")).hasText("Paused");
    assertThat(toast("Pause sluice-sink.")).containsText("PAUSED");
    assertThat(page.locator(".log").first()).containsText("running → paused");

    page.navigate(server.address() + "/#/");
    assertThat(part("sink")).hasAttribute("data-state", "PAUSED");
    assertThat(problems()).containsText("sluice-sink is paused: nothing moves.");
    problems().getByText("Resume", exactly()).click();
    awaitAllWell();
    assertThat(toast("Resume sluice-sink.")).containsText("OK: 2 of 2 tasks run.");
  }

  @Test
  @Order(5)
  void killedWorkerIsUnreachableAndComesBack() {
    signal("Connect", "KILL");
    assertThat(part("source")).hasAttribute("data-state", "UNREACHABLE");
    assertThat(problems()).containsText("Start a worker");
    assertThat(verdict()).containsText("Connect does not answer.");
    chromium.picture(page, "overview-unreachable");
    assertThat(part("postgres")).hasAttribute("data-state", "OK");
    awaitAllWell();
  }

  @Test
  @Order(6)
  void frozenClickHouseIsUnreachableWhileTheRestStaysVisible() {
    signal("ClickHouse", "STOP");
    try {
      assertThat(part("table")).hasAttribute("data-state", "UNREACHABLE");
      assertThat(problems()).containsText("The sink waits for it");
      assertThat(part("source")).hasAttribute("data-state", "OK");
      assertThat(page.locator("#live")).hasText("Live");
    } finally {
      signal("ClickHouse", "CONT");
    }
    awaitAllWell();
  }

  @Test
  @Order(7)
  void deadLetterIsShownAsTextAndPutBack() throws Exception {
    refuseRows();
    postgres("UPDATE app_user_visits SET phone_number = '" + XSS + "' WHERE " + oneRow(7));
    assertThat(problems()).containsText("1 row was set aside as dead letters");
    chromium.picture(page, "overview-degraded");
    problems().getByText("Dead letters", exactly()).click();

    Locator letter = page.locator(".letter");
    assertThat(letter).hasCount(1);
    assertThat(letter.locator(".reason")).not().isEmpty();
    assertThat(letter.locator(".facts")).containsText("sluice.public.app_user_visits-");
    assertThat(letter.locator(".facts")).containsText("\"id\"");
    assertThat(letter.locator("pre").first()).isEmpty();
    letter.getByText("Payload").click();
    assertThat(letter.locator("pre").first()).containsText(XSS);
    assertThat(page.locator("main img")).hasCount(0);

    acceptRows();
    letter.getByText("Put back").click();
    assertThat(letter).hasAttribute("data-back", "true");
    assertThat(toast("Put dead letter")).containsText("Kafka has it.");
    chromium.picture(page, "dead-letter-put-back");
    await().atMost(LIMIT).until(() -> facts("phone_number = '" + XSS + "'") == 1);
    page.navigate(server.address() + "/#/");
    awaitAllWell();
  }

  @Test
  @Order(8)
  void allDeadLettersArePutBackOnceTheirQueueIsTyped() throws Exception {
    refuseRows();
    postgres("UPDATE app_user_visits SET phone_number = '<b>' WHERE " + oneRow(8));
    postgres("UPDATE app_user_visits SET phone_number = '<i>' WHERE " + oneRow(9));
    page.navigate(server.address() + "/#/dead-letters");
    assertThat(page.locator(".letter")).hasCount(3);
    chromium.picture(page, "dead-letters");
    acceptRows();
    putAllBack();
    assertThat(toast("Put all waiting")).containsText("2 records are back");
    assertThat(page.locator(".letter[data-back=true]")).hasCount(3);
    await().atMost(LIMIT).until(() -> facts("phone_number IN ('<b>', '<i>')") == 2);
  }

  @Test
  @Order(9)
  void failedTaskIsShownWithItsCauseAndRestarted() throws Exception {
    sink(Map.of("errors.tolerance", "none"));
    refuseRows();
    postgres("UPDATE app_user_visits SET phone_number = '<u>' WHERE " + oneRow(10));
    assertThat(problems()).containsText("of sluice-sink failed:");
    chromium.picture(page, "overview-failed");
    // The partition moves to the other task, which fails on the same row.
    assertThat(part("sink")).hasAttribute("data-state", "FAILED");
    problems().getByText("Look at it").first().click();
    Locator failed = page.locator(".task[data-state=FAILED]").first();
    assertThat(failed.locator(".cause")).containsText("sluice.public.app_user_visits-");
    failed.locator("summary").click();
    assertThat(failed.locator("pre")).containsText("\tat ");
    failed.getByText("Copy").click();
    assertThat(failed.getByText("Copied")).isVisible();
    chromium.picture(page, "connector-failed");
    assertThat(page.locator(".log").first()).containsText("running → failed");

    acceptRows();
    page.locator("[data-action=restart-failed]").click();
    assertThat(page.locator(".head .pill")).hasText("OK");
    assertThat(toast("Restart 2 failed tasks")).containsText("OK: 2 of 2 tasks run.");
    await().atMost(LIMIT).until(() -> facts("phone_number = '<u>'") == 1);
    // Connect sets a row aside even when it fails the task for it.
    page.navigate(server.address() + "/#/dead-letters");
    putAllBack();
    sink(Map.of());
    page.navigate(server.address() + "/#/");
    awaitAllWell();
  }

  @Test
  @Order(10)
  void stopAndResetNeedTheNameTyped() {
    openConnector(SINK);
    page.locator("[data-action=stop]").click();
    page.locator("#confirm-input").fill("sluice");
    chromium.picture(page, "confirm");
    assertThat(page.locator("#confirm-yes")).isDisabled();
    page.keyboard().press("Enter");
    page.keyboard().press("Escape");
    assertThat(page.locator("#confirm")).isHidden();
    assertThat(page.locator(".head .pill")).hasText("OK");

    page.locator("[data-action=stop]").click();
    confirm(SINK);
    assertThat(page.locator(".head .pill")).hasText("Stopped");
    page.locator("[data-action=reset-offsets]").click();
    confirm(SINK);
    assertThat(toast("Reset the offsets")).containsText("reset successfully");
    page.locator("[data-action=resume]").click();
    page.navigate(server.address() + "/#/");
    awaitAllWell();
  }

  @Test
  @Order(11)
  void htmlInAConnectorsNameAndTraceIsText() {
    String trap = "sink " + XSS + " '\"";
    ConnectorSpec spec = sinkSpec();
    pipeline
        .connect()
        .put(
            new ConnectorSpec(trap, spec.config())
                .with(Map.of("transforms.fact.renames", "country_code:" + XSS)));
    try {
      openConnector(trap);
      assertThat(page.locator("h1")).hasText(trap);
      assertThat(page.locator(".task .cause").first()).containsText(XSS);
      page.locator("[data-action=restart-failed]").click();
      assertThat(toast("failed task")).containsText(XSS);
      page.navigate(server.address() + "/#/connectors");
      assertThat(page.locator("table.connectors")).containsText(trap);
      chromium.picture(page, "connectors");
      page.navigate(server.address() + "/#/");
      assertThat(problems().first()).containsText(XSS);
      assertThat(page.locator("main img")).hasCount(0);
    } finally {
      pipeline.connect().delete(trap);
    }
    awaitAllWell();
  }

  @Test
  @Order(12)
  void offsetsAndValidationAreAskedForAndSecretsStayHidden() {
    sink(Map.of("extra.password", "hunter2hunter2"));
    openConnector(SINK);
    assertThat(page.locator(".config")).containsText("${env:SLUICE_CLICKHOUSE_HOST}");
    assertThat(page.locator(".config")).containsText("****");
    page.getByText("Ask Connect").first().click();
    assertThat(page.locator(".asked").first()).containsText("topic sluice.public.app_user_visits");
    page.getByText("Ask Connect").click();
    assertThat(page.locator(".asked").last()).containsText("The plugin accepts every setting.");
    assertThat(page.content()).doesNotContain("hunter2");
    sink(Map.of());
    page.navigate(server.address() + "/#/");
    awaitAllWell();
  }

  @Test
  @Order(13)
  void readOnlyPageHasNoButtonsAndItsServerRefuses() {
    try (OpsServer readOnly = new OpsServer(options(pipeline.stack(), false)).start()) {
      Page other = chromium.page();
      other.navigate(readOnly.address() + "/#/connectors/" + SINK);
      assertThat(other.getByText("Read-only.")).isVisible();
      assertThat(other.locator("[data-action]:visible")).hasCount(0);
      assertThat(other.evaluate(POST, "/api/connectors/sluice-sink/pause")).isEqualTo("403");
      other.close();
    }
  }

  @Test
  @Order(14)
  void otherOriginCanNeitherReadNorAct() throws Exception {
    assertThat(page.evaluate(POST, "/api/connectors/sluice-sink/pause"))
        .as("without the token")
        .isEqualTo("403");
    try (FakeConnect foreign = new FakeConnect(0)) {
      Page other = chromium.page();
      other.navigate(foreign.address().toString());
      String pause = server.address() + "/api/connectors/sluice-sink/pause";
      assertThat(other.evaluate(POST, pause).toString()).contains("Failed to fetch");
      assertThat(other.evaluate(READ, server.address() + "/api/session").toString())
          .contains("Failed to fetch");
      other.close();
      chromium.complaints(); // The browser says what it refused.
    }
    assertThat(Health.of(pipeline.connect().connectors().get(SINK))).isEqualTo(Health.OK);
  }

  @Test
  @Order(15)
  void textIsReadableInLightAndDarkAndOnANarrowScreen() {
    for (String theme : new String[] {"light", "dark"}) {
      page.evaluate("theme => localStorage.setItem('theme', theme)", theme);
      for (String view : new String[] {"", "connectors", "connectors/" + SINK, "dead-letters"}) {
        page.navigate(server.address() + "/#/" + view);
        page.reload();
        awaitContent();
        assertThat(page.evaluate(Contrast.SCRIPT).toString()).as(theme + " " + view).isEmpty();
      }
    }
    page.setViewportSize(360, 700);
    for (String view : new String[] {"", "connectors", "connectors/" + SINK, "dead-letters"}) {
      page.navigate(server.address() + "/#/" + view);
      awaitContent();
      chromium.picture(page, "narrow-" + view.replace("/", "-"));
      assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
          .as(view + " needs no scrolling sideways")
          .isEqualTo(true);
    }
    page.setViewportSize(1280, 800);
    page.evaluate("localStorage.removeItem('theme')");
  }

  /** By the page's own nodes: it forbids the evaluation that waiting for a function needs. */
  private static void awaitContent() {
    page.locator("main *")
        .nth(10)
        .waitFor(new Locator.WaitForOptions().setState(WaitForSelectorState.ATTACHED));
  }

  @Test
  @Order(16)
  void hundredsOfConnectorsStaySmooth() throws Exception {
    try (FakeConnect connect = new FakeConnect(300);
        OpsServer many = new OpsServer(ManyConnectorsTest.options(connect.address())).start()) {
      Page other = chromium.page();
      other.navigate(many.address() + "/#/connectors");
      assertThat(other.locator("tbody tr")).hasCount(300);
      Object longest = other.evaluate(LONGEST_FRAME);
      System.out.println("300 connectors: longest frame in 4 s is " + longest + " ms");
      assertThat(((Number) longest).doubleValue()).isLessThan(400);
      other.locator("input[type=search]").fill("sink-77");
      assertThat(other.locator("tbody tr")).hasCount(1);
      other.close();
    }
  }

  @Test
  @Order(17)
  void letterThatIsGoneIsToldFromOneThatNeverWas() throws Exception {
    String queue = "sluice.dead-letters";
    JsonNode letters =
        new ObjectMapper()
            .readTree(
                page.evaluate(READ, server.address() + "/api/dead-letters?topic=" + queue)
                    .toString());
    TopicPartition partition = new TopicPartition(queue, letters.path(0).path("partition").asInt());
    long offset = letters.path(0).path("offset").asLong();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", pipeline.stack().kafka()))) {
      admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset + 1))).all().get();
    }
    assertThat(payload(partition, offset))
        .contains("Dead letter " + partition + "-" + offset + " is gone: Kafka's retention");
    assertThat(payload(partition, offset + 1000))
        .contains(
            "There is no dead letter " + partition + "-" + (offset + 1000) + ": its partition");
    assertThat(payload(new TopicPartition(queue, 1000), 0))
        .contains("Kafka has no partition " + queue + "-1000.");
  }

  /** The changes of the gap are in no stream: only a comparison brings them. */
  @Test
  @Order(18)
  void aDroppedSlotIsHealedByItsButton() throws Exception {
    pipeline.connect().stop(SOURCE);
    String slot = "pg_replication_slots WHERE slot_name = 'sluice'";
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              postgres(
                  "SELECT pg_drop_replication_slot(slot_name) FROM " + slot + " AND NOT active");
              return pipeline.connect().connectors().get(SOURCE).tasks().isEmpty();
            });
    postgres("SELECT pg_drop_replication_slot(slot_name) FROM " + slot);
    postgres("UPDATE app_user_visits SET phone_number = 'in the gap' WHERE " + oneRow(20));
    postgres("DELETE FROM app_user_visits WHERE " + oneRow(21));
    pipeline.connect().resume(SOURCE);
    assertThat(problems()).containsText("Postgres no longer has the WAL");

    page.locator("[data-action=resync]").first().click();
    confirm(SOURCE);
    assertThat(toast("Resync sluice-source"))
        .containsText(
            "Identical:", new LocatorAssertions.ContainsTextOptions().setTimeout(LIMIT.toMillis()));
    awaitAllWell();
    await().atMost(LIMIT).until(() -> facts("phone_number = 'in the gap'") == 1);
  }

  private static String payload(TopicPartition partition, long offset) {
    return page.evaluate(
            READ,
            server.address()
                + "/api/dead-letters/payload?topic="
                + partition.topic()
                + "&partition="
                + partition.partition()
                + "&offset="
                + offset)
        .toString();
  }
}
