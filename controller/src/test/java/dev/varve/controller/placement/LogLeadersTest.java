package dev.varve.controller.placement;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LogLeadersTest {
    static LongStream seeds() {
        Long repeated = Long.getLong("varve.seed");
        return repeated == null ? LongStream.range(0, 300) : LongStream.of(repeated);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void leadersAreEvenAndStayWhereTheyMay(long seed) {
        Random random = new Random(seed);
        List<String> logs = new ArrayList<>();
        IntStream.range(0, 1 + random.nextInt(20)).forEach(i -> logs.add("meta/%02d".formatted(i)));
        IntStream.range(0, 1 + random.nextInt(8)).forEach(i -> logs.add("ingest/" + i));
        Map<String, String> leaders = Map.of();
        for (int step = 0; step < 12; step++) {
            Set<String> nodes = new TreeSet<>();
            for (int node = 0; node < 7; node++) {
                if (random.nextInt(3) > 0) {
                    nodes.add("n" + node);
                }
            }
            Set<String> settled = new TreeSet<>(nodes);
            settled.removeIf(node -> random.nextInt(4) == 0);
            Map<String, String> next = LogLeaders.of(logs, nodes, settled, leaders);

            assertThat(LogLeaders.of(logs, nodes, settled, next)).isEqualTo(next);
            assertThat(next.keySet()).isEqualTo(nodes.isEmpty() ? Set.of() : Set.copyOf(logs));
            assertThat(nodes).containsAll(next.values());
            Map<String, String> even = LogLeaders.of(logs, nodes, nodes, leaders);
            for (String kind : List.of("meta/", "ingest/")) {
                assertThat(spread(even, nodes, kind)).isLessThanOrEqualTo(1);
                assertThat(kept(leaders, even, kind)).isEqualTo(mostThatCouldBeKept(logs, leaders, nodes, kind));
            }
            Map<String, String> before = leaders;
            next.forEach((log, node) -> {
                boolean isKeptAway = before.containsKey(log) && nodes.contains(before.get(log));
                assertThat(!isKeptAway || node.equals(before.get(log)) || settled.contains(node))
                        .as("%s goes to %s, which just came", log, node)
                        .isTrue();
            });
            leaders = even;
        }
    }

    @Test
    void theLogsOfALostNodeAreSharedByTheOthers() {
        List<String> logs =
                IntStream.range(0, 18).mapToObj("meta/%02d"::formatted).toList();
        Set<String> all = Set.of("a", "b", "c");
        Map<String, String> before = LogLeaders.of(logs, all, all, Map.of());
        Map<String, String> after = LogLeaders.of(logs, Set.of("a", "c"), Set.of(), before);
        assertThat(counts(after, Set.of("a", "c"), "meta/")).isEqualTo(Map.of("a", 9, "c", 9));
        assertThat(kept(before, after, "meta/")).isEqualTo(12);
    }

    private static int spread(Map<String, String> leaders, Set<String> nodes, String kind) {
        Map<String, Integer> counts = counts(leaders, nodes, kind);
        return counts.isEmpty()
                ? 0
                : counts.values().stream().mapToInt(i -> i).max().orElse(0)
                        - counts.values().stream().mapToInt(i -> i).min().orElse(0);
    }

    private static Map<String, Integer> counts(Map<String, String> leaders, Set<String> nodes, String kind) {
        Map<String, Integer> counts = new TreeMap<>();
        nodes.forEach(node -> counts.put(node, 0));
        leaders.forEach((log, node) -> {
            if (log.startsWith(kind)) {
                counts.merge(node, 1, Integer::sum);
            }
        });
        return counts;
    }

    private static int kept(Map<String, String> before, Map<String, String> after, String kind) {
        Map<String, String> same = new HashMap<>(after);
        same.entrySet()
                .removeIf(entry ->
                        !entry.getKey().startsWith(kind) || !entry.getValue().equals(before.get(entry.getKey())));
        return same.size();
    }

    /** Each node keeps at most its share rounded down, and as many as there are shares rounded up one more. */
    private static int mostThatCouldBeKept(
            List<String> logs, Map<String, String> before, Set<String> nodes, String kind) {
        if (nodes.isEmpty()) {
            return 0;
        }
        long named = logs.stream().filter(log -> log.startsWith(kind)).count();
        long share = named / nodes.size();
        long larger = named % nodes.size();
        long kept = 0;
        for (String node : nodes) {
            long had = before.entrySet().stream()
                    .filter(entry ->
                            entry.getKey().startsWith(kind) && entry.getValue().equals(node))
                    .count();
            kept += Math.min(had, share);
            if (had > share && larger > 0) {
                larger--;
                kept++;
            }
        }
        return (int) kept;
    }
}
