package dev.varve.blobstore.meta;

import dev.varve.blobstore.object.StoredObject;
import java.util.List;

/**
 * A version of an object and where its bytes are.
 *
 * @param isFile whether its bytes lie in one plain file
 */
public record StoredVersion(StoredObject object, boolean isFile, List<Extent> extents) {
    public StoredVersion {
        extents = List.copyOf(extents);
    }
}
