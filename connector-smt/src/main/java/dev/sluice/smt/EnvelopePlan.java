package dev.sluice.smt;

/** Knows where an envelope keeps its parts. Immutable and shared between threads. */
interface EnvelopePlan {

  /**
   * Whether values of this form are envelopes of row changes, as opposed to heartbeats and such.
   */
  boolean isRowChange(Object envelope);

  /** What happened, or null when the envelope does not say it. */
  Object op(Object envelope);

  /** The row before the change; null when there was none or it is of another form. */
  Object before(Object envelope);

  /** The row after the change; null when there is none or it is of another form. */
  Object after(Object envelope);

  ImagePlan beforePlan();

  ImagePlan afterPlan();

  /** A field of the source block, or null. */
  Object source(Object envelope, Metadata field);
}
