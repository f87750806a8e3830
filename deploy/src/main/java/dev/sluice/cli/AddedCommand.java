package dev.sluice.cli;

/**
 * A command that a jar of its own brings, found by {@link java.util.ServiceLoader}; picocli's
 * annotations tell the rest.
 */
public interface AddedCommand {}
