/**
 * The command line: every command, its options, output and exit codes.
 *
 * <p>Knows nodes only through the SDK, apart from starting one.
 */
@NullMarked
package dev.varve.server.cli;

import org.jspecify.annotations.NullMarked;
