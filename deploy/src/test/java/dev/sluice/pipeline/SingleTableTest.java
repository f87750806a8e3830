package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalogue.TableName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which other tables a source would stream without their first rows. */
final class SingleTableTest {

  private static final TableName ORDERS = new TableName("public", "orders");
  private static final TableName LINES = new TableName("public", "order_lines");
  private static final TableName OTHER = new TableName("shop", "orders");
  private static final TableName BEAT = new TableName("public", "sluice_heartbeat");
  private static final List<TableName> ALL = List.of(BEAT, LINES, ORDERS, OTHER);
  private static final String WORKER = "${env:SLUICE_POSTGRES_TABLE}";

  private static List<String> others(Map<String, String> config) {
    return SingleTable.others(config, ORDERS, ALL);
  }

  @Test
  void oneNameIsOneTable() {
    assertThat(others(Map.of("table.include.list", "public.orders"))).isEmpty();
    assertThat(others(Map.of("table.include.list", " Public.Orders "))).isEmpty();
    assertThat(others(Map.of("table.include.list", "public\\x2eorders"))).isEmpty();
    assertThat(others(Map.of("table.include.list", WORKER))).isEmpty();
  }

  @Test
  void severalNamesAreSeveralTablesWhetherTheyAreThereOrNot() {
    assertThat(others(Map.of("table.include.list", "public.orders,public.order_lines,public.none")))
        .containsExactly("public.order_lines", "public.none");
  }

  @Test
  void aPatternCountsByWhatItMatches() {
    assertThat(others(Map.of("table.include.list", "public.order.*")))
        .containsExactly("public.order_lines");
    assertThat(others(Map.of("table.include.list", ".*[.]orders"))).containsExactly("shop.orders");
    assertThat(others(Map.of("table.include.list", "public.(orders|nothing)"))).isEmpty();
  }

  @Test
  void withoutAListAllThatIsPublishedCounts() {
    assertThat(others(Map.of("heartbeat.action.query", "INSERT INTO sluice_heartbeat VALUES (1)")))
        .containsExactly("public.order_lines", "shop.orders");
    assertThat(SingleTable.others(Map.of(), ORDERS, List.of(ORDERS))).isEmpty();
  }

  @Test
  void excludedTablesAndSchemasDoNotCount() {
    assertThat(
            others(
                Map.of(
                    "schema.exclude.list",
                    "shop",
                    "table.exclude.list",
                    "public.order_.*,public.sluice_heartbeat")))
        .isEmpty();
    assertThat(others(Map.of("schema.include.list", "shop"))).containsExactly("shop.orders");
  }
}
