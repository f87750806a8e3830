package dev.sluice.sink;

import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/**
 * A record that the transform or the converter has refused and passed on, so that the sink sets it
 * aside: a Struct whose schema is named {@value #SCHEMA_NAME} and whose field {@value #REASON} says
 * why.
 *
 * <p>Connect's own way for what a transform throws acknowledges the record before its copy is in
 * the dead letter queue, and also where it never gets there.
 */
final class RejectedRecord {
  static final String SCHEMA_NAME = "dev.sluice.Refused";
  static final String REASON = "reason";

  private RejectedRecord() {}

  static boolean is(Struct value) {
    return SCHEMA_NAME.equals(value.schema().name());
  }

  static DataException reason(Struct value) {
    return new DataException(value.getString(REASON));
  }
}
