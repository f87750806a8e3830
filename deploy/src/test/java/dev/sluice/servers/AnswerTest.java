package dev.sluice.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

/** Whether a server was away or has said no. */
final class AnswerTest {

  @Test
  void aMissingRightAWrongPasswordAndAnUnknownDatabaseAreAnswers() {
    assertThat(Answer.isRefusal(new SQLException("no right", "42501"))).isTrue();
    assertThat(Answer.isRefusal(new SQLException("password", "28P01"))).isTrue();
    assertThat(Answer.isRefusal(new RuntimeException(new SQLException("database", "3D000"))))
        .isTrue();
    assertThat(Answer.isRefusal(new ExecutionException(new SaslAuthenticationException("no"))))
        .isTrue();
    assertThat(Answer.isRefusal(new GroupAuthorizationException("connect-sink"))).isTrue();
  }

  @Test
  void aServerThatIsAwayOrEndsHasNotAnswered() {
    assertThat(Answer.isRefusal(new SQLException("refused", "08001"))).isFalse();
    assertThat(Answer.isRefusal(new SQLException("shutting down", "57P01"))).isFalse();
    assertThat(Answer.isRefusal(new SQLException("no state"))).isFalse();
    assertThat(Answer.isRefusal(new TimeoutException("5 s"))).isFalse();
    assertThat(Answer.isRefusal(new RuntimeException(new IOException("reset")))).isFalse();
  }
}
