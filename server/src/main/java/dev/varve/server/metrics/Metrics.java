package dev.varve.server.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/** The node's metrics: counters and histograms that are fed, gauges that are asked. Thread-safe. */
public final class Metrics {
    public static final String MEDIA_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private static final double[] BOUNDS_SECONDS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300
    };

    private interface Family {
        void write(StringBuilder out);
    }

    /** Counts upwards, by label. */
    public static final class Counter {
        private final Map<String, LongAdder> series = new ConcurrentSkipListMap<>();

        /** Adds to the series with these labels, given as name, value, name, value. */
        public void add(long amount, String... labels) {
            series.computeIfAbsent(labels(labels), ignored -> new LongAdder()).add(amount);
        }
    }

    /** Counts durations in buckets, by label. */
    public static final class Histogram {
        private static final class Series {
            private final LongAdder[] buckets = new LongAdder[BOUNDS_SECONDS.length + 1];
            private final LongAdder nanos = new LongAdder();

            Series() {
                for (int i = 0; i < buckets.length; i++) {
                    buckets[i] = new LongAdder();
                }
            }
        }

        private final Map<String, Series> series = new ConcurrentSkipListMap<>();

        public void record(long nanos, String... labels) {
            Series one = series.computeIfAbsent(labels(labels), ignored -> new Series());
            double seconds = nanos / 1e9;
            int bucket = 0;
            while (bucket < BOUNDS_SECONDS.length && seconds > BOUNDS_SECONDS[bucket]) {
                bucket++;
            }
            one.buckets[bucket].increment();
            one.nanos.add(nanos);
        }
    }

    private final Map<String, Family> families = new ConcurrentSkipListMap<>();

    /** A counter; {@code name} without {@code _total}. */
    public Counter counter(String name, String help) {
        Counter counter = new Counter();
        families.put(name, out -> {
            head(out, name, "counter", help);
            counter.series.forEach((labels, sum) -> out.append(name)
                    .append("_total")
                    .append(labels)
                    .append(' ')
                    .append(sum.sum())
                    .append('\n'));
        });
        return counter;
    }

    /** A histogram of durations; {@code name} ends in {@code _seconds}. */
    public Histogram histogram(String name, String help) {
        Histogram histogram = new Histogram();
        families.put(name, out -> {
            head(out, name, "histogram", help);
            histogram.series.forEach((labels, series) -> write(out, name, labels, series));
        });
        return histogram;
    }

    /** Values asked for whenever metrics are read, by label text from {@link #labels}; empty text for none. */
    public void gauge(String name, String help, Supplier<Map<String, Number>> values) {
        families.put(name, out -> {
            head(out, name, "gauge", help);
            new ConcurrentSkipListMap<>(values.get())
                    .forEach((labels, value) -> out.append(name)
                            .append(labels)
                            .append(' ')
                            .append(value)
                            .append('\n'));
        });
    }

    /** {@code {name="value",…}} from name, value, name, value. */
    public static String labels(String... namesAndValues) {
        if (namesAndValues.length == 0) {
            return "";
        }
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            text.append(i == 0 ? "" : ",").append(namesAndValues[i]).append("=\"");
            text.append(namesAndValues[i + 1]
                    .replace("\\", "\\\\")
                    .replace("\"", "\\\"")
                    .replace("\n", "\\n"));
            text.append('"');
        }
        return text.append('}').toString();
    }

    /** Everything, as OpenMetrics text. */
    public String text() {
        StringBuilder out = new StringBuilder();
        families.values().forEach(family -> family.write(out));
        return out.append("# EOF\n").toString();
    }

    private static void head(StringBuilder out, String name, String type, String help) {
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    }

    private static void write(StringBuilder out, String name, String labels, Histogram.Series series) {
        String open = labels.isEmpty() ? "{" : labels.substring(0, labels.length() - 1) + ",";
        long count = 0;
        for (int i = 0; i < series.buckets.length; i++) {
            count += series.buckets[i].sum();
            String bound = i < BOUNDS_SECONDS.length ? Double.toString(BOUNDS_SECONDS[i]) : "+Inf";
            out.append(name)
                    .append("_bucket")
                    .append(open)
                    .append("le=\"")
                    .append(bound)
                    .append("\"} ");
            out.append(count).append('\n');
        }
        out.append(name)
                .append("_count")
                .append(labels)
                .append(' ')
                .append(count)
                .append('\n');
        out.append(name)
                .append("_sum")
                .append(labels)
                .append(' ')
                .append(series.nanos.sum() / 1e9)
                .append('\n');
    }
}
