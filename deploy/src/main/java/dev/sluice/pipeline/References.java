package dev.sluice.pipeline;

import dev.sluice.SluiceException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands for a reference such as {@code ${env:NAME}} in a connector's settings. Only the
 * worker knows its environment; known here is our own, and what {@code ./sluice up} has given to
 * its worker.
 *
 * @param known by name
 */
public record References(Map<String, String> known) {

  /** The variable that connect-configs' files have in place of the source table. */
  public static final String TABLE = "SLUICE_POSTGRES_TABLE";

  private static final Pattern REFERENCE = Pattern.compile("\\$\\{env:([^}]*)}");

  /**
   * A setting without references.
   *
   * @param where what the text stands in, for the error
   * @throws SluiceException when it refers to what only the worker knows
   */
  public String resolve(String text, String where) {
    Matcher reference = REFERENCE.matcher(text);
    StringBuilder result = new StringBuilder();
    while (reference.find()) {
      String name = reference.group(1);
      String value = known.get(name);
      if (value == null) {
        throw new SluiceException(
            where
                + " refers to the worker's variable "
                + name
                + ", which is not set here. Set it"
                + (name.equals(TABLE) ? ", as in: " + name + "=public.orders ./sluice …" : "."));
      }
      reference.appendReplacement(result, Matcher.quoteReplacement(value));
    }
    return reference.appendTail(result).toString();
  }
}
