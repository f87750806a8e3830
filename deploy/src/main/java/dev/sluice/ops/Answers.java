package dev.sluice.ops;

import dev.sluice.ops.Poll.Answer;

/** What is known of the four servers at one moment; {@code connect} has a value. */
record Answers(
    Answer<ConnectView> connect,
    Answer<PostgresView> postgres,
    Answer<KafkaView> kafka,
    Answer<ClickHouseView> clickHouse) {}
