package dev.sluice.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether kept offsets are of an older slot. */
final class SourceOffsetsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "{'offsets':[{'partition':{'server':'s'},'offset':{'lsn':99}}]}; true",
        "{'offsets':[{'partition':{'server':'s'},'offset':{'lsn':100}}]}; false",
        "{'offsets':[{'partition':{'server':'s'},'offset':{'snapshot':true}}]}; false",
        "{'offsets':[{'partition':{'server':'s'},'offset':null}]}; false",
        "{'offsets':[]}; false"
      })
  void aPositionBeforeTheSlotsIsOfAnOlderOne(String offsets, boolean expected) throws Exception {
    assertThat(
            SourceOffsets.areBefore(new ObjectMapper().readTree(offsets.replace('\'', '"')), 100))
        .isEqualTo(expected);
  }
}
