/**
 * Nodes of a test that ask each other within one process.
 *
 * <p>Knows how a request can get lost. Must not know what is asked.
 */
@NullMarked
package dev.varve.testkit.peers;

import org.jspecify.annotations.NullMarked;
