package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.servers.ConnectClient.Connector;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RedactorTest {

  private static final Connector CONNECTOR =
      ObservedTopologyTest.connector(
          "c",
          "sink",
          Map.of(
              "database.password", "hunter2!",
              "password", "${env:SLUICE_PASSWORD}",
              "connection.url", "jdbc:postgresql://me:hunter3@db/shop",
              "hostname", "db"));

  private final Redactor redactor = new Redactor(List.of(CONNECTOR));

  @Test
  void secretsAreMaskedByKeyAndReferencesStayWhole() {
    assertThat(redactor.config(CONNECTOR.config()))
        .containsEntry("database.password", "****")
        .containsEntry("password", "${env:SLUICE_PASSWORD}")
        .containsEntry("connection.url", "jdbc:postgresql://me:****@db/shop")
        .containsEntry("hostname", "db");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Invalid value hunter2! for configuration x",
        "java.sql.SQLException: jdbc:postgresql://me:hunter3@db/shop refused",
        "url=http://h/?user=a&password=hunter4&x=y",
        "{\"token\": \"hunter5\"}",
        "sasl.jaas.config password='hunter6'"
      })
  void secretsInMessagesAreMasked(String message) {
    assertThat(redactor.text(message)).contains("****").doesNotContain("hunter");
  }

  @Test
  void otherWordsStay() {
    String trace = "org.x.Failed: column countryCode, String and Int32\n\tat a.b(C.java:1)";
    assertThat(redactor.text(trace)).isEqualTo(trace);
  }
}
