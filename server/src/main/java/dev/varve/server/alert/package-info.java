/**
 * Telling people what must not be: alerts that stand, and messages about them by webhook and e-mail.
 *
 * <p>Knows when somebody is told, and how. Must not know what is wrong with what.
 */
@NullMarked
package dev.varve.server.alert;

import org.jspecify.annotations.NullMarked;
