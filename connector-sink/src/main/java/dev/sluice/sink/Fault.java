package dev.sluice.sink;

import com.clickhouse.client.api.ServerException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What went wrong between the sink and ClickHouse, sorted by what has to follow.
 *
 * <p>A fault of the network, a timeout or an answer that is not ClickHouse's own (a proxy's 429 or
 * 503) may always pass. What ClickHouse itself says is sorted by {@link ErrorCode}; a code that is
 * not there is {@link Kind#FATAL}, because neither waiting nor dropping rows is known to be right.
 */
final class Fault extends Exception {
  enum Kind {
    /** May pass by itself: tried again. */
    PASSING,
    /** Somebody has to act (password, grant, missing table): tried again. */
    WAITING,
    /** Columns do not match: the table has changed, or a view on it is broken. */
    MISMATCH,
    /** Rows are refused: for their values, or because a column has another type by now. */
    REFUSED,
    /** The table has changed: its layout has to be read again. */
    DRIFT,
    /** Nothing helps: the task fails. */
    FATAL
  }

  private static final int MESSAGE_LIMIT = 400;
  private static final Pattern ERROR_NAME = Pattern.compile("\\(([A-Z][A-Z0-9_]+)\\) \\(version");
  private static final Pattern CONSTRAINT = Pattern.compile("Constraint `[^`]+`");

  private final Kind kind;
  private final int code;

  Fault(Kind kind, int code, String message) {
    super(message);
    this.kind = kind;
    this.code = code;
  }

  static Fault of(ErrorCode code, String message) {
    return new Fault(code.kind, code.number, message);
  }

  static Fault noAnswer(String why) {
    return new Fault(Kind.PASSING, 0, "no answer from ClickHouse: " + why);
  }

  /** A fault of the transport, or what ClickHouse said, found in whatever the client threw. */
  static Fault of(Throwable error) {
    Throwable cause = error;
    while (!(cause instanceof ServerException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ServerException server && server.getCode() > 0) {
      Kind kind = ErrorCode.of(server.getCode()).map(code -> code.kind).orElse(Kind.FATAL);
      return new Fault(kind, server.getCode(), describe(server));
    } else if (cause instanceof Error) {
      return new Fault(Kind.FATAL, 0, cause.toString());
    }
    // The messages of these classes hold addresses and status lines, never data.
    return noAnswer(cause.getClass().getSimpleName() + ": " + cause.getMessage());
  }

  Kind kind() {
    return kind;
  }

  /** The same in another light. */
  Fault as(Kind other) {
    return new Fault(other, code, getMessage());
  }

  boolean is(ErrorCode other) {
    return code == other.number;
  }

  boolean sameAs(Fault other) {
    return other != null && code == other.code && kind == other.kind;
  }

  /** The setting to look at first. */
  String setting() {
    ErrorCode known = ErrorCode.of(code).orElse(null);
    if (known == null || kind == Kind.PASSING) {
      return SinkSettings.HOSTNAME;
    }
    return switch (known) {
      case UNKNOWN_TABLE, TABLE_IS_DROPPED -> SinkSettings.TOPIC_TABLES;
      case UNKNOWN_DATABASE -> SinkSettings.DATABASE;
      case ACCESS_DENIED, DATABASE_ACCESS_DENIED -> SinkSettings.USERNAME;
      case UNKNOWN_SETTING, SETTING_CONSTRAINT_VIOLATION -> SinkSettings.CLICKHOUSE_SETTINGS;
      default -> SinkSettings.PASSWORD;
    };
  }

  /**
   * ClickHouse quotes values when it refuses data, and may in an error not known here: of those
   * messages only the name of the error is kept, and of a violated constraint its name. The whole
   * one is in the server's log.
   */
  private static String describe(ServerException server) {
    String message = server.getMessage();
    if (ErrorCode.of(server.getCode()).filter(code -> code.kind != Kind.REFUSED).isPresent()) {
      return "ClickHouse says: " + message.substring(0, Math.min(message.length(), MESSAGE_LIMIT));
    }
    Matcher name = ERROR_NAME.matcher(message);
    Matcher constraint = CONSTRAINT.matcher(message);
    return "ClickHouse refuses it with code %d%s%s, see its log for query id %s"
        .formatted(
            server.getCode(),
            name.find() ? " " + name.group(1) : "",
            constraint.find() ? " (" + constraint.group() + ")" : "",
            server.getQueryId());
  }
}
