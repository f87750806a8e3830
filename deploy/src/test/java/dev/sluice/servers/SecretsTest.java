package dev.sluice.servers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SecretsTest {

  @ParameterizedTest
  @CsvSource({
    "database.password, hunter2, ****",
    "sasl.jaas.config, module required, ****",
    "ssl.key.passphrase, x, ****",
    "ssl.keystore.key, x, ****",
    "basic.auth.user.info, me:x, ****",
    "key.converter, x, x",
    "database.password, ${env:SLUICE_POSTGRES_PASSWORD}, ${env:SLUICE_POSTGRES_PASSWORD}",
    "database.password, hunter${env:X}, ****",
    "topics, hunter2, hunter2",
    "topics, , (none)"
  })
  void secretsAreMaskedAndReferencesShown(String setting, String value, String shown) {
    assertThat(Secrets.masked(setting, value)).isEqualTo(shown);
  }
}
