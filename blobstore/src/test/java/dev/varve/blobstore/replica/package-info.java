@NullMarked
package dev.varve.blobstore.replica;

import org.jspecify.annotations.NullMarked;
