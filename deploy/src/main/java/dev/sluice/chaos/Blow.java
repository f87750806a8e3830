package dev.sluice.chaos;

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
 * @param strike begins it
 * @param heal ends it; for a fault that ends by itself it does nothing
 */
record Blow(String name, Action strike, Action heal) {

  /** Something done to the pipeline. */
  interface Action {
    void run() throws Exception;
  }

  private static final Action NOTHING = () -> {};
  private static final List<String> SERVERS = List.of("Postgres", "Kafka", "Connect", "ClickHouse");

  /** So many, and no more, that the faults of all the rest have their turn in a short storm too. */
  private static final int OF_HTTP = 8;

  /** Each kind once, and a few of the many that speak HTTP. */
  static List<Blow> deck(Battlefield field, Random random) {
    List<Blow> blows = new ArrayList<>();
    for (String server : SERVERS) {
      blows.add(new Blow("kill -9 " + server, () -> field.signal(server, "KILL"), NOTHING));
      blows.add(
          new Blow(
              "freeze " + server,
              () -> field.signal(server, "STOP"),
              () -> field.signal(server, "CONT")));
      // What a service manager sends.
      String stop = server.equals("Postgres") ? "INT" : "TERM";
      blows.add(new Blow("restart " + server, () -> field.signal(server, stop), NOTHING));
    }
    List<Blow> ofHttp = new ArrayList<>();
    for (NetworkFault fault : NetworkFault.values()) {
      if (fault.meetsAnyProtocol()) {
        new TreeMap<>(field.networks())
            .forEach((server, network) -> blows.add(onNetwork(fault, server, network)));
      } else if (fault != NetworkFault.NONE && !fault.mayCondemnRows()) {
        // A row that is rightly given up would look like one that is lost.
        ofHttp.add(onNetwork(fault, "ClickHouse", field.clickHouseNetwork()));
      }
    }
    Collections.shuffle(ofHttp, random);
    blows.addAll(ofHttp.subList(0, OF_HTTP));
    for (String connector : field.connectors()) {
      blows.add(
          new Blow(
              "restart " + connector, () -> field.connect().restart(connector, false), NOTHING));
      blows.add(
          new Blow(
              "pause " + connector,
              () -> field.connect().pause(connector),
              () -> field.connect().resume(connector)));
      blows.add(
          new Blow(
              "delete and register " + connector,
              () -> field.connect().delete(connector),
              field::register));
    }
    blows.add(new Blow("a second worker joins and dies", field::startWorker, field::killWorker));
    return blows;
  }

  private static Blow onNetwork(NetworkFault fault, String server, FaultProxy network) {
    return new Blow(
        "network to " + server + ": " + fault.name().toLowerCase(Locale.ROOT).replace('_', ' '),
        () -> network.set(fault),
        () -> network.set(NetworkFault.NONE));
  }
}
