package dev.sluice.servers;

import dev.sluice.servers.ConnectClient.Connector;
import dev.sluice.servers.ConnectClient.Status;
import java.util.List;

/**
 * The derived state of a connector, worst first. Connect calls a connector RUNNING while all its
 * tasks have failed, so its own word is never taken for it: tasks decide.
 */
public enum Health {
  /** No worker answers. */
  UNREACHABLE,
  /** The connector, or every one of its tasks, has failed: no row moves. */
  FAILED,
  /** Some tasks have failed, or tasks are missing, unassigned or restarting. */
  DEGRADED,
  /** Stopped by an operator: no tasks, the configuration and offsets stay. */
  STOPPED,
  /** Paused by an operator. */
  PAUSED,
  /** The connector and all its tasks run. */
  OK;

  /** The state of one connector, from its own status and its tasks'. */
  public static Health of(Connector connector) {
    String state = connector.connector().state();
    List<Status> tasks = connector.tasks();
    long failed = tasks.stream().filter(t -> t.state().equals("FAILED")).count();
    if (state.equals("FAILED") || failed > 0 && failed == tasks.size()) {
      return FAILED;
    }
    if (failed > 0) {
      return DEGRADED;
    }
    if (state.equals("STOPPED")) {
      return STOPPED;
    }
    if (state.equals("PAUSED")) {
      return PAUSED;
    }
    return state.equals("RUNNING") && connector.allTasksRun() ? OK : DEGRADED;
  }

  /** The worst of several; OK when there are none. */
  public static Health worst(List<Health> states) {
    return states.stream().min(Health::compareTo).orElse(OK);
  }

  /** The innermost "Caused by" of a Java stack trace, or its first line; empty for an empty one. */
  public static String rootCause(String trace) {
    String[] lines = trace.split("\n");
    String cause = lines[0];
    for (String line : lines) {
      if (line.startsWith("Caused by: ")) {
        cause = line.substring("Caused by: ".length());
      }
    }
    return cause.strip();
  }
}
