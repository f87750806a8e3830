/** Turns Debezium's change events into flat, exactly typed fact rows. */
package dev.sluice.smt;
