package dev.sluice.chaos;

import dev.sluice.chaos.NetworkProxy.Weather;
import java.util.ArrayList;
import java.util.List;
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

  /** All kinds. */
  static List<Blow> all(Battlefield field) {
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
    for (Weather weather : Weather.values()) {
      if (weather != Weather.FAIR) {
        new TreeMap<>(field.networks())
            .forEach(
                (server, network) ->
                    blows.add(
                        new Blow(
                            "network to " + server + " " + weather.name().toLowerCase(),
                            () -> network.set(weather),
                            () -> network.set(Weather.FAIR))));
      }
    }
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
}
