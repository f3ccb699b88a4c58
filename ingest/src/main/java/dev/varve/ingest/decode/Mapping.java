package dev.varve.ingest.decode;

import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the columns and texts of a body become the columns and values of a dataset.
 *
 * <p>Names of source columns are matched exactly first, then with case ignored.
 *
 * @param time source column of the time, or several joined by commas whose texts are put together with a space; null to
 *     find it by name
 * @param lat source column of the latitude; null to find it by name
 * @param lon source column of the longitude; null to find it by name
 * @param sources source column by target column, for own columns with another name in the source
 * @param ignored source columns to leave out
 * @param missing texts that mean null in every column, besides the empty field
 * @param missingIn texts that mean null, by source column
 * @param timeFormat {@code auto}, {@code iso}, {@code epoch-s}, {@code epoch-ms}, {@code epoch-us}, {@code epoch-ns} or
 *     a pattern
 * @param zone zone of times that name none
 * @param scales factors by source or target column
 * @param offsets summands by source or target column; stored value = source × scale + offset
 * @param lon360 longitudes run from 0 to 360
 * @param delimiter between the fields of CSV
 * @param header whether CSV starts with the names of the columns; else they are c1, c2, …
 */
public record Mapping(
        @Nullable String time,
        @Nullable String lat,
        @Nullable String lon,
        Map<String, String> sources,
        Set<String> ignored,
        Set<String> missing,
        Map<String, Set<String>> missingIn,
        String timeFormat,
        ZoneId zone,
        Map<String, BigDecimal> scales,
        Map<String, BigDecimal> offsets,
        boolean lon360,
        char delimiter,
        boolean header) {
    /** Everything found by name, times in any ISO form and UTC. */
    public static final Mapping DEFAULT = new Builder().build();

    public Mapping {
        sources = Map.copyOf(sources);
        ignored = Set.copyOf(ignored);
        missing = Set.copyOf(missing);
        Map<String, Set<String>> copies = new HashMap<>();
        missingIn.forEach((column, texts) -> copies.put(column, Set.copyOf(texts)));
        missingIn = Map.copyOf(copies);
        scales = Map.copyOf(scales);
        offsets = Map.copyOf(offsets);
        if (delimiter == '"' || delimiter == '\n' || delimiter == '\r') {
            throw new VarveException(ErrorCode.BAD_REQUEST, "delimiter is a quote or a line end")
                    .withHint("use one character such as , ; | or a tab");
        }
        TimeFormats.check(timeFormat);
    }

    /**
     * The mapping that the parameters of a request describe; parameters of the request that are not about the mapping
     * ({@code onError}, {@code create}, {@code dryRun}, {@code key}, {@code h3Resolution}, {@code partition}) are passed
     * over, unknown ones refused.
     */
    public static Mapping parse(Map<String, List<String>> parameters) {
        return MappingParameters.parse(parameters);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from this mapping. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Collects the parts of a mapping. */
    public static final class Builder {
        private @Nullable String time;
        private @Nullable String lat;
        private @Nullable String lon;
        private final Map<String, String> sources = new HashMap<>();
        private final Set<String> ignored = new HashSet<>();
        private final Set<String> missing = new HashSet<>();
        private final Map<String, Set<String>> missingIn = new HashMap<>();
        private String timeFormat = "auto";
        private ZoneId zone = ZoneOffset.UTC;
        private final Map<String, BigDecimal> scales = new HashMap<>();
        private final Map<String, BigDecimal> offsets = new HashMap<>();
        private boolean lon360;
        private char delimiter = ',';
        private boolean header = true;

        private Builder() {}

        private Builder(Mapping from) {
            time = from.time;
            lat = from.lat;
            lon = from.lon;
            sources.putAll(from.sources);
            ignored.addAll(from.ignored);
            missing.addAll(from.missing);
            missingIn.putAll(from.missingIn);
            timeFormat = from.timeFormat;
            zone = from.zone;
            scales.putAll(from.scales);
            offsets.putAll(from.offsets);
            lon360 = from.lon360;
            delimiter = from.delimiter;
            header = from.header;
        }

        public Builder time(@Nullable String source) {
            time = source;
            return this;
        }

        public Builder lat(@Nullable String source) {
            lat = source;
            return this;
        }

        public Builder lon(@Nullable String source) {
            lon = source;
            return this;
        }

        public Builder map(String target, String source) {
            sources.put(target, source);
            return this;
        }

        public Builder ignore(String... columns) {
            ignored.addAll(List.of(columns));
            return this;
        }

        public Builder missing(String... texts) {
            missing.addAll(List.of(texts));
            return this;
        }

        public Builder missingIn(String column, String... texts) {
            Set<String> all = new HashSet<>(missingIn.getOrDefault(column, Set.of()));
            all.addAll(List.of(texts));
            missingIn.put(column, all);
            return this;
        }

        public Builder timeFormat(String format) {
            timeFormat = format;
            return this;
        }

        public Builder zone(ZoneId value) {
            zone = value;
            return this;
        }

        public Builder scale(String column, BigDecimal factor) {
            scales.put(column, factor);
            return this;
        }

        public Builder offset(String column, BigDecimal summand) {
            offsets.put(column, summand);
            return this;
        }

        public Builder lon360(boolean value) {
            lon360 = value;
            return this;
        }

        public Builder delimiter(char value) {
            delimiter = value;
            return this;
        }

        public Builder header(boolean value) {
            header = value;
            return this;
        }

        public Mapping build() {
            return new Mapping(
                    time,
                    lat,
                    lon,
                    sources,
                    ignored,
                    missing,
                    missingIn,
                    timeFormat,
                    zone,
                    scales,
                    offsets,
                    lon360,
                    delimiter,
                    header);
        }
    }
}
