package dev.varve.server.keys;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.util.Locale;

/**
 * What a key may do in a bucket besides what its user owns.
 *
 * @param bucket its name, or {@code *} for all buckets
 */
public record Grant(Permission permission, String bucket) {
    /** How much of a bucket is opened. */
    public enum Permission {
        READ,
        WRITE,
        /** Everything its owner may, reading and writing among it. */
        OWNER
    }

    public static final String ANY_BUCKET = "*";

    /** Reads {@code read:bucket}. */
    public static Grant parse(String text) {
        int colon = text.indexOf(':');
        if (colon > 0 && colon < text.length() - 1) {
            for (Permission permission : Permission.values()) {
                if (permission.name().equalsIgnoreCase(text.substring(0, colon))) {
                    return new Grant(permission, text.substring(colon + 1));
                }
            }
        }
        throw new VarveException(ErrorCode.BAD_REQUEST, "'" + text + "' is not a grant")
                .withHint("write read:BUCKET, write:BUCKET or owner:BUCKET, with * for all buckets");
    }

    public boolean allows(Permission asked, String name) {
        return (bucket.equals(ANY_BUCKET) || bucket.equals(name))
                && (permission == asked || permission == Permission.OWNER);
    }

    @Override
    public String toString() {
        return permission.name().toLowerCase(Locale.ROOT) + ":" + bucket;
    }
}
