package dev.sluice.lab.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpMessageTest {

  private static final String CHUNKED = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";

  @Test
  void chunksBecomeOneBody() throws IOException {
    HttpMessage request = request(CHUNKED + "5\r\nINSER\r\nA;x=y\r\nT INTO t (\r\n0\r\n\r\n");
    assertThat(text(request.body())).isEqualTo("INSERT INTO t (");
    assertThat(text(request.bytes()))
        .isEqualTo("POST / HTTP/1.1\r\nContent-Length: 15\r\n\r\nINSERT INTO t (");
  }

  @Test
  void nextRequestBeginsBehindTheTrailers() throws IOException {
    InputStream in = in(CHUNKED + "1\r\n\n\r\n0\r\nA: b\r\n\r\n" + "GET /ping HTTP/1.1\r\n\r\n");
    HttpMessage first = HttpMessage.readHead(in).withRequestBody(in);
    assertThat(text(first.body())).isEqualTo("\n");
    assertThat(HttpMessage.readHead(in).target()).isEqualTo("/ping");
    assertThat(HttpMessage.readHead(in)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CHUNKED,
        CHUNKED + "5\r\nINS",
        CHUNKED + "1\r\nI\r\n0\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a",
      })
  void requestThatIsCutShortIsNone(String cut) {
    assertThatThrownBy(() -> request(cut)).isInstanceOf(EOFException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/?query=INSERT+INTO+t+FORMAT+RowBinary&query_id=a | 1 | true",
        "/?query_id=a&query=%0A%20insert%20into%20t        | 1 | true",
        "/?query=SELECT+1                                  | INSERT INTO t VALUES (1) | false",
        "/?query=&database=d                               | INSERT INTO t SELECT 1 | true",
        "/?database=d                                      | INSERT INTO t SELECT 1 | true",
        "/?database=d                                      | SELECT 'INSERT' | false",
        "/?my_query=INSERT                                 | SELECT 1 | false",
        "/                                                 | '' | false",
      })
  void insertIsWhatItsStatementSays(String target, String body, boolean insert) throws IOException {
    HttpMessage request =
        request(
            "POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(target, body.length(), body));
    assertThat(request.isInsert()).isEqualTo(insert);
  }

  @Test
  void answerWithoutLengthGoesOnToTheEnd() throws IOException {
    assertThat(text(answer("HTTP/1.1 200 OK\r\n\r\nabc").body())).isEqualTo("abc");
    assertThat(answer("HTTP/1.1 204 No Content\r\n\r\nHTTP").body()).isEmpty();
    assertThat(text(answer("HTTP/1.1 204 No Content\r\n\r\n").bytes())).doesNotContain("Length");
    assertThat(answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP").body()).isEmpty();
  }

  private static HttpMessage request(String text) throws IOException {
    InputStream in = in(text);
    return HttpMessage.readHead(in).withRequestBody(in);
  }

  private static HttpMessage answer(String text) throws IOException {
    InputStream in = in(text);
    return HttpMessage.readHead(in).withAnswerBody(in);
  }

  private static InputStream in(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
