/**
 * Geometries as texts and back: WKT and GeoJSON, longitude first.
 *
 * <p>Knows no SQL; what is inside what is asked of {@link dev.varve.model.space.Region}.
 */
@NullMarked
package dev.varve.query.geometry;

import org.jspecify.annotations.NullMarked;
