package dev.sluice.smt;

import dev.sluice.smt.schema.FactSchema;
import dev.sluice.smt.schema.FactSchemas;
import dev.sluice.smt.type.TimeRules;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.LambdaValidator;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;

/** The names, meanings and checks of the settings, each looked at alone. */
final class ExtractFactRowConfig {

  static final String SCHEMA = "schema";
  static final String SCHEMAS = "schemas";
  static final String SCHEMA_NAME = "schema.name";
  static final String RENAMES = "renames";
  static final String METADATA_COLUMNS = "metadata.columns";
  static final String TIMESTAMP_UNIT = "timestamp.unit";
  static final String TIMESTAMP_ZONE = "timestamp.zone";
  static final String DELETE_HANDLING = "delete.handling";
  static final String DELETE_FIELD = "delete.field";
  static final String VERSION_FIELD = "version.field";
  static final String NULL_HANDLING = "null.handling";
  static final String UNAVAILABLE_HANDLING = "unavailable.handling";
  static final String TRUNCATE_HANDLING = "truncate.handling";
  static final String REFUSED_HANDLING = "refused.handling";
  static final String KEY_COLUMNS = "key.columns";
  static final String REPLICA_IDENTITY = "replica.identity";
  static final String MISSING_COLUMNS = "missing.columns";
  static final String UNKNOWN_COLUMNS = "unknown.columns";
  static final String IGNORED_COLUMNS = "ignored.columns";
  static final String LSN_BASE = "lsn.base";

  private static final String ROW = "Row";
  private static final String TIME = "Time";
  private static final String EVENTS = "Events";

