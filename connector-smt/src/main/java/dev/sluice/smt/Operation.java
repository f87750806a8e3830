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

  /** Those that a sink may have to hear of. */
  static final Set<Operation> FACTS = EnumSet.range(CREATE, TRUNCATE);

  static Operation of(Object op) {
    char letter = op instanceof String text && text.length() == 1 ? text.charAt(0) : ' ';
    return switch (letter) {
      case 'c' -> CREATE;
      case 'r' -> READ;
      case 'u' -> UPDATE;
      case 'd' -> DELETE;
      case 't' -> TRUNCATE;
      case 'm' -> MESSAGE;
      default -> throw new Mismatch("the envelope's op is none of c, r, u, d, t, m");
    };
  }
}
