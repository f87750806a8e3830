package dev.sluice.smt.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A word, a quoted name, a string or a sign of ClickHouse's SQL; comments and blanks are left out.
 *
 * @param text as written, except for quoted names, which come without quotes
 * @param offset where it starts
 * @param end where what follows it starts
 */
record SqlToken(Kind kind, String text, int offset, int end) {

  enum Kind {
    WORD,
    QUOTED_NAME,
    STRING,
    SIGN,
    END
  }

  boolean isSign(char sign) {
    return kind == Kind.SIGN && text.charAt(0) == sign;
  }

  boolean isName() {
    return kind == Kind.WORD || kind == Kind.QUOTED_NAME;
  }

  /** The word in upper case, or an empty text for what cannot be a keyword. */
  String keyword() {
    return kind == Kind.WORD ? text.toUpperCase(Locale.ROOT) : "";
  }

  /** Splits a text; the last token is always {@link Kind#END}. */
  static List<SqlToken> split(String sql) {
    List<SqlToken> tokens = new ArrayList<>();
    SqlToken token;
    for (int at = 0; (token = next(sql, at)).kind() != Kind.END; at = token.end()) {
      tokens.add(token);
    }
    tokens.add(token);
    return tokens;
  }

  /** The first token from an offset on. */
  static SqlToken next(String sql, int offset) {
    int at = offset;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (sql.startsWith("--", at) || c == '#') {
        int newline = sql.indexOf('\n', at);
        at = newline < 0 ? sql.length() : newline;
      } else if (sql.startsWith("/*", at)) {
        int close = sql.indexOf("*/", at + 2);
        if (close < 0) {
          throw new SqlSyntaxException("the comment has no end", at);
        }
        at = close + 2;
      } else if (c == '`' || c == '"') {
        int end = endOfQuoted(sql, at);
        return new SqlToken(Kind.QUOTED_NAME, unquote(sql.substring(at, end)), at, end);
      } else if (c == '\'') {
        int end = endOfQuoted(sql, at);
        return new SqlToken(Kind.STRING, sql.substring(at, end), at, end);
      } else if (isWordPart(c)) {
        int end = at;
        while (end < sql.length() && isWordPart(sql.charAt(end))) {
          end++;
        }
        return new SqlToken(Kind.WORD, sql.substring(at, end), at, end);
      } else {
        return new SqlToken(Kind.SIGN, sql.substring(at, at + 1), at, at + 1);
      }
    }
    return new SqlToken(Kind.END, "the end", sql.length(), sql.length());
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_';
  }

  private static int endOfQuoted(String sql, int start) {
    char quote = sql.charAt(start);
    for (int at = start + 1; at < sql.length(); at++) {
      char c = sql.charAt(at);
      if (c == '\\') {
        at++;
      } else if (c == quote) {
        if (at + 1 < sql.length() && sql.charAt(at + 1) == quote) {
          at++;
        } else {
          return at + 1;
        }
      }
    }
    throw new SqlSyntaxException("the quote has no end", start);
  }

  /** What stands between quotes, of any kind, without escapes. */
  static String unquote(String quoted) {
    char quote = quoted.charAt(0);
    var name = new StringBuilder();
    for (int at = 1; at < quoted.length() - 1; at++) {
      char c = quoted.charAt(at);
      if (c == '\\' || c == quote) {
        at++;
      }
      name.append(quoted.charAt(at));
    }
    return name.toString();
  }
}
