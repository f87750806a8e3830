package dev.sluice;

/** Waiting between two looks at something that changes by itself. */
public final class Pause {

  private Pause() {}

  /**
   * Sleeps.
   *
   * @throws SluiceException when the thread is interrupted; its interrupt flag is set again
   */
  public static void millis(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SluiceException("Interrupted.", e);
    }
  }
}