  static final ConfigDef DEFINITION =
      new ConfigDef()
          .define(
              SCHEMA,
              Type.STRING,
              null,
              unlessAbsent(
                  check(
                      "column list in ClickHouse's syntax",
                      text -> FactSchema.parse(text, TimeRules.DEFAULT))),
              Importance.HIGH,
              "For one table, whatever the topic: the columns of the fact table, `name Type, …`, as they stand between the brackets of"
                  + " CREATE TABLE. A DEFAULT that is a literal stands for a"
                  + " source column that an event does not have. Line breaks, back-quotes, comments"
                  + " and other clauses, such as CODEC and TTL, may stay; indexes, and columns that"
                  + " nobody inserts, are passed over. Leave out columns that ClickHouse is to fill.",
              ROW,
              1,
              Width.LONG,
              "Fact schema")
          .define(
              SCHEMAS,
              Type.STRING,
              null,
              unlessAbsent(checkSchemas()),
              Importance.HIGH,
              "In place of `schema`, for many tables: `TOPIC (column list); TOPIC (column list)`, by"
                  + " the topic that a record has when it comes to the transform. Settings that name"
                  + " columns take `TOPIC.column` then, where it is one table's; an entry without a"
                  + " topic is meant for every table. An event of another topic is an error.",
              ROW,
              2,
              Width.LONG,
              "Fact schemas by topic")
          .define(
              SCHEMA_NAME,
              Type.STRING,
              "dev.sluice.FactRow",
              new NonEmptyString(),
              Importance.LOW,
              "The name of the rows' Connect schema.",
              ROW,
              3,
              Width.MEDIUM,
              "Row schema name")
          .define(
              RENAMES,
              Type.LIST,
              List.of(),
              checkPairs(RENAMES, right -> {}),
              Importance.MEDIUM,
              "Columns whose names differ, as `source:target,…`, or with `schemas` as"
                  + " `TOPIC.source:target,…`. A column that is no target here reads the source column"
                  + " of its own name.",
              ROW,
              4,
              Width.LONG,
              "Renamed columns")
          .define(
              METADATA_COLUMNS,
              Type.LIST,
              List.of(),
              checkPairs(METADATA_COLUMNS, ExtractFactRowConfig::metadata),
              Importance.MEDIUM,
              "Columns filled from the envelope, as `target:field,…`. Fields are lsn (position in"
                  + " Postgres' log), op (c, r, u or d), commit_ts (commit time), tx_id and"
                  + " snapshot. The type is the one in the schema.",
              ROW,
              5,
              Width.LONG,
              "Metadata columns")
          .define(
              KEY_COLUMNS,
              Type.LIST,
              List.of(),
              checkNames(),
              Importance.HIGH,
              "The columns that tell rows apart: those of the fact table's ORDER BY. An event that"
                  + " lacks one of them, or has null there, is an error; nothing is ever put in its"
                  + " place, as that would be another row's key.",
              ROW,
              6,
              Width.LONG,
              "Key columns")
          .define(
              MISSING_COLUMNS,
              Type.STRING,
              "fail",
              ValidString.in("fail", "ignore"),
              Importance.MEDIUM,
              "What becomes of a column of the schema that the event does not have, and that has no"
                  + " DEFAULT literal in the schema: an error, or null, counted. Null would overwrite"
                  + " good values after a RENAME or DROP COLUMN.",
              ROW,
              7,
              Width.SHORT,
              "Missing columns")
          .define(
              UNKNOWN_COLUMNS,
              Type.STRING,
              "ignore",
              ValidString.in("ignore", "fail"),
              Importance.MEDIUM,
              "What becomes of a source column that neither the schema nor `ignored.columns` names:"
                  + " it is left out, and counted, or it is an error.",
              ROW,
              8,
              Width.SHORT,
              "Unknown columns")
          .define(
              IGNORED_COLUMNS,
              Type.LIST,
              List.of(),
              checkNames(),
              Importance.LOW,
              "Source columns that are left out knowingly.",
              ROW,
              9,
              Width.LONG,
              "Ignored columns")
          .define(
              LSN_BASE,
              Type.LONG,
              0L,
              ConfigDef.Range.between(0L, Long.MAX_VALUE / 2),
              Importance.LOW,
              "What is added to every position in Postgres' log (lsn). Positions are comparable"
                  + " within one server only: when Postgres was restored on another one, they may"
                  + " begin below the versions that the fact table holds, and would lose against"
                  + " them. `./sluice resync` finds that and sets this.",
              ROW,
              10,
              Width.MEDIUM,
              "Base of positions")
          .define(
              TIMESTAMP_UNIT,
              Type.STRING,
              "millis",
              ValidString.in("seconds", "millis", "micros", "nanos"),
              Importance.MEDIUM,
              "The unit of bare numbers that go into a DateTime or DateTime64 column. Values whose"
                  + " schema names a time type know their own unit.",
              TIME,
              1,
              Width.SHORT,
              "Unit of bare timestamps")
          .define(
              TIMESTAMP_ZONE,
              Type.STRING,
              "UTC",
              check("time zone", ExtractFactRowConfig::zone),
              Importance.LOW,
              "The time zone that timestamps without a zone were written in, such as UTC or"
                  + " Europe/Berlin.",
              TIME,
              2,
              Width.MEDIUM,
              "Zone of bare timestamps")
          .define(
              DELETE_HANDLING,
              Type.STRING,
              "flag",
              ValidString.in("flag", "drop"),
              Importance.HIGH,
              "What becomes of a delete: `flag` makes a row of the last values with the delete"
                  + " field set, `drop` makes nothing.",
              EVENTS,
              1,
              Width.SHORT,
              "Deletes")
          .define(
              DELETE_FIELD,
              Type.STRING,
              "is_deleted",
              new NonEmptyString(),
              Importance.MEDIUM,
              "The column that is 1 in rows of deletes. In other rows it has the value of the"
                  + " source column of its name, or 0 where there is none.",
              EVENTS,
              2,
              Width.MEDIUM,
              "Delete field")
          .define(
              VERSION_FIELD,
              Type.STRING,
              "updated_at",
              new NonEmptyString(),
              Importance.MEDIUM,
              "The version column of ReplacingMergeTree. In rows of deletes it is the larger of its"
                  + " own value and the commit time, so that the delete wins. A column named in"
                  + " metadata.columns keeps the value it has from there.",
              EVENTS,
              3,
              Width.MEDIUM,
              "Version field")
          .define(
              REPLICA_IDENTITY,
              Type.LIST,
              List.of("default"),
              checkIdentities(),
              Importance.MEDIUM,
              "The table's REPLICA IDENTITY in Postgres. By `default` the old row of a change may"
                  + " hold nothing but its key, and Debezium fills it up; then the delete that a"
                  + " moved key leaves behind is an error where the schema has a version of the"
                  + " source's own, or columns that may be kept apart from their row. With `schemas`,"
                  + " `TOPIC:full` says it of one table: `default,sluice.public.orders:full`.",
              EVENTS,
              4,
              Width.SHORT,
              "Replica identity")
          .define(
              NULL_HANDLING,
              Type.STRING,
              "fail",
              ValidString.in("fail", "default"),
              Importance.MEDIUM,
              "What becomes of null in a column that forbids it: an error, or the type's default.",
              EVENTS,
              5,
              Width.SHORT,
              "Nulls")
          .define(
              UNAVAILABLE_HANDLING,
              Type.STRING,
              "fail",
              ValidString.in("fail", "null"),
              Importance.MEDIUM,
              "What becomes of a large value that did not change and that Postgres therefore left"
                  + " out (`__debezium_unavailable_value`): an error, or null. REPLICA IDENTITY"
                  + " FULL avoids the question.",
              EVENTS,
              6,
              Width.SHORT,
              "Values left out")
          .define(
              TRUNCATE_HANDLING,
              Type.STRING,
              "fail",
              ValidString.in("fail", "skip", "pass"),
              Importance.MEDIUM,
              "What becomes of a truncate: an error, so that somebody decides; nothing; or, with"
                  + " `pass`, a record that makes Sluice's sink mark all rows before it as"
                  + " deleted.",
              EVENTS,
              7,
              Width.SHORT,
              "Truncates")
          .define(
              REFUSED_HANDLING,
              Type.STRING,
              "fail",
              ValidString.in("fail", "pass"),
              Importance.MEDIUM,
              "What becomes of a record that is refused: an error, which Connect handles; or, with"
                  + " `pass`, in front of Sluice's sink, a record that the sink sets aside, and of"
                  + " which it waits for the copy in the dead letter queue. Connect itself does"
                  + " not: a letter that never arrives is a line in its log.",
              EVENTS,
              8,
              Width.SHORT,
              "Refused records");

