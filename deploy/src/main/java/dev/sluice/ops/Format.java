package dev.sluice.ops;

import java.util.Locale;

/** Numbers in sentences. */
final class Format {

  private static final String[] BYTE_UNITS = {"B", "KB", "MB", "GB", "TB"};

  private Format() {}

  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, BYTE_UNITS[unit]);
  }

  static String duration(long millis) {
    long seconds = millis / 1000;
    if (seconds < 120) {
      return seconds + " s";
    }
    return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
  }

  /** A failure's words without the class name before them, for a sentence. */
  static String cause(String failure) {
    return failure.replaceFirst("^(?:\\w+\\.)+[\\w$]+: ", "");
  }

  static String count(long number, String one, String many) {
    return String.format(Locale.ROOT, "%,d %s", number, number == 1 ? one : many);
  }
}
