package dev.sluice.lab.bench;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Visits as messages of Kafka, JSON without schemas: as Debezium writes a row, and as the flat row
 * that the transform makes of it. The same number always gives the same visit.
 */
final class VisitMessages {

  private static final long NEWEST = 1_795_000_000_000L;
  private static final long YEAR = 365L * 24 * 3600 * 1000;
  private static final String[] COUNTRIES = {"DE", "FR", "IT", "ES", "PL", "NL", "AT", null};
  private static final String[] MECHANISMS = {"push", "pull", "batch", null};

  /** One visit in both forms, under the key of both. */
  record Message(byte[] key, byte[] flat, byte[] event) {}

  private final StringBuilder flat = new StringBuilder(1024);
  private final StringBuilder source = new StringBuilder(1024);

  /** The visit of that number. */
  Message message(long number) {
    SplittableRandom random = new SplittableRandom(number);
    flat.setLength(0);
    source.setLength(0);
    String id = uuid(random);
    same("id", quoted(id));
    same("customer_id", quoted(uuid(random)));
    same("branch_id", quoted(uuid(random)));
    same("store_id", quoted(uuid(random)));
    same("cashier_id", quoted(uuid(random)));
    same("phone_number", random.nextInt(5) > 0 ? quoted("+49" + random.nextInt(1 << 30)) : null);
    flag("seen", random.nextInt(20) > 0 ? random.nextBoolean() : null);
    same("state", Integer.toString(random.nextInt(6)));
    amount("points", random.nextInt(10) > 0 ? random.nextInt(10_000) : null);
    amount("receipt", random.nextInt(100_000));
    String country = quoted(COUNTRIES[random.nextInt(COUNTRIES.length)]);
    column("countryCode", country, "country_code", country);
    amount("remaining", random.nextBoolean() ? random.nextInt(5_000) : null);
    long created = NEWEST - random.nextLong(YEAR);
    time("created_at", created);
    time("updated_at", created + random.nextLong(YEAR / 12));
    flag("expired", random.nextInt(5) == 0);
    time("expires_at", random.nextInt(10) < 7 ? created + YEAR : null);
    same("order_id", random.nextInt(10) < 6 ? quoted("ORD-" + number) : null);
    flag("is_deleted", false);
    flag("is_fraud", random.nextInt(200) == 0);
    same("sync_mechanism", quoted(MECHANISMS[random.nextInt(MECHANISMS.length)]));
    Boolean bulk = random.nextInt(10) < 3 ? random.nextBoolean() : null;
    column("is_bulk_points", quoted(bulk), "is_bulk_points", text(bulk));
    return new Message(
        bytes("{\"id\":\"" + id + "\"}"),
        bytes(flat.append('}').toString()),
        bytes(event(source.append('}').toString(), number)));
  }

  private static String event(String after, long number) {
    return """
        {"before":null,"after":%s,"source":{"version":"3.7.0.Final","connector":"postgresql",\
        "name":"sluice","ts_ms":%d,"snapshot":"true","db":"postgres","sequence":"[null,\\"%d\\"]",\
        "ts_us":%d000,"ts_ns":%d000000,"schema":"public","table":"app_user_visits","txId":%d,\
        "lsn":%d,"xmin":null},"transaction":null,"op":"r","ts_ms":%d,"ts_us":%d000,\
        "ts_ns":%d000000}"""
        .formatted(after, NEWEST, number, NEWEST, NEWEST, number, number, NEWEST, NEWEST, NEWEST);
  }

  private void same(String name, String value) {
    column(name, value, name, value);
  }

  private void flag(String name, Boolean value) {
    column(name, value == null ? null : value ? "1" : "0", name, text(value));
  }

  private void amount(String name, Integer cents) {
    String value = cents == null ? null : BigDecimal.valueOf(cents, 2).toString();
    column(name, value, name, quoted(value));
  }

  private void time(String name, Long millis) {
    Instant instant = millis == null ? null : Instant.ofEpochMilli(millis);
    column(name, text(millis), name, quoted(instant));
  }

  private void column(String flatName, String flatValue, String sourceName, String sourceValue) {
    field(flat, flatName, flatValue);
    field(source, sourceName, sourceValue);
  }

  private static void field(StringBuilder to, String name, String value) {
    to.append(to.length() == 0 ? '{' : ',').append('"').append(name).append("\":").append(value);
  }

  private static String quoted(Object value) {
    return value == null ? null : "\"" + value + "\"";
  }

  private static String text(Object value) {
    return value == null ? null : value.toString();
  }

  private static String uuid(SplittableRandom random) {
    return new UUID(random.nextLong(), random.nextLong()).toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
