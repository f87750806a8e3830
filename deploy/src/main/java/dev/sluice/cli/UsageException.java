package dev.sluice.cli;

import dev.sluice.SluiceException;

/** Options that name what is not there: the command was used wrongly. */
final class UsageException extends SluiceException {

  UsageException(String message) {
    super(message);
  }
}
