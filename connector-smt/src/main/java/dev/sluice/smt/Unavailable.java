package dev.sluice.smt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Recognises what Debezium puts in place of a large value that did not change: Postgres leaves it
 * out of its log unless REPLICA IDENTITY is FULL. Each type has its own form of the same words.
 */
final class Unavailable {

  private static final String TEXT = "__debezium_unavailable_value";
  private static final byte[] BYTES = TEXT.getBytes(StandardCharsets.UTF_8);
  private static final String BASE64 = Base64.getEncoder().encodeToString(BYTES);
  private static final String HSTORE_JSON = "{\"" + TEXT + "\":\"" + TEXT + "\"}";
  private static final String ARRAY_UUID = UUID.nameUUIDFromBytes(BYTES).toString();

  private Unavailable() {}

  static boolean is(Object value) {
    if (value instanceof String text) {
      return isText(text);
    }
    // Asked first because most values are neither, and because it is much the cheaper question.
    if (value instanceof Number || value instanceof Boolean) {
      return false;
    }
    if (value instanceof List<?> list) {
      return isList(list);
    }
    if (value instanceof Map<?, ?> map) {
      return map.size() == 1 && TEXT.equals(map.get(TEXT));
    }
    return isBytes(value);
  }

  /** The lengths are compared first, because every text of every row comes here. */
  private static boolean isText(String text) {
    int length = text.length();
    return length == TEXT.length() && text.equals(TEXT)
        || length == BASE64.length() && text.equals(BASE64)
        || length == HSTORE_JSON.length() && text.equals(HSTORE_JSON);
  }

  private static boolean isBytes(Object value) {
    return value instanceof byte[] bytes && Arrays.equals(bytes, BYTES)
        || value instanceof ByteBuffer buffer && buffer.equals(ByteBuffer.wrap(BYTES));
  }

  /** One element with the words, or, for numbers, each of their bytes as an element. */
  private static boolean isList(List<?> list) {
    if (list.size() == 1) {
      Object only = list.get(0);
      return only instanceof String text && (isText(text) || text.equals(ARRAY_UUID))
          || isBytes(only);
    }
    if (list.size() != BYTES.length) {
      return false;
    }
    for (int i = 0; i < BYTES.length; i++) {
      if (!(list.get(i) instanceof Number number) || number.doubleValue() != BYTES[i]) {
        return false;
      }
    }
    return true;
  }
}
