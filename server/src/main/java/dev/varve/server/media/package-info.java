/**
 * Media as objects and as rows: what is committed in a media bucket becomes a row of the dataset {@code media}, and
 * pictures get thumbnails.
 *
 * <p>Knows no HTTP.
 */
@NullMarked
package dev.varve.server.media;

import org.jspecify.annotations.NullMarked;
