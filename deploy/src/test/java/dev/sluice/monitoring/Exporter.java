package dev.sluice.monitoring;

import com.sun.tools.attach.VirtualMachine;
import io.prometheus.jmx.JavaAgent;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;

/** The Prometheus JMX exporter with the rules of {@code deploy/monitoring}, on a free port. */
record Exporter(URI metrics, String agent, String argument) {

  static Exporter onFreePort() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    return new Exporter(
        URI.create("http://127.0.0.1:" + port + "/metrics"),
        Path.of(JavaAgent.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .toString(),
        "127.0.0.1:" + port + ":" + MonitoringFiles.RULES);
  }

  /** The option that starts a JVM with it. */
  String option() {
    return "-javaagent:" + agent + "=" + argument;
  }

  /** Puts it on a JVM that runs. */
  void attachTo(long pid) throws Exception {
    VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
    try {
      machine.loadAgent(agent, argument);
    } finally {
      machine.detach();
    }
  }
}
