package dev.sluice.ops;

import dev.sluice.servers.Health;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A dead letter without its payload, decoded from the headers that Connect puts on it ({@code
 * errors.deadletterqueue.context.headers.enable}).
 *
 * @param at when it was set aside, epoch millis
 * @param originTopic where it came from; null without headers, and then it cannot be put back
 * @param key as text
 * @param reason the first "Caused by", or the exception's message
 * @param stage such as TRANSFORMATION or TASK_PUT
 * @param size of the payload, in bytes
 * @param putBackAt when this process put it back; 0 for never
 */
record DeadLetter(
    String topic,
    int partition,
    long offset,
    long at,
    String connector,
    String task,
    String originTopic,
    String originPartition,
    String originOffset,
    String key,
    String stage,
    String stageClass,
    String exception,
    String reason,
    String trace,
    int size,
    long putBackAt) {

  static final String HEADERS = "__connect.errors.";
  private static final int LONGEST_KEY = 300;
  private static final int LONGEST_TRACE = 20_000;

  static DeadLetter of(ConsumerRecord<byte[], byte[]> letter, long putBackAt, Redactor redactor) {
    String trace = text(letter, "exception.stacktrace");
    String message = text(letter, "exception.message");
    String root = trace == null ? "" : Health.rootCause(trace);
    String reason = Format.cause(root.isEmpty() ? message == null ? "" : message : root);
    return new DeadLetter(
        letter.topic(),
        letter.partition(),
        letter.offset(),
        letter.timestamp(),
        text(letter, "connector.name"),
        text(letter, "task.id"),
        text(letter, "topic"),
        text(letter, "partition"),
        text(letter, "offset"),
        cut(decoded(letter.key()), LONGEST_KEY),
        text(letter, "stage"),
        text(letter, "class.name"),
        text(letter, "exception.class.name"),
        redactor.text(cut(reason, 2_000)),
        trace == null ? "" : redactor.text(cut(trace, LONGEST_TRACE)),
        letter.value() == null ? 0 : letter.value().length,
        putBackAt);
  }

  /** The text of one of Connect's error headers; null when it is not there. */
  static String text(ConsumerRecord<byte[], byte[]> letter, String name) {
    Header header = letter.headers().lastHeader(HEADERS + name);
    return header == null ? null : decoded(header.value());
  }

  static String decoded(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  static String cut(String text, int length) {
    return text == null || text.length() <= length ? text : text.substring(0, length) + " …";
  }
}
