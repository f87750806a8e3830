package dev.sluice.doctor;

import dev.sluice.catalogue.TableName;
import dev.sluice.mapping.FactMapping;
import dev.sluice.ops.Overview;
import dev.sluice.servers.ClickHouseClient;
import dev.sluice.servers.ConnectClient;
import dev.sluice.servers.ConnectorSpec;
import dev.sluice.servers.PostgresAddress;
import java.util.function.Supplier;

/**
 * One route to look at, and where its servers are.
 *
 * @param kafka bootstrap servers
 * @param look what moves, as the page sees it; asked once at most
 */
public record DoctorContext(
    ConnectClient connect,
    String kafka,
    PostgresAddress postgres,
    ClickHouseClient clickHouse,
    ConnectorSpec source,
    ConnectorSpec sink,
    String topic,
    TableName table,
    String factTable,
    FactMapping mapping,
    Supplier<Overview> look) {}
