package dev.sluice.sink;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
    Map<String, String> settings = pairsOrRefuse(setting, value);
    for (Map.Entry<String, String> safe : ClickHouse.SAFE.entrySet()) {
      String found = settings.get(safe.getKey());
      if (found != null && !found.equals(safe.getValue())) {
        throw new ConfigException(
            "%s: %s is always %s, because acknowledged rows could be lost or changed otherwise"
                .formatted(setting, safe.getKey(), safe.getValue()));
      }
    }
  }

  private static Map<String, String> pairsOrRefuse(String setting, Object value) {
    return SinkConfig.pairs(setting, ((List<?>) value).stream().map(String::valueOf).toList());
  }
}
