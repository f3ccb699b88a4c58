package dev.varve.blobstore.object;

import java.util.List;
import java.util.Optional;

/**
 * A page of objects, or of versions (newest first in each key; delete markers among them).
 *
 * @param nextAfter the last key or prefix of this page if there is more, to be given as the next page's {@code after}
 * @param nextAfterVersion and, in listings of versions, its version if the page ends with one
 */
public record Listing(
        List<StoredObject> objects,
        List<ObjectKey.Prefix> prefixes,
        Optional<ObjectKey.Prefix> nextAfter,
        Optional<String> nextAfterVersion) {
    public Listing {
        objects = List.copyOf(objects);
        prefixes = List.copyOf(prefixes);
    }

    public boolean isTruncated() {
        return nextAfter.isPresent();
    }
}
