package dev.sluice.smt.schema;

import dev.sluice.smt.type.DeclaredType;
import dev.sluice.smt.type.TimeRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Supplier;

/**
 * Reads the part of CREATE TABLE that stands between its brackets, as SHOW CREATE TABLE prints it.
 * Names and types matter for a row, and a DEFAULT that is a literal; other clauses, such as CODEC,
 * TTL and COMMENT, are passed over, as are indexes, constraints, projections and keys. Columns that
 * nobody inserts (MATERIALIZED, ALIAS, EPHEMERAL) are not part of the row.
 */
final class ColumnListParser {

  private static final Set<String> NOT_A_COLUMN =
      Set.of("INDEX", "CONSTRAINT", "PROJECTION", "PRIMARY", "FOREIGN");

  private static final Set<String> CLAUSES =
      Set.of(
          "DEFAULT",
          "MATERIALIZED",
          "ALIAS",
          "EPHEMERAL",
          "COMMENT",
          "CODEC",
          "TTL",
          "STATISTICS",
          "SETTINGS",
          "COLLATE",
          "PRIMARY",
          "AUTO_INCREMENT");

  private static final Set<String> NOT_INSERTED = Set.of("MATERIALIZED", "ALIAS", "EPHEMERAL");

  private final String sql;
  private final TimeRules rules;
  private List<SqlToken> tokens = List.of();
  private int at;
  private String column;

  ColumnListParser(String sql, TimeRules rules) {
    this.sql = sql;
    this.rules = rules;
  }

  List<SchemaColumn> parse() {
    try {
      tokens = SqlToken.split(sql);
      return columns();
    } catch (SqlSyntaxException e) {
      String where = column == null ? "" : "column " + column + ": ";
      throw new IllegalArgumentException(where + e.getMessage() + ", at " + place(e.offset()));
    }
  }

  private List<SchemaColumn> columns() {
    List<SchemaColumn> columns = new ArrayList<>();
    Set<String> names = new HashSet<>();
    do {
      column = null;
      if (NOT_A_COLUMN.contains(peek().keyword())) {
        skipExpression(Set.of());
        continue;
      }
      int start = peek().offset();
      SchemaColumn next = column();
      if (next != null && !names.add(next.name())) {
        throw new SqlSyntaxException("the name is used twice", start);
      }
      if (next != null) {
        columns.add(next);
      }
    } while (skip(','));
    if (peek().kind() != SqlToken.Kind.END) {
      throw unexpected("a comma or the end");
    }
    if (columns.isEmpty()) {
      throw new SqlSyntaxException("the list has no column that takes values", 0);
    }
    return columns;
  }

  /** Reads one column; null when nothing is inserted into it. */
  private SchemaColumn column() {
    if (!peek().isName()) {
      throw unexpected("a column name");
    }
    column = next().text();
    DeclaredType type = type();
    SqlToken defaultAt = null;
    String defaultText = null;
    boolean inserted = true;
    while (!peek().isSign(',') && peek().kind() != SqlToken.Kind.END) {
      String keyword = peek().keyword();
      if (keyword.equals("NULL")) {
        type = checked(next(), type::asNullable);
      } else if (keyword.equals("NOT")) {
        next();
        next();
      } else if (CLAUSES.contains(keyword)) {
        inserted &= !NOT_INSERTED.contains(keyword);
        next();
        SqlToken first = peek();
        skipExpression(CLAUSES);
        if (keyword.equals("DEFAULT")) {
          defaultAt = first;
          defaultText = sql.substring(first.offset(), peek().offset()).strip();
        }
      } else {
        throw unexpected("a comma, a clause or the end");
      }
    }
    if (!inserted) {
      return null;
    }
    SchemaColumn.Literal whenAbsent = null;
    if (defaultAt != null) {
      DeclaredType declared = type;
      String text = defaultText;
      whenAbsent = checked(defaultAt, () -> DefaultLiteral.of(text, declared));
    }
    return new SchemaColumn(column, type, whenAbsent);
  }

  private DeclaredType type() {
    SqlToken first = peek();
    if (first.kind() != SqlToken.Kind.WORD || CLAUSES.contains(first.keyword())) {
      throw unexpected("a type");
    }
    StringJoiner type = new StringJoiner(" ").add(next().text());
    if (peek().isSign('(')) {
      int end = endOfBrackets();
      while (at < end) {
        type.add(next().text());
      }
    }
    return checked(first, () -> DeclaredType.parse(type.toString(), rules));
  }

  private static <T> T checked(SqlToken place, Supplier<T> part) {
    try {
      return part.get();
    } catch (IllegalArgumentException e) {
      throw new SqlSyntaxException(e.getMessage(), place.offset());
    }
  }

  private void skipExpression(Set<String> until) {
    while (peek().kind() != SqlToken.Kind.END
        && !peek().isSign(',')
        && !until.contains(peek().keyword())) {
      if (peek().isSign('(') || peek().isSign('[') || peek().isSign('{')) {
        at = endOfBrackets();
      } else if (peek().isSign(')')) {
        throw unexpected("a comma or the end");
      } else {
        next();
      }
    }
  }

  /** The index after the bracket that closes the one here. */
  private int endOfBrackets() {
    int depth = 0;
    for (int i = at; i < tokens.size(); i++) {
      SqlToken token = tokens.get(i);
      if (token.isSign('(') || token.isSign('[') || token.isSign('{')) {
        depth++;
      } else if (token.isSign(')') || token.isSign(']') || token.isSign('}')) {
        depth--;
        if (depth == 0) {
          return i + 1;
        }
      }
    }
    throw new SqlSyntaxException("the bracket has no end", peek().offset());
  }

  private SqlToken peek() {
    return tokens.get(at);
  }

  private SqlToken next() {
    SqlToken token = tokens.get(at);
    if (token.kind() != SqlToken.Kind.END) {
      at++;
    }
    return token;
  }

  private boolean skip(char sign) {
    if (peek().isSign(sign)) {
      at++;
      return true;
    }
    return false;
  }

  private SqlSyntaxException unexpected(String wanted) {
    return new SqlSyntaxException(
        "found " + peek().text() + " where " + wanted + " should stand", peek().offset());
  }

  private String place(int offset) {
    String before = sql.substring(0, offset);
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
    return "line " + line + ", position " + (offset - before.lastIndexOf('\n'));
  }
}
