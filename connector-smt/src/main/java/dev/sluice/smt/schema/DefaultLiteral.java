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
  static FactColumn.Literal of(String sql, DeclaredType declared) {
    ColumnType type = declared.type();
    try {
      if (sql.equalsIgnoreCase("NULL")) {
        if (!declared.nullable()) {
          throw new IllegalArgumentException("DEFAULT NULL in a column that forbids null");
        }
        return new FactColumn.Literal(null);
      } else if (sql.equalsIgnoreCase("true") || sql.equalsIgnoreCase("false")) {
        return new FactColumn.Literal(type.fromBoolean(sql.equalsIgnoreCase("true")));
      } else if (NUMBER.matcher(sql).matches()) {
        return new FactColumn.Literal(type.fromText(sql.startsWith("+") ? sql.substring(1) : sql));
      } else if (TEXT.matcher(sql).matches()) {
        return new FactColumn.Literal(type.fromText(SqlToken.unquote(sql)));
      }
      return null;
    } catch (Mismatch e) {
      throw new IllegalArgumentException(
          "DEFAULT " + sql + " is no " + declared.name() + ": " + e.getMessage());
    }
  }
}
