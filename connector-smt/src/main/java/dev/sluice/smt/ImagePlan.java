package dev.sluice.smt;

import dev.sluice.smt.type.ColumnType;
import java.util.List;

/** Knows where a row image keeps the source of each column of the row. Columns go by number. */
interface ImagePlan {

  /** The value that the column reads, or null. */
  Object get(Object image, int column);

  /** Whether the image has the source of this column at all. */
  boolean has(Object image, int column);

  /**
   * Whether the image has columns that nobody knows.
   *
   * @param absent how many of the known ones it has not
   */
  boolean hasUnknown(Object image, int absent);

  /** The names of those, for an error. */
  List<String> unknown(Object image);

  /** Converts a value that {@link #get} gave. */
  Object convert(Object value, int column, ColumnType target);

  /** What the value's type is called in an error. */
  String describe(Object value, int column);
}