  private ExtractFactRowConfig() {}

  /** Two names joined by a colon. */
  record Pair(String left, String right) {
    @Override
    public String toString() {
      return left + ":" + right;
    }
  }

  static List<Pair> pairs(String setting, Map<String, Object> values) {
    return pairs(setting, values.get(setting));
  }

  private static List<Pair> pairs(String setting, Object entries) {
    List<Pair> pairs = new ArrayList<>();
    for (Object entry : (List<?>) entries) {
      String[] parts = entry.toString().split(":", -1);
      if (parts.length != 2 || parts[0].isBlank() || parts[1].isBlank()) {
        throw new ConfigException(setting, entry, "an entry must be two names joined by a colon");
      }
      pairs.add(new Pair(parts[0].strip(), parts[1].strip()));
    }
    return pairs;
  }

  static Metadata metadata(String name) {
    try {
      return Metadata.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "there is no field " + name + "; there are lsn, op, commit_ts, tx_id, snapshot", e);
    }
  }

  static ZoneId zone(String name) {
    try {
      ZoneId zone = ZoneId.of(name).normalized();
      return zone.equals(ZoneOffset.UTC) ? ZoneOffset.UTC : zone;
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("it is not a time zone such as UTC or Europe/Berlin", e);
    }
  }

  private static Validator check(String allowed, Consumer<String> parser) {
    return LambdaValidator.with(
        (name, value) -> {
          requireValue(name, value);
          try {
            parser.accept((String) value);
          } catch (IllegalArgumentException e) {
            throw new ConfigException(name, value, e.getMessage());
          }
        },
        () -> allowed);
  }

  private static Validator checkPairs(String setting, Consumer<String> right) {
    return LambdaValidator.with(
        (name, value) -> {
          requireValue(name, value);
          for (Pair pair : pairs(setting, value)) {
            try {
              right.accept(pair.right());
            } catch (IllegalArgumentException e) {
              throw new ConfigException(name, pair, e.getMessage());
            }
          }
        },
        () -> "pairs of names joined by a colon");
  }

  private static Validator checkSchemas() {
    return LambdaValidator.with(
        (name, value) -> {
          try {
            FactSchemas.split((String) value)
                .forEach((topic, list) -> checkSchema(name, topic, list));
          } catch (IllegalArgumentException e) {
            throw new ConfigException(name + ": " + e.getMessage());
          }
        },
        () -> "TOPIC (column list); …");
  }

  /** The error names the table, as nobody would find it in the value of all of them. */
  private static void checkSchema(String name, String topic, String columnList) {
    try {
      FactSchema.parse(columnList, TimeRules.DEFAULT);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(name, topic, e.getMessage());
    }
  }

  private static Validator checkIdentities() {
    return LambdaValidator.with(
        (name, value) -> {
          requireValue(name, value);
          for (Object entry : (List<?>) value) {
            String text = entry.toString().strip();
            if (!Set.of("default", "full").contains(text.substring(text.lastIndexOf(':') + 1))) {
              throw new ConfigException(name, entry, "an identity is default or full");
            }
          }
        },
        () -> "[default, full], TOPIC:[default, full]");
  }

  /** For settings of which one or another has to be there. */
  private static Validator unlessAbsent(Validator validator) {
    return LambdaValidator.with(
        (name, value) -> {
          if (value != null) {
            validator.ensureValid(name, value);
          }
        },
        validator::toString);
  }

  private static Validator checkNames() {
    return LambdaValidator.with(
        (name, value) -> {
          requireValue(name, value);
          for (Object entry : (List<?>) value) {
            if (entry.toString().isBlank()) {
              throw new ConfigException(name, value, "a name is empty");
            }
          }
        },
        () -> "names of columns");
  }

  /** A setting may be null where a connector's configuration says so. */
  private static void requireValue(String name, Object value) {
    if (value == null) {
      throw new ConfigException(name, null, "a value is required");
    }
  }
}
