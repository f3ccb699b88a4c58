/**
 * The Java client: rows in, SQL out, over HTTP and Arrow.
 *
 * <p>Knows only the wire as {@code docs/http-api.md} describes it; must not know any other module.
 */
@NullMarked
package dev.varve.sdk;

import org.jspecify.annotations.NullMarked;
