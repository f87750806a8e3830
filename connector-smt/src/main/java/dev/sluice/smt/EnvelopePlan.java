package dev.sluice.smt;

import java.util.Set;

/** Knows where an envelope keeps its parts. Immutable and shared between threads. */
interface EnvelopePlan {

  /** The names of what it has, to tell heartbeats and such from what should be an envelope. */
  Set<String> parts(Object envelope);

  /** One of them, or null. Not for what every record is asked. */
  Object part(Object envelope, String name);

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
