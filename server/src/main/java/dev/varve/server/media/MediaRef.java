package dev.varve.server.media;

import dev.varve.blobstore.object.ObjectKey;

/** A medium's place in the store. */
record MediaRef(String bucket, ObjectKey key) {}
