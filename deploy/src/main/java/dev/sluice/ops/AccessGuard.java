package dev.sluice.ops;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;

/**
 * Who may see and who may act, enforced here and nowhere else.
 *
 * <ul>
 *   <li>With a token, every request has to show it: as {@code Authorization: Bearer}, or as the
 *       password of basic authentication, which is what browsers ask for.
 *   <li>Without one, only requests to a loopback name are served, so that a foreign page cannot
 *       reach this one under a name of its own (DNS rebinding).
 *   <li>An action needs {@code --allow-actions}, an {@code Origin} (where there is one) that is
 *       this page's own, a JSON body, and the action token in {@code X-Sluice-Token}. The page is
 *       given that token by {@code /api/session}, which other origins cannot read.
 * </ul>
 */
final class AccessGuard {

  static final String TOKEN_HEADER = "X-Sluice-Token";
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

  private final String accessToken;
  private final String actionToken;
  private final boolean allowActions;

  AccessGuard(OpsOptions options) {
    this.accessToken = options.token();
    this.allowActions = options.allowActions();
    this.actionToken = accessToken == null ? random() : accessToken;
  }

  /** What the page sends with an action; null when there are none. */
  String actionToken() {
    return allowActions ? actionToken : null;
  }

  /** Headers of every answer. */
  static void harden(HttpFields.Mutable headers, int status) {
    headers.put(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src"
            + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'");
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("X-Frame-Options", "DENY");
    headers.put("Referrer-Policy", "no-referrer");
    headers.put("Cross-Origin-Opener-Policy", "same-origin");
    headers.put("Cross-Origin-Resource-Policy", "same-origin");
    headers.put("Cache-Control", "no-store");
    if (status == 401) {
      headers.put("WWW-Authenticate", "Basic realm=\"Sluice\"");
    }
  }

  /** Lets a reader in, or throws. */
  void checkReader(HttpFields headers) {
    if (accessToken == null) {
      String host = headers.get("Host");
      if (host == null || !LOOPBACK.contains(withoutPort(host))) {
        throw new RequestRefused(
            403, "Without a token this page answers to 127.0.0.1 and localhost only.");
      }
      return;
    }
    if (!equal(accessToken, shown(headers.get("Authorization")))) {
      throw new RequestRefused(401, "The token is missing or wrong.");
    }
  }

  /** Lets an action through, or throws. The reader has been checked. */
  void checkAction(HttpFields headers) {
    if (!allowActions) {
      throw new RequestRefused(
          403, "This page is read-only: it was started without --allow-actions.");
    }
    String origin = headers.get("Origin");
    if (origin != null && !sameHost(origin, headers.get("Host"))) {
      throw new RequestRefused(403, "Actions are taken from this page's own origin only.");
    }
    if (!equal(actionToken, headers.get(TOKEN_HEADER))) {
      throw new RequestRefused(403, "The action token is missing or wrong: load the page again.");
    }
    String type = headers.get("Content-Type");
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw new RequestRefused(415, "An action's body is JSON.");
    }
  }

  private static boolean sameHost(String origin, String host) {
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    boolean port = colon > host.lastIndexOf(']');
    return (port && colon > 0 ? host.substring(0, colon) : host).toLowerCase(Locale.ROOT);
  }

  /** The token in an Authorization header; null when there is none. */
  private static String shown(String authorization) {
    if (authorization == null) {
      return null;
    }
    String[] words = authorization.split(" ", 2);
    if (words.length == 2 && words[0].equalsIgnoreCase("Bearer")) {
      return words[1].strip();
    }
    if (words.length == 2 && words[0].equalsIgnoreCase("Basic")) {
      try {
        byte[] bytes = Base64.getDecoder().decode(words[1].strip());
        String[] pair = new String(bytes, StandardCharsets.UTF_8).split(":", 2);
        return pair.length == 2 ? pair[1] : null;
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
    return null;
  }

  /** In a time that does not tell how much of it is right. */
  private static boolean equal(String wanted, String shown) {
    return shown != null
        && MessageDigest.isEqual(
            wanted.getBytes(StandardCharsets.UTF_8), shown.getBytes(StandardCharsets.UTF_8));
  }

  private static String random() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
