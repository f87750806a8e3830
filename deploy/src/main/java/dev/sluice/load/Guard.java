package dev.sluice.load;

import dev.sluice.load.BulkLoad.SnapshotLost;
import dev.sluice.load.Ownership.Disowned;
import java.sql.Connection;
import java.sql.SQLException;

/** What those who copy ask before rows of theirs count. */
interface Guard {

  /** Of copies that may run beside any others. */
  Guard NONE =
      new Guard() {
        @Override
        public void share(Connection copying) {}

        @Override
        public void proveWithSlot() {}

        @Override
        public void refuseLost() {}
      };

  /** Lets a session that copies keep other loads out for as long as it lasts. */
  void share(Connection copying) throws SQLException;

  /** Asks Postgres whether rows may be written, right now. */
  void proveWithSlot() throws Disowned, SnapshotLost, SQLException;

  /** What the last look has found, without asking again. */
  void refuseLost() throws Disowned, SnapshotLost;
}
