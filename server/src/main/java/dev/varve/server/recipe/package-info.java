/**
 * How well-known files become rows: GHCN-Daily, HURDAT2, USGS earthquakes.
 *
 * <p>Knows files and rows; must not know the command line or how rows travel.
 */
@NullMarked
package dev.varve.server.recipe;

import org.jspecify.annotations.NullMarked;
