package dev.sluice.monitoring;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;

/**
 * A process with the beans that the official ClickHouse sink v1.5.0 registers, as its {@code
 * SinkTaskStatistics} names them: no Maven repository has the sink itself. Ends with its input.
 */
public final class OfficialSinkBeans {

  private OfficialSinkBeans() {}

  /** The attributes that the rules read, of those that the sink has. */
  public interface TaskMBean {
    long getReceivedRecords();

    long getInsertedRecords();

    long getFailedRecords();

    long getMessagesSentToDLQ();

    long getMeanReceiveLag();

    long getTaskProcessingTime();
  }

  /** Each number is another. */
  public static final class Task implements TaskMBean {
    @Override
    public long getReceivedRecords() {
      return 1;
    }

    @Override
    public long getInsertedRecords() {
      return 2;
    }

    @Override
    public long getFailedRecords() {
      return 3;
    }

    @Override
    public long getMessagesSentToDLQ() {
      return 4;
    }

    @Override
    public long getMeanReceiveLag() {
      return 5;
    }

    @Override
    public long getTaskProcessingTime() {
      return 6;
    }
  }

  public static void main(String[] arguments) throws Exception {
    String bean = "com.clickhouse:type=ClickHouseKafkaConnector,name=SinkTask1,version=v1.5.0";
    for (String name : new String[] {bean, bean + ",topic=sluice.public.app_user_visits"}) {
      ManagementFactory.getPlatformMBeanServer().registerMBean(new Task(), new ObjectName(name));
    }
    while (System.in.read() >= 0) {
      // Nothing is said.
    }
  }
}
