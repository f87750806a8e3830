package dev.sluice.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.ops.History.Series;
import dev.sluice.ops.Overview.Progress;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is computed from look to look: freshness, rates, snapshot, the last hour. */
final class MeasuresTest {

  private static final TopicPartition P0 = new TopicPartition("t", 0);
  private static final TopicPartition P1 = new TopicPartition("t", 1);

  @Test
  void freshnessIsTheAgeOfTheNewestMarkThatIsVisible() {
    Freshness freshness = new Freshness();
    assertThat(freshness.current(500)).isEmpty();
    freshness.mark(1_000, 10);
    freshness.mark(2_000, 20);
    freshness.confirmed(10, Map.of(P0, 5L, P1, 0L));
    freshness.acknowledged(2_500, Map.of(P0, 9L, P1, 9L));
    assertThat(freshness.percentile(0.5, 2_500)).as("at the mark is not past it").isEmpty();

    freshness.confirmed(11, Map.of(P0, 5L, P1, 3L));
    freshness.acknowledged(2_600, Map.of(P0, 5L, P1, 2L));
    assertThat(freshness.current(2_600)).as("one partition is behind").hasValue(1_600);
    freshness.acknowledged(3_000, Map.of(P0, 5L, P1, 3L));
    assertThat(freshness.current(3_000)).hasValue(2_000);
    assertThat(freshness.percentile(0.5, 3_000)).hasValue(2_000);
    assertThat(freshness.percentile(0.5, 64_000)).as("a minute later").isEmpty();
  }

  @Test
  void freshnessGrowsWhileNothingMovesAndTheMarksWait() {
    Freshness freshness = new Freshness();
    freshness.mark(1_000, 1);
    freshness.confirmed(2, Map.of(P0, 1L));
    freshness.acknowledged(1_500, Map.of(P0, 1L));
    for (int second = 2; second < 62; second++) {
      freshness.mark(second * 1_000, second);
    }
    assertThat(freshness.current(62_000)).hasValue(61_000);
    freshness.confirmed(100, Map.of(P0, 7L));
    freshness.acknowledged(62_000, Map.of(P0, 7L));
    assertThat(freshness.current(62_000)).hasValue(1_000);
    assertThat(freshness.percentile(0.99, 62_000)).hasValue(60_000);
    assertThat(freshness.percentile(0.5, 62_000).orElseThrow()).isBetween(28_000L, 32_000L);
  }

  @Test
  void rateIsOverTheLastSecondsAndSurvivesACounterThatStartsAnew() {
    Rates rates = new Rates();
    assertThat(rates.perSecond()).isNaN();
    rates.add(0, 1_000);
    rates.add(1_000, 1_500);
    assertThat(rates.perSecond()).isEqualTo(500);
    for (int second = 2; second < 20; second++) {
      rates.add(second * 1_000L, 1_500);
    }
    assertThat(rates.perSecond()).isZero();
    assertThat(rates.changedAt()).isEqualTo(1_000);
    rates.add(20_000, 10);
    assertThat(rates.perSecond()).isNaN();
    rates.add(21_000, 20);
    assertThat(rates.perSecond()).isEqualTo(10);
  }

  @Test
  void snapshotRunsUntilAllThatWasReadIsWritten() {
    SnapshotProgress progress = new SnapshotProgress();
    assertThat(progress.view("t", 0)).isNull();
    progress.see(1_000, true, 1_000, 0, 0, 0);
    progress.see(2_000, true, 1_000, 0, 400, 100);
    Progress half = progress.view("t", 2_000);
    assertThat(half).isEqualTo(new Progress("t", 1_000, 400, 100, true, 1_000, 0, 9_000L));
    progress.see(3_000, false, 1_000, 0, 990, 500);
    assertThat(progress.isRunning()).isTrue();
    progress.see(4_000, false, 1_000, 0, 5_000, 990);
    Progress done = progress.view("t", 4_000);
    assertThat(done.running()).isFalse();
    assertThat(done.written()).as("not what streamed in behind it").isEqualTo(990);
    assertThat(progress.view("t", 4_000 + 3_600_001)).isNull();
  }

  @Test
  void snapshotIntoATopicThatHeldMoreCountsFromThere() {
    SnapshotProgress progress = new SnapshotProgress();
    progress.see(1_000, true, 100, 0, 5_000, 5_000);
    progress.see(2_000, true, 100, 0, 5_050, 5_020);
    assertThat(progress.view("t", 2_000).read()).isEqualTo(50);
    assertThat(progress.view("t", 2_000).written()).isEqualTo(20);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                                                            | false",
        "{'offsets':[]}                                                                | false",
        "{'offsets':[{'offset':{'lsn':1}}]}                                            | false",
        "{'offsets':[{'offset':{'snapshot':'INITIAL','snapshot_completed':false}}]}    | true",
        "{'offsets':[{'offset':{'snapshot':'true'}}]}                                  | true",
        "{'offsets':[{'offset':{'snapshot':'INITIAL','snapshot_completed':true}}]}     | false",
        "{'offsets':[{'offset':null}]}                                                 | false"
      })
  void offsetsTellASnapshot(String offsets, boolean expected) throws Exception {
    assertThat(ConnectReader.isSnapshot(new ObjectMapper().readTree(offsets.replace('\'', '"'))))
        .isEqualTo(expected);
  }

  @Test
  void historyIsARingOfOneHourWithOnePointEveryFiveSeconds() {
    History history = new History();
    long begin = 1_000_000_000L;
    for (int second = 0; second < 4_000; second++) {
      history.add(begin + second * 1_000L, second, Double.NaN, 0, 0, 0, 0, 0, 0);
    }
    long[] times = history.times(0);
    assertThat(times).hasSize(720).isSorted();
    assertThat(times[719] - times[0]).isEqualTo(719 * 5L);
    assertThat(history.values(Series.ROWS_IN, 0)[719]).as("the last of its step").isEqualTo(3_999);
    assertThat(history.values(Series.ROWS_OUT, 0)).containsOnly(Double.NaN);
    assertThat(history.times(times[700] * 1_000)).hasSize(19);
  }
}
