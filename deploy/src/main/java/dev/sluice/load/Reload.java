package dev.sluice.load;

import dev.sluice.Narrator;
import dev.sluice.SluiceException;
import dev.sluice.load.BulkLoad.OutOfPatience;
import dev.sluice.load.BulkLoad.SnapshotLost;
import dev.sluice.load.Ownership.Disowned;
import dev.sluice.mapping.TableMapping;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.PostgresAddress;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Some rows of a table read once more, into a fact table that a stream writes at the same time.
 * Doing it again changes nothing, and what the stream brings later wins.
 *
 * <p>Failure semantics: as {@link BulkLoad}; a reload that failed may have brought some of its
 * rows, which does no harm. Rows that are gone from Postgres are not marked as deleted: {@code
 * verify --repair} does that.
 */
public final class Reload {

  private Reload() {}

  /**
   * Reads the rows and inserts them.
   *
   * @param filter which rows, in Postgres's SQL
   */
  public static BulkLoad.Result run(
      PostgresAddress postgres,
      ClickHouseClient clickHouse,
      TableMapping mapping,
      String filter,
      BulkLoad.Options options,
      Narrator narrator) {
    try (Snapshot snapshot = Snapshot.now(postgres, options.serverTimeout(), narrator::progress)) {
      return new BulkLoad(
              postgres, clickHouse, mapping, options, narrator, Guard.NONE, new AtomicLong())
          .copy(snapshot, filter);
    } catch (SQLException e) {
      throw postgres.failed(e);
    } catch (Disowned | SnapshotLost | OutOfPatience e) {
      throw new SluiceException(e.getMessage() + "; run it again", e);
    }
  }
}
