package dev.sluice.smt.random;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;

/**
 * Random settings, a random fact schema and a random source table for it, with a description of
 * what each event must become.
 */
final class Scenario {

  /** No row: the event is refused, and this is the column to blame. */
  record Refusal(String column) {}

  private record Column(String name, Target target, Wire wire, String sourceName, String field) {
    /** A DEFAULT for every other of the columns that events do not have. */
    boolean hasDefault() {
      return wire == null
          && field == null
          && target.base().equals("String")
          && sourceName.startsWith("c");
    }
  }

  private static final Schema SOURCE =
      SchemaBuilder.struct()
          .field("ts_ms", Schema.INT64_SCHEMA)
          .field("lsn", Schema.OPTIONAL_INT64_SCHEMA)
          .build();

  private final List<Column> columns = new ArrayList<>();
  private final boolean flagDeletes;
  private final boolean defaultForNull;
  private final boolean nullForUnavailable;
  private final boolean ignoreMissing;
  private final String zone;
  private final String unit;
  private final Oracle oracle;
  private final Schema rowSchema;
  private final Schema envelopeSchema;

  /** For one of many scenarios: with seeds in a row, Random begins with nearly equal numbers. */
  static Random random(long seed) {
    return new Random(new SplittableRandom(seed).nextLong());
  }

  Scenario(Random random) {
    flagDeletes = random.nextInt(4) > 0;
    defaultForNull = random.nextBoolean();
    nullForUnavailable = random.nextBoolean();
    ignoreMissing = random.nextInt(4) > 0;
    zone = List.of("UTC", "Europe/Berlin", "-03:30").get(random.nextInt(3));
    unit = List.of("seconds", "millis", "micros", "nanos").get(random.nextInt(4));
    oracle = new Oracle(ZoneId.of(zone), unit);
    Wire[] wires = Wire.values();
    for (int i = random.nextInt(4); i >= 0; i--) {
      Wire wire = random.nextInt(12) == 0 ? null : wires[random.nextInt(wires.length)];
      String source = random.nextInt(4) == 0 ? "source_" + i : "c" + i;
      boolean likely = wire != null && random.nextInt(16) > 0;
      Target target = likely ? Target.randomFor(wire, random) : Target.random(random);
      boolean nullable = wire == null && random.nextInt(20) > 0 || target.nullable();
      columns.add(
          new Column(
              "c" + i,
              new Target(target.base(), target.first(), target.second(), nullable),
              wire,
              source,
              null));
    }
    columns.add(flagColumn(random));
    columns.add(versionColumn(random));
    rowSchema = rowSchema();
    envelopeSchema =
        SchemaBuilder.struct()
            .field("op", Schema.STRING_SCHEMA)
            .field("before", rowSchema)
            .field("after", rowSchema)
            .field("source", SOURCE)
            .build();
  }

  private static Column flagColumn(Random random) {
    String base = List.of("Bool", "UInt8", "Int8", "Int64").get(random.nextInt(4));
    Wire wire = random.nextBoolean() ? Wire.BOOLEAN : null;
    return new Column("is_deleted", new Target(base, 0, 0, false), wire, "is_deleted", null);
  }

  private static Column versionColumn(Random random) {
    String base = List.of("Int64", "UInt64", "DateTime64").get(random.nextInt(3));
    Target target = new Target(base, 3, 0, false);
    return switch (random.nextInt(base.equals("DateTime64") ? 2 : 3)) {
      case 0 -> new Column("version", target, Wire.ZONED_TIMESTAMP, "updated_at", null);
      case 1 -> new Column("version", target, null, "version", "commit_ts");
      default -> new Column("version", target, null, "version", "lsn");
    };
  }

