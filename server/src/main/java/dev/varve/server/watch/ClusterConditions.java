package dev.varve.server.watch;

import dev.varve.model.cluster.ClusterMember;
import dev.varve.model.cluster.ClusterView;
import dev.varve.model.cluster.ReplicaState;
import dev.varve.server.alert.Alert;
import dev.varve.server.alert.StandingAlarms;
import dev.varve.server.watch.Reports.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What must not be in a cluster, decided from its view and its nodes' reports; confined to one thread. */
final class ClusterConditions {
    static final String NODE_LOST = "node-lost";
    static final String UNREACHABLE = "node-unreachable";
    static final String MISSING = "replicas-missing";
    static final String SKEW = "clock-skew";
    static final String LAG = "log-lag";
    static final String LEADERLESS = "log-without-leader";

    private static final Duration LOST_AFTER = Duration.ofSeconds(30);
    private static final Duration LEADERLESS_AFTER = Duration.ofSeconds(20);
    private static final Duration LAG_AFTER = Duration.ofSeconds(30);
    private static final Duration MOST_SKEW = Duration.ofSeconds(30);
    /** What is raised ends below this. */
    private static final Duration LEAST_SKEW = Duration.ofSeconds(25);

    private final StandingAlarms alarms;
    private final int replicas;
    private final Map<String, Instant> absentSince = new HashMap<>();
    private final Map<String, Instant> leaderlessSince = new HashMap<>();
    private final Deque<Positions> history = new ArrayDeque<>();
    private final Set<String> skewed = new HashSet<>();

    private record Positions(Instant at, Map<String, Long> seen) {}

    ClusterConditions(StandingAlarms alarms, int replicas) {
        this.alarms = alarms;
        this.replicas = replicas;
    }

    void look(ClusterView view, Map<String, Report> reports, Instant now) {
        nodes(view, reports, now);
        replicas(view);
        clocks(reports);
        logs(view, reports, now);
    }

    private void nodes(ClusterView view, Map<String, Report> reports, Instant now) {
        Set<String> lost = new HashSet<>();
        Set<String> unreachable = new HashSet<>();
        absentSince.keySet().retainAll(view.members().keySet());
        for (ClusterMember member : view.members().values()) {
            if (member.isLive()) {
                absentSince.remove(member.id());
                if (!reports.containsKey(member.id())) {
                    unreachable.add(member.id());
                    alarms.raise(
                            UNREACHABLE,
                            member.id(),
                            Alert.Severity.WARNING,
                            "ZooKeeper hears of it, but it does not answer at %s:%d; look at the network and at its log"
                                    .formatted(member.host(), member.peerPort()));
                }
            } else {
                Instant since = absentSince.computeIfAbsent(member.id(), any -> now);
                if (Duration.between(since, now).compareTo(LOST_AFTER) >= 0) {
                    lost.add(member.id());
                    alarms.raise(
                            NODE_LOST,
                            member.id(),
                            "not seen since %s (host %s, zone '%s'); start it again, or remove it if it is gone for good"
                                    .formatted(since, member.host(), member.zone()));
                }
            }
        }
        alarms.clearExcept(NODE_LOST, lost);
        alarms.clearExcept(UNREACHABLE, unreachable);
    }

    private void replicas(ClusterView view) {
        int affected = 0;
        int fewest = replicas;
        for (int group = 0; group < view.groups().size(); group++) {
            int members = (int) view.groups().get(group).entrySet().stream()
                    .filter(replica -> replica.getValue() == ReplicaState.MEMBER && view.isLive(replica.getKey()))
                    .count();
            fewest = Math.min(fewest, members);
            affected += members < replicas ? 1 : 0;
        }
        if (affected == 0) {
            alarms.clear(MISSING, "groups");
        } else {
            alarms.raise(
                    MISSING,
                    "groups",
                    fewest * 2 <= replicas ? Alert.Severity.CRITICAL : Alert.Severity.WARNING,
                    "%d of %d groups have fewer than %d members, one only %d; start missing nodes, or wait for the copies"
                            .formatted(affected, view.groups().size(), replicas, fewest));
        }
    }

    /** Who is far from the middle is wrong, which may be this node itself. */
    private void clocks(Map<String, Report> reports) {
        List<Duration> offsets = new ArrayList<>();
        reports.values().forEach(report -> offsets.add(report.clockOffset()));
        Collections.sort(offsets);
        Duration middle = offsets.isEmpty() ? Duration.ZERO : offsets.get(offsets.size() / 2);
        Set<String> found = new HashSet<>();
        reports.forEach((node, report) -> {
            Duration skew = report.clockOffset().minus(middle);
            if (skew.abs().compareTo(skewed.contains(node) ? LEAST_SKEW : MOST_SKEW) > 0) {
                found.add(node);
                alarms.raise(
                        SKEW,
                        node,
                        "its clock is %+.1f s off those of the others; look at its time service"
                                .formatted(skew.toMillis() / 1e3));
            }
        });
        skewed.clear();
        skewed.addAll(found);
        alarms.clearExcept(SKEW, found);
    }

    private void logs(ClusterView view, Map<String, Report> reports, Instant now) {
        Set<String> leaderless = new HashSet<>();
        Map<String, Long> newest = new HashMap<>();
        reports.values().forEach(report -> report.seen().forEach((log, seen) -> newest.merge(log, seen, Math::max)));
        leaderlessSince.keySet().retainAll(newest.keySet());
        for (String log : newest.keySet()) {
            boolean isLed = view.leader(log).filter(view::isLive).isPresent();
            if (isLed) {
                leaderlessSince.remove(log);
            } else if (!leaderlessSince
                    .computeIfAbsent(log, any -> now)
                    .plus(LEADERLESS_AFTER)
                    .isAfter(now)) {
                leaderless.add(log);
                alarms.raise(LEADERLESS, log, "no node that is there shall lead it, so nothing can be written to it");
            }
        }
        alarms.clearExcept(LEADERLESS, leaderless);
        history.addLast(new Positions(now, newest));
        Positions then = history.getFirst();
        while (!history.isEmpty() && !history.getFirst().at().plus(LAG_AFTER).isAfter(now)) {
            then = history.removeFirst();
        }
        Set<String> lagging = new HashSet<>();
        if (!then.at().plus(LAG_AFTER).isAfter(now)) {
            behind(reports, then, lagging);
        }
        alarms.clearExcept(LAG, lagging);
    }

    private void behind(Map<String, Report> reports, Positions then, Set<String> lagging) {
        reports.forEach((node, report) -> {
            List<String> logs = new ArrayList<>();
            long records = 0;
            for (Map.Entry<String, Long> log : report.seen().entrySet()) {
                long missing = then.seen().getOrDefault(log.getKey(), 0L) - log.getValue();
                if (missing > 0) {
                    logs.add(log.getKey());
                    records += missing;
                }
            }
            if (!logs.isEmpty()) {
                lagging.add(node);
                Collections.sort(logs);
                alarms.raise(
                        LAG,
                        node,
                        Alert.Severity.WARNING,
                        "is more than %d s and %d records behind in %s; look at its load and its disk"
                                .formatted(LAG_AFTER.toSeconds(), records, String.join(", ", logs)));
            }
        });
    }
}
