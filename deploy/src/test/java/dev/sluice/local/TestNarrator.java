package dev.sluice.local;

import dev.sluice.Narrator;

/** Shows in the test's output what a pipeline says, so that a failure can be read there. */
public final class TestNarrator implements Narrator {
  @Override
  public void say(String sentence) {
    System.out.println(sentence);
  }

  @Override
  public void progress(String line) {}
}
