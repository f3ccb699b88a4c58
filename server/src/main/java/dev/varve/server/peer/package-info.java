/**
 * How nodes of a cluster ask each other: gRPC over mutual TLS, one method, bytes in and bytes out.
 *
 * <p>Knows connections, certificates, and what becomes of a request that nobody answers. Must not know what is asked.
 *
 * <p>On the wire, version 1: a unary gRPC call to {@code /varve.Peers/METHOD}, whose message is the request or the answer
 * as it is. Header {@code varve-from} names the sender, whose certificate must name it too. A handler's failure comes as
 * trailers {@code varve-code}, {@code varve-message-bin} and, perhaps, {@code varve-hint-bin} (UTF-8).
 */
@NullMarked
package dev.varve.server.peer;

import org.jspecify.annotations.NullMarked;
