/**
 * ZooKeeper's own server, as a part of our distribution.
 *
 * <p>Knows how it is set up so that sessions of a few seconds work and old logs go. Must not know what is kept in it.
 */
@NullMarked
package dev.varve.controller.zookeeper;

import org.jspecify.annotations.NullMarked;
