package dev.sluice.servers;

import com.clickhouse.client.api.ServerException;
import java.sql.SQLException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;

/** What a failure says of the server that was asked. */
public final class Answer {

  /** SQLSTATE classes of a connection that is not made, and of a server that is ending. */
  private static final String NO_CONNECTION = "08";

  private static final String ENDING = "57P";

  private Answer() {}

  /**
   * Whether the server has answered, and said no, so that there is no sense in starting it: a right
   * is missing, a password is wrong, a name is unknown.
   */
  public static boolean isRefusal(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SQLException e) {
        String state = e.getSQLState();
        return state != null && !state.startsWith(NO_CONNECTION) && !state.startsWith(ENDING);
      } else if (each instanceof ServerException
          || each instanceof AuthenticationException
          || each instanceof AuthorizationException) {
        return true;
      }
    }
    return false;
  }
}
