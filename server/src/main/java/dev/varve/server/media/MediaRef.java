package dev.varve.server.media;

import dev.varve.blobstore.object.Bucket;
import dev.varve.blobstore.object.ObjectKey;
import java.util.Objects;

/** A medium's place in the store. */
record MediaRef(String bucket, ObjectKey key) {
    /** Whether what is in the bucket is media. */
    static boolean mayBeIn(Bucket bucket) {
        return Objects.equals(bucket.settings().tags().get(MediaLibrary.KIND_TAG), MediaLibrary.MEDIA_KIND);
    }
}
