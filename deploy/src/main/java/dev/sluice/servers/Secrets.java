package dev.sluice.servers;

import java.util.regex.Pattern;

/** Which settings are never shown. */
public final class Secrets {

  private static final Pattern SECRET =
      Pattern.compile(
          "(?i).*(password|secret|token|credential|jaas|private.?key|passphrase|api.?key|access.?key|keystore\\.key|user\\.info).*");
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{[^}]+}");

  private Secrets() {}

  /**
   * The value of a setting as it may be shown: a secret (recognised by the setting's name) as
   * {@code ****}, a reference such as <code>${env:X}</code> whole, null as {@code (none)}.
   */
  public static String masked(String setting, String value) {
    if (value == null) {
      return "(none)";
    }
    boolean secret = SECRET.matcher(setting).matches() && !REFERENCE.matcher(value).matches();
    return secret ? "****" : value;
  }
}
