package dev.sluice.ops;

import dev.sluice.SluiceException;
import dev.sluice.servers.ClickHouseAddress;
import dev.sluice.servers.PostgresAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * What the operator's page looks at, where it listens and what it may do. Valid once it exists.
 *
 * @param connect REST address of any worker of the Connect cluster
 * @param kafka {@code bootstrap.servers}
 * @param bind address to listen on
 * @param port port to listen on; 0 for any that is free
 * @param allowActions whether the page may change anything
 * @param token what a browser or script has to show; null for none, on loopback only
 * @param limits what counts as degraded
 */
public record OpsOptions(
    URI connect,
    String kafka,
    PostgresAddress postgres,
    ClickHouseAddress clickHouse,
    String bind,
    int port,
    boolean allowActions,
    String token,
    Limits limits) {

  /**
   * @param freshness facts older than this are not fresh
   * @param walBytes a slot that holds back more than this endangers Postgres's disk
   */
  public record Limits(Duration freshness, long walBytes) {
    /** A minute, and a gigabyte. */
    public static final Limits DEFAULT = new Limits(Duration.ofSeconds(60), 1L << 30);
  }

  /** Refuses an address that anybody could reach without a token. */
  public OpsOptions {
    if (port < 0 || port > 65535) {
      throw new SluiceException("--port " + port + ": a port is between 0 and 65535.");
    }
    if (token != null && token.length() < 8) {
      throw new SluiceException("The token is too short: give it 8 characters or more.");
    }
    if (token == null && !isLoopback(bind)) {
      throw new SluiceException(
          "--bind "
              + bind
              + " opens the page to other machines: set a token (--token or SLUICE_OPS_TOKEN).");
    }
  }

  private static boolean isLoopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new SluiceException("--bind " + address + ": no such address.", e);
    }
  }
}
