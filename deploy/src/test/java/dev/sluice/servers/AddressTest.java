package dev.sluice.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressTest {

  @Test
  void everyPartOfAPostgresUrl() {
    assertThat(PostgresAddress.parse("postgresql://me:s%40cret@db:6432/shop", "--postgres"))
        .isEqualTo(new PostgresAddress("db", 6432, "shop", "me", "s@cret"));
  }

  @Test
  void defaultsOfAPostgresUrl() {
    PostgresAddress address = PostgresAddress.parse("postgres://db", "--postgres");
    assertThat(address.port()).isEqualTo(5432);
    assertThat(address.user()).isEqualTo("postgres");
    assertThat(address.database()).isEqualTo("postgres");
  }

  @Test
  void everyPartOfAClickHouseUrl() {
    assertThat(ClickHouseAddress.parse("https://me:secret@ch/facts", "--clickhouse"))
        .isEqualTo(new ClickHouseAddress("ch", 8443, true, "facts", "me", "secret"));
    assertThat(ClickHouseAddress.parse("http://ch", "--clickhouse").port()).isEqualTo(8123);
  }

  @ParameterizedTest
  @ValueSource(strings = {"db:5432", "mysql://db/x", "postgresql://", "not a url", "", "://"})
  void anotherFormIsRefusedByTheSettingsName(String url) {
    assertThatThrownBy(() -> PostgresAddress.parse(url, "--postgres"))
        .isInstanceOf(SluiceException.class)
        .hasMessageStartingWith("--postgres is not of the form postgresql://");
  }

  @Test
  void passwordsNeverShow() {
    assertThat(PostgresAddress.parse("postgresql://me:hunter2@db/x", "p").toString())
        .doesNotContain("hunter2");
    assertThat(ClickHouseAddress.parse("http://me:hunter2@ch/x", "c").toString())
        .doesNotContain("hunter2");
    assertThatThrownBy(() -> PostgresAddress.parse("mysql://me:hunter2@db/x", "p"))
        .hasMessageNotContaining("hunter2");
  }
}
