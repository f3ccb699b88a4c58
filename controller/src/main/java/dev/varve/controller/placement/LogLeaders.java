package dev.varve.controller.placement;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Decides who shall lead each log: a pure function, whose own answer as the previous one gives that answer again.
 *
 * <p>A leader that may stay stays. A log without one gets the node that leads the fewest, at once. Then, of each kind of log
 * (what comes before the slash) by itself, the node that leads most hands on to the one that leads fewest until they differ
 * by one at most; only settled nodes are given what another could keep, for one that just came has to catch up first.
 */
public final class LogLeaders {
    private final Map<String, String> leaders = new TreeMap<>();
    private final Map<String, Integer> loads = new HashMap<>();

    private LogLeaders() {}

    /**
     * The leader of each log; empty when nobody may lead.
     *
     * @param nodes who may lead
     * @param settled those that are there for a while
     */
    public static Map<String, String> of(
            Collection<String> logs, Set<String> nodes, Set<String> settled, Map<String, String> previous) {
        LogLeaders next = new LogLeaders();
        if (!nodes.isEmpty()) {
            for (String log : logs) {
                String leader = previous.get(log);
                if (leader != null && nodes.contains(leader)) {
                    next.lead(log, leader);
                }
            }
            Map<String, List<String>> kinds = new TreeMap<>();
            for (String log : new TreeSet<>(logs)) {
                kinds.computeIfAbsent(kind(log), any -> new ArrayList<>()).add(log);
            }
            kinds.forEach((kind, named) -> next.fill(named, new TreeSet<>(nodes)));
            kinds.forEach((kind, named) -> next.level(named, new TreeSet<>(nodes), settled));
        }
        return next.leaders;
    }

    private void lead(String log, String node) {
        String before = leaders.put(log, node);
        if (before != null) {
            loads.merge(before, -1, Integer::sum);
        }
        loads.merge(node, 1, Integer::sum);
    }

    private void fill(List<String> logs, Set<String> nodes) {
        for (String log : logs) {
            if (!leaders.containsKey(log)) {
                lead(log, nodes.stream().min(byLoad(logs)).orElseThrow());
            }
        }
    }

    private void level(List<String> logs, Set<String> nodes, Set<String> settled) {
        while (true) {
            Comparator<String> byLoad = byLoad(logs);
            String most = nodes.stream().max(byLoad).orElseThrow();
            String least = nodes.stream().filter(settled::contains).min(byLoad).orElse(most);
            if (load(logs, most) - load(logs, least) <= 1) {
                return;
            }
            lead(
                    logs.stream()
                            .filter(log -> most.equals(leaders.get(log)))
                            .findFirst()
                            .orElseThrow(),
                    least);
        }
    }

    /** Fewest of these logs first, then fewest of all. */
    private Comparator<String> byLoad(List<String> logs) {
        return Comparator.<String>comparingLong(node -> load(logs, node))
                .thenComparing(node -> loads.getOrDefault(node, 0));
    }

    private long load(List<String> logs, String node) {
        return logs.stream().filter(log -> node.equals(leaders.get(log))).count();
    }

    private static String kind(String log) {
        return log.substring(0, Math.max(0, log.indexOf('/')));
    }
}
