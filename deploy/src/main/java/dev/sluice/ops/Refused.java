package dev.sluice.ops;

/** A request that is answered with an HTTP status other than 200 and a sentence. */
final class Refused extends RuntimeException {

  private final int status;

  Refused(int status, String sentence) {
    super(sentence);
    this.status = status;
  }

  int status() {
    return status;
  }
}
