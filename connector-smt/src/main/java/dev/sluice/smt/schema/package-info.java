/** The fact schema: the target's columns, read from ClickHouse's own syntax. */
package dev.sluice.smt.schema;