  private Schema rowSchema() {
    SchemaBuilder builder = SchemaBuilder.struct().optional();
    for (Column column : columns) {
      if (column.wire() != null) {
        builder.field(column.sourceName(), column.wire().schema());
      }
    }
    return builder.field("ignored", Schema.OPTIONAL_STRING_SCHEMA).build();
  }

  Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put(
        "schema",
        columns.stream()
            .map(
                c ->
                    c.name() + " " + c.target().sql() + (c.hasDefault() ? " DEFAULT 'it\\'s'" : ""))
            .collect(Collectors.joining(",")));
    settings.put(
        "renames",
        columns.stream()
            .filter(c -> !c.sourceName().equals(c.name()))
            .map(c -> c.sourceName() + ":" + c.name())
            .collect(Collectors.joining(",")));
    settings.put(
        "metadata.columns",
        columns.stream()
            .filter(c -> c.field() != null)
            .map(c -> c.name() + ":" + c.field())
            .collect(Collectors.joining(",")));
    settings.put("version.field", "version");
    settings.put("delete.handling", flagDeletes ? "flag" : "drop");
    settings.put("null.handling", defaultForNull ? "default" : "fail");
    settings.put("unavailable.handling", nullForUnavailable ? "null" : "fail");
    settings.put("missing.columns", ignoreMissing ? "ignore" : "fail");
    settings.put("truncate.handling", "skip");
    settings.put("timestamp.zone", zone);
    settings.put("timestamp.unit", unit);
    return settings;
  }

  /** A random event of a row. */
  Event event(Random random) {
    Map<String, Wire.Value> values = new LinkedHashMap<>();
    for (Column column : columns) {
      if (column.wire() != null) {
        values.put(column.sourceName(), column.wire().nextOrNull(random));
      }
    }
    String op =
        List.of("c", "r", "u", "d", "t", "m")
            .get(random.nextInt(60) < 56 ? random.nextInt(4) : 4 + random.nextInt(2));
    return new Event(op, values, 1_795_000_000_000L + random.nextInt(), random.nextLong() >>> 1);
  }

  /** An event in both forms, and what it must become. */
  final class Event {

    private final String op;
    private final Map<String, Wire.Value> values;
    private final long commit;
    private final long lsn;

    private Event(String op, Map<String, Wire.Value> values, long commit, long lsn) {
      this.op = op;
      this.values = values;
      this.commit = commit;
      this.lsn = lsn;
    }

    Struct struct() {
      Struct row = new Struct(rowSchema);
      values.forEach((name, value) -> row.put(name, value == null ? null : value.inStruct()));
      return new Struct(envelopeSchema)
          .put("op", op)
          .put(op.equals("d") ? "before" : "after", row)
          .put("source", new Struct(SOURCE).put("ts_ms", commit).put("lsn", lsn));
    }

    Map<String, Object> map() {
      Map<String, Object> row = new HashMap<>();
      values.forEach((name, value) -> row.put(name, value == null ? null : value.inMap()));
      Map<String, Object> envelope = new HashMap<>();
      envelope.put("op", op);
      envelope.put("before", op.equals("d") ? row : null);
      envelope.put("after", op.equals("d") ? null : row);
      envelope.put("source", Map.of("ts_ms", commit, "lsn", lsn));
      return envelope;
    }

    /** The row by column, a {@link Refusal}, or null when the event gives nothing. */
    Object expected(boolean map) {
      if (op.equals("t") || op.equals("m") || op.equals("d") && !flagDeletes) {
        return null;
      }
      Map<String, Object> row = new LinkedHashMap<>();
      for (Column column : columns) {
        Object cell = cell(column, map);
        if (cell == Oracle.REFUSED) {
          return new Refusal(column.name());
        }
        row.put(column.name(), cell);
      }
      if (op.equals("d")) {
        Target flag = target("is_deleted");
        row.put("is_deleted", oracle.expected(new Meaning.Flag(true), flag));
        row.computeIfPresent("version", (name, own) -> version((Long) own));
      }
      return row;
    }

    private Object cell(Column column, boolean map) {
      if (column.field() != null) {
        return column.field().equals("lsn") ? (Object) lsn : commit;
      }
      boolean deleted = op.equals("d");
      boolean zeroForNull = deleted || defaultForNull;
      Object zero = Oracle.zero(column.target());
      if (column.wire() == null) {
        if (column.name().equals("is_deleted")) {
          return zero;
        }
        if (column.hasDefault()) {
          return "it's";
        }
        return column.target().nullable() && ignoreMissing ? null : Oracle.REFUSED;
      }
      Wire.Value value = values.get(column.sourceName());
      Meaning meaning = value == null ? null : value.meaning(map);
      if (meaning instanceof Meaning.LeftOut && !nullForUnavailable) {
        return Oracle.REFUSED;
      }
      if (meaning == null || meaning instanceof Meaning.LeftOut) {
        return column.target().nullable() ? null : zeroForNull ? zero : Oracle.REFUSED;
      }
      Object expected = oracle.expected(meaning, column.target());
      boolean filledUp = deleted && meaning.equals(new Meaning.Text(""));
      return expected == Oracle.REFUSED && filledUp
          ? column.target().nullable() ? null : zero
          : expected;
    }

    private Object version(long own) {
      Column version = columns.get(columns.size() - 1);
      if (version.field() != null) {
        return own;
      }
      Meaning committed = new Meaning.Moment(Instant.ofEpochMilli(commit), "");
      return Math.max(own, (Long) oracle.expected(committed, version.target()));
    }

    private Target target(String name) {
      return columns.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow().target();
    }
  }
}
