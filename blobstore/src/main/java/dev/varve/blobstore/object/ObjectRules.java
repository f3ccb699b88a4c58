package dev.varve.blobstore.object;

import dev.varve.blobstore.object.BucketSettings.Versioning;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What arguments must look like whatever is stored: names, limits, settings that fit together. */
public final class ObjectRules {
    public static final int MOST_TAGS = 50;
    public static final int TAG_KEY_CHARACTERS = 128;
    public static final int TAG_VALUE_CHARACTERS = 256;
    /** Of headers and metadata together. */
    public static final int DESCRIPTION_BYTES = 16 << 10;

    public static final long OBJECT_BYTES = 5L << 40;
    public static final long PART_BYTES = 5L << 30;

    private static final Pattern BUCKET_NAME =
            Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");
    private static final Pattern FOUR_NUMBERS = Pattern.compile("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+");

    private ObjectRules() {}

    public static void checkBucketName(String name) {
        if (name.length() < 3
                || name.length() > 63
                || !BUCKET_NAME.matcher(name).matches()
                || FOUR_NUMBERS.matcher(name).matches()
                || name.startsWith("xn--")
                || name.startsWith("sthree-")
                || name.endsWith("-s3alias")
                || name.endsWith("--ol-s3")) {
            throw new ObjectException(
                    ObjectProblem.INVALID_BUCKET_NAME,
                    "'" + name + "' cannot name a bucket: use 3 to 63 of a-z, 0-9, dot and hyphen, beginning and"
                            + " ending each part with a letter or digit, unlike an IP address");
        }
    }

    /** Refuses settings that do not fit together, or that cannot follow those the bucket had. */
    public static void checkSettings(Optional<BucketSettings> before, BucketSettings after) {
        if (after.objectLock() && after.versioning() != Versioning.ENABLED) {
            throw invalidState("a bucket with object lock must keep versions");
        }
        if (after.defaultRetention().isPresent() && !after.objectLock()) {
            throw invalidState("a default retention needs a bucket with object lock");
        }
        if (after.defaultRetention().isPresent()
                && after.defaultRetention().get().days() < 1) {
            throw invalid("a default retention has at least one day, not "
                    + after.defaultRetention().get().days());
        }
        if (before.isPresent() && before.get().objectLock() && !after.objectLock()) {
            throw invalidState("object lock cannot be taken away from a bucket");
        }
        if (before.isPresent() && before.get().versioning() != Versioning.OFF && after.versioning() == Versioning.OFF) {
            throw invalidState("a bucket that kept versions can be suspended but not be without versions");
        }
        checkTags(after.tags());
    }

    public static void checkWrite(ObjectWrite write) {
        checkTags(write.tags());
        long bytes = bytes(write.headers()) + bytes(write.metadata());
        if (bytes > DESCRIPTION_BYTES) {
            throw new ObjectException(
                    ObjectProblem.TOO_LARGE,
                    "headers and metadata have " + bytes + " bytes; " + DESCRIPTION_BYTES + " are allowed");
        }
    }

    public static void checkTags(Map<String, String> tags) {
        if (tags.size() > MOST_TAGS) {
            throw invalid(tags.size() + " tags; " + MOST_TAGS + " are allowed");
        }
        tags.forEach((key, value) -> {
            if (key.isEmpty() || key.length() > TAG_KEY_CHARACTERS || value.length() > TAG_VALUE_CHARACTERS) {
                throw invalid("tag '" + key + "': keys have 1 to " + TAG_KEY_CHARACTERS + " characters, values at most "
                        + TAG_VALUE_CHARACTERS);
            }
        });
    }

    public static void checkUpload(Optional<ChecksumAlgorithm> checksum, boolean isComposite) {
        if (checksum.isPresent() && !isComposite && !checksum.get().isLinear()) {
            throw invalid(checksum.get() + " of a whole upload cannot be known; ask for a composite checksum");
        }
        if (isComposite && checksum.equals(Optional.of(ChecksumAlgorithm.CRC64NVME))) {
            throw invalid("CRC64NVME is a checksum of whole objects only");
        }
    }

    public static void checkPartNumber(int number) {
        if (number < 1 || number > Upload.MOST_PARTS) {
            throw invalid("part number " + number + " is not between 1 and " + Upload.MOST_PARTS);
        }
    }

    /** Refuses a range that does not lie in an object of {@code size} bytes. */
    public static void checkRange(long offset, long length, long size) {
        if (offset < 0 || length < 0 || offset > size - length) {
            throw new ObjectException(
                    ObjectProblem.INVALID_RANGE,
                    length + " bytes from " + offset + " do not lie in an object of " + size + " bytes");
        }
    }

    private static long bytes(Map<String, String> pairs) {
        return pairs.entrySet().stream()
                .mapToLong(pair -> pair.getKey().getBytes(StandardCharsets.UTF_8).length
                        + pair.getValue().getBytes(StandardCharsets.UTF_8).length)
                .sum();
    }

    private static ObjectException invalid(String message) {
        return new ObjectException(ObjectProblem.INVALID_ARGUMENT, message);
    }

    private static ObjectException invalidState(String message) {
        return new ObjectException(ObjectProblem.INVALID_STATE, message);
    }
}
