package dev.sluice.ops;

import java.util.regex.Pattern;

/**
 * A setting's value as Connect's REST API shows it. References such as {@code ${env:X}} are
 * resolved by the worker alone, so from outside a value with references can only be matched: {@code
 * sluice.${env:TABLE}} could be {@code sluice.public.visits}.
 */
record Template(String text) {

  private static final Pattern REFERENCE = Pattern.compile("\\$\\{[^}]*}");

  Template {
    text = text == null ? "" : text.strip();
  }

  /** True when the value is what it says. */
  boolean isLiteral() {
    return !REFERENCE.matcher(text).find();
  }

  boolean isEmpty() {
    return text.isEmpty();
  }

  /** True when the value could be {@code candidate}. */
  boolean matches(String candidate) {
    return isLiteral() ? text.equals(candidate) : pattern().matcher(candidate).matches();
  }

  private Pattern pattern() {
    StringBuilder regex = new StringBuilder();
    for (String literal : REFERENCE.split(text, -1)) {
      regex.append(regex.isEmpty() ? "" : ".+").append(Pattern.quote(literal));
    }
    return Pattern.compile(regex.toString());
  }
}
