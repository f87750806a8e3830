/** What Postgres says of its tables, and how they compare with mapping and fact table. */
package dev.sluice.catalogue;
