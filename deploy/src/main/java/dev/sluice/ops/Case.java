package dev.sluice.ops;

/**
 * One pipeline to be looked at, with all that is known.
 *
 * @param deadLetters of the last hour, in the sink's queue, not put back
 * @param findings where to put what is wrong
 */
record Case(
    long at,
    Pipeline pipeline,
    PipelineTracker tracker,
    Answers answers,
    OpsOptions options,
    long deadLetters,
    Findings findings) {}
