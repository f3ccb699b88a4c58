/**
 * Small models of the store's dangerous protocols, explored state by state; each has mutants, with one rule broken, that must
 * fail.
 *
 * <p>Knows no code of the store.
 */
@NullMarked
package dev.varve.blobstore.protocol;

import org.jspecify.annotations.NullMarked;
