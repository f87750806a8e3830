package dev.sluice.sink;

import java.util.Set;
import java.util.concurrent.ExecutorService;

/**
 * What the tables of a task share.
 *
 * @param executor runs what waits for ClickHouse or for the dead letter queue
 * @param proven tables that have taken rows since the task started: the schema did fit them
 */
record TableParts(
    SinkConfig config,
    Server server,
    ExecutorService executor,
    SinkMetrics metrics,
    DeadLetterReporter letters,
    MemoryBudget budget,
    InsertPacer pacer,
    Partitions partitions,
    Set<String> proven) {}
