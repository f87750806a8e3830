package dev.sluice.ops;

/**
 * One pipeline to be looked at, with all that is known.
 *
 * @param deadLetters of the last hour, in the sink's queue, not put back
 * @param findings where to put what is wrong
 */
record DiagnosisContext(
    long at,
    Pipeline pipeline,
    PipelineTracker tracker,
    Answers answers,
    OpsOptions options,
    long deadLetters,
    Findings findings) {

  /**
   * The role that the source goes to Postgres as; the one that looks, where only the worker knows.
   */
  String role() {
    Template user = new Template(pipeline.source().config().get("database.user"));
    return user.isEmpty() || !user.isLiteral() ? options.postgres().user() : user.text();
  }
}
