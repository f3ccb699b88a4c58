/**
 * What a person sees on a terminal: tables, progress, numbers with units.
 *
 * <p>Knows no command and no HTTP.
 */
@NullMarked
package dev.varve.server.console;

import org.jspecify.annotations.NullMarked;
