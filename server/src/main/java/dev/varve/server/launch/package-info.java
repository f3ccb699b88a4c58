/**
 * A cluster of processes on one machine, for trying out, demonstrations, measurements and fault tests.
 *
 * <p>Knows folders, ports, processes and signals. Must not know what nodes do.
 *
 * <p>Everything is under one folder: {@code cluster.yaml} (name, heap, replicas), {@code secret}, and for each process a folder
 * with its configuration, {@code data}, {@code log/} and {@code pid} (process id and start, to tell a later process of the same
 * id): {@code zookeeper/1} with {@code zookeeper.yaml}, {@code node-1} with {@code node.yaml}. Configurations are written
 * once, ports included, and read ever after, so that they may be edited.
 */
@NullMarked
package dev.varve.server.launch;

import org.jspecify.annotations.NullMarked;
