package dev.sluice.smt;

import dev.sluice.smt.schema.FactSchema;
import dev.sluice.smt.schema.SchemaColumn;
import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.Mismatch;
import dev.sluice.smt.type.TimeRules;
import dev.sluice.smt.type.TimestampUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.data.Schema;

/**
 * One table's settings, checked against one another.
 *
 * @param rowSchema the schema of the rows
 * @param columns how each column of the row gets its value, in the order of the schema
 * @param flagDeletes whether a delete becomes a row, instead of nothing
 * @param deleteColumn the column that marks deleted rows, or -1
 * @param versionColumn the column whose value a delete has to exceed, or -1 when the version is
 *     taken from the envelope or no row is written for a delete
 * @param defaultForNull whether null in a column that forbids it becomes the type's default
 * @param nullForUnavailable whether a value that the event leaves out counts as null
 * @param failOnTruncate whether a truncate is an error
 * @param keyColumns which columns tell rows apart, by number; their values are never made up
 * @param fullBefore whether the old row of a change is whole, instead of its key alone
 * @param positionColumn the version column that holds the position in the log, or -1
 * @param ignoreMissing whether a column that the event does not have counts as null
 * @param failOnUnknown whether a column that the settings do not know is an error
 * @param known the source columns that the settings name
 * @param truncation makes of a truncate what the sink is to know; null when it is to know nothing
 */
