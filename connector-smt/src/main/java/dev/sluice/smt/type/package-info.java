/**
 * Values on their way from the wire to a column: {@link dev.sluice.smt.type.WireType} knows the
 * forms a value arrives in, {@link dev.sluice.smt.type.ColumnType} the types it may become.
 */
package dev.sluice.smt.type;
