package dev.sluice.ops;

import dev.sluice.pipeline.Cure;
import dev.sluice.pipeline.Cure.Where;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is known to end a task and does not pass by a restart, from the words of Debezium 3.7 and
 * Kafka's clients.
 *
 * @param text why it failed, as the end of a sentence
 */
record KnownFailure(String text, Cure cure) {

  /** Of a slot that has lost WAL, however that has shown. */
  static final Cure NEW_SLOT =
      Cure.of(
              "A new slot is made, and what has changed meanwhile is compared and brought, deletes"
                  + " too.")
          .then(Where.SLUICE, "resync --yes");

  private record Kind(Pattern words, String text, Cure cure) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              Pattern.compile("no longer available on the server"),
              "Postgres no longer has the WAL that it would go on from: its slot is lost, or was"
                  + " dropped",
              NEW_SLOT),
          new Kind(
              Pattern.compile(
                  "The message is (\\d+) bytes when serialized which is larger than (\\d+), which is"
                      + " the value of the max.request.size configuration"),
              "a change of $0 has $1 bytes, and $2 are the limit (producer.override.max.request.size)",
              Cure.of(
                  "Raise that and producer.override.buffer.memory of the source and"
                      + " max.message.bytes of the topic; ./sluice doctor names the largest row. The"
                      + " change waits in Postgres.")),
          new Kind(
              Pattern.compile("larger than the max message size the server will accept"),
              "the broker takes no change of $0 that is so large (max.message.bytes of the topic)",
              Cure.of(
                  "Raise that to what the source may send (producer.override.max.request.size), as"
                      + " ./sluice doctor says under room for changes, and restart what failed. The"
                      + " change waits in Postgres.")));

  /**
   * The kind of a failure, by the message of its cause.
   *
   * @param tables whose changes the connector moves
   */
  static Optional<KnownFailure> of(String cause, String tables) {
    for (Kind kind : KINDS) {
      Matcher said = kind.words.matcher(cause);
      if (said.find()) {
        String text = kind.text.replace("$0", tables);
        for (int group = 1; group <= said.groupCount(); group++) {
          text = text.replace("$" + group, said.group(group));
        }
        return Optional.of(new KnownFailure(text, kind.cure));
      }
    }
    return Optional.empty();
  }
}