record TransformSettings(
    Schema rowSchema,
    List<ColumnPlan> columns,
    boolean flagDeletes,
    int deleteColumn,
    int versionColumn,
    boolean defaultForNull,
    boolean nullForUnavailable,
    boolean failOnTruncate,
    BitSet keyColumns,
    boolean fullBefore,
    int positionColumn,
    boolean ignoreMissing,
    boolean failOnUnknown,
    KnownColumns known,
    TruncateEvent truncation) {

  private static final Set<Schema.Type> FLAG_CARRIERS =
      Set.of(
          Schema.Type.BOOLEAN,
          Schema.Type.INT8,
          Schema.Type.INT16,
          Schema.Type.INT32,
          Schema.Type.INT64);

  /**
   * Reads one table's settings.
   *
   * @throws ConfigException naming the setting, what was found and what is allowed
   */
  static TransformSettings of(Map<String, ?> properties) {
    Map<String, Object> values = ExtractFactRowConfig.DEFINITION.parse(properties);
    FactSchema schema = schema(values);
    Map<String, Metadata> metadata = metadata(schema, values);
    Map<String, String> sources = sources(schema, metadata, values);
    Schema rowSchema = schema.rowSchema((String) values.get(ExtractFactRowConfig.SCHEMA_NAME));
    long lsnBase = (Long) values.get(ExtractFactRowConfig.LSN_BASE);
    List<ColumnPlan> columns = new ArrayList<>();
    for (SchemaColumn column : schema.columns()) {
      columns.add(
          new ColumnPlan(
              column,
              rowSchema.field(column.name()),
              sources.getOrDefault(column.name(), column.name()),
              metadata.get(column.name()),
              lsnBase));
    }
    String truncates = (String) values.get(ExtractFactRowConfig.TRUNCATE_HANDLING);
    boolean flagDeletes = values.get(ExtractFactRowConfig.DELETE_HANDLING).equals("flag");
    return new TransformSettings(
        rowSchema,
        List.copyOf(columns),
        flagDeletes,
        deleteColumn(columns, schema, values, flagDeletes),
        flagDeletes ? versionColumn(columns, schema, values) : -1,
        values.get(ExtractFactRowConfig.NULL_HANDLING).equals("default"),
        values.get(ExtractFactRowConfig.UNAVAILABLE_HANDLING).equals("null"),
        truncates.equals("fail"),
        keyColumns(columns, schema, values),
        values.get(ExtractFactRowConfig.REPLICA_IDENTITY).equals(List.of("full")),
        flagDeletes ? positionColumn(columns, schema, values) : -1,
        values.get(ExtractFactRowConfig.MISSING_COLUMNS).equals("ignore"),
        values.get(ExtractFactRowConfig.UNKNOWN_COLUMNS).equals("fail"),
        known(columns, values),
        truncates.equals("pass") ? truncation(columns, schema, values) : null);
  }

  private static TruncateEvent truncation(
      List<ColumnPlan> columns, FactSchema schema, Map<String, Object> values) {
    int flag = deleteColumn(columns, schema, values, true);
    String version = (String) values.get(ExtractFactRowConfig.VERSION_FIELD);
    column(schema, ExtractFactRowConfig.VERSION_FIELD, version);
    return new TruncateEvent(columns.get(flag), columns.get(schema.indexOf(version)));
  }

  private static BitSet keyColumns(
      List<ColumnPlan> columns, FactSchema schema, Map<String, Object> values) {
    BitSet key = new BitSet();
    for (Object name : (List<?>) values.get(ExtractFactRowConfig.KEY_COLUMNS)) {
      column(schema, ExtractFactRowConfig.KEY_COLUMNS, (String) name);
      int index = schema.indexOf((String) name);
      if (columns.get(index).metadata() != null) {
        throw new ConfigException(
            ExtractFactRowConfig.KEY_COLUMNS,
            name,
            "a column of metadata.columns differs with every change: it cannot tell rows apart");
      }
      for (String changed :
          List.of(ExtractFactRowConfig.DELETE_FIELD, ExtractFactRowConfig.VERSION_FIELD)) {
        if (name.equals(values.get(changed))) {
          throw new ConfigException(
              ExtractFactRowConfig.KEY_COLUMNS,
              name,
              "it is " + changed + ", which deletes change");
        }
      }
      key.set(index);
    }
    return key;
  }

  private static KnownColumns known(List<ColumnPlan> columns, Map<String, Object> values) {
    List<String> ignored =
        ((List<?>) values.get(ExtractFactRowConfig.IGNORED_COLUMNS))
            .stream().map(String.class::cast).toList();
    for (ColumnPlan column : columns) {
      if (column.metadata() == null && ignored.contains(column.sourceName())) {
        throw new ConfigException(
            ExtractFactRowConfig.IGNORED_COLUMNS,
            column.sourceName(),
            "the column " + column.name() + " of the schema reads it; name it in one of the two");
      }
    }
    return KnownColumns.of(columns, ignored);
  }

  /** The version column where it is the change's position in the log. */
  private static int positionColumn(
      List<ColumnPlan> columns, FactSchema schema, Map<String, Object> values) {
    int index = schema.indexOf((String) values.get(ExtractFactRowConfig.VERSION_FIELD));
    return index >= 0 && columns.get(index).metadata() == Metadata.LSN ? index : -1;
  }

  private static FactSchema schema(Map<String, Object> values) {
    String unit = (String) values.get(ExtractFactRowConfig.TIMESTAMP_UNIT);
    var rules =
        new TimeRules(
            TimestampUnit.valueOf(unit.toUpperCase(Locale.ROOT)),
            ExtractFactRowConfig.zone((String) values.get(ExtractFactRowConfig.TIMESTAMP_ZONE)));
    return FactSchema.parse((String) values.get(ExtractFactRowConfig.SCHEMA), rules);
  }

  private static Map<String, Metadata> metadata(FactSchema schema, Map<String, Object> values) {
    Map<String, Metadata> metadata = new HashMap<>();
    for (var pair : ExtractFactRowConfig.pairs(ExtractFactRowConfig.METADATA_COLUMNS, values)) {
      Metadata field = ExtractFactRowConfig.metadata(pair.right());
      SchemaColumn column = column(schema, ExtractFactRowConfig.METADATA_COLUMNS, pair.left());
      if (!field.fits(column.type())) {
        throw new ConfigException(
            ExtractFactRowConfig.METADATA_COLUMNS,
            pair,
            "the column's type " + column.declared().name() + " cannot hold " + pair.right());
      }
      if (metadata.put(pair.left(), field) != null) {
        throw usedTwice(ExtractFactRowConfig.METADATA_COLUMNS, pair.left());
      }
    }
    return metadata;
  }

  /** The names of the source columns, by target, where the two differ. */
  private static Map<String, String> sources(
      FactSchema schema, Map<String, Metadata> metadata, Map<String, Object> values) {
    Map<String, String> sources = new HashMap<>();
    for (var pair : ExtractFactRowConfig.pairs(ExtractFactRowConfig.RENAMES, values)) {
      String target = pair.right();
      column(schema, ExtractFactRowConfig.RENAMES, target);
      if (metadata.containsKey(target) || sources.put(target, pair.left()) != null) {
        throw usedTwice(ExtractFactRowConfig.RENAMES, target);
      }
    }
    return sources;
  }

  private static int deleteColumn(
      List<ColumnPlan> columns, FactSchema schema, Map<String, Object> values, boolean required) {
    String name = (String) values.get(ExtractFactRowConfig.DELETE_FIELD);
    int index = schema.indexOf(name);
    if (!required) {
      return index;
    }
    ColumnType type = column(schema, ExtractFactRowConfig.DELETE_FIELD, name).type();
    if (columns.get(index).metadata() != null || !isFlag(type)) {
      throw new ConfigException(
          ExtractFactRowConfig.DELETE_FIELD,
          name,
          "with delete.handling=flag or truncate.handling=pass this must be a column of a whole"
              + " number or Bool, and none of metadata.columns; its type is "
              + type);
    }
    return index;
  }

  private static boolean isFlag(ColumnType type) {
    try {
      type.fromBoolean(true);
      return FLAG_CARRIERS.contains(type.schema().type());
    } catch (Mismatch e) {
      return false;
    }
  }

  private static int versionColumn(
      List<ColumnPlan> columns, FactSchema schema, Map<String, Object> values) {
    String name = (String) values.get(ExtractFactRowConfig.VERSION_FIELD);
    ColumnType type = column(schema, ExtractFactRowConfig.VERSION_FIELD, name).type();
    int index = schema.indexOf(name);
    if (columns.get(index).metadata() != null) {
      return -1;
    }
    if (!isVersion(type)) {
      throw new ConfigException(
          ExtractFactRowConfig.VERSION_FIELD,
          name,
          "with delete.handling=flag this must be a column of Int64, UInt64, DateTime or"
              + " DateTime64, or one of metadata.columns; its type is "
              + type);
    }
    return index;
  }

  private static boolean isVersion(ColumnType type) {
    return type.schema().type() == Schema.Type.INT64 && Metadata.COMMIT_TS.fits(type);
  }

  private static SchemaColumn column(FactSchema schema, String setting, String name) {
    int index = schema.indexOf(name);
    if (index < 0) {
      throw new ConfigException(
          setting,
          name,
          "the schema has no such column; it has "
              + schema.columns().stream().map(SchemaColumn::name).toList());
    }
    return schema.columns().get(index);
  }

  private static ConfigException usedTwice(String setting, String column) {
    return new ConfigException(
        setting, column, "the column gets its value from two places; name it once");
  }
}
