package dev.sluice.smt;

import dev.sluice.smt.type.Mismatch;
import java.util.EnumSet;
import java.util.Set;

/** What happened to a row, or to its table, as the envelope's op says it. */
enum Operation {
  CREATE,
  READ,
  UPDATE,
  DELETE,
  TRUNCATE,
  MESSAGE;

  /** Those that may give a row. */
  static final Set<Operation> ROW_OPERATIONS = EnumSet.range(CREATE, DELETE);

  static Operation of(Object op) {
    if (op instanceof String letter) {
      switch (letter) {
        case "c":
          return CREATE;
        case "r":
          return READ;
        case "u":
          return UPDATE;
        case "d":
          return DELETE;
        case "t":
          return TRUNCATE;
        case "m":
          return MESSAGE;
        default:
          break;
      }
    }
    throw new Mismatch("the envelope's op is none of c, r, u, d, t, m");
  }
}
