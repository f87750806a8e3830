package dev.sluice.ops;

import dev.sluice.catalogue.Sql;
import dev.sluice.ops.PostgresView.Role;
import dev.sluice.ops.PostgresView.Slot;
import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import dev.sluice.servers.Health;
import java.util.Optional;

/** Whether the source's role may still do what it could when its connections were made. */
record RoleDiagnosis(DiagnosisContext of) {

  Health state(PostgresView postgres, Optional<Slot> slot) {
    Role role = postgres.catalogue().role();
    boolean streams = slot.map(Slot::active).orElse(false);
    if (role == null || !role.name().equals(streams ? slot.get().reader() : of.role())) {
      return Health.OK;
    }
    String name = Sql.name(role.name());
    if (!role.logsIn()) {
      return said(
          "role " + name + " is not permitted to log in", "ALTER ROLE " + name + " LOGIN", streams);
    } else if (!role.replicates()) {
      return said(
          "role " + name + " may not replicate", "ALTER ROLE " + name + " REPLICATION", streams);
    }
    return Health.OK;
  }

  private Health said(String what, String fix, boolean streams) {
    return of.findings()
        .problem(
            streams ? Health.DEGRADED : Health.FAILED,
            "postgres",
            (streams
                    ? "When its connection ends, "
                        + of.pipeline().source().name()
                        + " cannot go on: "
                    : of.pipeline().source().name() + " cannot read: ")
                + what
                + ".",
            Cure.of("Give it the right again; the source goes on by itself.")
                .then(Where.POSTGRES, fix));
  }
}
