package dev.sluice.sink;

/** The version in the jar's manifest, which the build writes. */
final class Version {
  static final String OF_BUILD = read();

  private Version() {}

  private static String read() {
    String version = Version.class.getPackage().getImplementationVersion();
    // Classes outside of a jar have none: only tests run them so.
    return version == null ? "unpackaged" : version;
  }
}
