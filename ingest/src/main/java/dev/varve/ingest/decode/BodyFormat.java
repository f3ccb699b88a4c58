package dev.varve.ingest.decode;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The formats in which rows can be sent. */
public enum BodyFormat {
    CSV("text/csv"),
    NDJSON("application/x-ndjson"),
    ARROW_STREAM("application/vnd.apache.arrow.stream"),
    PARQUET("application/vnd.apache.parquet");

    private final String contentType;

    BodyFormat(String contentType) {
        this.contentType = contentType;
    }

    public String contentType() {
        return contentType;
    }

    /** The format of a {@code Content-Type} header; parameters such as {@code charset} do not matter. */
    public static Optional<BodyFormat> byContentType(String header) {
        int end = header.indexOf(';');
        String type = (end < 0 ? header : header.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(format -> format.contentType.equals(type))
                .findFirst();
    }
}
