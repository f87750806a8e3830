package dev.sluice;

/** Takes what a long task has to say while it works. Called from several threads. */
public interface Narrator {

  /** Something that happened and stays true: one sentence. */
  void say(String sentence);

  /** How far something is right now; replaces what was said here before. */
  void progress(String line);

  /** Says nothing. */
  Narrator SILENT =
      new Narrator() {
        @Override
        public void say(String sentence) {}

        @Override
        public void progress(String line) {}
      };
}
