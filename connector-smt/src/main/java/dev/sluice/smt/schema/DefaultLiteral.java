package dev.sluice.smt.schema;

import dev.sluice.smt.type.ColumnType;
import dev.sluice.smt.type.DeclaredType;
import dev.sluice.smt.type.Mismatch;
import java.util.regex.Pattern;

/** Reads what stands behind DEFAULT, where that is a literal. */
final class DefaultLiteral {

  private static final Pattern NUMBER =
      Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");
  private static final Pattern TEXT = Pattern.compile("'(?:[^'\\\\]|\\\\.|'')*'", Pattern.DOTALL);

  private DefaultLiteral() {}

  /**
   * The literal as a value of the column; null for an expression, which only ClickHouse can
   * compute.
   *
   * @throws IllegalArgumentException when the column cannot hold it
   */
  static SchemaColumn.Literal of(String sql, DeclaredType declared) {
    ColumnType type = declared.type();
    try {
      if (sql.equalsIgnoreCase("NULL")) {
        if (!declared.nullable()) {
          throw new IllegalArgumentException("DEFAULT NULL in a column that forbids null");
        }
        return new SchemaColumn.Literal(null);
      } else if (sql.equalsIgnoreCase("true") || sql.equalsIgnoreCase("false")) {
        return new SchemaColumn.Literal(type.fromBoolean(sql.equalsIgnoreCase("true")));
      } else if (NUMBER.matcher(sql).matches()) {
        return number(sql, type);
      } else if (TEXT.matcher(sql).matches()) {
        return new SchemaColumn.Literal(type.fromText(SqlToken.unquote(sql)));
      }
      return null;
    } catch (Mismatch e) {
      throw new IllegalArgumentException(
          "DEFAULT " + sql + " is no " + declared.name() + ": " + e.getMessage());
    }
  }

  /** ClickHouse counts times and the labels of an enum by numbers of its own. */
  private static SchemaColumn.Literal number(String sql, ColumnType type) {
    if (type.name().startsWith("Date")) {
      return sql.equals("0") ? new SchemaColumn.Literal(type.zero()) : null;
    } else if (type.name().startsWith("Enum")) {
      return null;
    }
    return new SchemaColumn.Literal(type.fromText(sql.startsWith("+") ? sql.substring(1) : sql));
  }
}
