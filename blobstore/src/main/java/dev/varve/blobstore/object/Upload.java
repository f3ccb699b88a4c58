package dev.varve.blobstore.object;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A multipart upload that has begun.
 *
 * @param checksum the algorithm its parts are to be sent with
 * @param isComposite whether the object's checksum will be that of the parts' checksums, not of the whole
 */
public record Upload(
        String id, ObjectWrite write, Instant begun, Optional<ChecksumAlgorithm> checksum, boolean isComposite) {
    public static final int MOST_PARTS = 10_000;
    public static final long MIN_PART_BYTES = 5L << 20;

    /** A part that was uploaded. */
    public record Part(int number, long size, String etag, Instant lastModified, List<Checksum> checksums) {
        public Part {
            checksums = List.copyOf(checksums);
        }
    }

    /** A part as named by the caller that completes the upload; checksums named must be the part's. */
    public record PartName(int number, String etag, List<Checksum> checksums) {
        public PartName {
            checksums = List.copyOf(checksums);
        }
    }

    /**
     * The end of an upload.
     *
     * @param size of the object, if the caller announces it
     * @param checksums of the object, if the caller announces them
     */
    public record Completion(List<PartName> parts, Condition condition, Optional<Long> size, List<Checksum> checksums) {
        public Completion {
            parts = List.copyOf(parts);
            checksums = List.copyOf(checksums);
        }
    }

    /** A page of parts in order of number; there is more if {@code next} is not 0. */
    public record Parts(Upload upload, List<Part> parts, int next) {
        public Parts {
            parts = List.copyOf(parts);
        }
    }

    /** A page of uploads in order of key and begin. */
    public record Uploads(
            List<Upload> uploads,
            List<ObjectKey.Prefix> prefixes,
            Optional<ObjectKey.Prefix> nextAfter,
            Optional<String> nextAfterId) {
        public Uploads {
            uploads = List.copyOf(uploads);
            prefixes = List.copyOf(prefixes);
        }
    }
}
