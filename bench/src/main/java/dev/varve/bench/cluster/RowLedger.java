package dev.varve.bench.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What was sent and acknowledged, row by row, to be held against what is read. Any thread may use it. */
final class RowLedger {
    private static final int MOST_SHOWN = 5;

    private record Row(int client, long number) {}

    /** Versions of a row by their outcome. */
    private static final class Fate {
        private long acknowledged;
        private long sent;
    }

    private final Map<Row, Fate> rows = new HashMap<>();
    private final List<String> violations = new ArrayList<>();

    static void make(Door door, String dataset, boolean isKeyed) throws IOException, InterruptedException {
        String definition = "{\"name\": \"" + dataset + "\", \"columns\": [{\"name\": \"client\", \"type\": \"long\"},"
                + " {\"name\": \"n\", \"type\": \"long\"}, {\"name\": \"v\", \"type\": \"long\"}]"
                + (isKeyed ? ", \"key\": [\"client\", \"n\"]" : "") + "}";
        Cluster.Member first = door.members().get(0);
        door.must(
                () -> {
                    Reply reply = door.post(
                            first,
                            "/api/v1/datasets",
                            definition.getBytes(UTF_8),
                            Map.of("Content-Type", "application/json"));
                    return reply.status() == 409 ? new Reply.Done(201, Map.of(), new byte[0]) : reply;
                },
                Duration.ofSeconds(30));
    }

    /** Spread over places and time, so that all shards get some. */
    static String json(int client, long number, long version) {
        return "{\"time\": " + micros(client, number) + ", \"lat\": " + lat(client, number) + ", \"lon\": "
                + lon(client, number) + ", \"client\": " + client + ", \"n\": " + number + ", \"v\": " + version + "}";
    }

    static long micros(int client, long number) {
        return 1_700_000_000_000_000L + (number % 40) * 86_400_000_000L + client * 1000L + number;
    }

    static double lat(int client, long number) {
        return -80 + (number * 37 + client * 11L) % 160;
    }

    static double lon(int client, long number) {
        return -170 + (number * 53 + client * 29L) % 340;
    }

    synchronized void sent(int client, long number, long version) {
        Fate fate = rows.computeIfAbsent(new Row(client, number), _ -> new Fate());
        fate.sent = Math.max(fate.sent, version);
    }

    synchronized void acknowledged(int client, long number, long version) {
        Fate fate = rows.computeIfAbsent(new Row(client, number), _ -> new Fate());
        fate.acknowledged = Math.max(fate.acknowledged, version);
    }

    synchronized long acknowledged() {
        return rows.values().stream().filter(fate -> fate.acknowledged > 0).count();
    }

    /** All rows of a dataset at one node: client, number, version. */
    static List<long[]> read(Door door, Cluster.Member member, String dataset, Duration atMost)
            throws IOException, InterruptedException {
        Reply.Done done = door.must(() -> door.sql(member, "select client, n, v from " + dataset), atMost);
        List<long[]> found = new ArrayList<>();
        done.text().lines().skip(1).forEach(line -> {
            String[] cells = line.split(",", -1);
            found.add(new long[] {
                Long.parseLong(cells[0].strip()), Long.parseLong(cells[1].strip()), Long.parseLong(cells[2].strip())
            });
        });
        return found;
    }

    synchronized void compare(String where, List<long[]> found) {
        Map<Row, Integer> times = new HashMap<>();
        Map<String, List<String>> wrong = new TreeMap<>();
        for (long[] one : found) {
            Row row = new Row((int) one[0], one[1]);
            Fate fate = rows.get(row);
            if (fate == null) {
                note(wrong, "rows that nobody sent", row);
                continue;
            }
            if (times.merge(row, 1, Integer::sum) == 2) {
                note(wrong, "rows that are there more than once", row);
            }
            if (one[2] < fate.acknowledged) {
                note(wrong, "rows that are older than what was acknowledged", row);
            }
            if (one[2] > fate.sent) {
                note(wrong, "rows with values that nobody sent", row);
            }
        }
        rows.forEach((row, fate) -> {
            if (fate.acknowledged > 0 && !times.containsKey(row)) {
                note(wrong, "acknowledged rows that are not there", row);
            }
        });
        wrong.forEach((what, which) -> violations.add("at " + where + " of " + found.size() + " rows: " + which.size()
                + " " + what + ", such as " + which.subList(0, Math.min(MOST_SHOWN, which.size()))));
    }

    private static void note(Map<String, List<String>> wrong, String what, Row row) {
        wrong.computeIfAbsent(what, _ -> new ArrayList<>()).add(row.client() + "/" + row.number());
    }

    synchronized List<String> violations() {
        return List.copyOf(violations);
    }
}
