package dev.varve.server.cli;

/** The kinds of files that the node decodes itself. */
enum FileFormat {
    CSV("text/csv", "Loads CSV files, plain or .gz."),
    NDJSON("application/x-ndjson", "Loads files of one JSON object a line, plain or .gz."),
    PARQUET("application/vnd.apache.parquet", "Loads Parquet files, each in one request."),
    ARROW("application/vnd.apache.arrow.stream", "Loads Arrow IPC files or streams, batch by batch.");

    private final String contentType;
    private final String description;

    FileFormat(String contentType, String description) {
        this.contentType = contentType;
        this.description = description;
    }

    String contentType() {
        return contentType;
    }

    String description() {
        return description;
    }
}
