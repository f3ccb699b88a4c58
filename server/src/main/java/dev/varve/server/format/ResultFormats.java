package dev.varve.server.format;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The formats there are. */
public final class ResultFormats {
    /** The first one is for clients without a wish. */
    public static final List<ResultFormat> ALL = List.of(
            new JsonFormat(),
            new NdjsonFormat(),
            new CsvFormat(),
            new ArrowFormat(),
            new ResultFormat.Parquet(),
            new GeoJsonFormat(),
            new PrettyFormat());

    private ResultFormats() {}

    public static Optional<ResultFormat> byLabel(String label) {
        return ALL.stream()
                .filter(format -> format.label().equals(label.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    public static Optional<ResultFormat> byMediaType(String mediaType) {
        return ALL.stream()
                .filter(format -> format.mediaType().equalsIgnoreCase(mediaType))
                .findFirst();
    }
}
