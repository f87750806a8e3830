package dev.sluice.sink;

import com.clickhouse.client.api.ServerException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What went wrong between the sink and ClickHouse, sorted by what has to follow.
 *
 * <p>A fault of the network, a timeout or an answer that is not ClickHouse's own (a proxy's 429 or
 * 503) may always pass. What ClickHouse itself says is sorted by its error code; a code in none of
 * the lists is {@link Kind#FATAL}, because neither waiting nor dropping rows is known to be right.
 */
final class Fault extends Exception {
  enum Kind {
    /** May pass by itself: tried again. */
    PASSING,
    /** Somebody has to act (password, grant, missing table): said once, then tried again. */
    WAITING,
    /** The table is not what it was: its layout is read again. */
    DRIFT,
    /** A row is refused for its values. */
    DATA,
    /** Nothing helps: the task fails. */
    FATAL
  }

  static final int ACCESS_DENIED = 497;

  private static final int UNKNOWN_TABLE = 60;
  private static final int UNKNOWN_DATABASE = 81;

  /** The codes of {@link Kind#PASSING}; README.md documents them. */
  private static final Set<Integer> PASSING =
      Set.of(
          3, // UNEXPECTED_END_OF_FILE
          74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
          75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR
          76, // CANNOT_OPEN_FILE
          95, // CANNOT_READ_FROM_SOCKET
          96, // CANNOT_WRITE_TO_SOCKET
          159, // TIMEOUT_EXCEEDED
          160, // TOO_SLOW
          173, // CANNOT_ALLOCATE_MEMORY
          198, // DNS_ERROR
          201, // QUOTA_EXCEEDED
          202, // TOO_MANY_SIMULTANEOUS_QUERIES
          203, // NO_FREE_CONNECTION
          209, // SOCKET_TIMEOUT
          210, // NETWORK_ERROR
          216, // QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: our own former try still runs
          225, // NO_ZOOKEEPER
          236, // ABORTED: shutting down
          241, // MEMORY_LIMIT_EXCEEDED
          242, // TABLE_IS_READ_ONLY
          243, // NOT_ENOUGH_SPACE
          244, // UNEXPECTED_ZOOKEEPER_ERROR
          252, // TOO_MANY_PARTS
          254, // NO_ACTIVE_REPLICAS
          279, // ALL_CONNECTION_TRIES_FAILED
          285, // TOO_FEW_LIVE_REPLICAS
          286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
          289, // REPLICA_IS_NOT_IN_QUORUM
          290, // LIMIT_EXCEEDED
          319, // UNKNOWN_STATUS_OF_INSERT
          335, // BARRIER_TIMEOUT
          364, // NOT_A_LEADER
          369, // ALL_REPLICAS_ARE_STALE
          373, // SESSION_IS_LOCKED
          394, // QUERY_WAS_CANCELLED
          425, // SYSTEM_ERROR
          439, // CANNOT_SCHEDULE_TASK
          473, // DEADLOCK_AVOIDED
          499, // S3_ERROR
          574, // DISTRIBUTED_TOO_MANY_PENDING_BYTES
          667, // NOT_INITIALIZED
          700, // USER_SESSION_LIMIT_EXCEEDED
          735, // QUERY_WAS_CANCELLED_BY_CLIENT
          745, // SERVER_OVERLOADED
          999, // KEEPER_EXCEPTION
          1000, // POCO_EXCEPTION
          1002 // UNKNOWN_EXCEPTION
          );

  private static final Set<Integer> WAITING =
      Set.of(
          UNKNOWN_TABLE,
          UNKNOWN_DATABASE,
          164, // READONLY
          192, // UNKNOWN_USER
          193, // WRONG_PASSWORD
          194, // REQUIRED_PASSWORD
          195, // IP_ADDRESS_NOT_ALLOWED
          ACCESS_DENIED,
          516 // AUTHENTICATION_FAILED
          );

  private static final Set<Integer> DRIFT =
      Set.of(
          8, // THERE_IS_NO_COLUMN
          10, // NOT_FOUND_COLUMN_IN_BLOCK
          16, // NO_SUCH_COLUMN_IN_TABLE
          20, // NUMBER_OF_COLUMNS_DOESNT_MATCH
          44, // ILLEGAL_COLUMN
          47, // UNKNOWN_IDENTIFIER
          117, // INCORRECT_DATA: a type in the header is no longer the column's
          122, // INCOMPATIBLE_COLUMNS
          218 // TABLE_IS_DROPPED
          );

  private static final Set<Integer> DATA =
      Set.of(
          6, // CANNOT_PARSE_TEXT
          26, // CANNOT_PARSE_QUOTED_STRING
          27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
          33, // CANNOT_READ_ALL_DATA
          38, // CANNOT_PARSE_DATE
          41, // CANNOT_PARSE_DATETIME
          53, // TYPE_MISMATCH
          69, // ARGUMENT_OUT_OF_BOUND
          70, // CANNOT_CONVERT_TYPE
          72, // CANNOT_PARSE_NUMBER
          131, // TOO_LARGE_STRING_SIZE
          153, // ILLEGAL_DIVISION
          190, // SIZES_OF_ARRAYS_DONT_MATCH
          321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
          349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
          376, // CANNOT_PARSE_UUID
          395, // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
          407, // DECIMAL_OVERFLOW
          469, // VIOLATED_CONSTRAINT
          691 // UNKNOWN_ELEMENT_OF_ENUM
          );

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

  /** A fault of the transport, or what ClickHouse said, found in whatever the client threw. */
  static Fault of(Throwable error) {
    Throwable cause = error;
    while (!(cause instanceof ServerException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ServerException server && server.getCode() > 0) {
      int code = server.getCode();
      Kind kind = kindOf(code);
      return new Fault(kind, code, describe(kind, server));
    }
    if (cause instanceof Error) {
      return new Fault(Kind.FATAL, 0, cause.toString());
    }
    // The messages of these classes hold addresses and status lines, never data.
    String text = cause.getClass().getSimpleName() + ": " + cause.getMessage();
    return new Fault(Kind.PASSING, 0, "no answer from ClickHouse (" + text + ")");
  }

  Kind kind() {
    return kind;
  }

  int code() {
    return code;
  }

  private static Kind kindOf(int code) {
    if (PASSING.contains(code)) {
      return Kind.PASSING;
    } else if (WAITING.contains(code)) {
      return Kind.WAITING;
    } else if (DRIFT.contains(code)) {
      return Kind.DRIFT;
    }
    return DATA.contains(code) ? Kind.DATA : Kind.FATAL;
  }

  private static String settings(int code) {
    return switch (code) {
      case UNKNOWN_TABLE -> " (setting " + SinkConfig.TOPIC_TABLES + ")";
      case UNKNOWN_DATABASE -> " (setting " + SinkConfig.DATABASE + ")";
      default -> " (settings " + SinkConfig.USERNAME + ", " + SinkConfig.PASSWORD + ")";
    };
  }

  /**
   * ClickHouse quotes values when it refuses data, so of such messages only the name of the error
   * is kept, and of a violated constraint its name; the whole one is in the server's log.
   */
  private static String describe(Kind kind, ServerException server) {
    String message = server.getMessage();
    if (kind == Kind.PASSING || kind == Kind.WAITING) {
      String said = message.substring(0, Math.min(message.length(), MESSAGE_LIMIT));
      return "ClickHouse says: " + said + (kind == Kind.WAITING ? settings(server.getCode()) : "");
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
