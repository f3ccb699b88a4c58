package dev.varve.blobstore.meta;

import java.nio.charset.StandardCharsets;

/** The kinds of rows, each in a column family of its own. */
enum Family {
    BUCKET("bucket", 1),
    OBJECT("object", 2),
    NULL_VERSION("null", 3),
    UPLOAD("upload", 4),
    PART("part", 5),
    COMPLETED("completed", 6),
    TRASH("trash", 7),
    STATE("state", 8);

    private final String title;
    private final byte code;

    Family(String title, int code) {
        this.code = (byte) code;
        this.title = title;
    }

    /** What the hash of a state takes it for. */
    byte code() {
        return code;
    }

    /** Name of the column family. */
    byte[] bytes() {
        return title.getBytes(StandardCharsets.UTF_8);
    }
}
