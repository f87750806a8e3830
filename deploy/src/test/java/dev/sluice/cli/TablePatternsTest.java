package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import dev.sluice.catalogue.TableName;
import dev.sluice.pipeline.TableRoute;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TablePatternsTest {

  private static final List<TableRoute> ROUTES =
      Stream.of(
              new TableName("public", "orders"),
              new TableName("sales", "orders"),
              new TableName("sales", "Order.Lines"))
          .map(table -> new TableRoute(null, null, null, table, "fact"))
          .toList();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "orders              | public.orders,sales.orders",
        "public.orders       | public.orders",
        "sales.*             | sales.orders,sales.\"Order.Lines\"",
        "*rders              | public.orders,sales.orders",
        "sales.Order.Lines   | sales.\"Order.Lines\"",
        "*                   | public.orders,sales.orders,sales.\"Order.Lines\""
      })
  void aPatternChoosesByTheSourceTablesName(String pattern, String chosen) {
    assertThat(TablePatterns.choose(ROUTES, List.of(pattern)))
        .extracting(route -> route.table().toString())
        .containsExactly(chosen.split(","));
  }

  @Test
  void withoutAPatternAllAreMeantAndOneThatMatchesNoneIsRefused() {
    assertThat(TablePatterns.choose(ROUTES, List.of())).isEqualTo(ROUTES);
    assertThatThrownBy(() -> TablePatterns.choose(ROUTES, List.of("orders", "order.")))
        .isInstanceOf(SluiceException.class)
        .hasMessage(
            "order. matches no table. There are public.orders, sales.orders,"
                + " sales.\"Order.Lines\".");
  }

  @Test
  void whatIsWrongIsWorseThanWhatIsNotKnown() {
    assertThat(ExitCode.worst(List.of(0, 3, 1, 0))).isEqualTo(1);
    assertThat(ExitCode.worst(List.of(0, 3))).isEqualTo(3);
    assertThat(ExitCode.worst(List.of(0))).isZero();
  }
}
