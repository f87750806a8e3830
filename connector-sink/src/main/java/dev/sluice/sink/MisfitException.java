package dev.sluice.sink;

import java.util.List;
import org.apache.kafka.connect.errors.ConnectException;

/** The schema of the rows and the table disagree; the message lists every point. */
final class MisfitException extends ConnectException {
  MisfitException(String table, List<String> problems) {
    super("Rows do not fit table " + table + ": " + String.join("; ", problems));
  }
}
