package dev.sluice.smt;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.PluginMetrics;

/**
 * One count and how it is called.
 *
 * @param tag null for a count without one
 * @param of the tag's value
 */
record Count(String name, String description, String tag, String of, LongAdder count) {

  void addTo(PluginMetrics registry, List<MetricName> added) {
    LinkedHashMap<String, String> tags = new LinkedHashMap<>();
    if (tag != null) {
      tags.put(tag, of);
    }
    MetricName metric = registry.metricName(name, description, tags);
    Gauge<Long> gauge = (config, now) -> count.sum();
    registry.addMetric(metric, gauge);
    added.add(metric);
  }
}
