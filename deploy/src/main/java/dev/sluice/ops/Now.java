package dev.sluice.ops;

/** This process's clock: epoch millis that never jump, whatever happens to the machine's clock. */
final class Now {

  private static final long WALL = System.currentTimeMillis();
  private static final long NANOS = System.nanoTime();

  private Now() {}

  static long millis() {
    return WALL + (System.nanoTime() - NANOS) / 1_000_000;
  }
}
