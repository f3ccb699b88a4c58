package dev.varve.ingest.decode;

import dev.varve.model.Column;
import dev.varve.model.Schema;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Names under which time and place usually come, and the legal names of all other columns. */
final class ColumnNames {
    static final List<String> TIME = List.of(
            "time",
            "timestamp",
            "datetime",
            "date_time",
            "date",
            "obs_time",
            "observation_time",
            "time_utc",
            "utc_time",
            "timestamp_utc",
            "datetime_utc",
            "date_utc",
            "valid",
            "valid_time",
            "time_hour",
            "event_time",
            "event_date",
            "acq_date,acq_time",
            "acq_date",
            "ts");
    static final List<String> LAT = List.of("lat", "latitude", "lat_deg", "latitude_deg", "decimal_latitude");
    static final List<String> LON =
            List.of("lon", "longitude", "lng", "long", "lon_deg", "longitude_deg", "decimal_longitude");
    private static final Set<String> TAKEN = taken();

    private ColumnNames() {}

    private static Set<String> taken() {
        Set<String> names = new HashSet<>();
        Stream.concat(Schema.LEADING.stream(), Schema.SYSTEM.stream())
                .map(Column::name)
                .forEach(names::add);
        return Set.copyOf(names);
    }

    /**
     * The same columns under legal names, in the same order; names that are legal as they are keep them, and of the
     * others one whose name is taken gets _2, _3, …
     */
    static List<String> legal(List<String> sources, Set<String> reserved) {
        Set<String> used = new HashSet<>(TAKEN);
        used.addAll(reserved);
        String[] names = new String[sources.size()];
        for (int i = 0; i < names.length; i++) {
            String source = sources.get(i);
            if (Column.suggestName(source).equals(source) && used.add(source)) {
                names[i] = source;
            }
        }
        for (int i = 0; i < names.length; i++) {
            if (names[i] == null) {
                names[i] = unused(Column.suggestName(sources.get(i)), used);
            }
        }
        return List.of(names);
    }

    private static String unused(String name, Set<String> used) {
        String unique = name;
        for (int n = 2; !used.add(unique); n++) {
            String suffix = "_" + n;
            unique = name.substring(0, Math.min(name.length(), 128 - suffix.length())) + suffix;
        }
        return unique;
    }

    /** Positions by name, exact and then with case ignored; the first of several wins. */
    static final class Index {
        private final Map<String, Integer> exact = new HashMap<>();
        private final Map<String, Integer> folded = new HashMap<>();

        Index(List<String> names) {
            for (int i = 0; i < names.size(); i++) {
                exact.putIfAbsent(names.get(i), i);
                folded.putIfAbsent(names.get(i).strip().toLowerCase(Locale.ROOT), i);
            }
        }

        /** The position of that name, or -1. */
        int find(String name) {
            Integer found = exact.get(name);
            if (found == null) {
                found = folded.get(name.strip().toLowerCase(Locale.ROOT));
            }
            return found == null ? -1 : found;
        }
    }
}
