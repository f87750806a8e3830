package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.eclipse.jetty.io.Connection;
import org.junit.jupiter.api.Test;

/** Whose turn it is, and who has to go. */
final class CrowdTest {

  private static final int MEGABYTE = 1 << 20;

  private final Crowd crowd = new Crowd();

  @Test
  void clientsWhoseTurnIsLongOverAreLateThoseWhoAskedAgainAndOursAreNot() {
    Connection idle = joined();
    Connection asking = joined();
    Connection ours = joined();
    long then = System.nanoTime() + TimeUnit.SECONDS.toNanos(Crowd.LIMIT_SECONDS);
    crowd.clientsTurn(asking, 0);
    crowd.ourTurn(ours);
    assertThat(crowd.late(System.nanoTime())).isEmpty();
    assertThat(crowd.late(then)).contains(idle).doesNotContain(asking, ours);
    assertThat(crowd.late(then + TimeUnit.SECONDS.toNanos(60))).containsExactly(idle, asking);
    crowd.clientsTurn(ours, 0);
    assertThat(crowd.late(then + TimeUnit.SECONDS.toNanos(60))).containsExactly(idle, asking, ours);
  }

  @Test
  void oneTooManyPushesOutWhoHasWaitedLongest() {
    List<Connection> all = new ArrayList<>();
    for (int i = 0; i < Crowd.MOST; i++) {
      all.add(joined());
    }
    crowd.clientsTurn(all.get(0), 0);
    assertThat(all).allMatch(CrowdTest::stands);
    Connection newest = joined();
    assertThat(all).filteredOn(c -> !stands(c)).containsExactly(all.get(1));
    assertThat(stands(newest)).isTrue();
  }

  @Test
  void answersThatNobodyTakesPushOutWhoHasWaitedLongest() {
    List<Connection> all = new ArrayList<>();
    for (int i = 0; i < Crowd.MOST_BYTES / MEGABYTE; i++) {
      all.add(joined());
      crowd.clientsTurn(all.get(i), MEGABYTE);
    }
    assertThat(all).allMatch(CrowdTest::stands);
    crowd.clientsTurn(all.get(1), 0);
    Connection newest = joined();
    crowd.clientsTurn(newest, MEGABYTE);
    assertThat(all).as("one has taken its answer").allMatch(CrowdTest::stands);
    crowd.clientsTurn(newest, 2 * MEGABYTE);
    assertThat(all).filteredOn(c -> !stands(c)).containsExactly(all.get(0));
  }

  @Test
  void oneThatIsClosedStaysForgotten() {
    Connection gone = joined();
    crowd.onClosed(gone);
    crowd.clientsTurn(gone, MEGABYTE);
    crowd.ourTurn(gone);
    crowd.clientsTurn(gone, MEGABYTE);
    assertThat(crowd.late(System.nanoTime() + TimeUnit.SECONDS.toNanos(60))).isEmpty();
  }

  private Connection joined() {
    ByteArrayEndPoint socket = new ByteArrayEndPoint();
    Connection connection =
        new AbstractConnection(socket, Runnable::run) {
          @Override
          public void onFillable() {}
        };
    socket.setConnection(connection);
    crowd.onOpened(connection);
    return connection;
  }

  private static boolean stands(Connection connection) {
    return connection.getEndPoint().isOpen();
  }
}
