package dev.sluice.sink;

import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What went wrong between the sink and ClickHouse, sorted by what has to follow.
 *
 * <p>A fault of the network, a timeout or an answer that is not ClickHouse's own (a proxy's 429 or
 * 503) may always pass. What ClickHouse itself says is sorted by {@link ErrorCode}; a code that is
 * not there is {@link Kind#UNSURE}: only other rows can tell what it means.
 */
final class Fault extends Exception {
  enum Kind {
    /** May pass by itself: tried again. */
    PASSING,
    /** Somebody has to act (password, grant, missing table): tried again. */
    WAITING,
    /** Nothing came within the deadline: tried again, with more time. */
    TIMEOUT,
    /** The insert is too large for the server, or for something before it: sent in parts. */
    TOO_LARGE,
    /** Rows are refused: for their values, or because a column has another type by now. */
    REFUSED,
    /** Refused, for a row or for something wrong with the table or a view on it. */
    UNSURE,
    /** The table has changed: its layout has to be read again. */
    DRIFT,
    /** Nothing helps: the table is held, see {@link Hold}. */
    FATAL
  }

  private static final int MESSAGE_LIMIT = 400;
  private static final int ENTITY_TOO_LARGE = 413;
  private static final Pattern ERROR_NAME = Pattern.compile("\\(([A-Z][A-Z0-9_]+)\\) \\(version");
  private static final Pattern CONSTRAINT = Pattern.compile("Constraint `[^`]+`");

  private final Kind kind;
  private final int code;
  private final String setting;

  Fault(Kind kind, int code, String message) {
    this(kind, code, message, null);
  }

  private Fault(Kind kind, int code, String message, String setting) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.setting = setting;
  }

  /** Where rows would be acknowledged and not be kept: somebody has to act. */
  static Fault unsafe(String setting, String message) {
    return new Fault(Kind.WAITING, 0, message, setting);
  }

  static Fault of(ErrorCode code, String message) {
    return new Fault(code.kind, code.number, message);
  }

  static Fault noAnswer(String why) {
    return new Fault(Kind.PASSING, 0, "no answer from ClickHouse: " + why);
  }

  static Fault timeout(int timeoutMs) {
    return new Fault(
        Kind.TIMEOUT, 0, "no answer from ClickHouse: nothing within " + timeoutMs + " ms");
  }

  /** An answer that cannot be ClickHouse's, whatever its status says. */
  static Fault notClickHouse(int status, boolean withoutId) {
    return new Fault(
        status == ENTITY_TOO_LARGE ? Kind.TOO_LARGE : Kind.PASSING,
        0,
        "no answer from ClickHouse: HTTP status %d %s; something before it answers in its place"
            .formatted(status, withoutId ? "without the query's id" : "with another query's id"));
  }

  /** A fault of the transport. */
  static Fault of(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof Error) {
      return new Fault(Kind.FATAL, 0, cause.toString());
    }
    if (cause instanceof UnresolvedAddressException) {
      return noAnswer("the name of the host is not known");
    } else if (error instanceof ConnectException && error.getMessage() == null) {
      return noAnswer("Connection refused");
    }
    // The messages of these classes hold addresses and status lines, never data.
    return noAnswer(cause.getClass().getSimpleName() + ": " + cause.getMessage());
  }

  /** What ClickHouse said. */
  static Fault refusal(int code, String message, String queryId) {
    Optional<ErrorCode> known = ErrorCode.of(code);
    return new Fault(
        known.map(error -> error.kind).orElse(Kind.UNSURE),
        code,
        describe(known, code, message, queryId));
  }

  Kind kind() {
    return kind;
  }

  /** The same in another light. */
  Fault as(Kind other) {
    return new Fault(other, code, getMessage(), setting);
  }

  /** For what can only be tried again as it is: whatever does not last may pass. */
  Fault asPassing() {
    return kind == Kind.WAITING || kind == Kind.FATAL ? this : as(Kind.PASSING);
  }

  boolean is(ErrorCode other) {
    return code == other.number;
  }

  /** Whether ClickHouse says that a table is not there. */
  boolean isMissing() {
    return is(ErrorCode.UNKNOWN_TABLE)
        || is(ErrorCode.TABLE_IS_DROPPED)
        || is(ErrorCode.UNKNOWN_DATABASE);
  }

  boolean sameAs(Fault other) {
    return other != null && code == other.code && kind == other.kind;
  }

  /** The setting to look at first. */
  String setting() {
    if (setting != null) {
      return setting;
    }
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
  private static String describe(
      Optional<ErrorCode> known, int code, String message, String queryId) {
    if (known.filter(error -> error.kind != Kind.REFUSED).isPresent()) {
      return "ClickHouse says: " + message.substring(0, Math.min(message.length(), MESSAGE_LIMIT));
    }
    Matcher name = ERROR_NAME.matcher(message);
    Matcher constraint = CONSTRAINT.matcher(message);
    return "ClickHouse refuses it with code %d%s%s, see its log for query id %s"
        .formatted(
            code,
            name.find() ? " " + name.group(1) : "",
            constraint.find() ? " (" + constraint.group() + ")" : "",
            queryId);
  }
}
