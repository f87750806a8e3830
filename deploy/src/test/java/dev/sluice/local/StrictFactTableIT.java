package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.Commands;
import dev.sluice.pipeline.FactTable;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The scenarios on the strict fact table. */
final class StrictFactTableIT extends PipelineScenarios {
  StrictFactTableIT() {
    super(FactTable.STRICT);
  }

  /** As when Postgres was restored on a server that has written less than the one before. */
  @Test
  void versionsOfAServerThatWasFurtherLoseAgainAfterAResync() throws Exception {
    String versions = "SELECT max(_version) > 1000000000000000 FROM app_user_visits_fact_strict";
    pipeline()
        .clickHouse()
        .execute(
            "INSERT INTO app_user_visits_fact_strict"
                + " SELECT * REPLACE (_version + 1000000000000000 AS _version)"
                + " FROM app_user_visits_fact_strict FINAL");
    change(900_001);
    pipeline().awaitSynced(progress -> {});
    assertThat(changed(900_001)).as("facts with the change").isZero();

    Commands commands = new Commands(pipeline().options().dataDir());
    assertThat(commands.doctor()).containsEntry("versions rise", "FAIL");
    assertThat(commands.run("resync", "--yes")).as(commands.output()).isZero();
    assertThat(commands.output()).contains("Identical:");
    assertThat(commands.doctor()).containsEntry("versions rise", "OK");
    assertThat(changed(900_001)).isEqualTo(40);

    change(900_002);
    pipeline().awaitSynced(progress -> {});
    assertThat(changed(900_002)).isEqualTo(40);
    assertThat(pipeline().clickHouse().number(versions)).isEqualTo(1);
    assertThat(pipeline().compare().differences()).isEmpty();
  }

  private void change(int state) throws SQLException {
    execute(
        "UPDATE app_user_visits SET state = %d"
            + " WHERE id IN (SELECT id FROM app_user_visits WHERE NOT is_deleted ORDER BY id LIMIT 40)",
        state);
  }

  private long changed(int state) {
    return pipeline()
        .clickHouse()
        .number("SELECT count() FROM app_user_visits_fact_strict_current WHERE state = " + state);
  }
}
