package dev.sluice.ops;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import dev.sluice.local.Home;
import dev.sluice.local.LocalPipeline;
import dev.sluice.local.LocalStack;
import dev.sluice.local.Supervisor;
import dev.sluice.servers.ConnectorSpec;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

/** The pipeline, the page, the browser, and what a reader of the page does. */
abstract class PageSteps {

  static final int ROWS = 15_000;
  static final String SOURCE = "sluice-source";
  static final String SINK = "sluice-sink";
  static final String XSS = "<img src=x onerror=alert(1)>";
  static final Duration LIMIT = Duration.ofSeconds(120);

  static Chromium chromium;
  static LocalPipeline pipeline;
  static OpsServer server;
  static Page page;

  static final String POST =
      "url => fetch(url, {method: 'POST', headers: {'Content-Type': 'application/json',"
          + " 'X-Sluice-Token': 'guess'}, body: '{}'}).then(r => String(r.status), e => e.message)";
  static final String READ = "url => fetch(url).then(r => r.text(), e => e.message)";
  static final String LONGEST_FRAME =
      "() => new Promise(done => { let last = performance.now(), longest = 0; const end = last +"
          + " 4000; const frame = now => { longest = Math.max(longest, now - last); last = now;"
          + " now < end ? requestAnimationFrame(frame) : done(longest); };"
          + " requestAnimationFrame(frame); })";

  static OpsOptions options(LocalStack stack, boolean allowActions) {
    return new OpsOptions(
        stack.connect(),
        stack.kafka(),
        stack.postgres(),
        stack.clickHouse(),
        "127.0.0.1",
        0,
        allowActions,
        null,
        OpsOptions.Limits.DEFAULT);
  }

  static Locator verdict() {
    return page.locator(".verdict p");
  }

  static Locator part(String kind) {
    return page.locator(".part[data-part=" + kind + "]").first();
  }

  static Locator problems() {
    return page.locator(".problems");
  }

  static Locator toast(String did) {
    return page.locator(".toast").filter(new Locator.FilterOptions().setHasText(did)).last();
  }

  static void awaitAllWell() {
    try {
      assertThat(page.locator(".verdict .pill"))
          .hasText("OK", new LocatorAssertions.HasTextOptions().setTimeout(180_000));
    } catch (AssertionError e) {
      throw new AssertionError("not well: " + page.locator(".problems").allInnerTexts(), e);
    }
  }

  static void openConnector(String name) {
    page.navigate(server.address() + "/#/connectors");
    page.locator("table.connectors a").getByText(name, exactly()).click();
    assertThat(page.locator(".task").first()).isVisible();
  }

  static Locator.GetByTextOptions exactly() {
    return new Locator.GetByTextOptions().setExact(true);
  }

  static void putAllBack() {
    page.locator("main").getByText("Put all back").click();
    confirm("sluice.dead-letters");
  }

  static void confirm(String name) {
    assertThat(page.locator("#confirm-yes")).isDisabled();
    page.locator("#confirm-input").fill(name);
    page.locator("#confirm-yes").click();
  }

  static ConnectorSpec sinkSpec() {
    return ConnectorSpec.read(Home.locate().configs().resolve("sink.json"));
  }

  static void sink(Map<String, String> changes) {
    pipeline.connect().put(sinkSpec().with(changes));
  }

  /** From now on ClickHouse refuses rows whose phone number begins with an angle bracket. */
  static void refuseRows() {
    pipeline
        .clickHouse()
        .execute(
            "ALTER TABLE app_user_visits_fact ADD CONSTRAINT IF NOT EXISTS no_tags CHECK NOT"
                + " startsWith(ifNull(phone_number, ''), '<')");
  }

  static void acceptRows() {
    pipeline
        .clickHouse()
        .execute("ALTER TABLE app_user_visits_fact DROP CONSTRAINT IF EXISTS no_tags");
  }

  static String oneRow(int n) {
    return "id = md5('visit" + n + "')::uuid";
  }

  static void postgres(String sql) throws Exception {
    try (Connection connection = pipeline.stack().postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static long facts(String condition) {
    return pipeline
        .clickHouse()
        .number("SELECT count() FROM app_user_visits_fact_current WHERE " + condition);
  }

  static void signal(String name, String signal) {
    Supervisor process =
        pipeline.stack().servers().stream()
            .filter(s -> s.name().equals(name))
            .findFirst()
            .orElseThrow();
    try {
      new ProcessBuilder("kill", "-" + signal, process.pid().orElseThrow().toString())
          .start()
          .waitFor();
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
