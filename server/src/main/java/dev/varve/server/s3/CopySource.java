package dev.varve.server.s3;

import dev.varve.blobstore.object.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The object that {@code x-amz-copy-source} names. */
record CopySource(String bucket, ObjectKey key, Optional<String> versionId) {
    private static final String VERSION = "?versionId=";

    static CopySource of(S3Request request) {
        String text = request.header("x-amz-copy-source").orElseThrow();
        Optional<String> version = Optional.empty();
        int mark = text.lastIndexOf(VERSION);
        if (mark >= 0) {
            version = Optional.of(text.substring(mark + VERSION.length())).filter(id -> !id.isEmpty());
            text = text.substring(0, mark);
        }
        String path = PercentCoding.text(PercentCoding.decode(text));
        if (path.startsWith("/")) {
            path = path.substring(1);
        }
        int slash = path.indexOf('/');
        byte[] key = path.substring(slash + 1).getBytes(StandardCharsets.UTF_8);
        if (slash < 1 || key.length == 0 || key.length > ObjectKey.MAX_BYTES) {
            throw S3Exception.invalidArgument(
                    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
        }
        return new CopySource(path.substring(0, slash), ObjectKey.of(key), version);
    }
}
