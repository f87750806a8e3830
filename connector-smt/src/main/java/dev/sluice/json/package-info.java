/** JSON without schemas, between Connect's values and the bytes of a topic. */
package dev.sluice.json;
