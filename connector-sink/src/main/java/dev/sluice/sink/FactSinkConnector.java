package dev.sluice.sink;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * Writes fact rows, flat and exactly typed Structs, into ClickHouse tables.
 *
 * <p>README.md says what a fact row is, what is retried, and what becomes of a bad row.
 */
public final class FactSinkConnector extends SinkConnector {
  private Map<String, String> settings;

  @Override
  public String version() {
    return Version.OF_BUILD;
  }

  @Override
  public ConfigDef config() {
    return SinkSettings.DEFINITION;
  }

  /** {@inheritDoc} Settings that are valid by themselves are tried on ClickHouse. */
  @Override
  public Config validate(Map<String, String> newSettings) {
    Config validated = super.validate(newSettings);
    SinkConfig.contradictions(newSettings)
        .forEach((setting, problem) -> add(validated, setting, problem));
    if (validated.configValues().stream().allMatch(value -> value.errorMessages().isEmpty())) {
      new ConnectionCheck(newSettings).run((setting, problem) -> add(validated, setting, problem));
    }
    return validated;
  }

  private static void add(Config validated, String setting, String problem) {
    ConfigValue ours =
        validated.configValues().stream()
            .filter(value -> value.name().equals(setting))
            .findAny()
            .orElse(null);
    if (ours == null) {
      // One of Connect's own, which it adds to ours.
      ours = new ConfigValue(setting);
      validated.configValues().add(ours);
    }
    ours.addErrorMessage(problem);
  }

  @Override
  public Class<? extends Task> taskClass() {
    return FactSinkTask.class;
  }

  @Override
  public void start(Map<String, String> newSettings) {
    SinkConfig.of(newSettings);
    settings = newSettings;
  }

  @Override
  public List<Map<String, String>> taskConfigs(int maxTasks) {
    return Collections.nCopies(maxTasks, settings);
  }

  @Override
  public void stop() {}
}
