/** Small stand-ins for the parts behind the endpoints. */
@NullMarked
package dev.varve.server.fake;

import org.jspecify.annotations.NullMarked;
