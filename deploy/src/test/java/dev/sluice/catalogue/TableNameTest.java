package dev.sluice.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.SluiceException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableNameTest {

  private static TableName parse(String text) {
    return TableName.parse(text, "--table");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        // written                  | schema    | table         | SQL
        "public.app_user_visits     | public    | app_user_visits | \"public\".\"app_user_visits\"",
        "orders                     | public    | orders        | \"public\".\"orders\"",
        "My.Orders                  | my        | orders        | \"my\".\"orders\"",
        "\"My\".\"Orders\"          | My        | Orders        | \"My\".\"Orders\"",
        "public.\"Order$1\"         | public    | Order$1       | \"public\".\"Order$1\"",
        "public.order$1             | public    | order$1       | \"public\".\"order$1\"",
        "public.Größe               | public    | größe         | \"public\".\"größe\"",
        "\"My.Schema\".\"a.b\"      | My.Schema | a.b           | \"My.Schema\".\"a.b\"",
        "public.\"o'brien\"         | public    | o'brien       | \"public\".\"o'brien\"",
        "public.\"say \"\"hi\"\"\"  | public    | say \"hi\"    | \"public\".\"say \"\"hi\"\"\"",
      })
  void readsWhatPsqlReads(String written, String schema, String table, String sql) {
    TableName name = parse(written);

    assertThat(name.schema()).isEqualTo(schema);
    assertThat(name.table()).isEqualTo(table);
    assertThat(name.sql()).isEqualTo(sql);
    assertThat(parse(name.toString())).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "public.",
        ".orders",
        "a.b.c",
        "public.o'brien",
        "public.order lines",
        "public.1st",
        "public.\"open",
        "public.\"a\"b",
        "public.\"\"",
        "public.x')=NULL; DROP TABLE victim; SELECT ('x",
        "public.a234567890123456789012345678901234567890123456789012345678901234"
      })
  void refusesWhatIsNoNameAndSaysForWhatItWasGiven(String written) {
    assertThatThrownBy(() -> parse(written))
        .isInstanceOf(SluiceException.class)
        .hasMessageStartingWith("--table " + written + ": ");
  }

  @Test
  void takesSixtyThreeBytes() {
    String longest = "ä".repeat(31) + "a";

    assertThat(parse(longest).table()).isEqualTo(longest);
    assertThatThrownBy(() -> parse("ä".repeat(32))).hasMessageContaining("1 to 63 bytes");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "public.app_user_visits | public.app_user_visits     | public.app_user_visits",
        "public.\"Orders\"      | public.Orders              | public.Orders",
        "public.\"Order$1\"     | public\\x2eOrder\\x241     | public.Order_1",
        "public.\"a,b c\"       | public\\x2ea\\x2cb\\x20c   | public.a_b_c",
        "public.größe           | public\\x2egröße           | public.gr__e",
        "public.\"a.b\"         | public\\x2ea\\x2eb         | public.a.b",
        "public.\"o'brien\"     | public\\x2eo\\x27brien     | public.o_brien",
        "public.\"x-y\"         | public\\x2ex\\x2dy         | public.x-y",
      })
  void isWrittenForDebeziumAndForKafka(String written, String regex, String topic) {
    TableName name = parse(written);

    assertThat(name.regex()).isEqualTo(regex);
    assertThat(Pattern.matches(regex, name.schema() + "." + name.table())).isTrue();
    assertThat(name.inTopic()).isEqualTo(topic);
  }
}
