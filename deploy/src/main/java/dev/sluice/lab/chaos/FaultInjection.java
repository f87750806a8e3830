package dev.sluice.lab.chaos;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;

/**
 * One kind of fault.
 *
 * @param name as the report says it
 * @param begin begins it
 * @param end ends it; for a fault that ends by itself it does nothing
 */
record FaultInjection(String name, Action begin, Action end) {

  /** Something done to the pipeline. */
  interface Action {
    void run() throws Exception;
  }

  private static final Action NOTHING = () -> {};
  private static final List<String> SERVERS = List.of("Postgres", "Kafka", "Connect", "ClickHouse");

  /** So many, and no more, that the faults of all the rest have their turn in a short run too. */
  private static final int OF_HTTP = 8;

  /** Each kind of fault once, and a few of the many that speak HTTP. */
  static List<FaultInjection> round(ChaosEnvironment environment, Random random) {
    List<FaultInjection> faults = new ArrayList<>();
    for (String server : SERVERS) {
      faults.add(
          new FaultInjection(
              "kill -9 " + server, () -> environment.signal(server, "KILL"), NOTHING));
      faults.add(
          new FaultInjection(
              "freeze " + server,
              () -> environment.signal(server, "STOP"),
              () -> environment.signal(server, "CONT")));
      // What a service manager sends.
      String stop = server.equals("Postgres") ? "INT" : "TERM";
      faults.add(
          new FaultInjection("restart " + server, () -> environment.signal(server, stop), NOTHING));
    }
    List<FaultInjection> ofHttp = new ArrayList<>();
    for (NetworkFault fault : NetworkFault.values()) {
      if (fault.meetsAnyProtocol()) {
        new TreeMap<>(environment.networks())
            .forEach((server, network) -> faults.add(onNetwork(fault, server, network)));
      } else if (fault != NetworkFault.NONE && !fault.mayCondemnRows()) {
        // A row that is rightly given up would look like one that is lost.
        ofHttp.add(onNetwork(fault, "ClickHouse", environment.clickHouseNetwork()));
      }
    }
    Collections.shuffle(ofHttp, random);
    faults.addAll(ofHttp.subList(0, OF_HTTP));
    for (String connector : environment.connectors()) {
      faults.add(
          new FaultInjection(
              "restart " + connector,
              () -> environment.connect().restart(connector, false),
              NOTHING));
      faults.add(
          new FaultInjection(
              "pause " + connector,
              () -> environment.connect().pause(connector),
              () -> environment.connect().resume(connector)));
      faults.add(
          new FaultInjection(
              "delete and register " + connector,
              () -> environment.connect().delete(connector),
              environment::register));
    }
    faults.add(
        new FaultInjection(
            "a second worker joins and dies", environment::startWorker, environment::killWorker));
    return faults;
  }

  private static FaultInjection onNetwork(NetworkFault fault, String server, FaultProxy network) {
    return new FaultInjection(
        "network to " + server + ": " + fault.name().toLowerCase(Locale.ROOT).replace('_', ' '),
        () -> network.set(fault),
        () -> network.set(NetworkFault.NONE));
  }
}
