package dev.sluice.smt;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.junit.jupiter.api.Test;

class PlanCacheTest {

  private final PlanCache<Object> cache = new PlanCache<>(schema -> new Object());

  private static Schema schema(int number) {
    return SchemaBuilder.struct().name("envelope-" + number).build();
  }

  @Test
  void planIsCompiledOncePerSchemaAndFoundByIdentityOrEquality() {
    Schema first = schema(1);
    Object plan = cache.planFor(first);

    assertThat(cache.planFor(first)).isSameAs(plan);
    assertThat(cache.planFor(schema(1))).isSameAs(plan);
    assertThat(cache.planFor(schema(2))).isNotSameAs(plan);
    assertThat(cache.planFor(first)).isSameAs(plan);
  }

  @Test
  void plansOfSchemasNotSeenForLongAreForgotten() {
    Object first = cache.planFor(schema(0));
    Object second = cache.planFor(schema(1));
    for (int i = 2; i < 64; i++) {
      cache.planFor(schema(i));
    }
    assertThat(cache.planFor(schema(0))).isSameAs(first);

    cache.planFor(schema(64));

    assertThat(cache.planFor(schema(0))).isSameAs(first);
    assertThat(cache.planFor(schema(1))).isNotSameAs(second);
  }
}
