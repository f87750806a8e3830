package dev.sluice.ops;

import dev.sluice.ops.Overview.Part;
import dev.sluice.ops.Overview.PipelineView;
import dev.sluice.ops.Overview.Problem;
import dev.sluice.ops.Overview.Visible;
import dev.sluice.servers.Health;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Derives the state of one pipeline's parts from what the servers said, and says in whole sentences
 * what is wrong and what fixes it. A connector's own RUNNING is never taken for health.
 */
final class Diagnosis {

  private Diagnosis() {}

  /**
   * @param deadLetters of the last hour, in the sink's queue, not put back
   * @param visible null when it is not known
   */
  static PipelineView of(
      long at,
      Pipeline pipeline,
      PipelineTracker tracker,
      Answers answers,
      OpsOptions options,
      Redactor redactor,
      long deadLetters,
      Visible visible) {
    Findings findings = new Findings(answers, options, redactor);
    DiagnosisContext one =
        new DiagnosisContext(at, pipeline, tracker, answers, options, deadLetters, findings);
    SourceDiagnosis before = new SourceDiagnosis(one);
    SinkDiagnosis after = new SinkDiagnosis(one);
    List<Part> parts =
        List.of(before.postgres(), before.source(), after.topic(), after.sink(), after.table());
    return new PipelineView(
        pipeline.id(),
        Health.worst(parts.stream().map(Part::state).filter(Objects::nonNull).toList()),
        pipeline.source() == null ? null : pipeline.source().name(),
        pipeline.sink() == null ? null : pipeline.sink().name(),
        pipeline.topic(),
        pipeline.sourceTable(),
        pipeline.factTable(),
        parts,
        findings.problems().stream().sorted(Comparator.comparing(Problem::state)).toList(),
        tracker.snapshot().view(pipeline.sourceTable(), at),
        visible);
  }
}
