package dev.sluice.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PortsTest {

  private final List<String> notes = new ArrayList<>();

  @TempDir private Path folder;
  private Ports ports;

  @BeforeEach
  void open() {
    ports = new Ports(folder, notes::add);
  }

  @AfterEach
  void close() {
    ports.close();
  }

  @Test
  void nextFreePortIsTakenAndSaid() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int wellKnown = taken.getLocalPort();
      int port = ports.choose("Kafka", "--kafka-port", null, wellKnown);
      assertThat(port).isGreaterThan(wellKnown);
      assertThat(notes).containsExactly("Port " + wellKnown + " is taken; Kafka uses " + port);
    }
  }

  @Test
  void portOfAServerOnAllAddressesIsTakenToo() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      assertThat(ports.choose("Kafka", "--kafka-port", null, taken.getLocalPort()))
          .isNotEqualTo(taken.getLocalPort());
    }
  }

  @Test
  void portAskedForThatIsTakenIsAnError() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> ports.choose("Kafka", "--kafka-port", port, 9092))
          .isInstanceOf(SluiceException.class)
          .hasMessageContaining(Integer.toString(port))
          .hasMessageContaining("Kafka")
          .hasMessageContaining("--kafka-port");
    }
  }

  @Test
  void noPortIsGivenTwice() {
    int first = ports.any();
    assertThat(ports.choose("B", "--b", null, first)).isNotEqualTo(first);
    assertThatThrownBy(() -> ports.choose("C", "--c", first, 1))
        .isInstanceOf(SluiceException.class);
  }

  @Test
  void anyPortIsNoneThatAnOutgoingConnectionMayTake() {
    assertThat(ports.any()).isBetween(1_024, 32_767);
  }

  @Test
  void portOfAStackThatIsStillStartingIsTaken() {
    int first = ports.any();
    try (Ports other = new Ports(folder, notes::add)) {
      assertThat(other.choose("B", "--b", null, first)).isNotEqualTo(first);
      ports.close();
      assertThat(other.choose("C", "--c", first, 1)).isEqualTo(first);
    }
  }

  @Test
  void portOutOfRangeIsAnError() {
    assertThatThrownBy(() -> ports.choose("A", "--a-port", 70_000, 1))
        .hasMessageContaining("--a-port 70000");
  }
}
