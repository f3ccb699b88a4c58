/**
 * What a node does by itself, without being asked: maintenance jobs now, membership and placement when there are more
 * nodes.
 *
 * <p>Knows that work is due, never the bytes of files, rows or SQL; the composition root plugs the work in as {@link
 * dev.varve.controller.Job}s.
 */
@NullMarked
package dev.varve.controller;

import org.jspecify.annotations.NullMarked;
