package dev.sluice.lab.chaos;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a network, or something in it that speaks HTTP, does to what passes; the first few to any
 * protocol, the others to inserts into ClickHouse.
 */
public enum NetworkFault {
  /** All passes. */
  NONE,
  /** The host is up and nothing listens; open connections are reset. */
  CONNECTION_REFUSED,
  /** A firewall or a dying host resets the connection in the middle of what is sent. */
  RESET_IN_MID_BODY,
  /**
   * A firewall that has forgotten the connection drops its packets: nothing comes, nothing ends.
   */
  BLACK_HOLE,
  /** A congested line: bytes trickle, so that no read times out and the whole does. */
  SLOW,

  /** A host dies, or a firewall cuts, between the server's work and its answer. */
  RESET_AFTER_TAKEN,
  /** A host dies while it sends its answer. */
  CUT_IN_HEADERS,
  /** A line of many hops, or a proxy that scans for viruses, passes a body piece by piece. */
  PIECEMEAL,
  /** A busy server answers just before the client gives up. */
  JUST_IN_TIME,
  /** A busy server answers when the client has just given up. */
  JUST_TOO_LATE,

  /** A load balancer without a server behind it. */
  UNAVAILABLE(HttpMessage.answer("503 Service Unavailable")),
  /** The same, and its guess of when one will be back. */
  UNAVAILABLE_FOR_A_SECOND(HttpMessage.answer("503 Service Unavailable", "Retry-After: 1")),
  /** The same during planned work: longer than a client waits. */
  UNAVAILABLE_FOR_AN_HOUR(HttpMessage.answer("503 Service Unavailable", "Retry-After: 3600")),
  /** An API gateway limits the rate of requests. */
  TOO_MANY_REQUESTS(page("429 Too Many Requests")),
  /** A captive portal or a single sign-on proxy answers every request with its login page. */
  LOGIN_PAGE(page("200 OK")),
  /** A misconfigured gateway or a stub of a test environment: success, of nothing. */
  EMPTY_SUCCESS(HttpMessage.answer("200 OK")),
  /** A filter for CORS preflights, or a stub, that answers by itself. */
  NO_CONTENT(HttpMessage.answer("204 No Content")),
  /** A proxy lets the request pass and puts its own page in the answer's place. */
  ANSWER_REPLACED,
  /** A sign-on proxy whose session is over sends the client to its login page, which is a 200. */
  REDIRECT_TO_LOGIN(HttpMessage.answer("302 Found", "Location: " + HttpRelay.LOGIN)),
  /** A loop between a balancer and the proxy behind it. */
  REDIRECT_TO_ITSELF,
  /** A proxy knows a new address; what answers there is not ClickHouse's insert. */
  MOVED(HttpMessage.answer("301 Moved Permanently", "Location: " + HttpRelay.ELSEWHERE)),
  /** A proxy wants credentials of its own. */
  UNAUTHORIZED(page("401 Unauthorized")),
  /** A web application firewall does not like the request. */
  FORBIDDEN(page("403 Forbidden")),
  /** An ingress whose route is being redeployed. */
  NOT_FOUND(page("404 Not Found")),
  /** A proxy with a limit for bodies (nginx: client_max_body_size); small ones pass. */
  TOO_LARGE(page("413 Request Entity Too Large")),
  /** A proxy that fails by itself. */
  PROXY_ERROR(page("500 Internal Server Error")),
  /** A proxy whose server has hung up on it. */
  BAD_GATEWAY(page("502 Bad Gateway")),
  /** A proxy with less patience than the client. */
  GATEWAY_TIMEOUT(page("504 Gateway Timeout")),
  /**
   * A proxy that mixes up its connections, or a cache, gives the answer to somebody else's query.
   */
  ANOTHER_ANSWER(
      HttpMessage.answer(
          "200 OK",
          "X-ClickHouse-Query-Id: 6f2b0c1e-0000-4000-8000-000000000000",
          "X-ClickHouse-Summary: {\"read_rows\":\"1000\",\"written_rows\":\"1000\"}")),

  /** ClickHouse is overloaded, read-only, short of replicas or of Keeper: its codes in turn. */
  PASSING_CODES(159, 202, 209, 210, 225, 236, 241, 242, 243, 252, 285, 319, 999),
  /** A limit of the user's profile refuses inserts of many rows; small ones pass. */
  LIMIT_CODES(158, 307, 396, 241),
  /** A server newer than the client says what the client does not know. */
  UNKNOWN_CODE(9999);

  private static final Set<NetworkFault> ANY_PROTOCOL = EnumSet.range(CONNECTION_REFUSED, SLOW);
  private static final Set<NetworkFault> LETTING_THROUGH =
      EnumSet.of(NONE, PIECEMEAL, JUST_IN_TIME, JUST_TOO_LATE, TOO_LARGE, LIMIT_CODES);

  private final HttpMessage answer;
  private final int[] codes;

  NetworkFault(HttpMessage answer) {
    this.answer = answer;
    this.codes = new int[0];
  }

  NetworkFault(int... codes) {
    this.answer = null;
    this.codes = codes;
  }

  /** True when it takes no HTTP to meet it. */
  public boolean meetsAnyProtocol() {
    return ANY_PROTOCOL.contains(this);
  }

  /** True when inserts get through all the same: smaller ones, or from a client with patience. */
  public boolean letsInsertsThrough() {
    return LETTING_THROUGH.contains(this);
  }

  /**
   * Up to so many bytes of a body pass. One row of any test is smaller; and the two are far apart,
   * so that a client that has got used to one still has to learn the other.
   */
  int passingBytes() {
    return switch (this) {
      case TOO_LARGE -> 256 << 10;
      case LIMIT_CODES -> 20 << 10;
      default -> -1;
    };
  }

  /** True when a row may rightly be given up for what ClickHouse seems to say of it. */
  public boolean mayCondemnRows() {
    return this == UNKNOWN_CODE;
  }

  /** How many different answers it has. */
  public int answers() {
    return Math.max(1, codes.length);
  }

  /** True when it meets this request. */
  boolean meets(HttpMessage request) {
    if (meetsAnyProtocol()) {
      return true;
    }
    return this != NONE && request.isInsert() && request.body().length > passingBytes();
  }

  /**
   * What is answered in ClickHouse's place, if anything is.
   *
   * @param turn how many requests have met this before
   */
  Optional<HttpMessage> answer(HttpMessage request, int turn) {
    if (this == REDIRECT_TO_ITSELF) {
      return Optional.of(
          HttpMessage.answer("307 Temporary Redirect").with("Location", request.target()));
    } else if (codes.length == 0) {
      return Optional.ofNullable(answer);
    }
    int code = codes[turn % codes.length];
    return Optional.of(
        HttpMessage.answer("500 Internal Server Error")
            .with("X-ClickHouse-Exception-Code", code)
            .with("X-ClickHouse-Query-Id", request.parameter("query_id").orElse(""))
            .with("Code: %d. DB::Exception: Injected. (version 26.7.3)%n".formatted(code)));
  }

  /** Page of something that is not ClickHouse. */
  static HttpMessage page(String status) {
    return HttpMessage.answer(status, "Content-Type: text/html")
        .with("<html><body><h1>" + status + "</h1><form>Sign in</form></body></html>\n");
  }
}
