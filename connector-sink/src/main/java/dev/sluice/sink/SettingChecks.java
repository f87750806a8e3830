package dev.sluice.sink;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/** What a value of a setting has to be, each looked at alone. */
final class SettingChecks {
  static final Validator HOSTS = check(SettingChecks::hostsOrRefuse, "host or host:port, …");
  static final Validator FILE = check(SettingChecks::fileOrRefuse, "readable file");
  static final Validator TABLES = check(SettingChecks::pairsOrRefuse, "topic=table,topic=table,…");
  static final Validator CLICKHOUSE_SETTINGS =
      check(SettingChecks::settingsOrRefuse, "setting=value,setting=value,…");

  private SettingChecks() {}

  private static Validator check(BiConsumer<String, Object> refuse, String wanted) {
    return ConfigDef.LambdaValidator.with(refuse, () -> wanted);
  }

  private static void hostsOrRefuse(String setting, Object value) {
    // That it is missing altogether is said already.
    if (value instanceof List<?> names) {
      if (names.isEmpty()) {
        throw new ConfigException(setting + ": at least one host is wanted");
      }
      SinkConfig.hosts(names.stream().map(String::valueOf).toList(), 1);
    }
  }

  private static void fileOrRefuse(String setting, Object value) {
    if (!((String) value).isEmpty() && !Files.isReadable(Path.of((String) value))) {
      throw new ConfigException(setting + ": there is no such file, or it cannot be read");
    }
  }

  private static void settingsOrRefuse(String setting, Object value) {
    pairsOrRefuse(setting, value);
    if (((List<?>) value).contains("wait_for_async_insert=0")) {
      throw new ConfigException(
          setting + ": wait_for_async_insert=0 would acknowledge rows that may still be lost");
    }
  }

  private static void pairsOrRefuse(String setting, Object value) {
    SinkConfig.pairs(setting, ((List<?>) value).stream().map(String::valueOf).toList());
  }
}
